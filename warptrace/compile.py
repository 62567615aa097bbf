"""Statements of a kernel, turned into functions that run them for all lanes under a mask.

Types are found as Numba finds them: a variable has one type wherever control flow joins, so
that loops are compiled again until the types at their head no longer change.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from . import memory, types
from .expressions import (
    UNKNOWN,
    Expression,
    Site,
    binary,
    cast,
    compile_expression,
    condition,
    convert,
    index,
    scalar,
)
from .faults import KernelError, UnsupportedError
from .loops import EndlessLoop, Turns
from .source import Source, plain_function, read
from .types import ArrayType, ConstantType, TupleType


@dataclass(frozen=True)
class Variable:
    """What is known of a variable: type, value if known, whether it surely has one."""

    kind: object
    const: object = UNKNOWN
    sure: bool = True
    problem: str = ""

    def same(self, other) -> bool:
        """Whether `other` says the same; NaN equals itself here."""
        consts = self.const is other.const or self.const == other.const
        alike = (self.kind, self.sure, self.problem) == (other.kind, other.sure, other.problem)
        origins = getattr(self.kind, "origins", None) == getattr(other.kind, "origins", None)
        return alike and origins and (consts or self.const != self.const)


@dataclass
class Program:
    """What all functions of a compiled kernel share.

    Attributes:
        counters: the launch's counters.
        home: file or cell of the kernel, whose lines are numbered as they are.
        written: names of the arrays that the kernel may write.
        dynamic: element types under which it uses dynamic shared memory.
        shared_bytes: its static shared memory, per block.
        lane_bytes: its local arrays, per thread.
        constants: name → array that it reads as a global of Python.
        sources: the functions, by name.
    """

    counters: object
    home: str
    written: set = field(default_factory=set)
    dynamic: set = field(default_factory=set)
    shared: dict = field(default_factory=dict)
    local: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)

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

    def __init__(self, program: Program, source: Source, prefix: tuple, callers: tuple):
        """Start with no variable. `callers` are the functions that led here."""
        self.program, self.source, self.prefix, self.callers = program, source, prefix, callers
        self.env: dict | None = {}
        self.loops: list[Loop] = []
        self.returns: list[tuple] = []
        #: The variable that is being assigned, which names a new array; a call nobody uses.
        self.target, self.discarded = "", None
        self.is_kernel = not callers
        self.return_kind = None
        self.assigned = {
            node.id
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        program.sources[source.name] = source

    def line(self, node) -> object:
        """Return the line of `node`: a number, with the function's name if in another file."""
        number = node.lineno
        return number if self.source.filename == self.program.home else (self.source.name, number)

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

    def constant_array(self, node, array: np.ndarray) -> Expression:
        """Return a global array of Python as a kernel sees it: constant."""
        if str(array.dtype) not in types.SCALARS:
            raise self.refuse(node, f"an array of {array.dtype} is not supported in a kernel")
        view = memory.make_constant(ast.unparse(node), array)
        kind = ArrayType(array.dtype, array.ndim, "constant")
        return Expression(kind, lambda machine: view)

    def call(self, node, function, arguments: list[Expression]) -> Expression:
        """Return a call of another function of the kernel, compiled in place."""
        callers = (*self.callers, self.source.function)
        if plain_function(function) in callers:
            raise self.refuse(node, f"`{ast.unparse(node)}`: recursion is not supported")
        prefix = (*self.prefix, node.lineno, node.col_offset)
        inner = Scope(self.program, read(function), prefix, callers)
        arguments = _with_defaults(self, node, inner, arguments)
        for name, argument in arguments.items():
            const = argument.const if argument.known else UNKNOWN
            inner.env[name] = Variable(argument.kind, const)
        body = block(inner, inner.source.tree.body)
        inner.return_kind = _return_kind(inner, node)
        pairs = [
            (inner.slot(name, argument.kind), argument.run) for name, argument in arguments.items()
        ]
        kind = inner.return_kind
        result = inner.slot("return", kind)
        return Expression(
            kind if kind is not None else ConstantType(None, id(None)),
            _calling(prefix, pairs, body, result, kind is not None),
        )


def _with_defaults(scope, node, inner, arguments) -> dict:
    parameters = inner.source.tree.args
    if parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
        raise inner.refuse(inner.source.tree, "`*` and `**` parameters are not supported")
    names = [parameter.arg for parameter in parameters.posonlyargs + parameters.args]
    defaults = [compile_expression(scope, default) for default in parameters.defaults]
    missing = len(names) - len(arguments)
    if not 0 <= missing <= len(defaults):
        raise scope.refuse(
            node, f"{inner.source.name} takes {len(names)} arguments, {len(arguments)} given"
        )
    arguments = arguments + defaults[len(defaults) - missing :]
    return dict(zip(names, arguments, strict=True))


def _return_kind(scope, node):
    if scope.env is not None and any(kind is not None for kind, _ in scope.returns):
        raise scope.refuse(node, f"not every path through {scope.source.name} returns a value")
    kinds = [kind for kind, _ in scope.returns]
    if not kinds or kinds[0] is None:
        return None
    unified = kinds[0]
    for kind in kinds[1:]:
        try:
            unified = types.unify(unified, kind)
        except (TypeError, AttributeError) as error:
            raise scope.refuse(node, f"what {scope.source.name} returns: {error}") from None
    return unified


def _calling(prefix, pairs, body, result, returns):
    def run(machine):
        before, active = machine.mask, machine.active
        values = [value(machine) for _, value in pairs]
        # Variables of an earlier call of this function are no longer there.
        for slot in [slot for slot in machine.slots if slot[0] == prefix]:
            del machine.slots[slot]
        for (slot, _), value in zip(pairs, values, strict=True):
            machine.assign(slot, value)
        body(machine)
        machine.set_mask(before, active)
        return machine.slots[result][0] if returns else None

    return run


# A kernel as a whole


def compile_kernel(kernel, kinds: list, counters) -> tuple[Program, Source, list, Callable]:
    """Compile a kernel for arguments of certain types; nothing runs.

    Args:
        kernel: a function or a `cuda.jit` dispatcher.
        kinds: the types of its arguments; a function `name -> type` each.
        counters: where its lines are counted.

    Returns:
        The program, the source, the slots of the parameters, and a function that runs the
        kernel on a machine.

    Raises:
        UnsupportedError: the kernel holds what the tracer does not run.
    """
    source = read(kernel)
    program = Program(counters, source.filename)
    scope = Scope(program, source, (), ())
    parameters = source.tree.args
    names = [parameter.arg for parameter in parameters.posonlyargs + parameters.args]
    if parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
        raise scope.refuse(source.tree, "`*` and `**` parameters are not supported")
    if len(names) != len(kinds):
        raise UnsupportedError(f"{source.name} takes {len(names)} arguments, {len(kinds)} given")
    for name, kind in zip(names, kinds, strict=True):
        scope.env[name] = Variable(kind(name))
    slots = [scope.slot(name, scope.env[name].kind) for name in names]
    body = block(scope, source.tree.body)
    return program, source, list(zip(names, slots, strict=True)), body


# Variables where control flow joins


def join(scope, environments: list) -> dict | None:
    """Return what is known of the variables where several paths meet, None if none does."""
    paths = [env for env in environments if env is not None]
    if not paths:
        return None
    return {name: _join_variable([env.get(name) for env in paths]) for name in _names(paths)}


def _names(paths):
    return list(dict.fromkeys(name for env in paths for name in env))


def _join_variable(variants: list) -> Variable:
    present = [variant for variant in variants if variant is not None]
    joined = present[0]
    for other in present[1:]:
        joined = _join_two(joined, other)
    if len(present) < len(variants):
        joined = replace(joined, sure=False, const=UNKNOWN)
    return joined


def _join_two(first: Variable, second: Variable) -> Variable:
    problem = first.problem or second.problem
    try:
        kind = types.unify(first.kind, second.kind)
    except TypeError as error:
        return Variable(first.kind, problem=problem or str(error))
    alike = first.kind == second.kind and first.same(replace(second, sure=first.sure))
    const = first.const if alike else UNKNOWN
    return Variable(kind, const, first.sure and second.sure, problem)


def casts(scope, source: dict | None, target: dict | None) -> list:
    """Return the steps that give the variables of `source` the types that they have in `target`.

    A variable whose value was known and is no longer is written out.
    """
    if source is None or target is None:
        return []
    steps = []
    for name, variable in source.items():
        wanted = target[name]
        if isinstance(wanted.kind, ConstantType) or wanted.problem:
            continue
        if variable.kind != wanted.kind:
            steps.append(_recast(scope.slot(name, variable.kind), scope.slot(name, wanted.kind)))
    return steps


def _recast(old, new):
    kind = new[2]

    def run(machine):
        if old in machine.slots:
            machine.assign(new, cast(machine.slots[old][0], kind))

    return run


# Statements


def block(scope: Scope, nodes: list) -> Callable:
    """Return the statements of `nodes` as one function of the machine."""
    steps = []
    for node in nodes:
        if scope.env is None:
            break  # nothing comes here
        step = statement(scope, node)
        if step is not None:
            steps.append(step)

    def run(machine):
        for step in steps:
            step(machine)
            if not machine.active:
                return

    return run


def statement(scope: Scope, node: ast.stmt) -> Callable | None:
    """Return one statement compiled, None if there is nothing to do."""
    rule = _STATEMENTS.get(type(node))
    if rule is None:
        kind = type(node).__name__.lower()
        raise scope.refuse(node, f"a `{kind}` statement is not supported in a kernel")
    return rule(scope, node)


def _nothing(scope, node):
    return None


def _expression_statement(scope, node):
    if isinstance(node.value, ast.Constant):
        return None
    scope.discarded = node.value
    return compile_expression(scope, node.value).run


def _assignment(scope, node):
    if isinstance(node, ast.AnnAssign):
        if node.value is None:
            return None
        targets = [node.target]
    else:
        targets = node.targets
    scope.target = targets[0].id if isinstance(targets[0], ast.Name) else ""
    value = compile_expression(scope, node.value)
    scope.target = ""
    if len(targets) == 1:
        return assign(scope, targets[0], value)
    # `a = b = c` computes c once.
    held = {}
    shared = replace(value, run=lambda machine: held["value"])
    steps = [assign(scope, target, shared) for target in targets]

    def run(machine):
        held["value"] = value.run(machine)
        for step in steps:
            step(machine)

    return run


def assign(scope: Scope, target: ast.expr, value: Expression) -> Callable:
    """Return the assignment of `value` to a name, an element, or a tuple of those."""
    if isinstance(target, ast.Name):
        return _assign_name(scope, target, value)
    if isinstance(target, ast.Subscript):
        return _assign_element(scope, target, value)
    if isinstance(target, (ast.Tuple, ast.List)):
        return _assign_items(scope, target, value)
    raise scope.refuse(target, f"`{ast.unparse(target)}` cannot be assigned in a kernel")


def _assign_name(scope, target, value):
    const = value.const if value.known else UNKNOWN
    if value.kind is None:
        raise scope.refuse(target, f"{target.id} would get no value")
    scope.env[target.id] = Variable(value.kind, const)
    if isinstance(value.kind, ConstantType):
        return lambda machine: None
    slot, run = scope.slot(target.id, value.kind), value.run
    if isinstance(value.kind, ArrayType):
        return located(scope.line(target), lambda machine: machine.assign(slot, run(machine)))
    return lambda machine: machine.assign(slot, run(machine))


def located(line, step: Callable) -> Callable:
    """Return `step` with its errors carrying the line."""

    def run(machine):
        try:
            return step(machine)
        except KernelError as error:
            if error.line is None:
                raise KernelError(str(error), line, error.thread) from None
            raise

    return run


def _assign_items(scope, target, value):
    if not isinstance(value.kind, TupleType) or len(value.kind.items) != len(target.elts):
        found = types.name(value.kind)
        raise scope.refuse(target, f"{found} cannot be taken apart into {len(target.elts)} names")
    held = {}
    steps = []
    for n, (element, kind) in enumerate(zip(target.elts, value.kind.items, strict=True)):
        const = value.const[n] if value.known else UNKNOWN
        item = Expression(kind, lambda machine, n=n: held["value"][n], const)
        steps.append(assign(scope, element, item))

    def run(machine):
        held["value"] = value.run(machine)
        for step in steps:
            step(machine)

    return run


def element(scope: Scope, node: ast.Subscript) -> tuple[Expression, list]:
    """Return the array of an element that is written, and its index functions."""
    array = compile_expression(scope, node.value)
    if not isinstance(array.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(array.kind)} is no array")
    if array.kind.space == "constant":
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a global array cannot be written")
    keys, integers = index(scope, node, array.kind)
    if integers != array.kind.ndim:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only single elements can be written")
    scope.program.written |= array.kind.origins
    return array, keys


def _assign_element(scope, target, value):
    array, keys = element(scope, target)
    if not types.is_scalar(value.kind):
        raise scope.refuse(target, f"{types.name(value.kind)} cannot be an element")
    site, view, run = scope.site(target), array.run, convert(value, array.kind.dtype)

    def step(machine):
        number = run(machine)
        memory.store(machine, view(machine), [key(machine) for key in keys], number, site)

    return step


def _augmented(scope, node):
    if isinstance(node.target, ast.Name):
        load = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        left = compile_expression(scope, load)
        value = binary(scope, node, left, node.op, compile_expression(scope, node.value))
        return _assign_name(scope, node.target, value)
    if not isinstance(node.target, ast.Subscript):
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    array, keys = element(scope, node.target)
    site, dtype, held = scope.site(node.target), array.kind.dtype, {}

    def current(machine):
        held["view"], held["keys"] = array.run(machine), [key(machine) for key in keys]
        return memory.load(machine, held["view"], held["keys"], site)

    left = Expression(dtype, current)
    value = binary(scope, node, left, node.op, compile_expression(scope, node.value))
    run = convert(value, dtype)

    def step(machine):
        number = run(machine)
        memory.store(machine, held["view"], held["keys"], number, site)

    return step


# Control flow


def _if(scope, node):
    test = condition(scope, node.test)
    if test.known:
        return block(scope, node.body if test.const else node.orelse)
    before = scope.env
    scope.env = dict(before)
    then = block(scope, node.body)
    after_then, scope.env = scope.env, dict(before)
    otherwise = block(scope, node.orelse)
    after_otherwise = scope.env
    scope.env = join(scope, [after_then, after_otherwise])
    then = _followed(then, casts(scope, after_then, scope.env))
    otherwise = _followed(otherwise, casts(scope, after_otherwise, scope.env))
    return _branching(test.run, then, otherwise, scope.counter(node))


def _followed(body, steps):
    if not steps:
        return body

    def run(machine):
        body(machine)
        if machine.active:
            for step in steps:
                step(machine)

    return run


def _branching(test, then, otherwise, counter):
    def run(machine):
        holds, fails = branch(machine, test(machine), counter)
        if fails is None:
            return then(machine)
        if holds is None:
            return otherwise(machine)
        before, active = machine.mask, machine.active
        machine.set_mask(holds)
        then(machine)
        after, left = machine.mask, machine.active
        machine.set_mask(fails)
        otherwise(machine)
        left += machine.active
        if left == active:
            machine.set_mask(before, active)
        else:
            machine.set_mask(after | machine.mask, left)
        return None

    return run


def branch(machine, test, counter) -> tuple:
    """Count a branch and return the masks of the two ways, None where nobody goes."""
    counter.tick(machine)
    counter.branches += machine.warps
    holds, fails = machine.split(test)
    divergent = machine.divergent_warps(holds, fails)
    if divergent:
        counter.divergent_branches += divergent
        memory.sample_branch(machine, holds, fails, counter.number)
    return holds, fails


def _loop(scope, node, make):
    """Compile a loop again until the types at its head stay the same.

    `make()` compiles head and body once in `scope.env`, and returns what `run` needs together
    with the variables that hold where the loop ends by itself.
    """
    if node.orelse:
        raise scope.refuse(node, "`else` after a loop is not supported in a kernel")
    entry = dict(scope.env)
    head = entry
    while True:
        scope.env, loop = dict(head), Loop()
        scope.loops.append(loop)
        parts, leaving = make()
        scope.loops.pop()
        ends = [scope.env, *(env for env, _ in loop.continues)]
        following = join(scope, [head, *ends])
        if all(name in head and head[name].same(following[name]) for name in following):
            break
        head = following
    after = join(scope, [leaving, *(env for env, _ in loop.breaks)])
    for env, steps in loop.continues:
        steps.extend(casts(scope, env, head))
    for env, steps in loop.breaks:
        steps.extend(casts(scope, env, after))
    begin = casts(scope, entry, head)
    repeat = casts(scope, scope.env, head)
    finish = casts(scope, leaving, after)
    scope.env = after
    return parts, begin, repeat, finish


def _while(scope, node):
    def make():
        test = condition(scope, node.test)
        leaving = None if test.known and test.const else dict(scope.env)
        return (test.run, block(scope, node.body)), leaving

    (test, body), begin, repeat, finish = _loop(scope, node, make)
    counter, line = scope.counter(node), scope.line(node)

    def run(machine):
        turns = Turns(machine, begin, repeat, finish)
        watch = EndlessLoop(line)
        while machine.active:
            holds, fails = branch(machine, test(machine), counter)
            turns.leave(fails)
            if holds is None:
                break
            machine.set_mask(holds)
            watch.turn(machine)
            body(machine)
            turns.again()
        turns.end()

    return run


def _for(scope, node):
    if not isinstance(node.target, ast.Name):
        raise scope.refuse(node, "a `for` loop counts with one name")
    call = node.iter
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "range":
        return _counting(scope, node)
    items = compile_expression(scope, call)
    if not isinstance(items.kind, TupleType) or not items.kind.items:
        raise scope.refuse(node, "a `for` loop runs over `range(…)` or a tuple of numbers")
    kind = items.kind.items[0]
    for other in items.kind.items[1:]:
        kind = types.unify(kind, other)
    if not types.is_scalar(kind):
        raise scope.refuse(node, "a `for` loop runs over `range(…)` or a tuple of numbers")
    run, everything = items.run, kind
    return _for_each(scope, node, kind, lambda m: [cast(v, everything) for v in run(m)])


def _for_each(scope, node, kind, values):
    """Compile a loop over values of `kind` that are the same in number for all lanes."""

    def make():
        leaving = dict(scope.env)
        scope.env[node.target.id] = Variable(kind)
        body = block(scope, node.body)
        return (scope.slot(node.target.id, kind), body), leaving

    (slot, body), begin, repeat, finish = _loop(scope, node, make)
    counter = scope.counter(node)

    def run(machine):
        sequence = values(machine)
        turns = Turns(machine, begin, repeat, finish)
        for value in sequence:
            branch(machine, True, counter)
            machine.assign(slot, value)
            body(machine)
            turns.again()
            if not machine.active:
                break
        else:
            branch(machine, False, counter)
            turns.leave(machine.mask)
        turns.end()

    return run


def _counting(scope, node):
    bounds = [scalar(scope, argument) for argument in node.iter.args]
    if not 1 <= len(bounds) <= 3 or node.iter.keywords:
        raise scope.refuse(node, f"`{ast.unparse(node.iter)}` is not supported in a kernel")
    if not all(types.is_integer(bound.kind) for bound in bounds):
        raise scope.refuse(node, f"`{ast.unparse(node.iter)}`: a bound is not an integer")
    kind = _range_kind(bounds)
    runs = [convert(bound, kind) for bound in bounds]
    if len(runs) == 1:
        runs = [lambda machine: kind.type(0), *runs]
    if len(runs) == 2:
        runs = [*runs, lambda machine: kind.type(1)]

    def make():
        leaving = dict(scope.env)
        scope.env[node.target.id] = Variable(kind)
        body = block(scope, node.body)
        return (scope.slot(node.target.id, kind), body), leaving

    (slot, body), begin, repeat, finish = _loop(scope, node, make)
    counter, line = scope.counter(node), scope.line(node)

    def run(machine):
        start, stop, step = (bound(machine) for bound in runs)
        if np.any((step == 0) & machine.mask):
            raise KernelError("range() with a step of zero", line)
        turns = Turns(machine, begin, repeat, finish)
        if all(bound.ndim == 0 for bound in (start, stop, step)):
            _count_together(machine, (start, stop, step), slot, body, turns, counter)
        else:
            _count_apart(machine, (start, stop, step), slot, body, turns, counter)
        turns.end()

    return run


def _range_kind(bounds):
    kinds = [bound.kind for bound in bounds]
    if any(kind.kind == "u" for kind in kinds):
        return types.UINT64 if all(kind.kind == "u" for kind in kinds) else types.INT64
    return types.INT32 if all(kind.itemsize <= 4 for kind in kinds) else types.INT64


def _count_together(machine, bounds, slot, body, turns, counter):
    for value in range(*map(int, bounds)):
        branch(machine, True, counter)
        machine.assign(slot, slot[2].type(value))
        body(machine)
        turns.again()
        if not machine.active:
            return
    branch(machine, False, counter)
    turns.leave(machine.mask)


def _count_apart(machine, bounds, slot, body, turns, counter):
    value, stop, step = bounds
    while machine.active:
        inside = np.where(step > 0, value < stop, value > stop)[()]
        holds, fails = branch(machine, inside, counter)
        turns.leave(fails)
        if holds is None:
            return
        machine.set_mask(holds)
        machine.assign(slot, value)
        value = value + step
        body(machine)
        turns.again()


def _jump(which: int):
    def compile_jump(scope, node):
        loop = scope.loops[-1]
        steps: list = []
        (loop.breaks if which else loop.continues).append((scope.env, steps))
        scope.env = None

        def run(machine):
            for step in steps:
                step(machine)
            jumps = machine.loops[-1]
            waiting = jumps[which]
            jumps[which] = machine.mask if waiting is None else waiting | machine.mask
            machine.nobody()

        return run

    return compile_jump


def _return(scope, node):
    if scope.is_kernel:
        if node.value is not None and not (
            isinstance(node.value, ast.Constant) and node.value.value is None
        ):
            raise scope.refuse(node, "a kernel returns nothing: write the result to an array")
        scope.env = None
        return lambda machine: machine.exit()
    value = None if node.value is None else compile_expression(scope, node.value)
    scope.returns.append((value.kind if value else None, node))
    scope.env = None
    if value is None:
        return lambda machine: machine.nobody()

    def run(machine):
        kind = scope.return_kind
        machine.assign(scope.slot("return", kind), cast(value.run(machine), kind))
        machine.nobody()

    return run


_STATEMENTS = {
    ast.Pass: _nothing,
    ast.Expr: _expression_statement,
    ast.Assign: _assignment,
    ast.AnnAssign: _assignment,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.Break: _jump(1),
    ast.Continue: _jump(0),
    ast.Return: _return,
}
