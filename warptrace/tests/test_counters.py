"""What the tracer counts, against answers known from the hardware's rules."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import warptrace
from warptrace import counters, cuda
from warptrace.machine import transactions


def floats(n):
    return np.arange(n, dtype=np.float32)


def copy(source, target, stride, offset):
    i = cuda.grid(1)
    target[i] = source[i * stride + offset]


def per_request(counts, kind):
    return counts[f"{kind}_sectors"] / counts[f"{kind}_requests"]


@pytest.mark.parametrize("stride, sectors", [(1, 4), (2, 8), (4, 16), (8, 32), (32, 32), (0, 1)])
def test_sectors_of_a_copy_by_stride(stride, sectors):
    traced = warptrace.trace(copy, 4, 64, floats(256 * 32), floats(256), stride, 0)
    assert per_request(traced.counters, "global_load") == sectors
    assert per_request(traced.counters, "global_store") == 4
    assert traced.counters["global_load_requests"] == 8


@pytest.mark.parametrize("offset, sectors", [(0, 4), (1, 5), (7, 5), (8, 4)])
def test_a_copy_that_begins_between_sectors(offset, sectors):
    shifted = warptrace.trace(copy, 1, 32, floats(64), floats(32), 1, offset)
    assert shifted.counters["global_load_sectors"] == sectors
    view = warptrace.trace(copy, 1, 32, floats(64)[offset:], floats(32), 1, 0)
    assert view.counters["global_load_sectors"] == sectors


@pytest.mark.parametrize("dtype, sectors", [("u1", 1), ("i2", 2), ("f4", 4), ("f8", 8)])
def test_sectors_by_element_size(dtype, sectors):
    counts = warptrace.trace(copy, 1, 32, np.zeros(32, dtype), np.zeros(32, dtype), 1, 0).counters
    assert per_request(counts, "global_load") == sectors


def test_every_buffer_begins_aligned_as_from_cuda_malloc():
    buffer = bytes(200)
    for offset in range(0, 36, 4):
        array = np.frombuffer(buffer, np.float32, 32, offset=offset)
        counts = warptrace.trace(copy, 1, 32, array, floats(32), 1, 0).counters
        assert counts["global_load_sectors"] == 4, offset


def test_addresses_follow_the_order_of_the_arguments_and_not_of_the_hosts_memory():
    first, second = floats(32), floats(32)
    there = warptrace.trace(copy, 1, 32, first, second, 1, 0).samples
    back = warptrace.trace(copy, 1, 32, second, first, 1, 0).samples
    assert there == back


@settings(max_examples=100, deadline=None)
@given(
    addresses=st.lists(st.integers(0, 4000), min_size=64, max_size=64),
    mask=st.lists(st.booleans(), min_size=64, max_size=64),
)
def test_sectors_are_the_distinct_ones_of_each_warp(addresses, mask):
    addresses, mask = np.array(addresses), np.array(mask)
    expected = sum(
        len({int(a) // 32 for a in addresses[w : w + 32][mask[w : w + 32]]}) for w in (0, 32)
    )
    assert transactions.sectors(addresses, mask) == expected
    everyone = sum(len({int(a) // 32 for a in addresses[w : w + 32]}) for w in (0, 32))
    assert transactions.sectors(addresses) == everyone


def turns(offsets, itemsize):
    """Count the passes of one warp the slow way."""
    width = 32 // max(1, itemsize // 4)
    total = 0
    for group in range(0, 32, width):
        words = set()
        for offset in offsets[group : group + width]:
            if offset is not None:
                words |= set(range(offset // 4, (offset + itemsize - 1) // 4 + 1))
        total += max((sum(w % 32 == bank for w in words) for bank in range(32)), default=0)
    return total


@settings(max_examples=100, deadline=None)
@given(
    places=st.lists(st.integers(0, 300), min_size=32, max_size=32),
    mask=st.lists(st.booleans(), min_size=32, max_size=32),
    itemsize=st.sampled_from([1, 2, 4, 8]),
)
def test_wavefronts_are_the_fullest_bank_of_each_pass(places, mask, itemsize):
    offsets = [place * itemsize if on else None for place, on in zip(places, mask, strict=True)]
    found, _ = transactions.wavefronts(np.array(places) * itemsize, itemsize, np.array(mask))
    assert found == turns(offsets, itemsize)
    found, least = transactions.wavefronts(np.array(places) * itemsize, itemsize)
    assert found == turns([place * itemsize for place in places], itemsize)
    assert least == max(1, itemsize // 4)


def column_plain(out):
    tile = cuda.shared.array((32, 32), np.float32)
    x = cuda.threadIdx.x
    y = cuda.threadIdx.y
    tile[y, x] = x
    cuda.syncthreads()
    out[y, x] = tile[x, y]


def column_padded(out):
    tile = cuda.shared.array((32, 33), np.float32)
    x = cuda.threadIdx.x
    y = cuda.threadIdx.y
    tile[y, x] = x
    cuda.syncthreads()
    out[y, x] = tile[x, y]


@pytest.mark.parametrize("kernel, wavefronts", [(column_plain, 32), (column_padded, 1)])
def test_a_tile_read_by_column(kernel, wavefronts):
    counts = warptrace.trace(kernel, 1, (32, 32), np.zeros((32, 32), np.float32)).counters
    assert counts["shared_load_requests"] == 32
    assert counts["shared_load_wavefronts"] == 32 * wavefronts
    assert counts["shared_load_conflicts"] == 32 * (wavefronts - 1)
    assert counts["shared_store_wavefronts"] == 32
    assert counts["shared_store_conflicts"] == 0


def test_all_lanes_reading_one_word_do_not_collide():
    def broadcast(out):
        shared = cuda.shared.array(32, np.float64)
        shared[cuda.threadIdx.x] = 1
        cuda.syncthreads()
        out[cuda.threadIdx.x] = shared[cuda.threadIdx.x // 32] + shared[3]

    counts = warptrace.trace(broadcast, 1, 32, np.zeros(32)).counters
    assert counts["shared_load_conflicts"] == counts["shared_store_conflicts"] == 0
    assert counts["shared_load_wavefronts"] == 4


def parity(out):
    i = cuda.grid(1)
    if i % 2:
        out[i] = 1
    else:
        out[i] = 2


def warp_parity(out):
    i = cuda.grid(1)
    if (i // 32) % 2:
        out[i] = 1
    else:
        out[i] = 2


@pytest.mark.parametrize("kernel, divergent, lanes", [(parity, 16, 16), (warp_parity, 0, 32)])
def test_divergent_branches(kernel, divergent, lanes):
    traced = warptrace.trace(kernel, 2, 256, floats(512))
    assert traced.counters["branches"] == 16
    assert traced.counters["divergent_branches"] == divergent
    stores = [line for line in traced.lines.values() if line["global_store_requests"]]
    assert [line["active_lanes"] for line in stores] == [lanes, lanes]


def test_a_partial_warp_counts_as_a_warp():
    counts = warptrace.trace(parity, 1, 33, floats(33)).counters
    assert counts["branches"] == 2
    assert counts["divergent_branches"] == 1
    assert counts["global_store_requests"] == 3


def test_lanes_that_leave_a_loop_early_make_it_diverge():
    def triangle(out):
        for k in range(cuda.threadIdx.x):
            out[cuda.threadIdx.x] += k

    counts = warptrace.trace(triangle, 1, 32, floats(32)).counters
    assert counts["branches"] == 32
    assert counts["divergent_branches"] == 31
    assert counts["global_load_requests"] == 31


def test_flops_by_type_and_what_a_python_float_costs():
    def single(a, out):
        i = cuda.threadIdx.x
        out[i] = np.float32(2) * a[i] + a[i]

    def double(a, out):
        i = cuda.threadIdx.x
        out[i] = 2.0 * a[i] + a[i]

    def fused(a, out):
        i = cuda.threadIdx.x
        out[i] = cuda.fma(a[i], a[i], a[i])

    expected = {single: (64, 0), double: (0, 64), fused: (64, 0)}
    for kernel, flops in expected.items():
        counts = warptrace.trace(kernel, 1, 32, floats(32), floats(32)).counters
        assert (counts["flops_fp32"], counts["flops_fp64"]) == flops, kernel.__name__


def test_dram_bytes_count_each_sector_once_per_direction():
    def thrice(a, out):
        i = cuda.grid(1)
        out[i] = a[i] + a[i] + a[0]

    def in_place(a, out):
        a[cuda.grid(1)] += 1

    assert warptrace.trace(thrice, 4, 64, floats(256), floats(256)).counters[
        "dram_bytes_touched"
    ] == (2 * 1024)
    assert warptrace.trace(in_place, 4, 64, floats(256), floats(1)).counters[
        "dram_bytes_touched"
    ] == (2 * 1024)


def test_lines_add_up_to_the_whole_and_are_where_the_source_says():
    traced = warptrace.trace(column_plain, 1, (32, 32), np.zeros((32, 32), np.float32))
    for name in counters.SUMMED:
        if name != "dram_bytes_touched":
            assert sum(line[name] for line in traced.lines.values()) == traced.counters[name]
    first = column_plain.__code__.co_firstlineno
    assert traced.lines[first + 4]["shared_store_requests"] == 32
    assert traced.lines[first + 5]["barriers"] == 32
    assert traced.lines[first + 6]["shared_load_wavefronts"] == 1024
    assert "tile[x, y]" in traced.source[first + 6]


def test_every_counter_names_its_metric():
    counts = warptrace.trace(parity, 1, 32, floats(32)).counters
    assert list(counts) == list(warptrace.METRICS)
    named = r"(?:smsp|l1tex|dram)__\w+\.(?:sum|ratio)\b"
    assert all(re.search(named, metric) for _, metric in warptrace.METRICS.values())


def test_memory_is_bounded_by_the_chunk_and_not_by_the_grid():
    import tracemalloc

    def nothing_much(out):
        if cuda.grid(1) == 0:
            out[0] = cuda.gridDim.x

    peaks = []
    for blocks in (512, 8192):
        tracemalloc.start()
        warptrace.trace(nothing_much, blocks, 256, floats(1))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_what_is_squared_and_what_stands_in_a_chain_is_computed_once():
    def square(x, out):
        i = cuda.threadIdx.x
        out[i] = (x[i] + 1) ** 2

    def chain(x, out):
        i = cuda.threadIdx.x
        out[i] = 0 < x[i] <= 9

    x, out = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    counts = warptrace.trace(square, 1, 32, x, out).counters
    assert (counts["global_load_requests"], counts["flops_fp64"]) == (1, 2 * 32)
    assert warptrace.trace(chain, 1, 32, x, out).counters["global_load_requests"] == 1
    assert out.tolist() == [0.0] + [1.0] * 9 + [0.0] * 22
