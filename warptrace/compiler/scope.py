"""What is known while a function is compiled: its variables, loops, place in the source.

Rules compile one kind of syntax node each. They call one another through `Scope.expression`,
`Scope.statement` and `Scope.block` only, so that no two of their modules need each other.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..constants import alike
from ..faults import UnsupportedError
from ..source import Source
from .advice import refusal
from .expressions import UNKNOWN, Expression, Site
from .types import MismatchError


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
        origins = getattr(self.kind, "origins", None) == getattr(other.kind, "origins", None)
        return known and origins and alike(self.const, other.const)


@dataclass(frozen=True)
class Rules:
    """How a kernel is compiled: kind of syntax node → rule, a function of scope and node."""

    expressions: dict
    statements: dict


@dataclass
class Program:
    """What all functions of a compiled kernel share.

    Attributes:
        rules: how each kind of expression and statement is compiled.
        counters: the launch's counters.
        home: file or cell of the kernel, whose lines are numbered as they are.
        written: names of the arrays that the kernel may write.
        dynamic: element types under which it uses dynamic shared memory.
        shared, local: bytes of each array that it makes, by the place of the source.
        cooperative: whether it waits for all blocks together.
        may_wait: whether it has a loop in which threads may wait for others.
        used: the names of `cuda` that it calls.
        sources: the functions, by what names their lines where they stand in another file.
    """

    rules: Rules
    counters: object
    home: str
    written: set = field(default_factory=set)
    dynamic: set = field(default_factory=set)
    shared: dict = field(default_factory=dict)
    local: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    cooperative: bool = False
    may_wait: bool = False
    used: set = field(default_factory=set)

    def label(self, source: Source) -> str:
        """Return what names the lines of a function: its name, and its file if another has that."""
        names = [source.name, f"{source.name} ({Path(source.filename).name})"]
        names.append(f"{source.name} ({source.filename}:{source.tree.lineno})")
        label = next(n for n in names if self.sources.get(n, source).place == source.place)
        self.sources.setdefault(label, source)
        return label

    @property
    def shared_bytes(self) -> int:
        """Bytes of static shared memory per block."""
        return sum(self.shared.values())

    @property
    def lane_bytes(self) -> int:
        """Bytes of local arrays per thread."""
        return sum(self.local.values())


@dataclass
class Loop:
    """A loop that is being compiled: the variables and pending casts at its jumps."""

    continues: list = field(default_factory=list)
    breaks: list = field(default_factory=list)


class Scope:
    """One function being compiled: its variables, loops, returns and place in the source."""

    def __init__(self, program: Program, source: Source, prefix: tuple, callers: tuple, outer=None):
        """Start with no variable.

        `callers` are the functions that led here, `outer` is the one in which this one is written.
        """
        self.outer = outer
        self.program, self.source, self.prefix, self.callers = program, source, prefix, callers
        self.env: dict | None = {}
        self.loops: list[Loop] = []
        #: The type of each value that is returned, None where there is none.
        self.returns: list = []
        #: The variable that is being assigned, which names a new array; a call nobody uses.
        self.target, self.discarded = "", None
        self.is_kernel = not callers
        self.return_kind = None
        self.assigned = _assigned(source.tree)
        self.label = program.label(source)

    def expression(self, node: ast.expr) -> Expression:
        """Return `node` compiled.

        Raises:
            UnsupportedError: the tracer, or Numba, does not know such an expression.
        """
        rule = self.program.rules.expressions.get(type(node))
        if rule is None:
            raise self.refuse(node, refusal(node))
        return self._compiled(rule, node)

    def statement(self, node: ast.stmt) -> Callable | None:
        """Return one statement compiled, None if there is nothing to do.

        Raises:
            UnsupportedError: the tracer does not know such a statement.
        """
        rule = self.program.rules.statements.get(type(node))
        if rule is None:
            raise self.refuse(node, refusal(node))
        return self._compiled(rule, node)

    def _compiled(self, rule, node):
        try:
            return rule(self, node)
        except MismatchError as error:
            raise self.refuse(node, f"`{_first_line(node)}`: {error}") from None

    def block(self, nodes: list) -> Callable:
        """Return the statements of `nodes` as one function of the machine."""
        steps = []
        for node in nodes:
            if self.env is None:
                break  # nothing comes here
            step = self.statement(node)
            if step is not None:
                steps.append(step)

        def run(machine):
            for step in steps:
                step(machine)
                if not machine.active:
                    return

        return run

    def line(self, node) -> object:
        """Return the line of `node`: a number, with the function's name if in another file."""
        number = node.lineno
        return number if self.source.filename == self.program.home else (self.label, number)

    def counter(self, node):
        """Return the counters of the line of `node`."""
        return self.program.counters.line(self.line(node))

    def site(self, node) -> Site:
        """Return the place of `node`."""
        key = (*self.prefix, node.lineno, node.col_offset)
        return Site(self.line(node), self.counter(node), key)

    def slot(self, name: str, kind) -> tuple:
        """Return where a machine keeps the variable `name` while it has the type `kind`."""
        return (self.prefix, name, kind)

    def refuse(self, node, message: str) -> UnsupportedError:
        """Return the error that refuses `node`."""
        return UnsupportedError(message, self.line(node))


def _assigned(tree) -> set:
    """Return the names that a function gives values to, without those of functions inside it."""
    found, waiting = set(), list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found


def _first_line(node) -> str:
    return ast.unparse(node).partition("\n")[0]
