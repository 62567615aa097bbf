"""Complex numbers, the functions of NumPy and Python on numbers, and random numbers."""

import cmath
import math
import operator

import numpy as np
import pytest

import warptrace
from warptrace import cuda


def value_of(line, *arguments, dtype=np.float64, count=4):
    """Return what `line` gives in `count` threads; it may use `i`, and the arguments as x and y."""
    names = ("x", "y")[: len(arguments)]
    head = f"def kernel({', '.join((*names, 'out'))}):"
    text = f"{head}\n    i = cuda.threadIdx.x\n    out[i] = {line}\n"
    return _run(text, arguments, np.zeros(count, dtype))


def _run(text, arguments, out):
    import linecache

    file = f"<kernel {abs(hash(text))}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = {"cuda": cuda, "np": np, "math": math, "cmath": cmath, "operator": operator}
    exec(compile(text, file, "exec"), space)
    trace = warptrace.trace(space["kernel"], 1, len(out), *arguments, out)
    return out, trace


# Complex numbers

Z = np.array([1 + 2j, -0.5 + 1j, 3 - 4j, 0.25j])


@pytest.mark.parametrize("kind", [np.complex64, np.complex128])
@pytest.mark.parametrize(
    "line, numpy",
    [
        ("x[i] + y[i]", lambda x, y: x + y),
        ("x[i] * y[i] - x[i]", lambda x, y: x * y - x),
        ("x[i] / y[i]", lambda x, y: x / y),
        ("-x[i]", lambda x, y: -x),
        ("x[i] ** 2", lambda x, y: x**2),
        ("x[i].conjugate() * y[i].real", lambda x, y: x.conj() * y.real),
        ("np.conj(x[i])", lambda x, y: x.conj()),
        ("x[i] if x[i] == y[i] else y[i]", lambda x, y: y),
        ("cmath.exp(x[i])", lambda x, y: np.exp(x)),
        ("cmath.sqrt(x[i])", lambda x, y: np.sqrt(x)),
        ("np.sin(x[i])", lambda x, y: np.sin(x)),
        ("cmath.log(x[i], y[i])", lambda x, y: np.log(x) / np.log(y)),
        ("cmath.rect(abs(x[i]), cmath.phase(x[i]))", lambda x, y: x),
        ("complex(x[i].real, y[i].imag) + 1j", lambda x, y: x.real + 1j * y.imag + 1j),
    ],
)
def test_complex_numbers(line, numpy, kind):
    x, y = Z.astype(kind), (Z[::-1] + 0.5).astype(kind)
    found, _ = value_of(line, x, y, dtype=kind)
    np.testing.assert_allclose(found, numpy(x, y), rtol=1e-6 if kind == np.complex64 else 1e-14)


def test_a_complex_number_moves_in_two_halves_and_its_product_is_six_flops():
    def product(a, b, out):
        i = cuda.grid(1)
        out[i] = a[i] * b[i]

    a, out = np.ones(32, np.complex64), np.zeros(32, np.complex64)
    counts = warptrace.trace(product, 1, 32, a, a.copy(), out).counters
    # As the compiler's `ld.global.f32` and `ld.global.f32 …+4`: 4 of every 8 bytes each.
    assert (counts["global_load_requests"], counts["global_load_sectors"]) == (4, 32)
    assert (counts["global_store_requests"], counts["global_store_sectors"]) == (2, 16)
    assert (counts["flops_fp32"], counts["flops_fp64"]) == (6 * 32, 0)


def test_the_parts_of_an_array_of_complex_numbers_are_arrays():
    def parts(z):
        i = cuda.threadIdx.x
        cuda.atomic.add(z.real, 0, 1.0)
        z.imag[i] = z[i].real

    z = np.array([1 + 2j, 3 + 4j], np.complex64)
    counts = warptrace.trace(parts, 1, 2, z).counters
    assert z.tolist() == [3 + 3j, 3 + 3j]
    assert counts["global_store_requests"] == 1


def test_mandelbrot_with_complex_numbers():
    def mandelbrot(counts, width):
        x, y = cuda.grid(2)
        z = c = complex(-2 + 3 * x / width, -1 + 2 * y / width)
        turns = 0
        while abs(z) < 2 and turns < 20:
            z = z * z + c
            turns += 1
        counts[y, x] = turns

    counts = np.zeros((16, 16), np.int32)
    warptrace.trace(mandelbrot, (2, 2), (8, 8), counts, 16)
    for y in range(16):
        for x in range(16):
            z = c = complex(-2 + 3 * x / 16, -1 + 2 * y / 16)
            turns = 0
            while abs(z) < 2 and turns < 20:
                z, turns = z * z + c, turns + 1
            assert counts[y, x] == turns


@pytest.mark.parametrize(
    "line, message",
    [
        ("x[i] < x[i]", "no order.*abs"),
        ("x[i] // x[i]", "no remainder"),
        ("x[i]", r"\.real, \.imag or abs"),
        ("float(x[i])", r"\.real, \.imag or abs"),
        ("math.sqrt(x[i])", "cmath"),
        ("max(x[i], x[i])", "no order"),
        ("round(x[i])", "not rounded"),
        ("np.hypot(x[i], x[i])", "real numbers"),
        ("x[i].size", "`real` and `imag` only"),
        ("cuda.shfl_sync(15, x[i], 0)", "one by one"),
        ("cuda.atomic.add(x, 0, x[i])", "takes real numbers"),
    ],
)
def test_what_complex_numbers_do_not_have(line, message):
    with pytest.raises(warptrace.UnsupportedError, match=message):
        value_of(line, Z)


# Python's functions


@pytest.mark.parametrize(
    "line, expected",
    [
        ("float('inf') - i", [math.inf] * 4),
        ("float('-inf')", [-math.inf] * 4),
        ("pow(i, 3)", [0, 1, 8, 27]),
        ("divmod(i - 2, 3)[0] * 10 + divmod(i - 2, 3)[1]", [-9, -8, 0, 1]),
        ("round(2.5) + round(i)", [2, 3, 4, 5]),
        ("round(i / 3, 2)", [0, 0.33, 0.67, 1]),
        ("round(1234.5678, i - 2)", [1200, 1230, 1235, 1234.6]),
        ("operator.add(i, 2) + operator.le(i, 1)", [3, 4, 4, 5]),
        ("sum((i, 2, 3.5))", [5.5, 6.5, 7.5, 8.5]),
        ("min((i, 2)) + max((1, i))", [1, 2, 4, 5]),
        ("i in (1, 2) or (i, 3) == (3, i)", [0, 1, 1, 1]),
        ("(1, i) != (1, 2)", [1, 1, 0, 1]),
        ("(1, 2, i)[1:][1]", [0, 1, 2, 3]),
        ("math.ldexp(1.5, i) + math.exp2(i)", [2.5, 5, 10, 20]),
        ("math.modf(i + 0.5)[0] + math.modf(i + 0.5)[1]", [0.5, 1.5, 2.5, 3.5]),
        ("math.frexp(8.0)[0] + math.frexp(8.0)[1]", [4.5] * 4),
        ("math.nextafter(float(i), 9.0) > i", [1] * 4),
        ("cuda.float32(i) / 2", [0, 0.5, 1, 1.5]),
        ("math.remainder(i * 1.5, 1.0)", [math.remainder(i * 1.5, 1.0) for i in range(4)]),
    ],
)
def test_functions_of_python(line, expected):
    np.testing.assert_array_equal(value_of(line)[0], expected)


@pytest.mark.parametrize(
    "name, memory, value, left",
    [
        ("max", 1, np.nan, 1),
        ("max", np.nan, 1, np.nan),
        ("nanmax", np.nan, 1, 1),
        ("nanmin", 2, np.nan, 2),
        ("min", 2, -3, -3),
    ],
)
def test_one_atomic_with_nan(name, memory, value, left):
    a = np.array([memory], np.float32)
    old, _ = value_of(
        f"cuda.atomic.{name}(x, 0, {value if value == value else 'np.nan'})", a, count=1
    )
    np.testing.assert_array_equal((a[0], old[0]), (left, memory))


# NumPy's functions


@pytest.mark.parametrize("name", ["float32", "float64", "int64"])
@pytest.mark.parametrize(
    "line",
    [
        *("np.sin(x[i])", "np.arctan2(x[i], y[i])", "np.maximum(x[i], y[i])"),
        *("np.logical_and(x[i], y[i])", "np.greater(x[i], y[i])", "np.degrees(x[i])"),
        *("np.real(x[i])", "np.log2(x[i])", "np.divide(x[i], y[i])", "np.isnan(x[i])"),
    ],
)
def test_functions_of_numpy(line, name):
    x, y = (np.array(v, name) for v in ([1, 2, 3, 4], [3, 2, 0, 5]))
    with np.errstate(all="ignore"):
        expected = eval(line.replace("[i]", ""), {"np": np, "x": x, "y": y})
        np.testing.assert_allclose(value_of(line, x, y)[0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    "line, message",
    [
        ("np.sqrt(x[i])", "write `math.sqrt`"),
        ("np.abs(x[i])", r"write `abs\(…\)`"),
        ("np.power(x[i], 2)", r"write `\*\*`"),
        ("np.where(x[i] > 0, 1, 2)", "if … else"),
        ("np.sum(x)", "sum"),
        ("np.dot(x, x)", "single numbers"),
        ("np.bitwise_and(x[i], 1)", "bits of float64"),
    ],
)
def test_functions_of_numpy_that_numba_has_not(line, message):
    with pytest.raises(warptrace.UnsupportedError, match=message):
        value_of(line, np.ones(4))


def test_functions_of_numpy_are_typed_as_numba_types_them(numba_types):
    from warptrace.compiler.numpy_calls import NUMPY, _common

    typed, _ = numba_types
    for name, function in NUMPY.items():
        for first in ("int8", "int32", "uint32", "float32", "float64"):
            for second in ("int16", "int64", "float32"):
                given = (first, second)[: function.nin]
                try:
                    ours = str(_common(function.__name__, [np.dtype(kind) for kind in given]))
                except TypeError:
                    ours = None
                theirs = typed(function, *given)
                assert ours == theirs or (ours and theirs == "bool"), (name, given)


# Random numbers


def draws(states, out):
    i = cuda.grid(1)
    for k in range(out.shape[1]):
        out[i, k] = cuda.random.xoroshiro128p_uniform_float32(states, i)


def test_random_numbers_are_those_that_numba_gives():
    from warptrace import random

    states = cuda.random.create_xoroshiro128p_states(3, seed=7).copy_to_host()
    further = random.create_xoroshiro128p_states(1, 7, subsequence_start=2).copy_to_host()
    # Written down from Numba's own functions, see `test_random_numbers_beside_numbas`.
    first = [7191089600892374487, 585177284054532897, 16135235430649372907]
    assert states["s0"].tolist() == first
    assert further[0] == states[2]


def test_random_numbers_beside_numbas():
    numba = pytest.importorskip("numba.cuda.random", reason="numba is missing")
    theirs = np.zeros(70, numba.xoroshiro128p_dtype)
    numba.init_xoroshiro128p_states_cpu(theirs, np.uint64(11), np.uint64(3))
    states = cuda.random.create_xoroshiro128p_states(70, 11, 3)
    np.testing.assert_array_equal(states.copy_to_host(), theirs)
    out = np.zeros((70, 5), np.float32)
    warptrace.trace(draws, 1, 70, states, out)
    for i in range(70):
        for k in range(5):
            assert out[i, k] == numba.xoroshiro128p_uniform_float32(theirs, i)
    np.testing.assert_array_equal(states.copy_to_host(), theirs)


@pytest.mark.parametrize("name", ["normal_float32", "normal_float64", "uniform_float64"])
def test_other_distributions_beside_numbas(name):
    numba = pytest.importorskip("numba.cuda.random", reason="numba is missing")
    theirs, their_draw = (
        cuda.random.create_xoroshiro128p_states(4, 1).copy_to_host(),
        getattr(numba, f"xoroshiro128p_{name}"),
    )
    draw = their_draw if name == "normal_float32" else getattr(cuda.random, f"xoroshiro128p_{name}")

    def kernel(states, out):
        out[cuda.threadIdx.x] = draw(states, cuda.threadIdx.x)

    states, out = theirs.copy(), np.zeros(4, name[-7:])
    warptrace.trace(kernel, 1, 4, states, out)
    expected = [their_draw(theirs, i) for i in range(4)]
    # A library's logarithm and cosine are right to some units in the last place.
    np.testing.assert_allclose(out, expected, rtol=2e-6 if name[-2:] == "32" else 1e-6)
    np.testing.assert_array_equal(states, theirs)


def test_a_draw_reads_and_writes_both_halves_of_a_state():
    states, out = cuda.random.create_xoroshiro128p_states(32, 1), np.zeros((32, 1), np.float32)
    counts = warptrace.trace(draws, 1, 32, states, out).counters
    assert (counts["global_load_requests"], counts["global_load_sectors"]) == (2, 32)
    assert counts["global_store_requests"] == 3
