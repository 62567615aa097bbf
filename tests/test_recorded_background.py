"""The scripts that record for the background chapters: right counts, whole results."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from helpers import recorded

CPU = torch.device("cpu")


def script(name, **settings):
    """Return a module of its own for the script `name`, with some constants changed."""
    module = recorded.script(name)
    for setting, value in settings.items():
        assert hasattr(module, setting)
        setattr(module, setting, value)
    return module


def test_the_product_in_python_is_a_product():
    a, b = (np.random.default_rng(seed).random((5, 5)) for seed in (0, 1))
    found = script("levels").product(a.tolist(), b.tolist())
    assert np.allclose(found, a @ b)


def test_every_level_of_the_cpu_is_recorded_with_its_sizes():
    sizes = dict.fromkeys(("python", "numpy", "one_core", "all_cores"), (2, 3))
    threads = torch.get_num_threads()
    values = script("levels", SIZES=sizes, RUNS=1, PYTHON_RUNS=1).record(CPU, None)
    assert torch.get_num_threads() == threads
    for name in sizes:
        assert values[f"{name}_sizes"].value == [2, 3]
        assert len(values[name].value) == 2
        assert min(values[name].value) > 0


def test_operations_are_counted_as_torch_counts_them():
    # On the device `meta` nothing is computed, so that the sizes of a GPU cost nothing.
    found = script("operations").operations(torch.device("meta"), torch.float16)
    counted = 0
    for name, (work, flops, n_bytes) in found.items():
        with FlopCounterMode(display=False) as counter:
            work()
        if total := counter.get_total_flops():
            assert flops == total, name
            counted += 1
        assert n_bytes > 0
    assert counted == len(found) - 4  # not add, relu, softmax and layer norm


def test_bytes_are_those_of_operands_and_results():
    found = script("operations").operations(torch.device("meta"), torch.float16)
    width = 128
    assert found[f"product_{width}"][2] == 3 * width**2 * 2
    assert found["linear_4"][2] == (4096**2 + 2 * 4 * 4096) * 2
    assert found["add"][2] == 3 * 2 * found["add"][1]


def test_reading_again_reads_the_same_array_and_restores_the_threads():
    threads = torch.get_num_threads()
    steps = script("memory_steps", KIB={"cpu": [4, 8]}, PASSES_BYTES={"cpu": 1e5}, RUNS=1)
    values = steps.record(CPU, None)
    assert torch.get_num_threads() == threads
    assert values["sizes"].value == [4, 8]
    assert min(values["rates"].value) > 0


def test_each_rung_of_a_call_is_recorded():
    values = script("call_cost", CALLS=2, RUNS=1, WIDTHS=(1, 2)).record(CPU, None)
    assert {"python", "add", "addmm", "linear", "module"} < set(values)
    assert "waited" not in values
    assert len(values["layers"].value) == len(values["widths"].value) == 2


@pytest.mark.parametrize("name", ["levels", "transfer", "memory_steps", "operations", "call_cost"])
def test_a_record_says_what_it_is_before_a_machine_has_made_it(name):
    record = recorded.load(name)
    assert record.title and record.method
    assert record.caption().startswith(record.title)


def test_the_trip_to_a_gpu_is_recorded_on_gpus_alone():
    assert script("transfer").KINDS == ("cuda",)
