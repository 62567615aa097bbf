"""Record the chapter's recogniser judged on people, and the speed of its parts."""

import wave as wav_files
from pathlib import Path

import numpy as np
import torch

from helpers import recorded, timing

TITLE = "A recogniser of digits, trained on synthesisers and on people, judged on people"
METHOD = (
    "Network, training, pictures, voices and word error rate are those of the chapter, read from "
    "its cells. People: recordings 0 to 7 of each digit by the six speakers of the Free Spoken "
    "Digit Dataset (CC BY-SA 4.0), 480 in all, joined four at a time in an order drawn once, with "
    "noise 30 dB below. Trained on: espeak, 600 clips of eSpeak NG; both, 300 of it and 300 of the "
    "page's synthesiser; people_out, 400 clips joined from five speakers and judged on the sixth, "
    "each in turn; people_in, 400 clips joined from recordings 0 to 5 of all speakers and judged "
    "on recordings 6 and 7. 12 passes, seeds 0, 1 and 2. Interval: 2.5 and 97.5 % of 10,000 draws "
    "of six speakers with replacement, errors summed over the seeds. unheard and strangers: the "
    "page's tests of 100 and 60 clips. Where no synthesiser can be fetched, and on a GPU, only "
    "times are taken. Speed: the network on pictures of 2 s, and three works of 64 clips, "
    "medians of 7 and 5."
)
NEEDS = ("scipy",)
DATA = ("fsdd",)
MINUTES = {"cpu": 10, "cuda": 1}
CHAPTER = "applications/speech"
CELLS = """
    setup constants source-filter resonator sounds spelt speak mel mel-bands log-mel with-noise
    speakers own-voice variant laid-out espeak espeak-says voices clips wer collapse picture
    recogniser batch train greedy heard chains chain-times
"""
KINDS_OF_TRAINING = ("espeak", "both", "people_out", "people_in")
SPEAKERS, TAKES, TEST_TAKES = 6, range(8), (6, 7)
SEEDS, EPOCHS, LENGTHS = (0, 1, 2), 12, (25, 100, 400)
BATCHES = {"cpu": (1, 4, 16, 64, 256), "cuda": (1, 4, 16, 64, 256, 1024, 4096)}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Train on `device`, judge on the people whose recordings lie in `folder`, and time."""
    kind = "cuda" if device.type == "cuda" else "cpu"
    code = chapter(device)
    values = speed(code, device, BATCHES[kind])
    if kind == "cuda" or code.missing:
        print(code.missing or "Only times are taken on a GPU.", flush=True)
        return values
    return values | measure(code, People(code, read(Path(folder))))


def chapter(device: torch.device):
    """Return the chapter's cells as a module that computes on `device`."""
    return recorded.chapter(CHAPTER, CELLS, machine=device)


# The people


def read(folder: Path) -> dict[tuple[int, int, int], np.ndarray]:
    """Return {(speaker, digit, take): wave}, from one file of arrays or from the publisher's."""
    packed = folder / "fsdd_wav_480.npz"
    if packed.exists():
        with np.load(packed) as arrays:
            ends = np.cumsum(arrays["length"])
            waves = np.split(arrays["wav"], ends[:-1])
            names = zip(arrays["speaker"], arrays["digit"], arrays["index"], strict=True)
            found = dict(zip(((int(s), int(d), int(t)) for s, d, t in names), waves, strict=True))
    else:
        paths = sorted(folder.rglob("[0-9]_*_*.wav"))
        people = sorted({path.stem.split("_")[1] for path in paths})
        found = {}
        for path in paths:
            digit, who, take = path.stem.split("_")
            if int(take) in TAKES:
                with wav_files.open(str(path)) as file:
                    samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
                found[people.index(who), int(digit), int(take)] = samples
    if len(found) != SPEAKERS * 10 * len(TAKES):
        raise FileNotFoundError(f"{folder} holds {len(found)} of the 480 recordings.")
    return {key: (wave / np.abs(wave).max()).astype(np.float32) for key, wave in found.items()}


class People:
    """People as voices: what they said, joined anew."""

    def __init__(self, code, recordings):
        self.code, self.recordings = code, recordings

    def voice(self, takes):
        """Return a voice like the page's, which joins recordings with these numbers."""

        def by_people(digits, speaker, draw):
            said = [self.recordings[speaker, d, int(draw.choice(takes))] for d in digits]
            return self.code.to_peak(np.concatenate(said))

        return by_people

    def test(self, speaker, takes=TAKES):
        """Return clips of four digits by one speaker, with each recording in one of them."""
        draw = np.random.default_rng(speaker)
        order = draw.permutation([(d, t) for d in range(10) for t in takes]).tolist()
        clips = []
        for part in (order[n : n + 4] for n in range(0, len(order), 4)):
            wave = np.concatenate([self.recordings[speaker, d, t] for d, t in part])
            clips.append((self.code.with_noise(wave, 30, draw), [d for d, _ in part]))
        return clips


# What is recorded


def measure(code, people, *, seeds=SEEDS, epochs=EPOCHS, n=600) -> dict[str, recorded.Quantity]:
    """Return the error rates of all trainings; `n` is how many synthetic clips each learns from."""
    values, everybody = {}, range(SPEAKERS)
    errors = {kind: np.zeros((len(seeds), SPEAKERS)) for kind in KINDS_OF_TRAINING}
    of_espeak = {"unheard": [], "strangers": []}
    tests = [people.test(speaker) for speaker in everybody]
    unheard = code.clips(code.by_espeak, code.UNHEARD, max(n // 6, 6), 1)
    strangers = code.clips(code.own_voice, code.UNHEARD, max(n // 10, 6), 4)
    learn = {"espeak": code.clips(code.by_espeak, code.TRAINING, n, 0)}
    learn["both"] = learn["espeak"][: n // 2] + code.clips(code.own_voice, code.TRAINING, n // 2, 2)
    for row, seed in enumerate(seeds):
        for kind, clips in learn.items():
            model = trained(code, clips, seed, epochs)
            errors[kind][row] = [edits(code, model, test) for test in tests]
            if kind == "espeak":
                of_espeak["unheard"].append(code.wer(code.heard(model, unheard), unheard))
                of_espeak["strangers"].append(code.wer(code.heard(model, strangers), strangers))
            print(seed, kind, errors[kind][row], flush=True)
        for out in everybody:
            others = [speaker for speaker in everybody if speaker != out]
            clips = code.clips(people.voice(TAKES), others, 2 * n // 3, seed)
            model = trained(code, clips, seed, epochs)
            errors["people_out"][row, out] = edits(code, model, tests[out])
        heard = [take for take in TAKES if take not in TEST_TAKES]
        clips = code.clips(people.voice(heard), everybody, 2 * n // 3, seed)
        model = trained(code, clips, seed, epochs)
        errors["people_in"][row] = [
            edits(code, model, people.test(speaker, TEST_TAKES)) for speaker in everybody
        ]
        print(seed, errors["people_out"][row], errors["people_in"][row], flush=True)
    for kind in KINDS_OF_TRAINING:
        spoken = 10 * len(TEST_TAKES if kind == "people_in" else TAKES)
        rates = errors[kind] / spoken  # (seeds, speakers); each speaks the same number of words
        values[f"{kind}_people"] = numbers(rates.mean(1), "WER", "each seed")
        values[f"{kind}_by_speaker"] = numbers(rates.mean(0), "WER", "mean over seeds")
        values[f"{kind}_people_interval"] = numbers(interval(rates.mean(0)), "WER", "2.5, 97.5 %")
    for name, rates in of_espeak.items():
        values[f"espeak_{name}"] = numbers(rates, "WER", "each seed")
    values["words"] = recorded.Quantity(len(people.recordings), "digits", "counted", 1)
    return values


def trained(code, clips, seed, epochs):
    """Return the page's recogniser, trained on clips."""
    return code.train(clips, code.machine, epochs=epochs, seed=seed)


def edits(code, model, clips) -> int:
    """Return how many edits part what is heard from what was spoken, over all clips."""
    answers = code.heard(model, clips)
    return sum(code.edits(digits, heard) for heard, (_, digits) in zip(answers, clips, strict=True))


def interval(rates, draws=10_000) -> list[float]:
    """Return 2.5 and 97.5 % of the mean over speakers who are drawn again."""
    chosen = np.random.default_rng(0).integers(0, len(rates), (draws, len(rates)))
    return np.percentile(np.asarray(rates)[chosen].mean(1), [2.5, 97.5]).tolist()


def numbers(values, unit, statistic) -> recorded.Quantity:
    """Return a list of numbers with four digits as a quantity."""
    kept = [float(f"{value:.4g}") for value in values]
    return recorded.Quantity(kept, unit, statistic, len(kept))


def speed(code, device, batches) -> dict[str, recorded.Quantity]:
    """Time the network on growing batches, and a convolution, a chain and the CTC loss."""
    model, rates, seconds = code.Recogniser().to(device).eval(), [], 2
    for batch in batches:
        pictures = torch.rand(batch, seconds * code.RATE // code.HOP, code.BANDS, device=device)
        with torch.no_grad():
            spent = timing.measure(lambda p=pictures: model(p), n=7, device=device).median_ms
        rates.append(1e3 * seconds * batch / spent)
    values = {
        "speed_batches": recorded.Quantity(list(batches), "clips", "chosen", len(batches)),
        "speed": numbers(rates, "s of sound/s", "median of 7"),
        "chain_frames": recorded.Quantity(list(LENGTHS), "frames", "chosen", len(LENGTHS)),
    }
    chains = [code.chain_ms(frames) for frames in LENGTHS]
    for name in chains[0]:
        key = name.replace(" ", "_").lower()
        values[f"ms_{key}"] = numbers([times[name] for times in chains], "ms", "median of 5")
    return values
