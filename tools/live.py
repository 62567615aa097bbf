"""Make what a page needs to run a kernel itself: Python, the tracer, an editor, the component.

Python (Pyodide) and the editor (CodeMirror) come from npm's registry, through npm, which checks the
hashes in `book/live/package-lock.json`; they are kept where the data sets are. What `book/live` and
`warptrace` add is made anew. Without a network there is no engine, and the pages say so.
"""

import functools
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from helpers.data.fetch import cache_folder
from tools.node import NODE, NPM

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "book" / "live"
LOCK = SOURCES / "package-lock.json"
#: What a page asks for after the press, in this order; a page loads nothing of it before.
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
#: Sent compressed by us, since not every host compresses it: file → the name of what is sent.
PACKED = {"pyodide.asm.wasm": "pyodide.asm.bin"}
#: Prints the modules that an import brings in where there is no NumPy.
ASK = """
import sys
sys.modules["numpy"] = None
import warptrace.again, helpers.check
ours = "warptrace", "helpers"
loaded = [m for name, m in sys.modules.items() if name.partition(".")[0] in ours]
print(*[module.__file__ for module in loaded], sep="\\n")
"""


class EngineError(RuntimeError):
    """The engine is not here; the message says why, and what to do."""


@dataclass(frozen=True)
class Engine:
    """The files that pages load, by name, and the bytes that a first press transfers."""

    files: dict[str, bytes]

    @property
    def version(self) -> str:
        """A short name of exactly these files."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(name.encode() + hashlib.sha256(content).digest())
        return digest.hexdigest()[:8]

    @property
    def transferred(self) -> int:
        """Bytes that travel for a first press, compressed as a host does."""
        loaded = {name: one for name, one in self.files.items() if not name.endswith(".txt")}
        packed = (".js", ".mjs")
        return sum(
            len(gzip.compress(one, 6)) if name.endswith(packed) else len(one)
            for name, one in loaded.items()
        )

    def write(self, folder: Path) -> None:
        """Put the files into `folder`, and nothing else."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


@functools.cache
def engine() -> Engine | None:
    """Return the engine, None where `found` finds no packages for it."""
    npm = found()
    return made(npm) if npm else None


@functools.cache
def found() -> Path | None:
    """Return the folder of `packages`; where they cannot be had say why, which in CI is an error.

    Raises:
        EngineError: they cannot be had, and CI is set.
    """
    try:
        return packages()
    except (EngineError, OSError) as error:
        if os.environ.get("CI"):
            raise EngineError(str(error)) from error
        said = f"live: the site is built without kernels that run in the page. {error}"
        print(said, file=sys.stderr, flush=True)
        return None


def packages() -> Path:
    """Return the folder of the npm packages at the versions of the lock, fetched if need be.

    Raises:
        EngineError: they are not here and could not be fetched; nothing half-written is left.
    """
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    kept = cache_folder() / f"live-{sys.platform}-{digest}"
    if _whole(kept):
        return kept
    shutil.rmtree(kept, ignore_errors=True)
    if os.environ.get("BOOK_OFFLINE"):
        raise EngineError("BOOK_OFFLINE is set.")
    print("live: fetching Python for the pages and an editor (13 MB), once", flush=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".live-") as name:
        folder = Path(name)
        for file in (LOCK, LOCK.with_name("package.json")):
            shutil.copy(file, folder)
        _npm(folder)
        for name, packed in PACKED.items():
            content = (folder / "node_modules" / "pyodide" / name).read_bytes()
            (folder / "node_modules" / "pyodide" / packed).write_bytes(zlib.compress(content, 9))
        try:
            (folder / "node_modules").rename(kept)
        except OSError:
            if not _whole(kept):  # else another process was faster
                raise
    return kept


def _whole(kept: Path) -> bool:
    """Tell whether a folder holds what an engine is made of: a cache may have been tidied."""
    names = [kept / "pyodide" / PACKED.get(name, name) for name in PYODIDE]
    return all(path.is_file() for path in [*names, kept / "esbuild" / "bin" / "esbuild"])


def _npm(folder: Path) -> None:
    """Let npm fetch what the lock in `folder` names; it runs none of the packages' scripts."""
    line = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    line += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--loglevel=error"]
    options = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run(line, cwd=folder, **options)
    if done.returncode:
        said = [text for text in done.stderr.splitlines() if text.startswith("npm error")]
        reason = said[0].removeprefix("npm error ") if said else f"npm ended with {done.returncode}"
        raise EngineError(
            f"npm reaches no registry, or found another file than the lock names ({reason}). "
            "Check the network; behind a proxy set HTTPS_PROXY, with a mirror npm_config_registry."
        )


def made(npm: Path) -> Engine:
    """Return the engine, made of the packages in the folder `npm` and of the book's own files.

    Raises:
        EngineError: the bundler failed; the message is what it said.
    """
    names = [PACKED.get(name, name) for name in PYODIDE]
    files = {name: (npm / "pyodide" / name).read_bytes() for name in names}
    lock = json.loads((npm / "pyodide" / "pyodide-lock.json").read_text("utf-8"))
    files["pyodide-lock.json"] = json.dumps(lock | {"packages": {}}).encode()
    files["cell.js"] = _bundled("cell.js", npm)
    files["worker.js"] = _bundled("worker.js", npm)
    files["tracer.zip"] = tracer()
    files["licences.txt"] = notices(npm).encode()
    return Engine(files)


def _bundled(name: str, npm: Path) -> bytes:
    """Return a module of `book/live` with all that it imports, made small."""
    bundler = npm / "esbuild" / "bin" / "esbuild"
    line = [NODE, str(bundler), str(SOURCES / name), "--bundle", "--minify", "--format=esm"]
    line += ["--charset=utf8", "--legal-comments=none", "--log-level=error"]
    found = os.environ | {"NODE_PATH": str(npm)}
    done = subprocess.run(line, capture_output=True, cwd=ROOT, env=found)
    if done.returncode:
        raise EngineError(f"esbuild: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def tracer() -> bytes:
    """Return an archive of what runs without NumPy: tracer, checker, and the page's own modules."""
    asked = [sys.executable, "-c", ASK]
    options = {"cwd": ROOT, "capture_output": True, "check": True, "encoding": "utf-8"}
    told = subprocess.run(asked, **options).stdout.split("\n")
    paths = {Path(line): Path(line).relative_to(ROOT) for line in told if line}
    paths |= {SOURCES / name: Path(name) for name in ("page.py", "judging.py")}
    paths[SOURCES / "numpy_types.py"] = Path("numpy.py")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, inside in sorted(paths.items()):
            entry = zipfile.ZipInfo(inside.as_posix())  # without a time: the same bytes again
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


# What a blank page begins with

#: A small kernel, to be replaced by the reader's own.
BEGINNING = {
    "kernel": "scale",
    "source": """import math
import numpy as np
from warptrace import cuda


@cuda.jit
def scale(x, y, factor):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = factor * x[i]
""",
    "grid": [4, 1, 1],
    "block": [256, 1, 1],
    "shared": 0,
    "arguments": [
        {"name": "x", "type": "float32", "shape": [1000], "ramp": [0, 1], "content": "ramp"},
        {"name": "y", "type": "float32", "shape": [1000], "fill": 0, "content": "zeros"},
        {"name": "factor", "type": "float32", "value": 2},
    ],
}


def sample_launches() -> list[dict]:
    """Return the launches of the tracer's samples; what is random in them is so by a seed."""
    import warptrace
    from warptrace import samples

    launches = []
    for kernel, grid, block, arguments, _ in samples.cases().values():
        told = warptrace.trace(kernel, grid, block, *arguments).launch.described()
        for argument in told["arguments"]:
            if argument.pop("data", None):
                argument |= {"random": 1, "content": "random"}
        launches.append(told)
    return launches


# Whose work it is


@dataclass(frozen=True)
class Part:
    """A package whose files the pages load: name, version, licence, where its source is."""

    name: str
    version: str
    licence: str
    source: str


def parts() -> list[Part]:
    """Return the packages of the lock whose files the pages load, and CPython, which Pyodide is."""
    found = json.loads(LOCK.read_text("utf-8"))["packages"]
    tools = ("esbuild", "@esbuild", "@types", "ws")  # make the files, or serve Node
    names = {path: path.removeprefix("node_modules/") for path in found if path}
    kept = {path: name for path, name in names.items() if not name.startswith(tools)}
    listed = [
        Part(name, found[path]["version"], found[path]["license"], _source(name))
        for path, name in kept.items()
    ]
    python = Part("CPython", "in Pyodide", "PSF-2.0", "https://github.com/python/cpython")
    return [*listed, python]


def _source(name: str) -> str:
    if name == "pyodide":
        return "https://github.com/pyodide/pyodide"
    return f"https://www.npmjs.com/package/{name}"


def notices(npm: Path) -> str:
    """Return the notices that go with the files: each part, its source, its licence in full."""
    texts = []
    for part in parts():
        head = f"{part.name} {part.version}, {part.licence}. Source: {part.source}"
        own = npm / part.name / "LICENSE"
        kept = {"MPL-2.0": "MPL-2.0.txt", "PSF-2.0": "Python.txt"}.get(part.licence)
        text = (SOURCES / "licences" / kept) if kept else own
        texts.append(f"{head}\n\n{text.read_text('utf-8').strip()}\n")
    return f"\n\n{'=' * 78}\n\n".join(texts)
