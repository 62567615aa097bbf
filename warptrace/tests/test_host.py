"""A program written for Numba runs unchanged: arrays to the device and back, streams, events."""

import numpy as np
import pytest

import warptrace
from warptrace import cuda


@cuda.jit("void(float32[:], float32[:], float32)")
def scale(source, target, factor):
    i = cuda.grid(1)
    if i < target.size:
        target[i] = factor * source[i]


def test_arrays_go_to_the_device_and_back():
    host = np.arange(100, dtype=np.float32)
    there, result = cuda.to_device(host), cuda.device_array_like(host)
    host[:] = -1  # the device has its own copy
    stream = cuda.stream()
    scale[1, 128, stream](there, result, np.float32(2))
    stream.synchronize()
    np.testing.assert_array_equal(result.copy_to_host(), 2 * np.arange(100))
    into = cuda.pinned_array(100, np.float32)
    assert result.copy_to_host(into) is into and into[7] == 14
    assert (host == -1).all()
    assert (result.shape, result.dtype, result.size, result.ndim) == ((100,), np.float32, 100, 1)
    assert result[3] == 6 and len(result) == 100 and result[2:4].copy_to_host().tolist() == [4, 6]


def test_an_array_like_another_has_its_order():
    turned = cuda.to_device(np.zeros((3, 4))).T
    assert cuda.device_array_like(turned).strides == turned.strides == (8, 32)
    with pytest.raises(ValueError, match="-1 tasks"):
        scale.forall(-1)


def test_what_is_not_copied_back_does_not_arrive():
    host = np.zeros(4, np.float32)
    there = cuda.to_device(host)
    there[:] = np.float32(3)
    assert host.tolist() == [0, 0, 0, 0]
    there.reshape(2, 2).T.copy_to_device(np.array([[1, 2], [3, 4]], np.float32))
    assert there.copy_to_host().tolist() == [1, 3, 2, 4]
    assert cuda.to_device(host, to=there) is there and there.ravel()[3] == 0


def test_a_copy_into_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3,\) cannot take"):
        cuda.device_array(4).copy_to_host(np.zeros(3))


def test_events_give_the_time_of_the_tracer():
    first, second = cuda.event(), cuda.event(timing=True)
    first.record()
    scale[1, 32](np.ones(4, np.float32), np.zeros(4, np.float32), np.float32(1))
    second.record()
    second.synchronize()
    assert second.query() and 0 < cuda.event_elapsed_time(first, second) < 60_000
    assert "tracer" in type(first).__doc__


@pytest.mark.parametrize(("tasks", "options", "threads"), [(1000, {}, 256), (10, {"tpb": 32}, 32)])
def test_forall_covers_every_task(tasks, options, threads):
    target = np.zeros(tasks, np.float32)
    done = scale.forall(tasks, **options)(np.ones(tasks, np.float32), target, np.float32(5))
    assert (target == 5).all()
    assert done.trace.block[0] == threads and done.trace.grid[0] == -(-tasks // threads)


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("void(int32[:], int32, f4)", (2**31 - 1, np.float32(0.1) * 2)),
        ("(int64[:,:], intp, float64)", (2**31 + 1, 0.2)),
        (None, (2**31 + 1, 0.2)),
    ],
)
def test_numbers_are_passed_in_the_types_of_a_signature(signature, expected):
    @cuda.jit(signature)
    def kernel(out, n, x):
        out[0] = -n if n < 0 else n
        out[1] = x * 2

    out = np.zeros(2)
    kernel[1, 1](out, 2**31 + 1, 0.1)
    assert out.tolist() == list(expected)


def blend(x, y, weight=0.5, bias=0.0):
    return weight * x + (1 - weight) * y + bias


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("blend(y=x[i], x=1.0, weight=0.25)", lambda x: 0.25 + 0.75 * x),
        ("blend(x[i], 0.0, bias=x[i])", lambda x: 1.5 * x),
        ("blend(x[i], 0.0, 1.0)", lambda x: x),
        ("blend(x[i], x=1.0)", None),
        ("blend(x[i], 1.0, wait=2.0)", None),
        ("blend(x[i])", None),
        ("blend(1, 2, 3, 4, 5)", None),
    ],
)
def test_arguments_by_name_and_by_place(line, value, tmp_path):
    text = f"def use(x, out):\n    i = cuda.threadIdx.x\n    out[i] = {line}\n"
    (tmp_path / "use.py").write_text(text)
    names = {"cuda": cuda, "blend": blend}
    exec(compile(text, str(tmp_path / "use.py"), "exec"), names)
    x, out = np.arange(4.0), np.zeros(4)
    if value is None:
        with pytest.raises(warptrace.UnsupportedError, match="does not fit"):
            warptrace.trace(names["use"], 1, 4, x, out)
        return
    warptrace.trace(names["use"], 1, 4, x, out)
    np.testing.assert_array_equal(out, value(x))
