"""A trace tells its launch in text, and the text run again without NumPy gives the same trace."""

import html
import json
import linecache
import math
import re

import numpy as np
import pytest

import warptrace
from warptrace import again, cuda, launches, samples
from warptrace.counters import METRICS

SCALE = np.float32(3)
SIZES = (2, SCALE)
TABLE = np.arange(3)


def told(kernel, grid, block, *arguments, **more):
    """Trace a kernel; return the trace and its launch after a journey through JSON."""
    trace = warptrace.trace(kernel, grid, block, *arguments, **more)
    return trace, json.loads(json.dumps(trace.launch.described(), allow_nan=False))


def by_line(trace):
    """Return the counters of each line, in the order of the lines of each function."""
    texts = sorted(
        (trace.source[line].strip(), list(n.values())) for line, n in trace.lines.items()
    )
    return [(text, counted) for text, counted in texts if any(counted)]


@pytest.mark.parametrize("name", samples.cases())
def test_a_launch_told_in_text_counts_the_same(name):
    kernel, grid, block, arguments, _ = samples.cases()[name]
    first, said = told(kernel, grid, block, *arguments)
    second = again.run(said)
    assert second.counters == first.counters and len(first.counters) == len(METRICS)
    assert by_line(second) == by_line(first)
    assert second.faults == first.faults


@cuda.jit(device=True)
def twice(value):
    return value * SIZES[0]


@cuda.jit
def scaled(x, pair, count, mask):
    i = cuda.grid(1)
    if i < x.size and not mask[i]:
        x[i] = twice(x[i]) * SCALE + pair[0] + math.floor(pair[1]) + count


def test_constants_functions_tuples_and_typed_numbers_travel():
    mask = np.zeros(50, np.bool_)
    mask[::7] = True
    first, said = told(scaled, 2, 32, np.arange(50, dtype=np.float32), (1, 2.5), np.int8(3), mask)
    assert said["source"].startswith(
        "import math\nimport numpy as np\nfrom warptrace import cuda\n"
    )
    assert "SCALE = np.float32(3.0)" in said["source"] and "def twice" in said["source"]
    assert said["arguments"][0] == {
        "name": "x", "type": "float32", "shape": [50], "ramp": [0.0, 1.0],
    }  # fmt: skip
    assert [item["type"] for item in said["arguments"][1]["items"]] == ["int64", "float64"]
    assert said["arguments"][2]["type"] == "int8" and said["arguments"][3]["type"] == "bool"
    assert again.run(said).counters == first.counters


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "float64"])
@pytest.mark.parametrize("kind", ["alike", "ramp", "any", "odd", "minus", "none"])
def test_arrays_come_back_bit_by_bit(dtype, kind):
    values = {
        "alike": np.ones(12),
        "ramp": np.arange(12) / 4,
        "any": np.random.default_rng(0).random(12) * 9,
        "odd": np.array([1, math.nan, math.inf, -0.0] * 3) if dtype[0] == "f" else np.ones(12),
        "minus": np.array([-0.0] * 12) if dtype[0] == "f" else np.ones(12),
        "none": np.ones(0),
    }[kind].astype(dtype)
    values = values.reshape(3, -1)
    (held,) = launches.kept((values,))
    came = again.restored(json.loads(json.dumps(launches.described("x", held))))
    assert came.shape == values.shape and str(came.dtype) == dtype
    assert np.array(came.tolist(), dtype).tobytes() == values.tobytes()


def test_numbers_that_a_page_cannot_hold_travel_bit_by_bit_or_not():
    big = np.array([2**60, 2**60 + 1], np.int64)
    assert "data" in launches._content(launches.kept((big,))[0])
    said = launches.Launch(scaled, (1,), (1,), 0, launches.kept((1, 2, 2**60, 4))).described()
    assert said["refused"] == "its argument count is too large a number for a page"


@pytest.mark.parametrize(
    ("dtype", "value"), [("float64", 2), ("float32", 0.1), ("bool", True), ("int8", 3)]
)
def test_a_number_comes_back_in_its_type(dtype, value):
    came = again.restored({"name": "x", "type": dtype, "value": value}).item()
    wanted = np.dtype(dtype).type(value).item()
    assert came == wanted and type(came) is type(wanted)


def test_what_stood_there_before_the_launch_travels():
    x = np.arange(8, dtype=np.float32)
    _, said = told(scaled, 1, 32, x, (1, 2), 3, np.zeros(8, np.bool_))
    assert x[1] != 1 and said["arguments"][0]["ramp"] == [0.0, 1.0]


def test_a_launch_without_a_text_says_why():
    @cuda.jit
    def looks_up(x):
        x[cuda.threadIdx.x] = cuda.const.array_like(TABLE)[0]

    @cuda.jit
    def plain(x):
        x[cuda.threadIdx.x] = 1

    def refused(kernel, x):
        return warptrace.trace(kernel, 1, 1, x).launch.described()["refused"]

    assert refused(looks_up, np.zeros(4)) == "it uses TABLE, a ndarray from around it"
    assert refused(plain, np.zeros(1 << 16)) == "its arrays hold more than 256 KB"
    assert "a page carries 24,576 at most" in refused(plain, np.random.default_rng(0).random(4096))
    assert "argument x is no plain array" in refused(plain, np.zeros(9)[1:])
    assert "argument x is no plain array" in refused(plain, np.zeros((4, 4)).T)
    record = np.zeros(4, np.complex64)
    assert "argument x is no plain array" in refused(plain, record)


def made(name, text, **names):
    """Return the function that a text defines, in a file and with globals of its own."""
    file = f"{name}.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names |= {"__name__": name}
    exec(compile(text, file, "exec"), names)
    return names[name]


def test_names_that_mean_two_things_are_refused():
    inner = made("inner", "def inner(x):\n    return x * WIDTH\n", WIDTH=2)

    def described(called, **names):
        text = f"def outer(x):\n    x[0] = {called}(x[0]) + WIDTH\n"
        kernel = made("outer", text, **{called: inner}, **names)
        return launches.Launch(kernel, (1,), (1,), 0, launches.kept((1,))).described()

    assert described("inner", WIDTH=3)["refused"] == "it uses two things that are called WIDTH"
    assert described("other", WIDTH=2)["refused"] == "it calls inner by the name other"
    assert described("inner", WIDTH=2)["source"].startswith("WIDTH = 2\n\n\ndef inner(x):")


def test_what_no_page_can_hold_is_not_kept_alive():
    tensor = memoryview(bytearray(1 << 20))
    assert launches.kept((tensor,)) == (None,)
    assert launches.kept((np.zeros(3, np.complex64), [1, np.float32(2)], object())) == (
        np.ndarray,
        (1, np.float32(2)),
        object,
    )


def test_a_view_that_begins_where_its_array_does_travels():
    whole = np.zeros(64, np.float32)
    first, said = told(samples.copy, 1, 32, whole[:32].reshape(32), np.zeros(32, np.float32))
    assert again.run(said).counters == first.counters


def test_a_view_carries_the_launch_where_no_reader_sees_it():
    trace, said = told(samples.copy, 1, 32, np.zeros(32), np.zeros(32))
    page = trace.show()._repr_html_()
    (carried,) = re.findall(r'<section[^>]* data-launch="([^"]*)">', page)
    assert json.loads(html.unescape(carried)) == said
    assert "data-launch" not in again.run(said).show()._repr_html_()
    assert trace == warptrace.trace(samples.copy, 1, 32, np.zeros(32), np.zeros(32))


def run_text(source, **more):
    said = {"kernel": "k", "grid": [1], "block": [32], "arguments": [], "source": source}
    return again.run(said | more)


def test_another_kernel_of_the_text_is_found():
    source = "from warptrace import cuda\n\n\n@cuda.jit\ndef other():\n    cuda.syncthreads()\n"
    trace = run_text(source)
    assert trace.name == "other" and trace.source[6] == "    cuda.syncthreads()"
    with pytest.raises(NameError, match="no kernel k is left"):
        run_text("x = 1\n")


def test_a_changed_text_is_read_anew():
    source = "from warptrace import cuda\n\n\n@cuda.jit\ndef k():\n    {} = 1\n"
    assert run_text(source.format("a")).source[6] == "    a = 1"
    assert run_text(source.format("b")).source[6] == "    b = 1"
