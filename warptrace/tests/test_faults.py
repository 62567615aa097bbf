"""Races, uninitialised reads, and what the hardware would not survive."""

import numpy as np
import pytest

import warptrace
from warptrace import cuda


def line_of(kernel, text):
    """Return the line of `kernel` that holds `text`."""
    import inspect

    lines, first = inspect.getsourcelines(kernel)
    (found,) = [first + n for n, line in enumerate(lines) if text in line]
    return found


def faults(kernel, grid, block, *args):
    return warptrace.trace(kernel, grid, block, *args).faults


def read_after_write(out):
    shared = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    shared[t] = t
    out[t] = shared[63 - t]


def test_read_after_write_across_warps():
    found = faults(read_after_write, 2, 64, np.zeros(64, np.float32))
    (fault,) = [f for f in found if f.space == "shared"]
    assert (fault.kind, fault.array) == ("read-after-write", "shared")
    assert fault.lines == (
        line_of(read_after_write, "shared[t] = t"),
        line_of(read_after_write, "shared[63 - t]"),
    )
    writer, reader = fault.threads
    assert writer.thread[0] + reader.thread[0] == 63
    assert writer.block == reader.block
    assert fault.index == (writer.thread[0],)


def neighbour(out, synced):
    shared = cuda.shared.array(32, np.float32)
    t = cuda.threadIdx.x
    shared[t] = t
    if synced:
        cuda.syncwarp()
    value = shared[(t + 1) % 32]
    if synced:
        cuda.syncwarp()
    shared[t] = value
    out[t] = value


def test_lanes_of_one_warp_race_too_unless_syncwarp_orders_them():
    out = np.zeros(32, np.float32)
    found = {fault.kind for fault in faults(neighbour, 1, 32, out, False)}
    assert found == {"read-after-write", "write-after-read"}
    assert faults(neighbour, 1, 32, out, True) == []


def write_after_read(out):
    shared = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    shared[t] = t
    cuda.syncthreads()
    value = shared[t ^ 32]
    shared[t] = value + 1
    cuda.syncthreads()
    out[t] = shared[t]


def test_write_after_read():
    (fault,) = faults(write_after_read, 1, 64, np.zeros(64, np.float32))
    assert fault.kind == "write-after-read"
    assert fault.lines == (
        line_of(write_after_read, "value = shared"),
        line_of(write_after_read, "shared[t] = value"),
    )
    assert abs(fault.threads[0].thread[0] - fault.threads[1].thread[0]) == 32


def test_a_broadcast_read_by_several_warps_is_remembered_whoever_writes():
    def late(out, who):
        shared = cuda.shared.array(1, np.float32)
        t = cuda.threadIdx.x
        if t == 0:
            shared[0] = 1
        cuda.syncthreads()
        out[t] = shared[0]
        if t == who:
            shared[0] = 2

    for who in (0, 5, 40, 95):
        (fault,) = faults(late, 1, 96, np.zeros(96, np.float32), who)
        assert fault.kind == "write-after-read"
        assert fault.threads[0].thread[0] != fault.threads[1].thread[0] == who


def test_a_reader_of_another_warp_is_not_forgotten_for_one_of_the_same():
    def readers(out):
        shared = cuda.shared.array(2, np.float32)
        t = cuda.threadIdx.x
        if t == 0:
            shared[0] = 1
        cuda.syncthreads()
        if t == 0:
            out[t] = shared[0]
        if t == 40:
            out[t] = shared[0]
        if t == 1:
            out[t] = shared[0]
        if t == 9:
            shared[1] = 3
        cuda.syncwarp()
        if t == 2:
            shared[0] = 2

    (fault,) = faults(readers, 1, 64, np.zeros(64, np.float32))
    assert [thread.thread[0] for thread in fault.threads] == [40, 2]


def test_reads_of_earlier_chunks_are_remembered(monkeypatch):
    from warptrace import engine

    def read_all_then_write(flag, out):
        out[cuda.grid(1)] = flag[0]
        cuda.syncthreads()
        out[cuda.grid(1)] += flag[0]
        if cuda.grid(1) == 127:
            flag[0] = 2

    monkeypatch.setattr(engine, "CHUNK_LANES", 32)
    found = faults(read_all_then_write, 4, 32, np.zeros(1), np.zeros(128))
    assert {fault.kind for fault in found} == {"write-after-read"}
    assert all(fault.threads[1] == warptrace.Thread((3, 0, 0), (31, 0, 0)) for fault in found)
    assert (0, 0, 0) in {fault.threads[0].block for fault in found}


def test_half_a_warp_that_syncs_orders_nothing_for_the_other_half():
    def halves(out):
        shared = cuda.shared.array(16, np.float32)
        t = cuda.threadIdx.x
        if t < 16:
            shared[t] = t
            cuda.syncwarp(0xFFFF)
        if t >= 16:
            out[t] = shared[t - 16]

    (fault,) = faults(halves, 1, 32, np.zeros(32, np.float32))
    assert fault.kind == "read-after-write"


def test_a_thread_does_not_race_with_itself():
    def alone(out):
        t = cuda.threadIdx.x
        shared = cuda.shared.array(64, np.float32)
        for _ in range(3):
            shared[t] = 1
            shared[t] += shared[t]
        out[t] = shared[t]
        out[t] += 1

    assert faults(alone, 2, 64, np.zeros((64,), np.float32)[:64]) != []  # two blocks, one `out`
    assert faults(alone, 1, 64, np.zeros(64, np.float32)) == []


def same_place(out):
    out[cuda.threadIdx.x // 2] = cuda.threadIdx.x


def test_write_write_in_one_instruction():
    (fault,) = faults(same_place, 1, 64, np.zeros(32))
    assert (fault.kind, fault.space) == ("write-write", "global")
    assert fault.threads[0] != fault.threads[1]
    assert {thread.thread[0] // 2 for thread in fault.threads} == {fault.index[0]}


def test_equal_values_written_twice_are_let_pass():
    def flag(out):
        out[0] = 1

    assert faults(flag, 2, 64, np.zeros(1)) == []


def across_blocks(a):
    i = cuda.grid(1)
    if i + 32 < a.size:
        a[i] = a[i + 32] + 1


def test_blocks_race_in_global_memory():
    (fault,) = faults(across_blocks, 4, 32, np.arange(128.0))
    assert fault.kind in ("read-after-write", "write-after-read")
    assert fault.threads[0].block != fault.threads[1].block


def test_blocks_race_also_when_they_run_in_different_chunks(monkeypatch):
    from warptrace import engine

    monkeypatch.setattr(engine, "CHUNK_LANES", 32)
    found = faults(across_blocks, 4, 32, np.arange(128.0))
    assert [fault.kind for fault in found] == ["write-after-read"]


def test_two_views_of_one_memory_race():
    def shift(source, target):
        i = cuda.grid(1)
        target[i] = source[i]

    a = np.arange(65.0)
    (fault,) = faults(shift, 2, 32, a[:-1], a[1:])
    assert fault.array in ("source", "target")
    assert faults(shift, 2, 32, a[:-1], np.zeros(64)) == []


def test_the_index_of_a_fault_is_that_of_the_array():
    def twice(a):
        a[1, 2] = cuda.threadIdx.x

    base = np.zeros((4, 6))
    for view in (base[:, :], base.T, base[::-1, ::2], base[::-1, ::-1]):
        (fault,) = faults(twice, 1, 2, view)
        assert fault.index == (1, 2)


def lost_update(counter):
    counter[0] += 1


def test_an_update_without_an_atomic_races():
    found = {fault.kind for fault in faults(lost_update, 2, 64, np.zeros(1))}
    assert "write-after-read" in found


def test_atomics_do_not_race_among_themselves_but_with_plain_accesses():
    def atomics(counter):
        cuda.atomic.add(counter, 0, 1)
        cuda.atomic.max(counter, 0, 5)

    def mixed(counter):
        cuda.atomic.add(counter, 0, 1)
        if cuda.threadIdx.x == 3:
            counter[0] = 7

    assert faults(atomics, 2, 64, np.zeros(1)) == []
    assert {fault.kind for fault in faults(mixed, 1, 64, np.zeros(1))} == {"write-write"}


def test_a_fence_and_an_atomic_order_blocks():
    def last_block(values, partial, count, total, fenced):
        shared = cuda.shared.array(1, np.int32)
        t = cuda.threadIdx.x
        b = cuda.blockIdx.x
        if t == 0:
            partial[b] = values[b]
            if fenced:
                cuda.threadfence()
            shared[0] = cuda.atomic.add(count, 0, 1)
        cuda.syncthreads()
        if shared[0] == cuda.gridDim.x - 1 and t == 0:
            result = 0.0
            for k in range(partial.size):
                result += partial[k]
            total[0] = result

    def run(fenced):
        total = np.zeros(1)
        args = [np.arange(8.0), np.zeros(8), np.zeros(1, np.int32), total, fenced]
        found = faults(last_block, 8, 32, *args)
        return total[0], {fault.kind for fault in found}

    assert run(True) == (28.0, set())
    assert run(False) == (28.0, {"read-after-write"})


def test_a_missing_barrier_in_a_tiled_matmul_is_found():
    def half_synced(a, b, c):
        tile = cuda.shared.array((8, 8), np.float32)
        x = cuda.threadIdx.x
        y = cuda.threadIdx.y
        total = np.float32(0)
        for start in range(0, a.shape[1], 8):
            tile[y, x] = a[y, start + x]
            cuda.syncthreads()
            for k in range(8):
                total += tile[y, k] * b[start + k, x]
        c[y, x] = total

    a = np.ones((8, 16), np.float32)
    found = faults(half_synced, 1, (8, 8), a, np.ones((16, 8), np.float32), np.zeros((8, 8)))
    # Equal values hide nothing here: reading and overwriting is the race.
    assert [fault.kind for fault in found] == ["write-after-read"]


# Uninitialised reads


def test_uninitialised_shared_read():
    def hole(out):
        shared = cuda.shared.array((4, 8), np.float32)
        t = cuda.threadIdx.x
        if t != 13:
            shared[t // 8, t % 8] = t
        cuda.syncthreads()
        out[t] = shared[t // 8, t % 8]

    out = np.zeros(32, np.float32)
    (fault,) = faults(hole, 1, 32, out)
    assert (fault.kind, fault.array, fault.index) == ("uninitialised read", "shared", (1, 5))
    assert fault.threads[0].thread == (13, 0, 0)
    assert np.flatnonzero(np.isnan(out)).tolist() == [13]


@pytest.mark.parametrize("space", ["local", "dynamic"])
def test_uninitialised_local_and_dynamic_reads(space):
    def local(out):
        mine = cuda.local.array(2, np.float32)
        mine[0] = 1
        out[cuda.threadIdx.x] = mine[0] + mine[1]

    def dynamic(out):
        mine = cuda.shared.array(0, np.float32)
        out[cuda.threadIdx.x] = mine[cuda.threadIdx.x]

    kernel = {"local": local, "dynamic": dynamic}[space]
    found = warptrace.trace(kernel, 1, 4, np.zeros(4), dynamic_shared=16).faults
    assert [fault.kind for fault in found] == ["uninitialised read"]


# Errors


def test_out_of_bounds_names_array_index_thread_and_line():
    def overrun(a, out):
        x, y = cuda.grid(2)
        out[y, x] = a[y, x + 1]

    with pytest.raises(warptrace.KernelError) as caught:
        warptrace.trace(overrun, (2, 1), (4, 2), np.zeros((2, 8)), np.zeros((2, 8)))
    message = str(caught.value)
    assert "a[0, 8] in an array of shape (2, 8)" in message
    assert "block (1, 0, 0), thread (3, 0, 0)" in message
    assert caught.value.line == line_of(overrun, "x + 1")
    assert caught.value.thread == warptrace.Thread((1, 0, 0), (3, 0, 0))


def test_writing_out_of_bounds_changes_nothing_else():
    def overrun(a):
        a[cuda.grid(1)] = 1

    base = np.zeros(40)
    with pytest.raises(warptrace.KernelError, match=r"a\[32\]"):
        warptrace.trace(overrun, 2, 32, base[:32])
    assert not base[32:].any()


def test_barrier_in_divergent_code():
    def half(out):
        if cuda.threadIdx.x < 16:
            cuda.syncthreads()
        out[cuda.threadIdx.x] = 1

    with pytest.raises(
        warptrace.KernelError, match=r"divergent.*\(0, 0, 0\) waits.*\(16, 0, 0\)"
    ) as e:
        warptrace.trace(half, 2, 32, np.zeros(32))
    assert e.value.line == line_of(half, "syncthreads")


def test_barrier_in_a_loop_that_some_leave_earlier():
    def uneven(out):
        for _ in range(cuda.threadIdx.x // 32 + 1):
            cuda.syncthreads()

    with pytest.raises(warptrace.KernelError, match="barrier in divergent code"):
        warptrace.trace(uneven, 1, 64, np.zeros(1))


def test_threads_that_ended_do_not_hold_up_a_barrier():
    def early(out):
        i = cuda.grid(1)
        if i >= 40:
            return
        cuda.syncthreads()
        out[i] = 1

    out = np.zeros(64)
    warptrace.trace(early, 2, 32, out)
    assert out.sum() == 40


def test_blocks_may_take_different_ways_to_a_barrier():
    def by_block(out):
        if cuda.blockIdx.x % 2:
            cuda.syncthreads()
        out[cuda.grid(1)] = 1

    out = np.zeros(128)
    counts = warptrace.trace(by_block, 4, 32, out).counters
    assert counts["barriers"] == 2


def test_waiting_for_a_flag_that_nobody_sets():
    def wait(flag, out):
        while flag[0] == 0:
            pass
        out[0] = 1

    def count(flag, out):
        turns = 0
        while flag[0] == 0:
            turns += 1
        out[0] = turns

    with pytest.raises(warptrace.KernelError, match="deadlock"):
        warptrace.trace(wait, 1, 32, np.zeros(1), np.zeros(1))
    with pytest.raises(warptrace.KernelError, match=r"did not end within 1,000 turns.*max_turns"):
        warptrace.trace(count, 1, 32, np.zeros(1), np.zeros(1), max_turns=1000)


def test_a_long_loop_may_be_given_more_turns():
    def count(out):
        turns = 0
        while turns < 1500:
            turns += 1
        out[0] = turns

    out = np.zeros(1)
    warptrace.trace(count, 1, 1, out, max_turns=2000)
    assert out[0] == 1500
    with pytest.raises(warptrace.KernelError, match="max_turns"):
        warptrace.trace(count, 1, 1, out, max_turns=1400)


def test_a_syncwarp_orders_the_lanes_that_it_names_and_no_others():
    def within(a, out):
        tile, i = cuda.shared.array(32, np.float32), cuda.threadIdx.x
        tile[i] = a[i]
        if i < 16:
            cuda.syncwarp(0xFFFF)
            out[i] = tile[15 - i]
        else:
            cuda.syncwarp(0xFFFF0000)
            out[i] = tile[47 - i]

    def beyond(a, out):
        tile, i = cuda.shared.array(32, np.float32), cuda.threadIdx.x
        tile[i] = a[i]
        if i < 16:
            cuda.syncwarp(0xFFFF)
        out[i] = tile[31 - i]

    def too_early(a, out):
        tile, i = cuda.shared.array(32, np.float32), cuda.threadIdx.x
        if i < 16:
            cuda.syncwarp(0xFFFF)
            tile[i] = a[i]
            out[i] = tile[15 - i]

    a, out = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    assert warptrace.trace(within, 1, 32, a, out).faults == []
    for kernel in (beyond, too_early):
        assert warptrace.trace(kernel, 1, 32, a, out).faults


@pytest.mark.parametrize(
    "grid, block, message",
    [
        (1, 1025, "no block"),
        (1, (32, 64), "2048 threads"),
        (0, 32, "no grid"),
        ((1, 70000), 32, "no grid"),
        (1.5, 32, "no grid"),
        (1, (1, 1, 65), "no block"),
        ((1, 1, 1, 1), 32, "no grid"),
    ],
)
def test_launches_that_no_gpu_accepts(grid, block, message):
    with pytest.raises(warptrace.KernelError, match=message):
        warptrace.trace(same_place, grid, block, np.zeros(32))


def test_static_shared_memory_has_its_limit():
    def greedy(out):
        shared = cuda.shared.array(12289, np.float32)
        shared[0] = 1
        out[0] = shared[0]

    with pytest.raises(warptrace.KernelError, match="49156 bytes of static shared memory"):
        warptrace.trace(greedy, 1, 1, np.zeros(1))
