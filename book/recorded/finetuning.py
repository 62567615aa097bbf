"""Record five ways of fine-tuning: the very code of the chapter, with three seeds."""

import statistics
import time

import torch

from helpers import recorded

TITLE = "Five ways of fine-tuning one encoder for one task"
METHOD = (
    "The commands, the five methods and the training of the chapter, read from its cells: 40 steps "
    "of 16 commands with AdamW for every method, seeds 0, 1 and 2, once with ten names to learn "
    "from and once with 144. first, fair and many are shares of 100 commands with every word "
    "labelled rightly: of the first exam and the fair one after ten names, of the fair one after "
    "144. seconds are those of a step, the mean over a training, for each seed and both sets; on a "
    "CPU they are seconds of the processor, which other programs hardly change."
)
MINUTES = {"cpu": 8}
NEEDS = ("transformers", "peft")
CHAPTER = "applications/finetuning"
CELLS = """
    setup names few source split exams first-exam fair small batches encoder tagger lora equal
    adapter adalora build rates train found
"""
SEEDS = (0, 1, 2)


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Train every way on `device`, with the sets `encoder` and `intents`, fetched where needed."""
    code = chapter(device)
    if absent := code.missing or code.few:
        raise recorded.RecordError(f"This record is of the large encoder. {absent}")
    return measure(code)


def measure(code, *, steps=None, seeds=SEEDS) -> dict[str, recorded.Quantity]:
    """Return the quantities of all trainings; `code` is the chapter's."""
    many, values = code.to_learn(code.many), {}
    for kind in code.KINDS:
        few_names, many_names, seconds = [], [], []
        for seed in seeds:
            options = {"steps": steps or code.STEPS, "seed": seed}
            model, once = code.tuned(kind, code.learn, **options)
            few_names.append([code.found(model, e) for e in (code.first_exam, code.fair_exam)])
            seconds.append(once)
            model, once = code.tuned(kind, many, **options)
            many_names.append(code.found(model, code.fair_exam))
            seconds.append(once)
            print(kind, seed, *few_names[-1], many_names[-1], f"{once:.3f} s", flush=True)
        first, fair = map(list, zip(*few_names, strict=True))
        n = code.size(code.trained(code.built(kind, steps or code.STEPS)))
        values[f"trained_{kind}"] = recorded.Quantity(n, "parameters", "counted", 1)
        for key, found in (("first", first), ("fair", fair), ("many", many_names)):
            values[f"{key}_{kind}"] = recorded.Quantity(found, "share", "each seed", len(seeds))
        times = [float(f"{s:.4g}") for s in seconds]
        values[f"seconds_{kind}"] = recorded.Quantity(times, "s", "each training", len(times))
    ratio = _median(values, "lora") / _median(values, "full")
    values["lora_of_full"] = recorded.Quantity(
        float(f"{ratio:.3g}"), "times", "ratio of medians", 2 * len(seeds)
    )
    return values


def _median(values, kind):
    return statistics.median(values[f"seconds_{kind}"].value)


def chapter(device: torch.device):
    """Return the chapter's cells as a module whose training happens on `device`."""
    module = recorded.chapter(CHAPTER, CELLS)
    module.machine = device
    if device.type == "cpu":
        module.clock = time.process_time
    return module
