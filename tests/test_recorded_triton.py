"""The record of Triton's kernels: its script runs here from end to end in Triton's interpreter.

Triton decides when it is imported whether it interprets, so the runs are in a process of their own.
"""

import inspect
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from helpers import codegen, recorded

pytest.importorskip("triton", reason="Triton is there on Linux only")
SCRIPT = recorded.script("triton_kernels")
ROOT = Path(__file__).resolve().parents[1]
#: Kernels that only the record has.
RECORD_ONLY = {"product_described"}

SMALL = """
import json, torch
from helpers import recorded, timing
S = recorded.script("triton_kernels")
S.ROWS, S.COLUMNS, S.WIDTH, S.HEADS, S.POSITIONS, S.DEPTH = 70, 100, 128, 2, 72, 32
S.PRODUCT_TILES = ((32, 64, 32, 4, 3), (64, 32, 32, 4, 4))
S.ATTENTION_TILES = ((32, 16, 4, 3), (16, 32, 4, 3))
S.SMALL_PRODUCT_TILES, S.SMALL_ATTENTION_TILES = S.PRODUCT_TILES[:1], S.ATTENTION_TILES[:1]
S._capability = lambda device: {capability}
def compare(works, *, n, device):
    for work in works.values():
        work()
    return {{name: timing.summarise([float(k + 1)], device="cuda") for k, name in enumerate(works)}}
timing.compare = compare
"""


def interpreted(code: str):
    """Run `code` where Triton is interpreted; return what its last line prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def values():
    run = SMALL.format(capability=(9, 0)) + textwrap.dedent("""
        found = S.record(torch.device("cpu"), None)
        print(json.dumps({key: [q.value, q.unit, q.n] for key, q in found.items()}))
    """)
    return interpreted(run)


def test_every_kernel_is_checked_and_timed(values):
    tiles = [key for key in values if key.startswith("product:") and "warps" in key]
    assert len(tiles) == 4
    assert sum("described" in key for key in tiles) == 2
    assert len([key for key in values if key.startswith("attention:") and "warps" in key]) == 2
    for group, ways in {
        "softmax": ("triton", "eager", "torch", "copy"),
        "product": ("torch", "best"),
        "attention": ("naive", "torch", "best"),
        "add": ("triton", "torch"),
    }.items():
        for way in ways:
            assert values[f"{group}:{way}"][1:] == ["ms", SCRIPT.RUNS]


def test_the_ratios_are_those_of_the_times(values):
    # The times that the fake gave are 1, 2, 3, … in the order of the works.
    assert values["softmax_over_eager"][0] == 2
    assert values["softmax_of_copy"][0] == 4
    assert values["product:best"][0] == values["attention:best"][0] == 1
    assert values["product_of_torch"][0] == 5
    assert values["attention_over_naive"][0] == 3
    assert values["attention_of_torch"][0] == 4


def test_an_older_card_gets_small_tiles_and_a_wrong_kernel_is_refused():
    run = SMALL.format(capability=(7, 5)) + textwrap.dedent("""
        works = S.product_works(torch.device("cpu"))
        attention = S.attention_works(torch.device("cpu"))
        right = S.attend
        S.attend = lambda q, k, v, tile: right(q, k, 1.02 * v, tile=tile)
        try:
            S.attention_works(torch.device("cpu"))
        except RuntimeError as error:
            error_text = str(error)
        print(json.dumps([list(works), list(attention), error_text]))
    """)
    works, attention, error_text = interpreted(run)
    assert [len(works), len(attention)] == [2, 3]
    assert error_text.startswith("32 × 16, 4 warps, 3 stages is wrong: relative error 0.02")


def test_the_kernels_take_ragged_sizes():
    run = SMALL.format(capability=(9, 0)) + textwrap.dedent("""
        torch.manual_seed(0)
        a, b = torch.randn(100, 70), torch.randn(70, 90)
        off = [(S.multiply(a, b, tile=(32, 64, 16, 4, 3), precision="ieee") - a @ b).abs().max()]
        q, k, v = (torch.randn(3, 50, 16) for _ in range(3))
        found = S.attend(q, k, v, tile=(32, 16, 4, 3), precision="ieee")
        off.append((found - S.naive_attention(q, k, v)).abs().max())
        x = torch.randn(5, 300) * 50
        off.append((S.softmax(x) - torch.softmax(x, 1)).abs().max())
        off.append((S.eager_softmax(x) - torch.softmax(x, 1)).abs().max())
        out = torch.full((1100,), -1.0)
        S.add[(3,)](x.flatten(), x.flatten(), out, 1030, size=512)
        off.append((out[:1030] - 2 * x.flatten()[:1030]).abs().max())
        off.append((out[1030:] + 1).abs().max())
        print(json.dumps([float(o) for o in off]))
    """)
    assert max(interpreted(run)) < 2e-5


def test_a_tile_that_does_not_fit_is_left_out():
    def too_large():
        raise RuntimeError("out of resource: shared memory, Required: 999, Hardware limit: 9")

    def broken():
        raise RuntimeError("something else")

    assert SCRIPT._fits(lambda: None)
    assert not SCRIPT._fits(too_large)
    with pytest.raises(RuntimeError, match="something else"):
        SCRIPT._fits(broken)


@pytest.mark.parametrize("architecture, name", [("sm_80", "HMMA"), ("sm_90", "HGMMA")])
def test_tiles_use_tensor_cores_and_do_not_spill(architecture, name):
    half = torch.zeros(4096, 4096, dtype=torch.float16)
    *sizes, warps, stages = SCRIPT.PRODUCT_TILES[1]
    options = {"architecture": architecture, "mode": "tf32"}
    options |= {"warps": warps, "stages": stages, **dict(zip("MNK", sizes, strict=True))}
    operands = (half, half, half, 4096, 4096, 4096)
    code = codegen.compile_triton(SCRIPT.product, *operands, group=8, **options)
    assert code.opcodes[name]
    assert code.spill_store_bytes == 0


def test_the_chapter_shows_what_is_recorded():
    path = ROOT / "book" / "cuda" / "triton.ipynb"
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    shown = "\n".join("".join(cell["source"]) for cell in cells)
    for name, kernel in vars(SCRIPT).items():
        if type(kernel).__name__ in ("JITFunction", "InterpretedFunction"):
            source = inspect.getsource(kernel.fn).rstrip()
            assert (source in shown) == (name not in RECORD_ONLY), name
