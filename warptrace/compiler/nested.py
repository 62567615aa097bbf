"""Functions that a kernel defines inside itself, with `def` or `lambda`."""

import ast
from dataclasses import dataclass, replace

from .expressions import Expression, known
from .scope import Scope, Variable


@dataclass(frozen=True, eq=False)
class Nested:
    """A function inside a kernel; it sees the variables around it as they are when it is called."""

    scope: Scope
    tree: ast.FunctionDef

    @property
    def source(self):
        """Its source, with the names of the function around it."""
        return replace(self.scope.source, name=self.tree.name, tree=self.tree)


def defined(scope, node: ast.FunctionDef) -> None:
    """Compile a `def`: the name stands for the function from here on."""
    if node.decorator_list:
        raise scope.refuse(node, f"{node.name} has a decorator: define it outside the kernel")
    value = known(Nested(scope, node))
    scope.env[node.name] = Variable(value.kind, value.const)


def anonymous(scope, node: ast.Lambda) -> Expression:
    """Return a `lambda`."""
    body = ast.copy_location(ast.Return(node.body), node)
    tree = ast.FunctionDef("lambda", node.args, [body], [], None)
    return known(Nested(scope, ast.copy_location(tree, node)))
