"""The tracer computes what the kernel says: against NumPy, for the book's kernels and at random."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import warptrace
from warptrace import cuda, engine, reference
from warptrace import samples as kernels

CASES = kernels.cases()


def run(kernel, grid, block, *args, **options):
    return warptrace.trace(kernel, grid, block, *args, **options)


@pytest.mark.parametrize("name", CASES)
def test_book_kernels_agree_with_numpy_and_have_no_fault(name):
    kernel, grid, block, args, expected = CASES[name]
    args = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    traced = run(kernel, grid, block, *args)
    for place, value in expected.items():
        np.testing.assert_allclose(args[place], value, rtol=2e-5, atol=2e-5)
    assert traced.faults == []


@pytest.mark.parametrize("lanes", [32, 1 << 10])
def test_chunks_of_blocks_change_nothing(monkeypatch, lanes):
    kernel, grid, block, args, expected = CASES["matmul_tiled"]
    whole = run(kernel, grid, block, *[np.copy(arg) for arg in args])
    monkeypatch.setattr(engine, "CHUNK_LANES", lanes)
    args = [np.copy(arg) for arg in args]
    parts = run(kernel, grid, block, *args)
    np.testing.assert_allclose(args[2], expected[2], rtol=2e-5, atol=2e-5)
    assert parts.counters == whole.counters


# Where a thread is


def indices(out):
    t = cuda.threadIdx.x + cuda.blockDim.x * (cuda.threadIdx.y + cuda.blockDim.y * cuda.threadIdx.z)
    b = cuda.blockIdx.x + cuda.gridDim.x * (cuda.blockIdx.y + cuda.gridDim.y * cuda.blockIdx.z)
    size = cuda.blockDim.x * cuda.blockDim.y * cuda.blockDim.z
    x, y, z = cuda.grid(3)
    i = b * size + t
    out[i, 0] = x
    out[i, 1] = y
    out[i, 2] = z
    out[i, 3] = cuda.laneid


sizes = st.tuples(*[st.integers(1, 4)] * 3)


@settings(max_examples=40, deadline=None)
@given(grid=sizes, block=st.tuples(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4)))
def test_every_thread_knows_where_it_is(grid, block):
    threads = math.prod(block)
    out = np.full((math.prod(grid) * threads, 4), -1)
    run(indices, grid, block, out)
    t = np.arange(threads)
    here = np.stack([t % block[0], t // block[0] % block[1], t // (block[0] * block[1])], 1)
    for b in range(math.prod(grid)):
        base = [b % grid[0], b // grid[0] % grid[1], b // (grid[0] * grid[1])]
        part = out[b * threads : (b + 1) * threads]
        np.testing.assert_array_equal(part[:, :3], np.array(base) * block + here)
        np.testing.assert_array_equal(part[:, 3], t % 32)


# Arrays of any stride


def scale_2d(source, target):
    column, row = cuda.grid(2)
    if row < source.shape[0] and column < source.shape[1]:
        target[row, column] = source[row, column]


def any_view(draw, base):
    rows = slice(None, None, draw(st.sampled_from([1, 2, -1, -3])))
    columns = slice(draw(st.integers(0, 2)), None, draw(st.sampled_from([1, 3, -1])))
    view = base[rows, columns]
    return view.T if draw(st.booleans()) else view


@st.composite
def views(draw):
    dtypes = [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.float32, np.float64]
    dtype = draw(st.sampled_from(dtypes))
    shape = (draw(st.integers(1, 12)), draw(st.integers(3, 12)))
    base = np.arange(math.prod(shape)).astype(dtype).reshape(shape)
    return any_view(draw, base)


@settings(max_examples=60, deadline=None)
@given(source=views(), block=st.tuples(st.integers(1, 8), st.integers(1, 8)))
def test_arrays_of_any_strides_are_read_and_written(source, block):
    memory = np.zeros((source.shape[0] * 2, source.shape[1] * 3), source.dtype)
    target = memory[::2, ::-3]
    grid = tuple(-(-n // b) for n, b in zip(source.shape[::-1], block, strict=True))
    run(scale_2d, grid, block, source, target)
    np.testing.assert_array_equal(target, source)
    assert np.count_nonzero(memory) == np.count_nonzero(source)


def test_a_field_of_records_has_strides_that_no_element_fits():
    records = np.zeros(8, np.dtype([("flag", np.int8), ("value", np.float32)], align=False))
    records["value"] = np.arange(8)
    out = np.zeros(8, np.float32)
    run(kernels.copy, 1, 32, records["value"], out)
    np.testing.assert_array_equal(out, np.arange(8))


def test_a_broadcast_array_can_be_read_but_not_written():
    ones = np.broadcast_to(np.float32(1), (4, 4))
    out = np.zeros((4, 4), np.float32)
    run(scale_2d, 1, (4, 4), ones, out)
    assert (out == 1).all()
    with pytest.raises(warptrace.KernelError, match="target is read-only"):
        run(scale_2d, 1, (4, 4), out, ones)


def test_a_negative_index_counts_from_the_end_as_in_numba():
    def last(a, out):
        out[cuda.threadIdx.x] = a[-1 - cuda.threadIdx.x]

    out = np.zeros(4)
    run(last, 1, 4, np.arange(4.0), out)
    np.testing.assert_array_equal(out, [3, 2, 1, 0])

    def diagonal(a, out):
        i = cuda.threadIdx.x
        out[i] = a[i - 4, -1 - i]

    square = np.arange(16.0).reshape(4, 4)
    warptrace.trace(diagonal, 1, 4, square, out)
    np.testing.assert_array_equal(out, np.fliplr(square).diagonal())


def test_rows_and_slices_are_views():
    def rows(a, out):
        row = a[cuda.threadIdx.x]
        tail = row[1:3]
        tail[0] = tail[1] + len(tail)
        out[cuda.threadIdx.x] = row[1]

    a, out = np.arange(12.0).reshape(3, 4), np.zeros(3)
    run(rows, 1, 3, a, out)
    np.testing.assert_array_equal(out, [4, 8, 12])
    np.testing.assert_array_equal(a[:, 1], out)


# Control flow


def collatz(n, steps):
    i = cuda.grid(1)
    if i >= n.size:
        return
    value = n[i]
    count = 0
    while True:
        if value == 1:
            break
        if value % 2 == 0:
            value //= 2
            count += 1
            continue
        value = 3 * value + 1
        count += 1
    steps[i] = count


def collatz_steps(n):
    count = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 200), block=st.integers(1, 100))
def test_loops_with_break_continue_and_early_return(n, block):
    numbers = np.arange(1, n + 1)
    steps = np.zeros(n, np.int64)
    run(collatz, -(-n // block), block, numbers, steps)
    np.testing.assert_array_equal(steps, [collatz_steps(int(k)) for k in numbers])


def nested(out):
    i = cuda.grid(1)
    total = 0
    for a in range(i % 5, 20, 1 + i % 3):
        if a % 2:
            for b in range(a, -1, -2):
                if b == i % 7:
                    break
                if b % 3 == 0:
                    continue
                total += a * b
        else:
            if a > 10 and i % 2 == 0:
                total -= 1
            elif a > 15:
                total += 100
                continue
            total += 1
    out[i] = total


def test_nested_divergence_and_ranges_that_differ_by_lane():
    def one(i):
        total = 0
        for a in range(i % 5, 20, 1 + i % 3):
            if a % 2:
                for b in range(a, -1, -2):
                    if b == i % 7:
                        break
                    if b % 3 == 0:
                        continue
                    total += a * b
            else:
                if a > 10 and i % 2 == 0:
                    total -= 1
                elif a > 15:
                    total += 100
                    continue
                total += 1
        return total

    out = np.zeros(150, np.int64)
    run(nested, 3, 50, out)
    np.testing.assert_array_equal(out, [one(i) for i in range(150)])


def test_the_loop_variable_keeps_its_last_value():
    def last(out):
        i = cuda.threadIdx.x
        k = -1
        for k in range(i):
            if k == 5:
                break
        out[i] = k

    out = np.zeros(10, np.int64)
    run(last, 1, 10, out)
    np.testing.assert_array_equal(out, [-1, 0, 1, 2, 3, 4, 5, 5, 5, 5])


def test_and_or_read_only_where_they_must():
    def guarded(a, out):
        i = cuda.threadIdx.x
        if (i < a.size and a[i] > 1) or i == 31:
            out[i] = 1
        out[i] += 10 if i >= a.size or a[i] < 2 else 20

    out = np.zeros(32, np.int64)
    run(guarded, 1, 32, np.array([1.0, 2.0, 3.0]), out)
    assert out.tolist() == [10, 21, 21, *[10] * 28, 11]


def test_a_variable_that_some_threads_lack():
    def lacking(out, all_of_them):
        i = cuda.threadIdx.x
        if i < 5 or all_of_them:
            x = i * 2
        out[i] = x

    out = np.zeros(8, np.int64)
    run(lacking, 1, 8, out, True)
    assert out.tolist() == list(range(0, 16, 2))
    with pytest.raises(warptrace.KernelError, match=r"x is read before.*thread \(5, 0, 0\)"):
        run(lacking, 1, 8, out, False)


def test_a_variable_may_be_passed_on_by_threads_that_lack_it_and_never_use_it():
    def twice(x, i):
        y = x
        if i < 5:
            return 2 * y
        return -1

    def lacking(out, uses):
        i = cuda.threadIdx.x
        if i < 5:
            x = i
        out[i] = twice(x, i if not uses else 0)

    out = np.zeros(8, np.int64)
    run(lacking, 1, 8, out, False)
    assert out.tolist() == [0, 2, 4, 6, 8, -1, -1, -1]
    with pytest.raises(warptrace.KernelError, match=r"y is read before.*thread \(5, 0, 0\)"):
        run(lacking, 1, 8, out, True)


def test_chained_comparison_conditional_and_membership():
    def choose(out):
        i = cuda.threadIdx.x
        out[i] = (1 < i <= 4) + 10 * (i in (2, 7)) + (100 if not i else 0) + 5 * (i not in (1,))

    out = np.zeros(8, np.int64)
    run(choose, 1, 8, out)
    assert out.tolist() == [
        (1 < i <= 4) + 10 * (i in (2, 7)) + (100 if not i else 0) + 5 * (i not in (1,))
        for i in range(8)
    ]


# Functions, tuples, constants


@cuda.jit(device=True)
def clamp(x, low, high=1.0):
    if x < low:
        return low
    if x > high:
        return high
    return x


def both(a, b):
    return a + b, a * b


def test_device_functions_with_defaults_and_several_results():
    def use(a, out):
        i = cuda.threadIdx.x
        total, product = both(a[i], clamp(a[i], -1.0))
        out[i, 0] = total
        out[i, 1] = product

    a, out = np.linspace(-2, 2, 9), np.zeros((9, 2))
    run(use, 1, 9, a, out)
    clamped = np.clip(a, -1, 1)
    np.testing.assert_allclose(out, np.stack([a + clamped, a * clamped], 1))


STEP = 10


def stepped(x, by=STEP, table=(1, 2)):
    return x + by + table[1]


def test_a_default_is_what_it_was_when_the_function_was_defined(monkeypatch):
    monkeypatch.setitem(globals(), "STEP", 1000)
    by = 7

    def further(x, way=by):
        return x + way

    def use(out):
        STEP = 100  # noqa: F841 - a variable of the caller that must not be taken
        i = cuda.threadIdx.x
        out[i] = stepped(i) + further(0)

    by = 8
    out = np.zeros(3, np.int64)
    run(use, 1, 3, out)
    assert out.tolist() == [19, 20, 21] and by == 8


def test_loops_over_arrays_and_several_things_together():
    def arrays(a, b, out):
        i = cuda.threadIdx.x
        for value in a:
            out[i, 0] += value
        for place, value in enumerate(a[i:], 10):
            out[i, 1] += place * value
        for x, y in zip(a, b):  # noqa: B905 - Numba knows no `strict`
            out[i, 2] += x * y
        for k in reversed(range(i, 5)):
            out[i, 3] = 10 * out[i, 3] + k
        for n, (dy, dx) in enumerate(NEIGHBOURS):
            out[i, 4] += n * (dy + dx)
        for value in b:
            if value > 3:
                break
            if value == 2:
                continue
            out[i, 5] += value

    a, b, out = np.array([3.0, 1.0, 4.0, 1.0]), np.arange(6.0), np.zeros((4, 6))
    run(arrays, 1, 4, a, b, out)
    assert out[:, 0].tolist() == [9] * 4
    assert out[:, 1].tolist() == [sum((10 + n) * v for n, v in enumerate(a[i:])) for i in range(4)]
    assert out[:, 2].tolist() == [a @ b[:4]] * 4
    assert out[:, 3].tolist() == [43210, 4321, 432, 43]
    assert out[:, 4].tolist() == [15] * 4 and out[:, 5].tolist() == [4] * 4


NEIGHBOURS = ((0, 1), (1, 0), (2, 5))
SHAPE = (3, 4)


def test_what_an_inactive_lane_would_read_is_never_looked_at():
    def parts(a, matrix, out):
        i = cuda.threadIdx.x
        tile = cuda.shared.array(40, np.float32)
        tile[i] = a[i]
        if i < 8:
            tile[32 + i] = a[32 + i]
        cuda.syncthreads()
        if i < 10:
            four = a[i * 4 : i * 4 + 4]
            out[i, 0] = four[3]
            four[0] += 1
            cuda.atomic.add(four, 1, 1)
            own = tile[i * 4 : i * 4 + 4]
            out[i, 1] = own[2] + own.size
        rest = a[2 * i :]
        if i < rest.size:
            out[i, 2] = rest[0]
        if i < 5:
            block = matrix[2 * i : 2 * i + 2, 1:]
            out[i, 3] = block[1, 2] + matrix[i][0]

    a, matrix, out = np.arange(40.0), np.arange(40.0).reshape(10, 4), np.zeros((32, 4))
    warptrace.trace(parts, 1, 32, a, matrix, out)
    expected = np.arange(40.0).reshape(10, 4)
    np.testing.assert_array_equal(out[:10, 0], expected[:, 3])
    np.testing.assert_array_equal(out[:10, 1], expected[:, 2] + 4)
    expected[:, :2] += 1
    np.testing.assert_array_equal(a, expected.ravel())
    np.testing.assert_array_equal(out[:14, 2], a[:28:2])
    np.testing.assert_array_equal(out[:5, 3], matrix[1::2, 3] + matrix[:5, 0])


def test_a_tuple_of_constants_is_a_tuple():
    def use(out):
        rows, columns = SHAPE
        table, same = (7, 8, 9), SHAPE
        first, _, last = table
        i = cuda.threadIdx.x
        out[i, 0] = rows + 10 * columns + 100 * len(SHAPE) + 1000 * same[1]
        out[i, 1] = first + last + table[-1] + table[i]
        for dy, dx in NEIGHBOURS:
            out[i, 2] += 10 * dy + dx
        for value in table:
            out[i, 3] += value
        for k in range(len(NEIGHBOURS)):
            out[i, 4] += NEIGHBOURS[k][1] * NEIGHBOURS[2][0]
        dy, dx = NEIGHBOURS[i]
        out[i, 5] = 10 * dy + dx

    out = np.zeros((3, 6), np.int64)
    run(use, 1, 3, out)
    assert out[:, 0].tolist() == [4243] * 3
    assert out[:, 1].tolist() == [32, 33, 34]
    assert out[:, 2:5].tolist() == [[36, 24, 12]] * 3
    assert out[:, 5].tolist() == [1, 10, 25]


def from_file(path, text):
    path.write_text(text)
    names = {"cuda": cuda}
    exec(compile(text, str(path), "exec"), names)
    return names


def test_two_functions_of_one_name_keep_their_own_lines(tmp_path):
    double = from_file(tmp_path / "one.py", "def change(a, i):\n    a[i] = 2 * a[i]\n")["change"]
    add = from_file(tmp_path / "two.py", "def change(a, i):\n    a[i] += a[i + 1]\n")["change"]

    def both_change(a):
        double(a, 0)
        add(a, 1)

    a = np.array([1.0, 2.0, 3.0])
    trace = warptrace.trace(both_change, 1, 1, a)
    assert a.tolist() == [2, 5, 3]
    assert trace.source["change", 2] == "    a[i] = 2 * a[i]"
    assert trace.source["change (two.py)", 2] == "    a[i] += a[i + 1]"
    loads = [trace.lines[name, 2]["global_load_requests"] for name in ("change", "change (two.py)")]
    assert loads == [1, 2]


def test_a_device_function_may_return_in_a_loop():
    def find(a, value):
        for k in range(a.size):
            if a[k] == value:
                return k
        return -1

    def search(a, out):
        out[cuda.threadIdx.x] = find(a, cuda.threadIdx.x)

    out = np.zeros(5, np.int64)
    run(search, 1, 5, np.array([3, 1, 4, 1, 0]), out)
    assert out.tolist() == [4, 1, -1, 0, 2]


WEIGHTS = np.array([[0.5, 0.25], [0.125, 2.0]], np.float32)
OFFSETS = (3, -1)


def test_global_arrays_tuples_and_tuple_arguments():
    def use(out, pair):
        i = cuda.threadIdx.x
        weights = cuda.const.array_like(WEIGHTS)
        out[i] = weights[i % 2, 1] + OFFSETS[0] + OFFSETS[i % 2] + pair[1] + WEIGHTS[0, i % 2]

    out = np.zeros(4)
    run(use, 1, 4, out, (7, 0.5))
    expected = [WEIGHTS[i % 2, 1] + 3 + OFFSETS[i % 2] + 0.5 + WEIGHTS[0, i % 2] for i in range(4)]
    np.testing.assert_allclose(out, expected)


def test_arrays_may_change_their_names():
    def swap(a, b):
        source, target = a, b
        for _ in range(3):
            target[cuda.threadIdx.x] = source[cuda.threadIdx.x] + 1
            source, target = target, source

    a, b = np.zeros(4), np.zeros(4)
    run(swap, 1, 4, a, b)
    assert a.tolist() == [2] * 4
    assert b.tolist() == [3] * 4


def test_an_array_name_stands_for_one_array_in_all_threads():
    def either(a, b, out):
        source = a
        if cuda.threadIdx.x % 2:
            source = b
        out[cuda.threadIdx.x] = source[0]

    with pytest.raises(warptrace.KernelError, match=r"line \d+: a variable stands for") as caught:
        warptrace.trace(either, 1, 4, np.zeros(1), np.ones(1), np.zeros(4))
    assert caught.value.line == either.__code__.co_firstlineno + 3


def test_dynamic_shared_memory_is_one_memory_under_several_types():
    def reverse(a, out):
        floats = cuda.shared.array(0, np.float32)
        words = cuda.shared.array(shape=0, dtype=np.int32)
        t = cuda.threadIdx.x
        floats[t] = a[t]
        words[32 + t] = t
        cuda.syncthreads()
        out[t] = floats[31 - t] + words[32 + 31 - t]

    a, out = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    traced = run(reverse, 2, 32, a, out, dynamic_shared=256)
    np.testing.assert_array_equal(out, 2 * a[::-1])
    assert traced.shared_bytes == 256
    with pytest.raises(warptrace.KernelError, match="out of bounds"):
        run(reverse, 1, 32, a, out, dynamic_shared=128)


def test_local_arrays_belong_to_one_thread():
    def scatter(out):
        mine = cuda.local.array(4, np.int32)
        i = cuda.threadIdx.x
        for k in range(4):
            mine[k] = i * k
        out[i] = mine[i % 4]

    out = np.zeros(64, np.int64)
    run(scatter, 1, 64, out)
    np.testing.assert_array_equal(out, [i * (i % 4) for i in range(64)])


@pytest.mark.parametrize("name", ["sqrt", "exp", "log", "sin", "tanh", "floor", "erf", "lgamma"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_of_math(name, dtype):
    function = getattr(math, name)

    def apply(a, out):
        out[cuda.threadIdx.x] = function(a[cuda.threadIdx.x])

    a = np.linspace(0.1, 3, 20).astype(dtype)
    out = np.zeros(20, dtype)
    run(apply, 1, 20, a, out)
    expected = [function(float(x)) for x in a]
    np.testing.assert_allclose(out, expected, rtol=1e-6 if dtype == np.float32 else 1e-12)


def test_functions_on_integers_and_bits():
    def bits(a, out):
        i = cuda.threadIdx.x
        out[i, 0] = cuda.popc(a[i])
        out[i, 1] = cuda.clz(a[i])
        out[i, 2] = cuda.ffs(a[i])
        out[i, 3] = cuda.brev(a[i])
        out[i, 4] = abs(a[i])
        out[i, 5] = max(a[i], 3, i)

    a = np.array([0, 1, 6, -1, 2**30], np.int32)
    out = np.zeros((5, 6), np.int64)
    run(bits, 1, 5, a, out)
    for i, value in enumerate(a.tolist()):
        text = f"{value & 0xFFFFFFFF:032b}"
        reverse = int(text[::-1], 2)
        assert out[i].tolist() == [
            text.count("1"),
            32 - len(text.lstrip("0")),
            32 - text.rindex("1") if "1" in text else 0,
            reverse,
            abs(value),
            max(value, 3, i),
        ]


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 500), block=st.integers(1, 200), seed=st.integers(0, 5))
def test_reduction_at_any_size(n, block, seed):
    def total(values, out):
        i = cuda.grid(1)
        mine = 0
        for k in range(i, values.size, cuda.gridsize(1)):
            mine += values[k]
        cuda.atomic.add(out, 0, mine)

    values = np.random.default_rng(seed).integers(-(2**40), 2**40, n)
    out = np.zeros(1, np.int64)
    run(total, 3, block, values, out)
    assert out[0] == values.sum()


@pytest.mark.parametrize(("before", "after"), [(0.0, -0.0), (1.0, math.nan), (math.nan, 1.0)])
@pytest.mark.parametrize("run", [warptrace.trace, reference.trace])
def test_lanes_that_do_not_assign_keep_what_they_had(run, before, after):
    @cuda.jit
    def some(out):
        i = cuda.grid(1)
        x = before
        if i < 3:
            x = after
        out[i] = x

    out = np.full(8, 7.0)
    run(some, 1, 8, out)
    assert list(map(repr, out.tolist())) == [repr(after)] * 3 + [repr(before)] * 5
