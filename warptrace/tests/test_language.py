"""The language of kernels beyond numbers and loops: parts of arrays, functions inside, `match`."""

from collections import namedtuple

import numpy as np
import pytest

import warptrace
from warptrace import cuda

Point = namedtuple("Point", "x y")
ORIGIN = Point(1.5, 2)


def run(kernel, threads, *args, grid=1):
    return warptrace.trace(kernel, grid, threads, *args)


# Parts of arrays


def test_parts_are_filled():
    def fill(a, m, t):
        i = cuda.threadIdx.x
        m[i, :] = i
        m[i, 1:3] = 10
        if i < 2:
            a[4 * i : 4 * i + 2 + i] = i + 1
        t[..., i] = 7
        t[i] = (1, 2, 3)
        if i == 2:
            a[6:].fill(9)

    a, m, t = np.zeros(10), np.zeros((3, 4), np.float32), np.zeros((3, 3))
    counts = run(fill, 3, a, m, t).counters
    assert m.tolist() == [[k, 10, 10, k] for k in range(3)]
    assert a.tolist() == [1, 1, 0, 0, 2, 2, 9, 9, 9, 9]
    assert t.tolist() == [[1, 2, 3]] * 3
    # An element is one store: 4 and 2 of m, 3 of a (the longest part), 3 and 3 of t, 4 of a.
    assert counts["global_store_requests"] == 4 + 2 + 3 + 3 + 3 + 4


def copied(a):
    a[1:3] = a[4:6]


def changed(a):
    a[1:3] += 1


def zero_step(a):
    a[0] = a[:: a.size - 8][0]


@pytest.mark.parametrize(
    "kernel, message", [(copied, "no array is copied"), (changed, "single elem")]
)
def test_parts_that_numba_does_not_copy(kernel, message):
    with pytest.raises(warptrace.UnsupportedError, match=message + r".*write a loop"):
        run(kernel, 1, np.zeros(8))


def test_a_step_of_zero_and_a_tuple_of_another_length():
    def three(a):
        a[0:2] = (1, 2, 3)

    with pytest.raises(warptrace.KernelError, match="step of zero"):
        run(zero_step, 1, np.zeros(8))
    with pytest.raises(warptrace.KernelError, match="3 numbers for a part of another length"):
        run(three, 1, np.zeros(8))


SLICES = [(None, None, 2), (None, None, -1), (7, 1, -2), (1, -1, 3), (None, -3, -1), (9, 2, 1)]


@pytest.mark.parametrize("bounds", SLICES)
def test_slices_with_a_step_are_those_of_numpy(bounds):
    start, stop, step = bounds

    def take(a, out):
        i = cuda.threadIdx.x
        part = a[start:stop:step]
        if i < part.size:
            out[i] = part[i]

    a, out = np.arange(8.0), np.full(8, -1.0)
    run(take, 8, a, out)
    assert out[out >= 0].tolist() == a[start:stop:step].tolist()


def test_steps_that_differ_from_thread_to_thread():
    def take(a, out):
        i = cuda.threadIdx.x
        part = a[i :: i + 1]
        row = part if i > 1 else a
        out[i, 0] = part.size
        out[i, 1] = part[1] + row[0]
        if i < 3:
            part[1:] = 0

    a, out = np.arange(12.0), np.zeros((4, 2))
    run(take, 4, a, out)
    full = np.arange(12)
    sizes = [len(full[i :: i + 1]) for i in range(4)]
    firsts = [full[i :: i + 1][1] + (i if i > 1 else 0) for i in range(4)]
    assert out.tolist() == [[float(s), float(f)] for s, f in zip(sizes, firsts, strict=True)]


def test_new_dimensions_shapes_and_turns():
    def use(a, m, out):
        i = cuda.threadIdx.x
        square = a.reshape(3, 4)
        line = m.reshape(-1)
        out[0] = square[2, 1] + a.reshape((2, 6))[1, 5] + line[5]
        out[1] = a[None, :][0, 3] + a[:, np.newaxis].shape[1]
        out[2] = m.transpose()[1, 2] + m[..., 1][i] + m.T[0, 2]
        out[3] = a[1:].nbytes + a.itemsize

    a, m, out = np.arange(12.0), np.arange(12.0).reshape(3, 4), np.zeros(4)
    run(use, 1, a, m, out)
    assert out.tolist() == [9 + 11 + 5, 3 + 1, 9 + 1 + 8, 88 + 8]

    def empty(a, out):
        out[0] = a.reshape(1, 0, 2).shape[2]

    run(empty, 1, np.array([]), out)
    assert out[0] == 2

    def apart(a, out):
        out[0] = a[::2].reshape(2, 3)[0, 0]

    def uneven(a, out):
        out[0] = a.reshape(5, -1)[0, 0]

    with pytest.raises(warptrace.KernelError, match="one after another"):
        run(apart, 1, a, out)
    with pytest.raises(warptrace.KernelError, match="12 elements do not fit"):
        run(uneven, 1, a, out)


def test_a_choice_between_arrays_and_between_tuples():
    def choose(a, b, out, first):
        i = cuda.threadIdx.x
        source = a if first else b
        low, high = (1, 2.5) if i < 2 else (3, 4)
        part = a[:2] if i == 0 else a[2:]
        out[i] = source[i] + 10 * low + 100 * high + 1000 * part[0]

    a, b, out = np.arange(4.0), np.arange(4.0) + 5, np.zeros(4)
    for first, source in ((True, a), (False, b)):
        run(choose, 4, a, b, out, first)
        expected = [source[i] + (260, 430)[i > 1] + 1000 * (0, 2)[i > 0] for i in range(4)]
        np.testing.assert_array_equal(out, expected)


# Tuples


def test_named_tuples_and_tuples_of_arrays():
    def shifted(p, by=ORIGIN):
        return Point(p.x + by.x, y=p.y + by[1])

    def use(pair, start, out):
        i = cuda.threadIdx.x
        p = shifted(Point(i, start.y))
        x, y = p
        out[i] = 10 * x + y + pair[0][i]
        for one in pair:
            one[i] += 1
        for value in [1.0, 2.0]:
            out[i] += value
        out[i] += sum2(*(1, i))

    def sum2(a, b):
        return a + b

    first, second, out = np.arange(3.0), np.zeros(3), np.zeros(3)
    run(use, 3, (first, second), Point(0, 3), out)
    assert out.tolist() == [10 * (i + 1.5) + 5 + i + 3 + 1 + i for i in range(3)]
    assert first.tolist() == [1, 2, 3] and second.tolist() == [1, 1, 1]


# Functions inside, and control flow


def test_functions_defined_inside_see_the_variables_around_them():
    def use(a, out):
        i = cuda.threadIdx.x
        k = a[i]

        def plus(x, more=1):
            if x > 2:
                return x + k
            return x - more

        double = lambda x: 2 * x  # noqa: E731
        first = plus(i)
        k = 100
        out[i] = apply(double, plus(3)) + first + apply(lambda x: x + k, plus(0, more=2))

    def apply(function, value):
        return function(value)

    a, out = np.arange(4.0), np.zeros(4)
    run(use, 4, a, out)
    firsts = [i + i if i > 2 else i - 1 for i in range(4)]
    # As in Python and Numba, a function sees what a variable is when it is called.
    assert out.tolist() == [206 + first + 98 for first in firsts]


def test_else_after_a_loop_runs_where_nothing_broke_it():
    def search(a, out):
        i = cuda.threadIdx.x
        for k in range(a.size):
            if a[k] == i:
                found = k
                break
        else:
            found = -1.5
            if i == 9:
                return
        k = 0
        while k < i:
            k += 1
            if k == 4:
                break
        else:
            found += 100
        out[i] = found

    a, out = np.array([3.0, 1.0, 4.0]), np.zeros(10)
    run(search, 10, a, out)
    where = [{3: 0, 1: 1, 4: 2}.get(i, -1.5) + (100 if i < 4 else 0) for i in range(9)]
    assert out.tolist() == [*where, 0]


def test_match_on_numbers():
    def choose(out):
        i = cuda.threadIdx.x
        match i:
            case 0:
                out[i] = 10
            case 1 | 2:
                out[i] = 20
            case k if k > 4:
                out[i] = k
            case _:
                out[i] = -1

    out = np.zeros(6)
    run(choose, 6, out)
    assert out.tolist() == [10, 20, 20, -1, -1, 5]


def test_counting_beside_arrays_and_with_floats():
    def count(a, out):
        for k, j in enumerate(range(2, 5)):
            out[k] += j
        for j, value in zip(range(10, 20), a):  # noqa: B905 - Numba knows no `strict`
            out[3] += j * value
        for k in range(a.size / 2):
            out[4] += k + 1
        for k, (x, (n, y)) in enumerate(zip(a, enumerate(a[1:], start=5)), 100):  # noqa: B905
            out[5] += k * x + n * y

    a, out = np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(6)
    run(count, 1, a, out)
    assert out.tolist() == [2, 3, 4, 10 + 22 + 36 + 52, 3, 608 + 56]


def test_an_array_type_may_be_named():
    def use(out):
        tile = cuda.shared.array(shape=4, dtype="float32")
        own = cuda.local.array(2, "int16")
        own[0] = 40000
        tile[0] = own[0] + 0.1
        out[0] = tile[0]

    out = np.zeros(1)
    run(use, 1, out)
    assert out[0] == np.float32(40000 - 65536 + 0.1)


# The grid as a whole


def test_a_barrier_of_the_grid_orders_all_blocks():
    def exchange(a, out, together):
        i = cuda.grid(1)
        a[i] = i
        grid = cuda.cg.this_grid()
        if together:
            grid.sync()
        out[i] = a[a.size - 1 - i]

    size = 64 * 2048  # more than what runs at a time otherwise
    a, out = np.zeros(size), np.zeros(size)
    trace = warptrace.trace(exchange, 2048, 64, a, out, True)
    np.testing.assert_array_equal(out, np.arange(size)[::-1])
    assert trace.faults == [] and trace.counters["barriers"] == size // 32
    assert warptrace.trace(exchange, 2, 64, a[:128], out[:128], False).faults

    def parts(a):
        if cuda.blockIdx.x == 0:
            cuda.cg.this_grid().sync()
        a[0] = 1

    with pytest.raises(warptrace.KernelError, match="barrier of the grid in divergent code"):
        warptrace.trace(parts, 2, 32, a)
