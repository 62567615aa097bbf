"""What the tracer does not run is refused at its line, before anything has run."""

import types

import numpy as np
import pytest

import warptrace
from warptrace import cuda


def lists(out):
    out[0] = 1
    values = [1, 2]
    out[1] = values[0]


def comprehension(out):
    out[0] = 1
    out[1] = sum(k for k in range(3))


def dictionary(out):
    out[0] = 1
    table = {"a": 1}
    out[1] = table["a"]


def attempt(out):
    out[0] = 1
    try:  # noqa: SIM105
        out[1] = 2
    except Exception:
        pass


def numpy_function(out):
    out[0] = 1
    out[1] = np.sqrt(out[0])


def method(out):
    out[0] = 1
    out[1] = out.sum()


def whole_array(out):
    out[0] = 1
    out[1] = out


def float_index(out):
    out[0] = 1
    out[out[0]] = 2


def too_many_indices(out):
    out[0] = 1
    out[0, 1] = 2


def unknown_name(out):
    out[0] = 1
    out[1] = missing


def sinf(x):
    """Stand for a stub that a library leaves empty, as `libdevice` does."""


sinf.__module__ = "numba.cuda.libdevice"
libdevice = types.SimpleNamespace(sinf=sinf)


def library_stub(out):
    out[0] = 1
    out[1] = libdevice.sinf(out[0])


def half(out):
    out[0] = 1
    out[1] = cuda.fp16.hadd(out[0], out[0])


def class_made(out):
    out[0] = 1
    out[1] = types.SimpleNamespace(x=1).x


def mixed_membership(out):
    out[0] = 1
    out[1] = out[0] in (1, 2.5)


def mixed_loop(out):
    out[0] = 1
    for value in (1, 2.5):
        out[1] = value


def list_enumerated(out):
    out[0] = 1
    for _, value in enumerate([1.0, 2.0]):
        out[1] = value


def mixed_part(out):
    out[0] = 1
    out[0:2] = (1, 2.5)


def unknown_intrinsic(out):
    out[0] = 1
    out[1] = cuda.grid_group()


def shape_not_constant(out):
    out[0] = 1
    shared = cuda.shared.array(out.size, np.float32)
    out[1] = shared[0]


def bad_dtype(out):
    out[0] = 1
    shared = cuda.shared.array(4, np.float16)
    out[1] = shared[0]


def returns_value(out):
    out[0] = 1
    return out[0]


def ended(out):
    out[0] = 1
    print(out[0], end="")


def formatted(out):
    out[0] = 1
    out[1] = len(f"{out[0]}")


def bits_of_float(out):
    out[0] = 1
    out[1] = out[0] & 1


def global_statement(out):
    global missing
    out[0] = 1


def deleting(out):
    out[0] = 1
    k = 1
    del k


def with_statement(out):
    out[0] = 1
    with out:
        pass


def walrus(out):
    out[0] = 1
    out[1] = (k := 2) + k


def no_one_type(out):
    out[0] = 1
    x = 1
    if out[0] > 0:
        x = out
    out[1] = x


def forever(n):
    return forever(n - 1)


def recursive(out):
    out[0] = 1
    out[1] = forever(3)


def some_paths(x):  # noqa: RET503
    if x > 0:
        return 1


def partly_returning(out):
    out[0] = 1
    out[1] = some_paths(out[0])


def starred_call(out):
    out[0] = 1
    out[1] = some_paths(*out)


#: Kernel → (line counted from its `def`, what the refusal says).
REFUSED = {
    lists: (2, r"`\[1, 2\]`"),
    comprehension: (2, "for k in range"),
    dictionary: (2, "not supported"),
    attempt: (2, "`try`"),
    mixed_membership: (2, "one type.*int64, float64"),
    mixed_loop: (2, "one type.*int64, float64"),
    list_enumerated: (2, "write a tuple"),
    mixed_part: (2, "one type"),
    library_stub: (2, r"libdevice\.sinf.*write `math\.sin`"),
    half: (2, r"fp16.*float32"),
    numpy_function: (2, "np.sqrt.*write `math.sqrt`"),
    method: (2, "out.sum.*write a loop"),
    class_made: (2, "not supported"),
    whole_array: (2, "cannot be an element"),
    float_index: (2, "index of type float64"),
    too_many_indices: (2, "1 dimensions"),
    unknown_name: (2, "missing is not defined"),
    unknown_intrinsic: (2, "cuda.grid_group"),
    shape_not_constant: (2, "must be a constant.*dynamic"),
    bad_dtype: (2, "no type"),
    returns_value: (2, "a kernel returns nothing"),
    ended: (2, "`print` takes no"),
    formatted: (2, "not supported"),
    bits_of_float: (2, "bits of float64"),
    global_statement: (1, "`global`"),
    deleting: (3, "`delete`"),
    with_statement: (2, "`with`"),
    walrus: (2, "k := 2"),
    no_one_type: (5, "x has no one type"),
    recursive: (1, "recursion"),
    partly_returning: (2, "not every path"),
    starred_call: (2, "takes a tuple"),
}


@pytest.mark.parametrize("kernel", REFUSED, ids=lambda kernel: kernel.__name__)
def test_refused_at_its_line_before_anything_runs(kernel):
    offset, message = REFUSED[kernel]
    out = np.zeros(4)
    with pytest.raises(warptrace.UnsupportedError, match=message) as caught:
        warptrace.trace(kernel, 1, 1, out)
    where = forever if kernel is recursive else kernel
    assert caught.value.line == where.__code__.co_firstlineno + offset
    assert not out.any()


def test_code_that_nobody_reaches_is_still_refused():
    def unreached(out):
        if out.size > 100:
            [1]  # noqa: B018

    with pytest.raises(warptrace.UnsupportedError):
        warptrace.trace(unreached, 1, 1, np.zeros(1))


@pytest.mark.parametrize(
    "argument, message",
    [
        (np.zeros(2, np.float16), "arrays of float16.*convert to float32"),
        (np.zeros(2, "U3"), "arrays of <U3"),
        ("text", "cannot hold a str"),
        (None, "cannot hold a NoneType"),
        ((np.zeros(2, np.float16),), "arrays of float16"),
    ],
)
def test_arguments_that_no_kernel_takes(argument, message):
    def nothing(a):
        pass

    with pytest.raises(warptrace.UnsupportedError, match=message):
        warptrace.trace(nothing, 1, 1, argument)


def test_the_number_of_arguments():
    with pytest.raises(warptrace.UnsupportedError, match="lists takes 1 arguments, 2 given"):
        warptrace.trace(lists, 1, 1, 1, 2)


def test_what_is_no_function():
    for thing in (3, len, np.sqrt):
        with pytest.raises(warptrace.UnsupportedError, match="a kernel is a function"):
            warptrace.trace(thing, 1, 1)
    with pytest.raises(warptrace.UnsupportedError, match="with `def`"):
        warptrace.trace(lambda out: None, 1, 1, np.zeros(1))
    names = {}
    exec("def hidden(out):\n    out[0] = 1\n", names)
    with pytest.raises(warptrace.UnsupportedError, match="source of hidden cannot be read"):
        warptrace.trace(names["hidden"], 1, 1, np.zeros(1))


def test_an_unsupported_error_is_a_kernel_error():
    assert issubclass(warptrace.UnsupportedError, warptrace.KernelError)


def test_a_launch_without_a_block_says_what_is_missing():
    @cuda.jit
    def kernel(a):
        a[0] = 1

    for configuration in (4, (4,), (1, 2, 3, 4, 5)):
        with pytest.raises(warptrace.KernelError, match=r"kernel\[blocks, threads\]"):
            kernel[configuration](np.zeros(1))


def test_intrinsics_say_what_to_do_outside_a_kernel():
    with pytest.raises(RuntimeError, match=r"cuda.grid works inside a kernel.*warptrace\.trace"):
        cuda.grid(1)
    with pytest.raises(RuntimeError, match="give copy a grid"):

        @cuda.jit
        def copy(a):
            pass

        copy(np.zeros(1))
