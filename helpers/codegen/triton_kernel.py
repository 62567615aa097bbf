"""Triton kernels to machine code.

Source: the package's own `triton.compile`, which its launcher calls as this module does.
"""

import ast
import importlib
import importlib.util
import inspect
import json
import os
import re
import runpy
import sys
import tempfile
import types
from pathlib import Path

from helpers import processes
from warptrace import source as kernels

from .assemble import assemble, check_architecture, entries, target
from .code import Code, CompileError, TritonMissingError

#: Triton reads 16 bytes at once where a pointer or a size divides by this.
_ALIGNMENT = 16
_WARP = 32
_INSERTED = re.compile(r"// begin inline asm\n.*?// end inline asm", re.DOTALL)
_FILE = re.compile(r'^\s*\.file\s+\d+ "([^"]+)"', re.MULTILINE)
_LOCATION = re.compile(r"^\s*\.loc\s.*\n", re.MULTILINE)
_TYPES = {
    **{"float16": "fp16", "float32": "fp32", "float64": "fp64", "bfloat16": "bf16"},
    **{"float8_e4m3fn": "fp8e4nv", "float8_e5m2": "fp8e5", "uint8": "u8", "bool": "i1"},
    **{f"int{bits}": f"i{bits}" for bits in (8, 16, 32, 64)},
}


def compile_triton(
    kernel, *arguments, architecture: str = "sm_90", warps: int = 4, stages: int = 3, **constants
) -> Code:
    """Compile a `triton.jit` kernel for the types of `arguments`, as a launch would.

    Where this process interprets Triton (`TRITON_INTERPRET=1`), another one compiles.

    Args:
        kernel: the kernel.
        arguments: examples of what it will be called with: tensors, whole numbers, floats.
        architecture: such as "sm_90".
        warps: per block.
        stages: how many iterations of a loop are loaded ahead.
        constants: the kernel's `tl.constexpr` arguments, by name.

    Raises:
        TypeError: an argument is missing, or has a type that Triton does not take.
    """
    check_architecture(architecture)
    if not importlib.util.find_spec("triton"):
        raise TritonMissingError
    source = kernels.read(_unwrap(kernel))
    request = {
        **_request(source.function, arguments, constants),
        "capability": int(architecture.removeprefix("sm_").rstrip("a")),
        "options": {"num_warps": warps, "num_stages": stages},
    }
    artifact = _elsewhere(source, request) if _interprets(kernel) else translate(kernel, request)
    if "error" in artifact:
        line = artifact["line"]
        raise CompileError(artifact["error"], line=line, source=source.lines.get(line, ""))
    return assemble(
        artifact["ptx"],
        entries(artifact["ptx"])[0],
        language="Triton",
        name=source.name,
        architecture=target(artifact["ptx"]),
        lines=source.lines,
        filename=artifact["filename"],
        shared_bytes=artifact["shared_bytes"],
    )


def translate(kernel, request: dict) -> dict:
    """Compile in this process; return the PTX, or the error and its line in the kernel's file.

    `request` is what `_request` made of the arguments, with `capability` and `options`.
    """
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource, CompilationError
    from triton.runtime.jit import JITFunction

    # Its default is about to change; multiply and add fused is what every other compiler does.
    os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")
    function = _unwrap(kernel, JITFunction)
    attributes = {(place,): [["tt.divisibility", _ALIGNMENT]] for place in request["aligned"]}
    source = ASTSource(function, request["signature"], request["constants"], attributes)
    gpu = GPUTarget("cuda", request["capability"], _WARP)
    try:
        compiled = triton.compile(source, target=gpu, options=request["options"])
    except CompilationError as error:
        place = getattr(error.node, "lineno", None)
        # Triton counts from the `def`, which stands below the decorators.
        line = place + kernels.read(function.fn).tree.lineno - 1 if place else 0
        return {"error": error.error_message or str(error), "line": line}
    except Exception as error:  # a pass of the compiler that failed, such as out of shared memory
        return {"error": f"{type(error).__name__}: {error}", "line": 0}
    ptx = _INSERTED.sub(_without_locations, compiled.asm["ptx"])
    filename = _named_in(ptx, function.fn.__code__.co_filename)
    return {"ptx": ptx, "shared_bytes": compiled.metadata.shared, "filename": filename}


def _without_locations(inserted: re.Match) -> str:
    """Give all of an inserted piece of assembly the line that stands before it.

    LLVM counts the lines of the piece itself onto the source line, which leads astray.
    """
    return _LOCATION.sub("", inserted[0])


def _named_in(ptx: str, filename: str) -> str:
    """Return how the PTX names the kernel's file: a cached one may come from another folder."""
    named = [name for name in _FILE.findall(ptx) if Path(name).name == Path(filename).name]
    return named[0] if named else filename


def _request(function, arguments, constants) -> dict:
    """Say in plain data what Triton has to know about the arguments."""
    names = list(inspect.signature(function).parameters)
    given = dict(zip((n for n in names if n not in constants), arguments, strict=False))
    missing = [name for name in names if name not in given and name not in constants]
    extra = [name for name in constants if name not in names]
    if missing or extra or len(given) != len(arguments):
        problem = f"is missing {missing[0]!r}" if missing else "was given too much"
        raise TypeError(f"{function.__name__}({', '.join(names)}) {problem}.")
    types = {name: _type(name, value) for name, value in given.items()}
    return {
        "signature": {name: types.get(name, "constexpr") for name in names},
        "constants": constants,
        "aligned": [n for n, name in enumerate(names) if _is_aligned(given.get(name))],
    }


def _type(name: str, value) -> str:
    if isinstance(value, bool):
        return "i1"
    if isinstance(value, int):
        return "i32" if -(2**31) <= value < 2**31 else "i64"
    if isinstance(value, float):
        return "fp32"
    kind = str(getattr(value, "dtype", "")).removeprefix("torch.")
    if kind not in _TYPES:
        raise TypeError(f"{name} is a {type(value).__name__}, which Triton does not take.")
    return "*" + _TYPES[kind]


def _is_aligned(value) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return value % _ALIGNMENT == 0
    return hasattr(value, "data_ptr") and value.data_ptr() % _ALIGNMENT == 0


def _unwrap(kernel, kind=types.FunctionType):
    """Return what is of `kind` behind `jit`, `autotune` and `heuristics`: the plain function."""
    while not isinstance(kernel, kind) and hasattr(kernel, "fn"):
        kernel = kernel.fn
    return kernel


def _interprets(kernel) -> bool:
    from triton.runtime.jit import JITFunction

    return not isinstance(_unwrap(kernel, JITFunction), JITFunction)


def _elsewhere(source, request: dict) -> dict:
    """Compile in a Python that does not interpret Triton."""
    names, helpers = _used(source.function)
    first = min(source.lines)
    texts = ["\n" * (first - 1) + "\n".join(source.lines.values())]
    texts += ["\n".join(kernels.read(helper).lines.values()) for helper in helpers]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kernel.py")
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        task = {"path": str(path), "kernel": source.name, "names": names, "request": request}
        program = ("-c", "from helpers.codegen.triton_kernel import answer; answer()")
        done = processes.python(*program, given=json.dumps(task), TRITON_INTERPRET="0")
    if done.returncode:
        raise CompileError(f"Triton's compiler ended: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def answer() -> None:
    """Compile what standard input describes, for `_elsewhere`, and print the result as JSON."""
    import triton.language as tl

    task = json.load(sys.stdin)
    names = {
        name: importlib.import_module(value["module"])
        if "module" in value
        else tl.constexpr(value["constexpr"])
        for name, value in task["names"].items()
    }
    kernel = runpy.run_path(task["path"], init_globals=names)[task["kernel"]]
    print(json.dumps(translate(kernel, task["request"])))


def _used(function) -> tuple[dict, list]:
    """Return what a kernel takes from outside: modules and constants by name, and functions."""
    names, helpers, waiting = {}, [], [function]
    while waiting:
        current = waiting.pop()
        for node in ast.walk(kernels.read(current).tree):
            value = current.__globals__.get(node.id) if isinstance(node, ast.Name) else None
            if inspect.ismodule(value):
                names[node.id] = {"module": value.__name__}
            elif type(value).__name__ == "constexpr":
                names[node.id] = {"constexpr": value.value}
            elif hasattr(value, "fn") and _unwrap(value) not in (function, *helpers):
                helpers.append(_unwrap(value))
                waiting.append(helpers[-1])
    return names, helpers
