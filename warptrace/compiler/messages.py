"""What a kernel says: `print`, `assert`, `raise`."""

import ast
from collections.abc import Callable

from ..faults import KernelError
from ..machine.arrays import at
from . import types
from .expressions import Expression, condition
from .operations import located
from .types import ConstantType, TupleType


def printed(scope, node: ast.Call, function) -> Expression | None:
    """Return a call of `print`, None if `function` is another."""
    if function is not print:
        return None
    if node.keywords:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: `print` takes no `sep` and no `end`")
    values = [scope.expression(argument) for argument in node.args]
    texts = [_text_of(scope, node, value) for value in values]
    runs = [value.run for value in values]

    def run(machine):
        found = [value(machine) for value in runs]
        for lane in machine.launch.prints.room(machine.mask):
            line = " ".join(text(v, lane) for text, v in zip(texts, found, strict=True))
            machine.launch.prints.add(machine.launch.thread(machine.first_lane + lane), line)

    return Expression(ConstantType(None, id(None)), run)


def _text_of(scope, node, value) -> Callable:
    """Return a function of a value and a lane: the text, as the device's `printf` writes it."""
    if isinstance(value.kind, TupleType):
        kinds = [Expression(kind, None) for kind in value.kind.items]
        inner = [_text_of(scope, node, kind) for kind in kinds]
        end = ",)" if len(inner) == 1 else ")"
        return lambda items, lane: (
            "(" + ", ".join(t(i, lane) for t, i in zip(inner, items, strict=True)) + end
        )
    if isinstance(value.kind, ConstantType) and isinstance(value.const, str):
        return lambda text, lane: text
    if not types.is_scalar(value.kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: print texts and numbers")
    if types.is_complex(value.kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: print `.real` and `.imag`, as in Numba")
    if types.is_float(value.kind):
        return lambda number, lane: f"{_in_lane(number, lane):f}"
    if value.kind == types.BOOL:
        return lambda truth, lane: str(bool(_in_lane(truth, lane)))
    return lambda number, lane: str(at(number, lane))


def _in_lane(value, lane):
    return value[lane] if getattr(value, "ndim", 0) else value


def asserted(scope, node: ast.Assert) -> Callable:
    """Compile `assert`: a thread for which it does not hold stops the kernel."""
    test = condition(scope, node.test)
    said = f": {ast.unparse(node.msg)}" if node.msg else ""
    text, runs, line = f"`assert {ast.unparse(node.test)}` fails{said}", test.run, scope.line(node)

    def run(machine):
        _, fails = machine.split(runs(machine))
        if fails is not None and fails.any():
            thread = machine.first_thread(fails)
            raise KernelError(f"{text}, for {thread}", line, thread)

    return located(line, run)


def raised(scope, node: ast.Raise) -> Callable:
    """Compile `raise`: a thread that comes here stops the kernel."""
    text, line = f"`{ast.unparse(node)}`", scope.line(node)
    scope.env = None

    def run(machine):
        thread = machine.first_thread(machine.mask)
        raise KernelError(f"{text}, by {thread}", line, thread)

    return run
