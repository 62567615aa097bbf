"""Numba kernels to machine code."""

import contextlib
import re
import traceback
import types
from unittest import mock

from warptrace import source as kernels
from warptrace.launcher import with_numba_names
from warptrace.probe import CURES

from .assemble import assemble, check_architecture, entries
from .code import Code, CompileError, ToolMissingError

_NUMPY = "module 'numpy' has no attribute"
_BOILERPLATE = ("Failed in ", "During: ")
_TELLING_LINES = 3


def compile_numba(kernel, *arguments, architecture: str = "sm_90", fast_math: bool = False) -> Code:
    """Compile a `numba.cuda` kernel for the types of `arguments`, as a launch would.

    Args:
        kernel: a function or a `cuda.jit` dispatcher.
        arguments: examples of what it will be called with; only their types matter.
        architecture: such as "sm_90".
        fast_math: allow less exact, faster arithmetic.

    Raises:
        CompileError: Numba refuses the kernel; the message names the source line.
        ToolMissingError: Numba, NVVM or the assembler is missing; the message names the cure.
        ValueError: the book does not know the architecture.
    """
    check_architecture(architecture)
    numba, cuda = _numba()
    source = kernels.read(kernel)
    signature = tuple(numba.typeof(argument) for argument in arguments)
    digits = re.sub(r"\D", "", architecture)
    capability = int(digits[:-1]), int(digits[-1])
    options = {"cc": capability, "fastmath": fast_math}
    try:
        function = with_numba_names(source.function)
        with _device_of(capability):
            ptx, _ = cuda.compile_ptx(function, signature, lineinfo=True, **options)
    except Exception as error:  # Numba's passes raise errors of many kinds
        raise _refused(error, source) from None
    return assemble(
        ptx,
        entries(ptx)[0],
        language="Numba",
        name=source.name,
        architecture=architecture,
        lines=source.lines,
        filename=source.filename,
    )


def _device_of(capability):
    """Let Numba believe in a device: for device functions it asks the driver for its capability."""
    from numba.cuda import dispatcher

    device = types.SimpleNamespace(compute_capability=capability)
    return mock.patch.object(dispatcher, "get_current_device", lambda: device, create=True)


def _numba():
    try:
        import numba
        from numba import cuda
    except ImportError as error:
        raise _cannot_compile(error) from None
    return numba, cuda


def _cannot_compile(error) -> ToolMissingError:
    return ToolMissingError(
        f"Numba cannot compile here ({error}): pip install 'numba-cuda[cu13]' (Linux only)."
    )


def _refused(error, source) -> Exception:
    if "nvvm" in str(error).lower():
        return _cannot_compile(error)
    if _NUMPY in str(error):  # Numba loads its modules only now
        return ToolMissingError(f"Numba cannot compile here: {CURES[_NUMPY]}.")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_BOILERPLATE)][:_TELLING_LINES]
    line = _last_seen(error, source.filename)
    message = " ".join(telling) or type(error).__name__
    return CompileError(message, line=line, source=source.lines.get(line, ""))


def _last_seen(error, filename: str) -> int:
    """Return the source line that Numba was at: its messages do not say, its objects know."""
    line = 0
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for thing in dict(frame.f_locals).values():
            with contextlib.suppress(Exception):  # some of them ask the driver when looked at
                place = getattr(thing, "loc", thing)
                if type(place).__name__ == "Loc" and place.filename == filename:
                    line = place.line
    return line
