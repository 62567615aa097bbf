"""Arrays of records: fields by attribute and name, their strides, copies, races."""

import numpy as np
import pytest

import warptrace
from warptrace import cuda

PARTICLE = np.dtype(
    [("x", np.float32), ("y", np.float32), ("n", np.int32), ("v", np.float32, (2,))], align=True
)


def particles(count=32):
    made = np.zeros(count, PARTICLE)
    made["x"], made["n"] = np.arange(count), 2
    made["v"] = np.arange(2 * count).reshape(count, 2)
    return made


def test_fields_by_attribute_name_and_number():
    def use(p, out):
        i = cuda.grid(1)
        one = p[i]
        one.y = one.x + 1
        p[i]["n"] += i
        p["y"][i] *= 2
        p.v[i, 0] -= one[3][1]
        field = "x"
        out[i] = one[field] + p.v[i][1] + one[2]
        one.v[1] = 0

    p, out = particles(), np.zeros(32)
    warptrace.trace(use, 1, 32, p, out)
    i = np.arange(32)
    np.testing.assert_array_equal(p["y"], 2 * (i + 1))
    np.testing.assert_array_equal(p["n"], 2 + i)
    np.testing.assert_array_equal(p["v"], np.stack([np.full(32, -1), np.zeros(32)], 1))
    np.testing.assert_array_equal(out, i + 2 * i + 1 + 2 + i)


def test_an_array_of_structures_against_a_structure_of_arrays():
    def structures(p, out):
        i = cuda.grid(1)
        out[i] = p[i].x

    def arrays(x, out):
        i = cuda.grid(1)
        out[i] = x[i]

    out = np.zeros(32, np.float32)
    apart = warptrace.trace(structures, 1, 32, particles(), out).counters
    assert out.tolist() == list(range(32))
    together = warptrace.trace(arrays, 1, 32, particles()["x"].copy(), out).counters
    # A record has 20 bytes: 32 of them lie in 20 sectors, and each holds an x.
    assert (apart["global_load_sectors"], together["global_load_sectors"]) == (20, 4)
    assert apart["global_load_requests"] == together["global_load_requests"] == 1


def test_a_record_is_copied_byte_by_byte_as_numba_compiles_it():
    def copy(p, q):
        i = cuda.grid(1)
        q[i] = p[i]

    p, q = particles(), np.zeros(32, PARTICLE)
    counts = warptrace.trace(copy, 1, 32, p, q).counters
    np.testing.assert_array_equal(p, q)
    assert counts["global_load_requests"] == counts["global_store_requests"] == 20


def test_records_in_shared_and_local_memory_atomics_loops_and_functions():
    def length(one):
        return one.x + one["y"]

    def use(p, out):
        i = cuda.threadIdx.x
        tile = cuda.shared.array(32, PARTICLE)
        own = cuda.local.array(2, PARTICLE)
        tile[i].x = p[i].x
        own[0].y = 3
        cuda.syncthreads()
        own[0].x = tile[31 - i].x
        cuda.atomic.add(p.n, 0, 1)
        out[i] = length(own[0])
        if i == 0:
            for one in p:
                out[0] += one.x

    p, out = particles(), np.zeros(32)
    trace = warptrace.trace(use, 1, 32, p, out)
    expected = 31.0 - np.arange(32) + 3
    expected[0] += np.arange(32).sum()
    np.testing.assert_array_equal(out, expected)
    assert p["n"][0] == 34 and trace.faults == []
    # Words 20 bytes apart lie in different banks: 5 and 32 have no common factor.
    assert trace.counters["shared_store_conflicts"] == 0


def test_races_between_fields_are_none_and_on_a_field_are_found():
    def fields(p):
        i = cuda.threadIdx.x
        if i == 0:
            p[0].x = 1
        if i == 40:
            p[0].y = 2

    def same(p):
        i = cuda.threadIdx.x
        if i == 0:
            p[0].x = 1
        if i == 40:
            p[0]["x"] = 2

    assert warptrace.trace(fields, 1, 64, particles()).faults == []
    (fault,) = warptrace.trace(same, 1, 64, particles()).faults
    assert (fault.kind, fault.array, fault.index) == ("write-write", "p.x", (0,))


def test_out_of_bounds_and_records_within_records():
    inner = np.dtype([("lo", np.int16), ("hi", np.int16)])
    outer = np.dtype([("pair", inner), ("w", np.float64)], align=True)

    def use(p):
        i = cuda.threadIdx.x
        p[i].pair.hi = i + p[i].pair.lo

    made = np.zeros(4, outer)
    made["pair"]["lo"] = 5
    warptrace.trace(use, 1, 4, made)
    assert made["pair"]["hi"].tolist() == [5, 6, 7, 8]
    with pytest.raises(warptrace.KernelError, match=r"p\[4\] in an array of shape \(4\)"):
        warptrace.trace(use, 1, 5, made)


def test_one_record_may_be_an_argument():
    def use(one, out):
        out[cuda.threadIdx.x] = one.x + one["n"]

        one.y = 7

    out, p = np.zeros(2), particles()
    warptrace.trace(use, 1, 2, p[3], out)
    assert out.tolist() == [5, 5]
    assert p["y"].tolist() == [0, 0, 0, 7, *[0] * 28]


def no_field(p):
    p[0].mass = 1


def missing(p):
    p[0].x = p[0].mass


def variable_name(p):
    for name in ("x", "y"):
        p[0][name] = 1


def whole(p):
    p[0] = 1


@pytest.mark.parametrize(
    "kernel, message",
    [
        (no_field, "cannot be assigned"),
        (missing, "not supported"),
        (variable_name, "one type|constant"),
        (whole, "takes a record"),
    ],
)
def test_refused(kernel, message):
    with pytest.raises(warptrace.UnsupportedError, match=message):
        warptrace.trace(kernel, 1, 1, particles())


def test_records_of_objects_are_refused_with_the_way_out():
    with pytest.raises(warptrace.UnsupportedError, match="one array of numbers for each field"):
        warptrace.trace(no_field, 1, 1, np.zeros(2, [("x", object)]))
