"""Barriers, shuffles, votes and atomics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import warptrace
from warptrace import cuda

ALL = 0xFFFFFFFF


def test_barriers_that_count():
    def count(values, out):
        t = cuda.threadIdx.x
        i = cuda.grid(1)
        out[i, 0] = cuda.syncthreads_count(values[i] > 1)
        out[i, 1] = cuda.syncthreads_and(values[i] > 0)
        out[i, 2] = cuda.syncthreads_or(values[i] == 3)
        out[i, 3] = t

    values = np.array([1, 2, 3, 1, 1, 0] * 10)
    out = np.zeros((60, 4), np.int64)
    counts = warptrace.trace(count, 2, 30, values, out).counters
    for block in range(2):
        mine = values[block * 30 : block * 30 + 30]
        expected = [(mine > 1).sum(), (mine > 0).all(), (mine == 3).any()]
        assert (out[block * 30 : block * 30 + 30, :3] == expected).all()
    assert counts["barriers"] == 6


def shuffles(values, out, lane):
    i = cuda.grid(1)
    out[i, 0] = cuda.shfl_sync(ALL, values[i], lane)
    out[i, 1] = cuda.shfl_up_sync(ALL, values[i], 3)
    out[i, 2] = cuda.shfl_down_sync(ALL, values[i], 5)
    out[i, 3] = cuda.shfl_xor_sync(ALL, values[i], lane)


@settings(max_examples=30, deadline=None)
@given(lane=st.integers(0, 31), dtype=st.sampled_from(["i4", "i8", "f4", "f8"]))
def test_shuffles(lane, dtype):
    values = np.random.default_rng(lane).integers(0, 1000, 96).astype(dtype)
    out = np.zeros((96, 4), dtype)
    traced = warptrace.trace(shuffles, 3, 32, values, out, lane)
    rows, i = values.reshape(3, 32), np.arange(32)
    expected = [
        rows[:, [lane] * 32],
        rows[:, np.where(i < 3, i, i - 3)],
        rows[:, np.where(i > 26, i, i + 5)],
        rows[:, i ^ lane],
    ]
    np.testing.assert_array_equal(out, np.stack([e.ravel() for e in expected], 1))
    assert traced.faults == []
    assert traced.counters["shuffles"] == 12


def test_a_reduction_by_shuffles():
    def reduce(values, out):
        total = values[cuda.grid(1)]
        step = 16
        while step > 0:
            total += cuda.shfl_down_sync(ALL, total, step)
            step //= 2
        if cuda.laneid == 0:
            cuda.atomic.add(out, 0, total)

    values, out = np.arange(256), np.zeros(1, np.int64)
    traced = warptrace.trace(reduce, 2, 128, values, out)
    assert out[0] == values.sum()
    assert traced.faults == []


def test_reading_from_a_lane_that_does_not_exist_is_reported():
    def shift(out):
        out[cuda.threadIdx.x] = cuda.shfl_down_sync(ALL, cuda.threadIdx.x, 1)

    (fault,) = warptrace.trace(shift, 1, 40, np.zeros(40)).faults
    assert fault.kind == "shuffle from inactive lane"
    assert fault.threads[0].thread == (39, 0, 0)


def test_votes_and_matches():
    def vote(values, out):
        i = cuda.threadIdx.x
        out[i, 0] = cuda.all_sync(ALL, values[i] > 0)
        out[i, 1] = cuda.any_sync(ALL, values[i] > 6)
        out[i, 2] = cuda.eq_sync(ALL, values[i] > 9)
        out[i, 3] = cuda.ballot_sync(ALL, values[i] % 2)
        out[i, 4] = cuda.match_any_sync(ALL, values[i])
        mask, same = cuda.match_all_sync(ALL, values[i])
        out[i, 5] = mask
        out[i, 6] = same
        out[i, 7] = cuda.activemask()
        out[i, 8] = cuda.lanemask_lt()

    values = np.arange(32) % 8
    out = np.zeros((32, 9), np.int64)
    warptrace.trace(vote, 1, 32, values, out)

    def bits(chosen):
        number = sum(1 << int(lane) for lane in np.flatnonzero(chosen))
        return number - 2**32 if number >= 2**31 else number

    for lane in range(32):
        assert out[lane].tolist() == [
            0,
            1,
            1,
            bits(values % 2),
            bits(values == values[lane]),
            0,
            0,
            ALL,
            (1 << lane) - 1,
        ]


def test_halves_of_a_warp_may_vote_apart():
    def halves(out):
        i = cuda.threadIdx.x
        mask = 0xFFFF if i < 16 else 0xFFFF0000
        out[i] = cuda.ballot_sync(mask, i % 3 == 0)

    out = np.zeros(32, np.int64)
    warptrace.trace(halves, 1, 32, out)
    low = sum(1 << i for i in range(16) if i % 3 == 0)
    high = sum(1 << i for i in range(16, 32) if i % 3 == 0)
    assert set(out[:16]) == {low}
    assert {n & ALL for n in out[16:].tolist()} == {high}


def test_a_shuffle_that_waits_for_lanes_elsewhere_is_a_deadlock():
    def half(out):
        i = cuda.threadIdx.x
        if i < 16:
            out[i] = cuda.shfl_down_sync(ALL, i, 1)

    with pytest.raises(warptrace.KernelError, match=r"thread \(16, 0, 0\) does not come") as caught:
        warptrace.trace(half, 1, 32, np.zeros(32))
    assert caught.value.line == half.__code__.co_firstlineno + 3


# Atomics

RULES = {
    "add": lambda old, value: old + value,
    "sub": lambda old, value: old - value,
    "max": max,
    "min": min,
    "and_": lambda old, value: old & value,
    "or_": lambda old, value: old | value,
    "xor": lambda old, value: old ^ value,
    "exch": lambda old, value: value,
    "inc": lambda old, value: 0 if old >= value else old + 1,
    "dec": lambda old, value: value if old == 0 or old > value else old - 1,
}


def atomic_kernels():
    def add(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.add(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def sub(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.sub(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def max(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.max(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def min(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.min(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def and_(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.and_(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def or_(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.or_(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def xor(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.xor(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def exch(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.exch(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def inc(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.inc(c, i[cuda.grid(1)], v[cuda.grid(1)])

    def dec(c, i, v, old):
        old[cuda.grid(1)] = cuda.atomic.dec(c, i[cuda.grid(1)], v[cuda.grid(1)])

    return {name: kernel for name, kernel in locals().items() if name in RULES}


KERNELS = atomic_kernels()


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=15, deadline=None)
@given(cells=st.sampled_from([1, 3, 50]), block=st.integers(1, 70), seed=st.integers(0, 9))
def test_atomics_take_turns_in_the_order_of_the_threads(name, cells, block, seed):
    random = np.random.default_rng(seed)
    n = 2 * block
    counts = random.integers(0, 20, cells).astype(np.uint32)
    where = random.integers(0, cells, n)
    values = random.integers(0, 20, n).astype(np.uint32)
    old, expected, olds = np.zeros(n, np.int64), counts.astype(int).tolist(), []
    for i, value in zip(where, values.tolist(), strict=True):
        olds.append(expected[i])
        expected[i] = RULES[name](expected[i], value) & ALL
    traced = warptrace.trace(KERNELS[name], 2, block, counts, where, values, old)
    assert counts.tolist() == expected
    assert old.tolist() == [value & ALL for value in olds]
    assert traced.faults == []


def test_compare_and_swap_elects_one_thread():
    def elect(winner, out):
        i = cuda.grid(1)
        before = cuda.atomic.cas(winner, 0, -1, i)
        out[i] = before
        cuda.atomic.compare_and_swap(winner[1:], -1, i + 100)

    winner, out = np.full(2, -1), np.zeros(300, np.int64)
    warptrace.trace(elect, 3, 100, winner, out)
    assert winner.tolist() == [0, 100]
    assert out.tolist() == [-1] + [0] * 299


def test_a_million_atomics_on_one_counter():
    def count(total):
        cuda.atomic.add(total, 0, 1)

    total = np.zeros(1, np.int32)
    counts = warptrace.trace(count, 4096, 256, total).counters
    assert total[0] == 4096 * 256
    assert counts["global_atomic_requests"] == 4096 * 8
    assert counts["global_atomic_sectors"] == 4096 * 8
