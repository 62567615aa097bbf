"""The tracer computes what a GPU computed, also with NaN, infinities, zeros and extreme numbers."""

import json

import arithmetic
import numpy as np
import pytest

import warptrace
from warptrace import cuda, reference

RECORD = json.loads(arithmetic.RECORD.read_text(encoding="utf-8"))
CASES = list(enumerate(arithmetic.cases()))
#: A library of functions for GPUs is right to some units in the last place.
RELATIVE = {"float32": 2e-6, "float64": 1e-13}


def test_the_record_has_every_case_and_says_where_it_is_from():
    assert list(RECORD["answers"]) == [case.key for _, case in CASES]
    assert RECORD["device"].startswith("NVIDIA") and RECORD["date"] and RECORD["numba_cuda"]


@pytest.mark.parametrize(("number", "case"), CASES, ids=[case.key for _, case in CASES])
def test_computes_what_a_gpu_computed(number, case):
    compare(warptrace.trace, number, case)


@pytest.mark.parametrize(("number", "case"), CASES[::2], ids=[case.key for _, case in CASES[::2]])
def test_the_reference_computes_it_too(number, case):
    compare(reference.trace, number, case)


def compare(trace, number, case):
    """Compare what a tracer computes with what the GPU did."""
    x, y = case.operands()
    out = np.zeros(len(x), dtype=case.out)
    kernel, packed = arithmetic.kernel_of(case, cuda, number), RECORD["answers"][case.key]
    if packed == "refused":
        with pytest.raises(warptrace.UnsupportedError, match=r"32|convert"):
            trace(kernel, 1, 128, x, y, out)
        return
    trace(kernel, -(-len(x) // 128), 128, x, y, out)
    ours = x if case.atomic else out
    theirs = arithmetic.answer(packed, ours.dtype)
    if ours.dtype.kind != "f":
        np.testing.assert_array_equal(ours.astype(case.settled), theirs.astype(case.settled))
    elif case.exact:
        np.testing.assert_array_equal(ours, theirs)
        numbers = ~np.isnan(theirs)
        np.testing.assert_array_equal(np.signbit(ours)[numbers], np.signbit(theirs)[numbers])
    else:
        # The library for GPUs finds the hypotenuse of the largest numbers too large.
        inside = ~(np.isinf(theirs) & ("hypot" in case.line))
        near = {"rtol": RELATIVE[case.x], "atol": 10 * np.finfo(case.x).tiny}
        np.testing.assert_allclose(ours[inside], theirs[inside], **near)
