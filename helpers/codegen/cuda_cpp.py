"""CUDA C++ to machine code, through NVIDIA's run-time compiler NVRTC.

Source: NVIDIA, "NVRTC" (options, name expressions); the binding is the package cuda-bindings.
"""

import importlib.util
import re
from pathlib import Path

from .assemble import assemble, check_architecture, entries
from .code import Code, CompileError, ToolMissingError

#: An absolute name, so that the compiler does not put the present folder in front.
_FILE = "/kernel.cu"
_ERROR = re.compile(rf"{re.escape(_FILE)}\((\d+)\): (?:catastrophic )?error: (.+)")


def compile_cuda(
    source: str,
    name: str | None = None,
    *,
    architecture: str = "sm_90",
    max_registers: int | None = None,
    options: tuple = (),
) -> Code:
    """Compile CUDA C++ for `architecture`.

    Args:
        source: the text, with one `__global__` kernel, or several of which `name` chooses.
        name: of the kernel; a template needs its arguments, such as "scale<float>". Default the
            only one there is.
        architecture: such as "sm_90".
        max_registers: per thread; what does not fit is spilled to local memory.
        options: for NVRTC, such as ("--use_fast_math",).
    """
    check_architecture(architecture)
    lines = dict(enumerate(source.splitlines(), start=1))
    wanted = (f"--gpu-architecture={architecture.replace('sm', 'compute')}", "-lineinfo")
    ptx, entry = _translate(source, name, lines, (*wanted, *options))
    return assemble(
        ptx,
        entry,
        language="CUDA C++",
        name=name or _plain(entry),
        architecture=architecture,
        lines=lines,
        filename=_FILE,
        max_registers=max_registers,
    )


def _translate(source, name, lines, options) -> tuple[str, str]:
    """Return the PTX and the name that the kernel has in it."""
    nvrtc = _nvrtc()
    _, program = nvrtc.nvrtcCreateProgram(source.encode(), _FILE.encode(), 0, [], [])
    try:
        if name:
            nvrtc.nvrtcAddNameExpression(program, name.encode())
        given = [option.encode() for option in (*options, *_include_paths())]
        (status,) = nvrtc.nvrtcCompileProgram(program, len(given), given)
        if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
            log = _text(nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog, program)
            raise _refused(log, lines)
        ptx = _text(nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX, program)
        if name:
            return ptx, nvrtc.nvrtcGetLoweredName(program, name.encode())[1].decode()
        return ptx, _only_entry(ptx)
    finally:
        nvrtc.nvrtcDestroyProgram(program)


def _only_entry(ptx: str) -> str:
    found = entries(ptx)
    if len(found) == 1:
        return found[0]
    if not found:
        raise CompileError("The source has no kernel: a kernel is a `__global__ void` function.")
    names = ", ".join(map(_plain, found))
    raise CompileError(f"The source has several kernels ({names}): say which, with `name`.")


def _plain(mangled: str) -> str:
    """Return the C++ name behind a mangled one without namespaces: `_Z5otherPf` is `other`."""
    match = re.match(r"_Z(\d+)", mangled)
    return mangled[match.end() : match.end() + int(match[1])] if match else mangled


def _text(size, get, program) -> str:
    _, length = size(program)
    buffer = b" " * length
    get(program, buffer)
    return buffer.rstrip(b"\0").decode(errors="replace")


def _refused(log: str, lines: dict) -> CompileError:
    match = _ERROR.search(log)
    if not match:
        return CompileError(log.strip())
    line = int(match[1])
    return CompileError(match[2], line=line, source=lines.get(line, ""))


def _include_paths() -> list[str]:
    """Return options for the CUDA headers that the NVIDIA packages beside torch carry."""
    spec = importlib.util.find_spec("nvidia")
    roots = map(Path, spec.submodule_search_locations) if spec else ()
    folders = [path for root in roots for path in sorted(root.glob("*/include"))]
    return [f"--include-path={path}" for path in folders if (path / "cuda_fp16.h").exists()]


def _nvrtc():
    try:
        from cuda.bindings import nvrtc

        nvrtc.nvrtcVersion()  # the library itself is loaded at the first call
    except (ImportError, RuntimeError, OSError) as error:
        raise ToolMissingError(
            f"NVRTC cannot be loaded ({error}): pip install 'cuda-bindings' 'nvidia-cuda-nvrtc' "
            "(Linux; they come with torch there)."
        ) from None
    return nvrtc
