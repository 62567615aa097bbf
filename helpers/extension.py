"""Compile C++ into a library of PyTorch operators, against PyTorch's stable interface.

The headers `torch/csrc/stable/*` hide no C++ class of PyTorch behind an inline function, so they
compile in seconds, and a library made with one version of torch loads into a later one. Source:
PyTorch, "LibTorch Stable ABI".
"""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_COMPILERS = ("c++", "g++", "clang++")
_OPTIONS = ("-std=c++17", "-O3", "-fopenmp-simd", "-shared", "-fPIC", "-fvisibility=hidden")
#: Name → hash of the source with which it was loaded: an operator is registered once.
_loaded: dict[str, str] = {}


class CompilerMissingError(RuntimeError):
    """There is no C++ compiler on this machine; the message names the cure."""


class BuildError(ValueError):
    """The compiler refused the source; the message holds its first error."""


def load(source: str, name: str) -> Path:
    """Compile `source` and load the operators that it registers; return the library's path.

    The same source is compiled once: the library stays in a folder of temporary files.

    Args:
        source: C++ that registers operators with `STABLE_TORCH_LIBRARY`.
        name: of the library, for its file.

    Raises:
        CompilerMissingError: there is no C++ compiler.
        BuildError: the compiler refuses the source.
        RuntimeError: this process has loaded another source under this name.
    """
    digest = _digest(source)
    if _loaded.setdefault(name, digest) != digest:
        raise RuntimeError(
            f"{name} is loaded already, with another source. Operators cannot be registered "
            "twice: restart the kernel."
        )
    try:
        path = build(source, name)
        ctypes.CDLL(str(path))
    except BaseException:
        del _loaded[name]
        raise
    return path


def build(source: str, name: str, *, include: Path | None = None) -> Path:
    """Compile `source` into a shared library, unless it has been compiled before.

    Args:
        source: C++.
        name: of the library, for its file.
        include: folder with the headers; default those of the torch that is installed.

    Raises:
        CompilerMissingError: there is no C++ compiler.
        BuildError: the compiler refuses the source.
    """
    import torch

    headers = include or Path(torch.__file__).parent / "include"
    path = _folder() / f"{name}-{_digest(source, torch.__version__, str(headers))}.so"
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        text, library = Path(folder, f"{name}.cpp"), Path(folder, path.name)
        text.write_text(source, encoding="utf-8")
        command = [compiler(), *_OPTIONS, f"-I{headers}", text, "-o", library, *_linker(torch)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(_first_error(done.stderr, text))
        library.replace(path)
    return path


def compiler() -> str:
    """Return the C++ compiler: that of the variable CXX, else the first one there is.

    Raises:
        CompilerMissingError: there is none.
    """
    wanted = [os.environ["CXX"]] if os.environ.get("CXX") else _COMPILERS
    found = next(filter(None, map(shutil.which, wanted)), None)
    if found is None:
        raise CompilerMissingError(
            "There is no C++ compiler on this machine. On Debian or Ubuntu: apt install g++. "
            "On macOS: xcode-select --install. Colab has one."
        )
    return found


def _linker(torch) -> list[str]:
    """Say where the functions of torch are: only macOS wants to know when it links."""
    folder = Path(torch.__file__).parent / "lib"
    if sys.platform == "darwin":
        return ["-undefined", "dynamic_lookup", f"-L{folder}", "-ltorch_cpu", "-lc10"]
    return [f"-L{folder}", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{folder}"]


def _first_error(stderr: str, text: Path) -> str:
    lines = stderr.replace(f"{text}:", "line ").splitlines()
    return next((line for line in lines if "error: " in line), stderr.strip()[-500:])


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


@functools.cache
def _folder() -> Path:
    """Return a folder of this user's alone: what lies in it will be loaded."""
    path = Path(tempfile.gettempdir(), f"gpus-and-ai-extensions-{_user()}")
    path.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="gpus-and-ai-extensions-"))
    return path


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
