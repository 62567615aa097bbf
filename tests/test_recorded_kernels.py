"""The records of the chapters on kernels: scripts that no machine without a GPU can run.

Here their kernels run in the tracer, at ragged sizes, and their scripts from end to end on small
arrays, with the tracer in the GPU's place. What they time is what the chapters show.
"""

import ast
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import warptrace
from helpers import codegen, recorded, resources
from tools import recording

CHAPTERS = {
    "block_sizes": "first_kernel",
    "copy_strides": "memory",
    "transpose": "memory",
    "divergence": "divergence",
    "reductions": "divergence",
}
SCRIPTS = {name: recorded.script(name) for name in CHAPTERS}
#: Functions for kernels, which are not launched or compiled by themselves.
DEVICE_FUNCTIONS = {"halve", "warp_sum"}
#: Kernels that only their record has, since the chapter stops a rung earlier.
RECORD_ONLY = {"transpose_rows"}
ALL = [
    (name, kernel)
    for name, script in SCRIPTS.items()
    for kernel, value in vars(script).items()
    if hasattr(value, "py_func")
]
KERNELS = [(name, kernel) for name, kernel in ALL if kernel not in DEVICE_FUNCTIONS]
SHOWN = [(name, kernel) for name, kernel in ALL if kernel not in RECORD_ONLY]


def random(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def test_the_doubling_kernel():
    x, y = random(1000), np.zeros(1000, np.float32)
    traced = warptrace.trace(SCRIPTS["block_sizes"].double, 4, 256, x, y)
    np.testing.assert_array_equal(y, 2 * x)
    assert traced.counters["flops_fp64"] == 0


@pytest.mark.parametrize("stride, offset", [(1, 0), (3, 0), (32, 0), (1, 1)])
def test_the_strided_copy(stride, offset):
    source, target = random(33 * 1000), np.zeros(1000, np.float32)
    warptrace.trace(SCRIPTS["copy_strides"].copy, 4, 256, source, target, stride, offset)
    np.testing.assert_array_equal(target, source[offset : offset + 1000 * stride : stride])


@pytest.mark.parametrize(
    "name, sectors, wavefronts",
    [
        ("transpose_naive", (4, 32), None),
        ("transpose_tiled", (4, 4), 32),
        ("transpose_padded", (4, 4), 1),
        ("transpose_rows", (4, 4), 1),
    ],
)
def test_the_transposes(name, sectors, wavefronts):
    kernel, block = SCRIPTS["transpose"].LADDER[name]
    source, target = random(64, 96), np.zeros((96, 64), np.float32)
    traced = warptrace.trace(kernel, (3, 2), block, source, target)
    np.testing.assert_array_equal(target, source.T)
    n = traced.counters
    assert traced.faults == []
    assert n["global_load_sectors"] == sectors[0] * n["global_load_requests"]
    assert n["global_store_sectors"] == sectors[1] * n["global_store_requests"]
    assert n["shared_load_wavefronts"] == (wavefronts or 0) * n["shared_load_requests"]


@pytest.mark.parametrize("n", [1, 255, 256, 5000])
@pytest.mark.parametrize(
    "name", ["sum_modulo", "sum_packed", "sum_halves", "sum_stride", "sum_atomic"]
)
def test_the_reductions(name, n):
    kernel, blocks = getattr(SCRIPTS["reductions"], name), -(-n // 256)
    if name in ("sum_stride", "sum_atomic"):
        blocks = min(blocks, 3)
    sums = np.zeros(blocks, np.float32)
    traced = warptrace.trace(kernel, blocks, 256, random(n), sums)
    assert sums.sum() == pytest.approx(random(n).sum(dtype=np.float64), rel=1e-5)
    assert traced.faults == []


@pytest.mark.parametrize("width, divergent", [(1, 16), (16, 16), (32, 0), (64, 0)])
def test_the_split(width, divergent):
    x, y = np.ones(512, np.float32), np.zeros(512, np.float32)
    traced = warptrace.trace(SCRIPTS["divergence"].split, 2, 256, x, y, width)
    odd = np.arange(512) // width % 2 == 1
    np.testing.assert_allclose(y, np.where(odd, 2 / 0.75, 2.0), rtol=1e-6)
    assert traced.counters["divergent_branches"] == divergent


# What is recorded is what the reader sees.


def functions(source):
    """Return name → syntax of each function of `source`, without its docstring."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            if ast.get_docstring(node):
                node.body = node.body[1:]
            found[node.name] = ast.dump(node)
    return found


def functions_of_chapter(name):
    path = resources.root() / "cuda" / f"{name}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return {name: dump for source in sources for name, dump in functions(source).items()}


@pytest.mark.parametrize("record, kernel", SHOWN)
def test_a_recorded_kernel_is_the_one_that_the_chapter_shows(record, kernel):
    path = resources.root() / "recorded" / f"{record}.py"
    shown = functions_of_chapter(CHAPTERS[record])
    assert functions(path.read_text(encoding="utf-8"))[kernel] == shown[kernel]


#: Examples of the arguments of each kernel, for its types.
LINE, SQUARE = np.zeros(64, np.float32), np.zeros((64, 64), np.float32)
ARGUMENTS = {"copy": (LINE, LINE, 1, 0), "split": (LINE, LINE, 1)}


@pytest.mark.parametrize("architecture", ["sm_75", "sm_90"])
@pytest.mark.parametrize("record, kernel", KERNELS)
def test_numba_compiles_what_is_recorded(record, kernel, architecture, monkeypatch):
    dispatcher = pytest.importorskip("numba.cuda.dispatcher", reason="Numba is not installed")
    # Numba asks the driver for the capability when a kernel calls a device function.
    number = int(architecture.removeprefix("sm_"))
    device = SimpleNamespace(compute_capability=divmod(number, 10))
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
    arguments = ARGUMENTS.get(kernel, (SQUARE, SQUARE) if "transpose" in kernel else (LINE, LINE))
    try:
        code = recorded.chapter("appendix/tracer", "numba-code").machine_code(
            getattr(SCRIPTS[record], kernel), *arguments, architecture=architecture
        )
    except (ImportError, codegen.ToolMissingError) as error:
        pytest.skip(str(error))
    assert code.registers > 0


# The scripts, with the tracer for a GPU.


class Traced:
    """A kernel whose launches go to the tracer."""

    def __init__(self, kernel):
        self.kernel, self.py_func = kernel, kernel.py_func

    def __getitem__(self, configuration):
        grid, block = configuration
        return lambda *args: warptrace.trace(self.kernel, grid, block, *args)


class Idle(Traced):
    """A kernel that does nothing."""

    def __getitem__(self, configuration):
        return lambda *args: None


def small(name, monkeypatch, **sizes):
    """Return the script of a record with the tracer in place of its GPU, at small sizes."""
    script = recorded.script(name)
    for kernel, value in list(vars(script).items()):
        if hasattr(value, "py_func") and kernel not in DEVICE_FUNCTIONS:
            monkeypatch.setattr(script, kernel, Traced(value))
    for size, value in sizes.items():
        monkeypatch.setattr(script, size, value)
    monkeypatch.setattr(script.cuda, "as_cuda_array", lambda x: x.numpy(), raising=False)
    monkeypatch.setattr(script.warptrace, "hardware", lambda: warptrace.Hardware("a GPU", ""))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10**6, 10**6))
    properties = SimpleNamespace(multi_processor_count=2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    return script


SIZES = {
    "block_sizes": {"NUMBERS": 2000, "LAUNCHES": 1, "RUNS": 1},
    "copy_strides": {"LAUNCHES": 1, "RUNS": 1},
    "transpose": {"SIDE": 64, "LAUNCHES": 1, "RUNS": 1},
    "divergence": {"NUMBERS": 1024, "LAUNCHES": 1, "RUNS": 1},
    "reductions": {"NUMBERS": 70_000, "SUMS": 1, "RUNS": 1},
}
KEYS = {
    "block_sizes": ["copy", *(f"block_{size}" for size in (32, 64, 128, 256, 512, 1024))],
    "copy_strides": ["copy", "offset_1", *(f"stride_{s}" for s in (1, 2, 4, 8, 16, 32))],
    "transpose": ["copy", *(f"transpose_{x}" for x in ("naive", "tiled", "padded", "rows"))],
    "divergence": [f"width_{width}" for width in (1, 2, 4, 8, 16, 32, 64)],
    "reductions": [
        *("copy", "torch_sum"),
        *(f"sum_{rung}" for rung in ("modulo", "packed", "halves", "stride", "atomic")),
    ],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_and_leaves_a_valid_record(name, monkeypatch, tmp_path):
    script = small(name, monkeypatch, **SIZES[name])
    if name == "transpose":
        ladder = {k: (Traced(kernel), block) for k, (kernel, block) in script.LADDER.items()}
        monkeypatch.setattr(script, "LADDER", ladder)
    values = script.record(torch.device("cpu"), None)
    assert set(KEYS[name]) <= set(values)
    for key in set(values) - set(KEYS[name]):
        assert key.removesuffix("_fraction") in KEYS[name]
    path = resources.root() / "recorded" / f"{name}.py"
    run = recording.measured(path, values, device=torch.device("cpu"), commit="0" * 40)
    recording.save(run, name=name, title=script.TITLE, method=script.METHOD, folder=tmp_path)
    assert recorded.load(name, folder=tmp_path).runs[0].values == values


@pytest.mark.parametrize("name, kernel", KERNELS)
def test_a_script_refuses_a_wrong_result(name, kernel, monkeypatch):
    script = small(name, monkeypatch, **SIZES[name])
    monkeypatch.setattr(script, kernel, Idle(getattr(script, kernel)))
    if name == "transpose":
        ladder = {k: (getattr(script, k), block) for k, (_, block) in script.LADDER.items()}
        monkeypatch.setattr(script, "LADDER", ladder)
    with pytest.raises(RuntimeError, match="wrong"):
        script.record(torch.device("cpu"), None)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_names_the_cure_where_numba_finds_no_gpu(name, monkeypatch):
    nothing = warptrace.Hardware("", "Numba is not installed: pip install 'numba-cuda[cu13]'")
    monkeypatch.setattr(SCRIPTS[name].warptrace, "hardware", lambda: nothing)
    with pytest.raises(RuntimeError, match="pip install"):
        SCRIPTS[name].record(torch.device("cpu"), None)
