"""Arrays: what a launch is given, and where an element lies."""

import itertools
import math
from dataclasses import dataclass, field

from ..faults import KernelError, UnsupportedError
from . import kinds
from .arithmetic import converted

#: Where the modelled device puts the first buffer, and how buffers are aligned.
FIRST_ADDRESS, ALIGNMENT = 1 << 20, 256


class Array:
    """An array for a launch where there is no NumPy: a plain list, a type, a shape."""

    def __init__(self, values, dtype: str = "float32", shape: tuple | int | None = None):
        """Take the elements row by row, each as a number of `dtype`; `shape` is one row if None."""
        self.dtype = kinds.named(dtype)
        if self.dtype is None:
            raise UnsupportedError(f"{dtype!r} is no type of a kernel's elements")
        self.values = list(values)
        shape = (len(self.values),) if shape is None else shape
        self.shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        if math.prod(self.shape) != len(self.values):
            raise UnsupportedError(f"{len(self.values)} values do not fill the shape {self.shape}")

    def tolist(self) -> list:
        """Return the elements row by row."""
        return list(self.values)

    def __repr__(self) -> str:
        return f"Array({self.values}, {self.dtype!r}, {self.shape})"


@dataclass(eq=False)
class Store:
    """A piece of memory: its place among the others, name, space, type, shape.

    `flat` holds the elements of a global or constant array; `given` is the argument that it was
    taken from; `address` is where the modelled device has it; `cells` names its memory: arrays
    that share it have the same.
    """

    number: int
    name: str
    space: str
    dtype: str
    shape: tuple
    flat: list = field(default_factory=list)
    given: object = None
    address: int = 0
    cells: object = None
    written: bool = False
    dynamic: bool = False

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return kinds.SIZES[self.dtype]

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def index_of(self, place: int) -> tuple:
        """Return the index of the element at `place`."""
        index = []
        for length in reversed(self.shape):
            place, one = divmod(place, max(1, length))
            index.append(one)
        return tuple(reversed(index))

    def fresh(self) -> list:
        """Return what memory holds that nobody wrote: something that shows."""
        if kinds.is_float(self.dtype):
            return [math.nan] * self.size
        return [0xA5 if self.itemsize > 1 else 1] * self.size

    def write_back(self) -> None:
        """Put the elements into the argument that they were taken from."""
        if not self.written:
            return
        if isinstance(self.given, Array):
            self.given.values[:] = self.flat
        elif self.size:
            _flat_view(self.given)[:] = _packed(self.flat, self.dtype)


def _flat_view(given):
    held = memoryview(given)
    return held.cast("B").cast(kinds.CODES[_type_of(held)])


def _packed(values, dtype):
    code = kinds.CODES[dtype]
    held = memoryview(bytearray(len(values) * kinds.SIZES[dtype])).cast(code)
    for place, value in enumerate(values):
        held[place] = value
    return held


def _type_of(held: memoryview) -> str:
    """Return the type of a buffer's elements."""
    code = held.format.lstrip("@=<")
    if code in "lL":  # as long as the platform says
        return f"{'u' if code == 'L' else ''}int{8 * held.itemsize}"
    found = [name for name, letter in kinds.CODES.items() if letter == code]
    if not found:
        kind = getattr(held.obj, "dtype", f"`{held.format}`")
        raise UnsupportedError(f"arrays of {kind} are not supported in a kernel; convert them")
    return found[0]


def is_array(value) -> bool:
    """Return whether `value` holds elements: an `Array`, or a buffer such as NumPy's."""
    if isinstance(value, Array):
        return True
    if hasattr(value, "item") and not getattr(value, "shape", (1,)):
        return False  # NumPy's single numbers are buffers too
    try:
        memoryview(value)
    except TypeError:
        return False
    return True


def store_of(value, number: int, name: str, space: str) -> Store:
    """Return an argument or a global array as memory; its elements are copied.

    Raises:
        UnsupportedError: its elements do not lie one after another, or are of no kernel's type.
    """
    if isinstance(value, Array):
        flat = [as_element(one, value.dtype) for one in value.values]
        return Store(number, name, space, value.dtype, value.shape, flat, value)
    held = memoryview(value)
    if not held.c_contiguous:
        raise UnsupportedError(f"{name} does not lie row by row in memory: pass a copy of it")
    dtype = _type_of(held)
    flat = _flat_view(value).tolist() if held.nbytes else []
    return Store(number, name, space, dtype, tuple(held.shape), flat, value)


def as_element(value, dtype: str):
    """Return a number given for an element as one of its type."""
    return converted(value, "float64" if isinstance(value, float) else "int64", dtype)


def _extent(value) -> tuple[int, int]:
    """Return where a buffer begins and ends, in bytes of this process."""
    interface = getattr(value, "__array_interface__", None)
    if interface is None:  # a place of its own, far from all others
        return id(value) << 40, (id(value) << 40) + 1
    begin = interface["data"][0]
    return begin, begin + max(1, memoryview(value).nbytes)


def _owner(value):
    """Return the array that `value` is a view of."""
    while hasattr(getattr(value, "base", None), "__array_interface__"):
        value = value.base
    return value


def place_on_device(stores: list[Store]) -> None:
    """Give each argument its address on the modelled device; views of one buffer share it.

    Raises:
        KernelError: an array that is written is read-only.
    """
    groups: list[list] = []  # begin, end, stores
    for store in sorted(stores, key=lambda s: _extent(_owner(s.given))[0]):
        if (
            store.written
            and not isinstance(store.given, Array)
            and memoryview(store.given).readonly
        ):
            raise KernelError(f"{store.name} is read-only: pass a copy")
        begin = _extent(_owner(store.given))[0]
        end = _extent(store.given)[0] + max(1, store.size * store.itemsize)
        if groups and begin < groups[-1][1]:
            groups[-1][1] = max(groups[-1][1], end)
            groups[-1][2].append(store)
        else:
            groups.append([begin, end, [store]])
    address = FIRST_ADDRESS
    for begin, end, members in sorted(groups, key=lambda g: min(s.number for s in g[2])):
        _place_group(members, begin, address)
        address += -(-(end - begin) // ALIGNMENT) * ALIGNMENT


def _place_group(members, begin, address):
    cells = object()
    for store in members:
        store.address = address + _extent(store.given)[0] - begin
        store.cells = cells
        for other in members:
            same = other.given is store.given or other.address == store.address
            if same and other.dtype == store.dtype and other.size == store.size:
                store.flat = other.flat  # one memory under two names
                break
    if len({id(store.flat) for store in members}) > 1 and any(s.written for s in members):
        names = ", ".join(store.name for store in members)
        _refuse_overlap(members, names)


def _refuse_overlap(members, names):
    ends = sorted({(s.address, s.address + s.size * s.itemsize, id(s.flat)) for s in members})
    for (_, end, _), (begin, _, _) in itertools.pairwise(ends):
        if begin < end:
            raise UnsupportedError(f"{names} overlap in memory: pass copies of them")


class View:
    """An array while a kernel runs: element `[i, j]` is `flat[offset + i * s0 + j * s1]`."""

    __slots__ = ("flat", "offset", "shape", "store", "strides")

    def __init__(self, store, flat, offset, shape, strides):
        """Nothing is copied."""
        self.store, self.flat, self.offset = store, flat, offset
        self.shape, self.strides = shape, strides


class StopError(Exception):
    """A thread did what hardware would not survive, at a place of the program."""

    def __init__(self, path: tuple, message: str, line, axis: int = 0):
        """Keep where it happened; `{thread}` in the message becomes the thread."""
        super().__init__(message)
        self.path, self.message, self.line, self.axis = path, message, line, axis


def back(key, length, axis, keys, shape, name, node, slot, line):
    """Return an index that counts from the end as one from the front.

    Raises:
        StopError: there is no such element.
    """
    if -length <= key < 0:
        return key + length
    index = ", ".join(":" if isinstance(one, tuple) else str(one) for one in keys)
    extents = ", ".join(map(str, shape))
    text = f"out of bounds: {name}[{index}] in an array of shape ({extents}), by {{thread}}"
    raise StopError((*node[0], slot), text, line, axis)


def place_of(view, keys, node, slot, line):
    """Return the place of an element of a view that is known only while the kernel runs."""
    place = view.offset
    for axis, (key, length) in enumerate(zip(keys, view.shape, strict=True)):
        if not 0 <= key < length:
            key = back(key, length, axis, keys, view.shape, view.store.name, node, slot, line)
        place += key * view.strides[axis]
    return place


def part_of(view, keys, node, slot, line):
    """Return a part of a view: a number drops a dimension, a pair of ends narrows one."""
    keys += ((None, None),) * (len(view.shape) - len(keys))
    offset, shape, strides = view.offset, [], []
    for axis, (key, length) in enumerate(zip(keys, view.shape, strict=True)):
        stride = view.strides[axis]
        if isinstance(key, tuple):
            start, stop, _ = slice(*key).indices(length)
            offset += start * stride
            shape.append(max(0, stop - start))
            strides.append(stride)
        else:
            if not 0 <= key < length:
                key = back(key, length, axis, keys, view.shape, view.store.name, node, slot, line)
            offset += key * stride
    return View(view.store, view.flat, offset, tuple(shape), tuple(strides))


def transposed(view):
    """Return a view with its dimensions in the other order."""
    return View(view.store, view.flat, view.offset, view.shape[::-1], view.strides[::-1])
