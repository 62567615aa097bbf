"""`match`, written as a chain of `if`s."""

import ast
from collections.abc import Callable


def match(scope, node: ast.Match) -> Callable:
    """Compile `match` on a number: values, `|`, a name, `_` and guards, as Numba takes them."""
    subject = f"subject of line {node.lineno}"
    first = ast.Assign([ast.Name(subject, ast.Store())], node.subject)
    chain = _chain(scope, node.cases, ast.Name(subject, ast.Load()))
    return scope.block(
        [ast.fix_missing_locations(ast.copy_location(s, node)) for s in (first, *chain)]
    )


def _chain(scope, cases, subject) -> list[ast.stmt]:
    """Return the statements that try `cases` one after another."""
    if not cases:
        return []
    case, rest = cases[0], _chain(scope, cases[1:], subject)
    before, test = [], _test(scope, case.pattern, subject)
    if test is None and getattr(case.pattern, "name", None):
        name = ast.Name(case.pattern.name, ast.Store())
        before = [ast.copy_location(ast.Assign([name], subject), case.pattern)]
    tests = [one for one in (test, case.guard) if one is not None]
    if not tests:
        return [*before, *case.body]
    whole = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
    return [*before, ast.copy_location(ast.If(whole, case.body, rest), case.pattern)]


def _test(scope, pattern, subject) -> ast.expr | None:
    """Return when a pattern fits, None if it always does."""
    if isinstance(pattern, ast.MatchValue):
        return ast.Compare(subject, [ast.Eq()], [pattern.value])
    if isinstance(pattern, ast.MatchOr):
        tests = [_test(scope, one, subject) for one in pattern.patterns]
        return None if None in tests else ast.BoolOp(ast.Or(), tests)
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
        return None
    raise scope.refuse(
        pattern, f"`case {ast.unparse(pattern)}`: a case names numbers, or one variable"
    )
