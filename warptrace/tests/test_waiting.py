"""Threads that wait for others: locks, flags, chains; and those that would wait for ever."""

import numpy as np
import pytest

import warptrace
from warptrace import cuda


def locked(mutex, total, fenced):
    while cuda.atomic.cas(mutex, 0, 0, 1) != 0:
        pass
    if fenced:
        cuda.threadfence()
    total[0] += 1
    if fenced:
        cuda.threadfence()
    cuda.atomic.exch(mutex, 0, 0)


@pytest.mark.parametrize(("grid", "block", "by"), [(1, 40, "thread"), (5, 1, "block")])
def test_a_lock_lets_every_thread_in(grid, block, by):
    total = np.zeros(1)
    trace = warptrace.trace(locked, grid, block, np.zeros(1, np.int32), total, True)
    assert total[0] == grid * block and trace.independent == by
    assert trace.faults == [] and f"each {by} progresses by itself" in trace.table()


def test_a_lock_without_fences_does_not_order_what_it_guards():
    trace = warptrace.trace(locked, 1, 8, np.zeros(1, np.int32), np.zeros(1), False)
    assert {fault.array for fault in trace.faults} == {"total"}


def test_a_mutex_for_each_pixel():
    def blend(mutex, image, layers):
        i = cuda.grid(1)
        pixel = i % image.size
        waiting = True
        while waiting:
            if cuda.atomic.cas(mutex, pixel, 0, 1) == 0:
                cuda.threadfence()
                image[pixel] = 0.5 * image[pixel] + layers[i]
                cuda.threadfence()
                cuda.atomic.exch(mutex, pixel, 0)
                waiting = False

    image = np.zeros(8)
    trace = warptrace.trace(blend, 1, 32, np.zeros(8, np.int32), image, np.ones(32))
    assert image.tolist() == [1.875] * 8 and trace.faults == []


@pytest.mark.parametrize("first", [True, False])
def test_a_flag_between_blocks_whichever_branch_stands_first(first):
    def giver_first(flag, data, out):
        if cuda.blockIdx.x == 1:
            data[0] = 42
            cuda.threadfence()
            cuda.atomic.exch(flag, 0, 1)
        else:
            while cuda.atomic.add(flag, 0, 0) == 0:
                pass
            out[0] = data[0]

    def taker_first(flag, data, out):
        if cuda.blockIdx.x == 0:
            while cuda.atomic.add(flag, 0, 0) == 0:
                pass
            out[0] = data[0]
        else:
            data[0] = 42
            cuda.threadfence()
            cuda.atomic.exch(flag, 0, 1)

    out = np.zeros(1)
    kernel = giver_first if first else taker_first
    trace = warptrace.trace(kernel, 2, 1, np.zeros(1, np.int32), np.zeros(1), out)
    assert out[0] == 42 and trace.faults == []


@pytest.mark.parametrize("step", [1, -1])
def test_a_chain_of_blocks_that_pass_a_sum_on(step):
    def chained(flag, sums, a, step):
        before = cuda.shared.array(1, np.float64)
        b = cuda.blockIdx.x
        if cuda.threadIdx.x == 0:
            before[0] = 0
            if 0 <= b - step < cuda.gridDim.x:
                while cuda.atomic.add(flag, b - step, 0) == 0:
                    pass
                cuda.threadfence()
                before[0] = sums[b - step]
            sums[b] = before[0] + a[b]
            cuda.threadfence()
            cuda.atomic.exch(flag, b, 1)
        cuda.syncthreads()
        if cuda.threadIdx.x == 33:
            a[b] = before[0]

    a, sums = np.arange(12.0), np.zeros(12)
    trace = warptrace.trace(chained, 12, 64, np.zeros(12, np.int32), sums, a, step)
    expected = np.arange(12.0)[::step].cumsum()[::step]
    np.testing.assert_array_equal(sums, expected)
    np.testing.assert_array_equal(a, expected - np.arange(12.0))
    assert trace.faults == [] and trace.counters["barriers"] == 24


def test_warps_of_a_block_that_wait_for_one_another():
    def passed_on(flag, data, out):
        tile = cuda.shared.array(64, np.float64)
        i = cuda.threadIdx.x
        if i // 32 == 0:
            while cuda.atomic.add(flag, 0, 0) == 0:
                pass
            cuda.threadfence_block()
            tile[i] = data[0] + cuda.shfl_sync(0xFFFFFFFF, i, 5)
        else:
            if i == 32:
                data[0] = 7
                cuda.threadfence_block()
                cuda.atomic.exch(flag, 0, 1)
            tile[i] = i
        cuda.syncthreads()
        out[i] = tile[63 - i]

    out = np.zeros(64)
    trace = warptrace.trace(passed_on, 1, 64, np.zeros(1, np.int32), np.zeros(1), out)
    assert out.tolist() == [float(63 - i) for i in range(32)] + [12] * 32
    assert trace.independent == "warp" and trace.faults == []
    assert trace.counters["barriers"] == 2 and trace.counters["shuffles"] == 1


def test_what_nobody_gives_ends_the_kernel_and_leaves_the_arrays():
    def waits(flag, out):
        i = cuda.threadIdx.x
        out[i] = 1
        while cuda.atomic.add(flag, 0, 0) == 0:
            pass
        out[i] = 2

    out = np.zeros(4)
    with pytest.raises(warptrace.KernelError, match="deadlock: 4 threads loop for ever"):
        warptrace.trace(waits, 1, 4, np.zeros(1, np.int32), out)
    assert not out.any()


def test_half_of_them_wait_at_a_barrier():
    def parted(flag):
        if cuda.threadIdx.x < 32:
            while cuda.atomic.add(flag, 0, 0) == 0:
                pass
        cuda.syncthreads()
        cuda.atomic.exch(flag, 0, 1)

    with pytest.raises(warptrace.KernelError, match="deadlock"):
        warptrace.trace(parted, 1, 64, np.zeros(1, np.int32))


def test_other_errors_of_a_strand_are_raised_with_their_line():
    def beyond(mutex, a):
        while cuda.atomic.cas(mutex, 0, 0, 1) != 0:
            pass
        a[cuda.threadIdx.x] = 1
        cuda.atomic.exch(mutex, 0, 0)

    with pytest.raises(warptrace.KernelError, match=r"out of bounds: a\[3\]") as caught:
        warptrace.trace(beyond, 1, 4, np.zeros(1, np.int32), np.zeros(3))
    assert caught.value.line == beyond.__code__.co_firstlineno + 3


def test_a_syncwarp_without_some_lanes_is_reported_and_goes_on():
    def parted(a, out):
        i = cuda.threadIdx.x
        tile = cuda.shared.array(32, np.float32)
        tile[i] = a[i]
        if i < 16:
            cuda.syncwarp()
            out[i] = tile[15 - i]

    a, out = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    (fault,) = warptrace.trace(parted, 1, 32, a, out).faults
    assert (fault.kind, fault.index) == ("syncwarp without a lane that it names", (16,))
    assert fault.lines == (parted.__code__.co_firstlineno + 5,)
    assert out[:16].tolist() == list(range(16))[::-1]
