"""Count the bytes that PyTorch's operators read and write: what each asks of the memory."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Traffic:
    """What a piece of work asks of the memory."""

    operators: tuple[tuple[str, int, int], ...]  # (name, bytes read, bytes written) of each call
    result: object  # what the work returned

    @property
    def read(self) -> int:
        """Bytes read, of all operators together."""
        return sum(read for _, read, _ in self.operators)

    @property
    def written(self) -> int:
        """Bytes written, of all operators together."""
        return sum(written for *_, written in self.operators)

    @property
    def moved(self) -> int:
        """Bytes read and written."""
        return self.read + self.written

    def __str__(self) -> str:
        lines = [f"{name:24} {read:14,} {written:14,}" for name, read, written in self.operators]
        return "\n".join([f"{'operator':24} {'bytes read':>14} {'written':>14}", *lines])


def count(work: Callable[..., object], *arguments) -> Traffic:
    """Call `work(*arguments)` and count each operator's inputs and outputs, each of them once.

    It is the least that the operators need when nothing stays in a cache between them. What an
    operator writes into its own input is counted as written. Operators that only look at a tensor
    differently (a transpose, a slice) move nothing. A compiled function is counted as what runs
    inside, where that is made of PyTorch's operators.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    found = []

    class Counter(TorchDispatchMode):
        def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
            outputs = operator(*args, **(kwargs or {}))
            call = _call(operator, (args, kwargs), outputs)
            if call is not None:
                found.append(call)
            return outputs

    with Counter():
        result = work(*arguments)
    return Traffic(tuple(found), result)


def _call(operator, inputs, outputs) -> tuple[str, int, int] | None:
    """Return name and bytes of one call, None for one that moves nothing."""
    returns = operator._schema.returns
    changes = any(a.alias_info and a.alias_info.is_write for a in operator._schema.arguments)
    if not changes and any(value.alias_info for value in returns):  # a view
        return None
    name = operator._schema.name.partition("::")[2]
    written = _bytes(outputs)
    # What is only made has nothing in it yet.
    allocates = name.startswith(("empty", "new_empty"))
    return None if allocates else (name, _bytes(inputs), written)


def _bytes(values) -> int:
    """Return the bytes of all tensors in nested `values`; what repeats is counted once."""
    import torch
    from torch.utils._pytree import tree_leaves

    tensors = {id(leaf): leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor)}
    return sum(map(_size, tensors.values()))  # h * h reads h once


def _size(tensor) -> int:
    elements = 1
    for length, stride in zip(tensor.shape, tensor.stride(), strict=True):
        elements *= length if stride else min(length, 1)
    return elements * tensor.element_size()
