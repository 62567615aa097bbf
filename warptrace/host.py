"""What a program calls around its kernels: arrays on the device, streams, events.

Here the device is the tracer. Arrays are copied to it and back as on a GPU, so that a program
which forgets to copy goes wrong in the same place.
"""

import contextlib
import time
from dataclasses import dataclass, field


class DeviceArray:
    """An array on the device: a kernel changes it, and the host sees it after a copy."""

    def __init__(self, array):
        """Hold `array`, a NumPy array of the device's own."""
        self._array = array

    def __array__(self, dtype=None, copy=None):
        """Return the device's own array: the tracer runs on it."""
        return self._array if dtype is None else self._array.astype(dtype)

    @property
    def shape(self) -> tuple:
        """The extent of each dimension."""
        return self._array.shape

    @property
    def dtype(self):
        """The type of the elements."""
        return self._array.dtype

    @property
    def size(self) -> int:
        """How many elements it has."""
        return self._array.size

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return self._array.ndim

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        return self._array.nbytes

    @property
    def strides(self) -> tuple:
        """Bytes from one element to the next along each dimension."""
        return self._array.strides

    @property
    def flags(self):
        """How the elements lie in memory."""
        return self._array.flags

    @property
    def T(self) -> "DeviceArray":  # noqa: N802 - as NumPy and Numba call it
        """The transposed array, on the same elements."""
        return DeviceArray(self._array.T)

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, key):
        """Return an element, or a part on the same elements."""
        part = self._array[key]
        return DeviceArray(part) if getattr(part, "ndim", 0) else part

    def __setitem__(self, key, value):
        """Copy `value` into a part."""
        self._array[key] = value

    def __repr__(self) -> str:
        return f"DeviceArray(shape={self.shape}, dtype={self.dtype})"

    def reshape(self, *shape) -> "DeviceArray":
        """Return the elements in another shape."""
        return DeviceArray(self._array.reshape(*shape))

    def ravel(self, order: str = "C") -> "DeviceArray":
        """Return the elements in one dimension."""
        return DeviceArray(self._array.ravel(order))

    def copy_to_host(self, ary=None, stream=0):
        """Return a copy for the host, or copy into `ary`.

        Raises:
            ValueError: `ary` has another shape or type.
        """
        if ary is None:
            return self._array.copy()
        if ary.shape != self.shape or ary.dtype != self.dtype:
            raise ValueError(
                f"an array of {ary.dtype} and shape {ary.shape} cannot take one of {self.dtype} "
                f"and shape {self.shape}"
            )
        ary[...] = self._array
        return ary

    def copy_to_device(self, ary, stream=0) -> None:
        """Copy from `ary`, on the host or the device."""
        self._array[...] = ary


@dataclass
class Stream:
    """A queue of work. In the tracer everything has finished when a call returns."""

    def synchronize(self) -> None:
        """Do nothing: there is nothing to wait for."""

    @contextlib.contextmanager
    def auto_synchronize(self):
        """Give the stream to a `with` block."""
        yield self


@dataclass
class Event:
    """A moment of a stream. Its times are those of the tracer, and say nothing of a GPU."""

    timing: bool = True
    moment: float = field(default=0.0, repr=False)

    def record(self, stream=0) -> None:
        """Note the moment."""
        self.moment = time.perf_counter()

    def synchronize(self) -> None:
        """Do nothing: there is nothing to wait for."""

    def wait(self, stream=0) -> None:
        """Do nothing: there is nothing to wait for."""

    def query(self) -> bool:
        """Return True: what came before it has finished."""
        return True

    def elapsed_time(self, later: "Event") -> float:
        """Return the milliseconds from this event to `later`, of the tracer."""
        return 1e3 * (later.moment - self.moment)


class HostCalls:
    """The names of `numba.cuda` that a program calls outside its kernels."""

    default_stream = per_thread_default_stream = staticmethod(Stream)
    defer_cleanup = staticmethod(contextlib.nullcontext)

    def is_available(self) -> bool:
        """Return False: the stand-in reaches no GPU. `warptrace.hardware()` knows of Numba's."""
        return False

    def synchronize(self) -> None:
        """Do nothing: the tracer has finished when it returns."""

    def close(self) -> None:
        """Do nothing: the tracer holds nothing open."""

    def stream(self) -> Stream:
        """Return a new stream."""
        return Stream()

    def event(self, timing: bool = True) -> Event:
        """Return a new event."""
        return Event(timing)

    def event_elapsed_time(self, first: Event, second: Event) -> float:
        """Return the milliseconds between two events, of the tracer."""
        return first.elapsed_time(second)

    def to_device(self, obj, stream=0, copy: bool = True, to: DeviceArray | None = None):
        """Return a copy of an array on the device, or copy it into `to`."""
        import numpy as np

        if to is not None:
            to.copy_to_device(obj)
            return to
        return DeviceArray(np.array(obj))

    def device_array(self, shape, dtype="float64", strides=None, order="C", stream=0):
        """Return a new array on the device, with whatever lies there."""
        import numpy as np

        return DeviceArray(np.empty(shape, dtype, order))

    def device_array_like(self, ary, stream=0):
        """Return a new array on the device, of the shape, type and order of another."""
        import numpy as np

        return DeviceArray(np.empty_like(np.asarray(ary)))

    def pinned_array(self, shape, dtype="float64", strides=None, order="C"):
        """Return a new array on the host."""
        import numpy as np

        return np.empty(shape, dtype, order)

    def pinned_array_like(self, ary):
        """Return a new array on the host, of the shape and type of another."""
        return self.pinned_array(ary.shape, ary.dtype)

    mapped_array, mapped_array_like = pinned_array, pinned_array_like
    managed_array = pinned_array

    @contextlib.contextmanager
    def pinned(self, *arrays):
        """Do nothing for the time of a `with` block: memory needs no pinning here."""
        yield
