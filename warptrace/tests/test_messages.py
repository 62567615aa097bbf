"""What a kernel prints is kept, and what it asserts stops it, with the thread and the line."""

import numpy as np
import pytest

import warptrace
from warptrace import cuda


def says(a, out):
    i = cuda.grid(1)
    if a[i] > 1:
        print("found", i, a[i], a[i] > 2, (i, cuda.laneid))
    out[i] = i


def test_what_threads_print_is_kept_in_their_order():
    a = np.array([0, 3, 1, 2], np.float32)
    trace = warptrace.trace(says, 2, 2, a, np.zeros(4))
    assert [text for _, text in trace.printed] == [
        "found 1 3.000000 True (1, 1)",
        "found 3 2.000000 False (3, 1)",
    ]
    assert trace.printed[1][0] == warptrace.Thread((1, 0, 0), (1, 0, 0))
    assert "block (1, 0, 0), thread (1, 0, 0) prints: found 3" in trace.table()
    html = trace.show()._repr_html_()
    assert "What the threads printed" in html and "found 3 2.000000" in html


def test_a_thousand_lines_are_kept_and_the_rest_is_counted():
    def chatters(out):
        i = cuda.grid(1)
        print(i)
        out[i] = 1

    trace = warptrace.trace(chatters, 12, 100, np.zeros(1200))
    assert len(trace.printed) == 1000 and trace.unprinted == 200
    assert trace.printed[-1][1] == "999" and "and 200 lines more" in trace.table()


def test_an_assertion_names_the_thread_for_which_it_fails():
    def checks(a, out):
        i = cuda.grid(1)
        assert a[i] < 3, "too large"
        out[i] = a[i]

    out = np.zeros(4)
    warptrace.trace(checks, 1, 4, np.zeros(4), out)
    with pytest.raises(warptrace.KernelError, match=r"a\[i\] < 3` fails: 'too large'") as caught:
        warptrace.trace(checks, 1, 4, np.arange(4.0), out)
    assert caught.value.thread == warptrace.Thread((0, 0, 0), (3, 0, 0))
    assert caught.value.line == checks.__code__.co_firstlineno + 2


def test_a_raise_stops_the_kernel_only_if_a_thread_comes_there():
    def raises(a, out):
        i = cuda.grid(1)
        if a[i] > 2:
            raise ValueError("no")
        out[i] = 1

    out = np.zeros(3)
    warptrace.trace(raises, 1, 3, np.zeros(3), out)
    assert out.tolist() == [1, 1, 1]
    with pytest.raises(warptrace.KernelError, match=r"raise ValueError\('no'\)`, by block"):
        warptrace.trace(raises, 1, 3, np.array([0.0, 3.0, 4.0]), out)
