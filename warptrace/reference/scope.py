"""What is known while a kernel is translated, and the Python text that it becomes.

Every thread runs the text. Where threads touch memory, test or meet, the text leaves a note in a
tree of places: a node is a list with its path first and a slot for each thing that happens in its
stretch of source, in order; a loop has a node for each turn, a call one of its own. Lanes of a
warp do together what they note in one slot of one node. Paths compare as the order in which lanes
in step would come.
"""

import ast
import re
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from ..constants import alike
from ..counters import Counters
from ..faults import UnsupportedError
from . import kinds
from .arithmetic import converted
from .kinds import OBJECT, ArrayKind

#: Stands where a value is not known before the kernel runs.
UNKNOWN = object()


@dataclass(frozen=True)
class Static:
    """An array whose place is known while the kernel is translated."""

    store: object
    offset: int
    shape: tuple
    strides: tuple


@dataclass(frozen=True)
class Value:
    """An expression: its type, a Python text without effects, its value where that is known.

    `items` are a tuple's; a known array is `Static`.
    """

    kind: object
    text: str
    const: object = UNKNOWN
    items: tuple | None = None

    @property
    def known(self) -> bool:
        """Whether the value is known beforehand."""
        return self.const is not UNKNOWN and not isinstance(self.const, Static)

    def item(self, n: int) -> "Value":
        """Return an item of a tuple; its value is known if those of all items are."""
        if self.items is None:
            return Value(self.kind[n], f"{self.text}[{n}]")
        one = self.items[n]
        return replace(one, const=UNKNOWN) if one.known and not self.known else one


def literal(value) -> str:
    """Return a number as Python text; negative ones, infinities and NaN in brackets or by name."""
    text = repr(value)
    return f"({text})" if text.startswith("-") else text


def known(value, kind=None) -> Value:
    """Return a value known beforehand, of the type that Numba gives it if none is given."""
    if isinstance(value, tuple):
        return grouped([known(item) for item in value])
    kind = kind or kinds.of_constant(value)
    if kind == OBJECT:
        return Value(OBJECT, "None", value)
    value = value.item() if hasattr(value, "item") else value
    return Value(kind, literal(value), value)


def grouped(items) -> Value:
    """Return values as a tuple."""
    text = "(" + "".join(f"{item.text}, " for item in items) + ")"
    const = tuple(item.const for item in items) if all(i.known for i in items) else UNKNOWN
    return Value(tuple(item.kind for item in items), text, const, tuple(items))


@dataclass(frozen=True)
class Variable:
    """What is known of a variable: type, value if known, whether it surely has one."""

    kind: object
    const: object = UNKNOWN
    sure: bool = True
    problem: str = ""

    def same(self, other) -> bool:
        """Whether `other` says the same; NaN equals itself here."""
        known = (self.kind, self.sure, self.problem) == (other.kind, other.sure, other.problem)
        return known and alike(self.const, other.const)


@dataclass
class Slot:
    """A thing that happens at a place of the source: what, on which line, with which details."""

    what: str
    line: object = None
    column: tuple = ()
    store: object = None
    region: object = None


@dataclass
class Block:
    """Operations done by the lanes noted in a slot: all, or those whose test was `truth`."""

    slot: int
    truth: bool | None = None
    counts: dict = field(default_factory=dict)


class Region:
    """The slots of a stretch of source that runs once a node, and its blocks of operations."""

    def __init__(self):
        """Start empty; place 0 of a node holds its path."""
        self.slots: list[Slot | None] = [None]
        self.blocks: list[Block] = []

    def slot(self, *details, **more) -> int:
        """Add a slot and return its place."""
        self.slots.append(Slot(*details, **more))
        return len(self.slots) - 1


def node_of(region: Region, path: tuple) -> list:
    """Return a new node of a region."""
    node: list = [path]
    for place, slot in enumerate(region.slots[1:], 1):
        if slot.what == "call":
            node.append(node_of(slot.region, (*path, place)))
        else:
            node.append([] if slot.what == "loop" else {})
    return node


def grow(node: list, place: int, region: Region) -> list:
    """Return the node of a loop's next turn."""
    turns = node[place]
    turns.append(node_of(region, (*node[0], place, len(turns))))
    return turns[-1]


@dataclass
class Program:
    """What all functions of a kernel share while they are translated."""

    rules: dict
    launch: object
    home: str
    stores: list = field(default_factory=list)
    arrays: dict = field(default_factory=dict)
    functions: list = field(default_factory=list)
    names: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    count: int = 0

    def fresh(self, prefix: str) -> str:
        """Return a name that nothing has."""
        self.count += 1
        return f"{prefix}{self.count}"

    def keep(self, prefix: str, value) -> str:
        """Return a name by which the text finds `value`."""
        name = self.fresh(prefix)
        self.names[name] = value
        return name


class Lines(list):
    """Lines of text, each after its depth; a list among them is filled in later."""

    def render(self, depth: int = 0) -> list[str]:
        """Return the lines indented."""
        text = []
        for inner, line in self:
            if isinstance(line, Lines):
                text += line.render(depth + inner)
            else:
                text.append("    " * (depth + inner) + line)
        return text


class Scope:
    """One function that is being translated: variables, place in the text, place in the tree."""

    def __init__(self, program: Program, source, callers: tuple, prefix: tuple):
        """Start with no variable. `callers` are the functions that led here."""
        self.program, self.source, self.callers, self.prefix = program, source, callers, prefix
        self.env: dict | None = {}
        self.lines, self.depth = Lines(), 1
        self.region, self.node, self.block = Region(), "n0", None
        self.loops: list = []
        self.returns: list = []
        self.uses: set[str] = set()
        self.waits = False  # whether its text yields
        self.target = ""
        self.root = self.region
        stored = (n for n in ast.walk(source.tree) if isinstance(n, ast.Name))
        self.assigned = {n.id for n in stored if isinstance(n.ctx, ast.Store)}
        names = [source.name, f"{source.name} ({source.filename.rpartition('/')[2]})"]
        names.append(f"{source.name} ({source.filename}:{source.tree.lineno})")
        held = program.sources
        self.label = next(n for n in names if held.get(n, source).place == source.place)
        held.setdefault(self.label, source)

    # Text

    def put(self, text) -> None:
        """Add a line of text, or lines that are filled in later."""
        self.lines.append((self.depth, text))

    def hole(self) -> Lines:
        """Return lines that stand here and are filled in later."""
        self.put(Lines())
        return self.lines[-1][1]

    @contextmanager
    def inside(self, head: str | None = None):
        """Indent what is put meanwhile, after the line `head`; `pass` if that is nothing."""
        if head is not None:
            self.put(head)
        self.depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before or all(isinstance(t, Lines) for _, t in self.lines[before:]):
            self.put("pass")
        self.depth -= 1

    @contextmanager
    def aside(self):
        """Collect what is put meanwhile instead of adding it."""
        held, depth = self.lines, self.depth
        self.lines, self.depth = Lines(), 0
        yield self.lines
        self.lines, self.depth = held, depth

    def value(self, text: str, kind) -> Value:
        """Compute a text now and return it under a new name."""
        name = self.program.fresh("v")
        self.put(f"{name} = {text}")
        return Value(kind, name)

    def slot(self, what: str, node=None, **more) -> tuple[int, str]:
        """Add a slot to the region; return its place and the text that finds it."""
        line = None if node is None else self.line(node)
        column = () if node is None else (*self.prefix, node.lineno, node.col_offset)
        place = self.region.slot(what, line, column, **more)
        return place, f"{self.node}[{place}]"

    def note(self, what: str, node, text: str = "True", **more) -> int:
        """Let the thread leave `text` in a new slot."""
        place, found = self.slot(what, node, **more)
        self.put(f"{found}[t] = {text}")
        return place

    def meet(self, place: int, name: str, *texts: str) -> str:
        """Return the text by which a thread waits at a slot, and gets what comes of it."""
        self.waits = True
        return (
            f"(yield ((*{self.node}[0], {place}), {name!r}, ({''.join(f'{x}, ' for x in texts)})))"
        )

    def stop(self, node, message: str, test: str = "", after: str = "") -> None:
        """Let a thread stop the kernel, where `test` holds; `{thread}` becomes the thread."""
        place, _ = self.slot("point")
        with self.inside(test) if test else nullcontext():
            path = f"(*{self.node}[0], {place})"
            self.put(f"raise StopError({path}, {message!r}, {self.line(node)!r}){after}")

    # Counts

    def count(self, node, flops_of=None, flops: int = 1) -> None:
        """Count an operation on the line of `node`, with flops of a type if it has some."""
        if self.block is None:
            place, found = self.slot("lanes")
            self.put(f"{found}[t] = True")
            self.follow(place, None)
        counts = self.block.counts.setdefault(self.line(node), [0, 0, 0])
        counts[0] += 1
        if flops_of is not None:
            counts[1 if flops_of == "float32" else 2] += flops
        self.program.counters.line(self.line(node))

    def follow(self, place: int, truth: bool | None) -> None:
        """Let the lanes of a slot do the operations that follow."""
        self.block = Block(place, truth)
        self.region.blocks.append(self.block)

    # Names, places, messages

    def local(self, name: str, kind) -> str:
        """Return the text of a variable while it has the type `kind`."""
        spelled = "view" if isinstance(kind, ArrayKind) else kinds.name_of(kind)
        return f"u_{name}__" + re.sub(r"\W+", "_", spelled)

    def use(self, name: str) -> str:
        """Return the name of something that is made ready at the function's beginning."""
        self.uses.add(name)
        return name

    def line(self, node) -> object:
        """Return the line of `node`: a number, with the function's name if in another file."""
        here = self.source.filename == self.program.home
        return node.lineno if here else (self.label, node.lineno)

    def refuse(self, node, message: str) -> UnsupportedError:
        """Return the error that refuses `node`."""
        return UnsupportedError(message, self.line(node))

    # Rules

    def expression(self, node: ast.expr) -> Value:
        """Return an expression translated.

        Raises:
            UnsupportedError: nothing here knows such an expression.
        """
        rule = self.program.rules.get(type(node))
        if rule is None or not isinstance(node, ast.expr):
            raise self.refuse(
                node,
                f"`{ast.unparse(node)}` is not supported in a kernel; the reference runs "
                "numbers, tuples, arrays and calls of `cuda`, `math` and your own functions",
            )
        return rule(self, node)

    def statements(self, nodes: list) -> None:
        """Translate statements one after another.

        Raises:
            UnsupportedError: nothing here knows such a statement.
        """
        for node in nodes:
            if self.env is None:
                return  # nothing comes here
            rule = self.program.rules.get(type(node))
            if rule is None:
                kind = type(node).__name__.lower()
                raise self.refuse(
                    node,
                    f"a `{kind}` statement is not supported in a kernel; write it with `if`, "
                    "`for`, `while` and assignments",
                )
            rule(self, node)


def cast(text: str, source, kind) -> str:
    """Return the text that gives a value of one type as another."""
    if source == kind or not (kinds.is_scalar(kind) or isinstance(kind, tuple)):
        return text
    if isinstance(kind, tuple):
        pairs = enumerate(zip(source, kind, strict=True))
        return "(" + "".join(f"{cast(f'{text}[{n}]', a, b)}, " for n, (a, b) in pairs) + ")"
    if kind == "bool":
        return f"({text} != 0)"
    if kinds.is_float(kind):
        exact = kind == "float64" or (kinds.is_integer(source) and kinds.SIZES[source] < 4)
        if kinds.is_float(source) and exact:
            return text
        return f"float({text})" if exact else f"rounded({text})"
    if kinds.is_float(source):
        return f"saturated({text}, {source!r}, {kind!r})"
    if source == "bool":
        return f"int({text})"
    (low, high), (least, most) = kinds.limits(source), kinds.limits(kind)
    return text if least <= low and high <= most else f"wrapped({text}, {kind!r})"


def convert(value: Value, kind) -> str:
    """Return the text of a value as `kind`."""
    if value.known and kinds.is_scalar(kind) and value.kind != kind:
        return literal(converted(value.const, value.kind, kind))
    if value.items and isinstance(kind, tuple):
        return (
            "("
            + "".join(f"{convert(v, k)}, " for v, k in zip(value.items, kind, strict=True))
            + ")"
        )
    return cast(value.text, value.kind, kind)
