"""From PTX to machine code, with NVIDIA's assembler and disassembler as Triton's package has them.

Sources: "PTX ISA" (what an assembler accepts), "CUDA Binary Utilities" (`nvdisasm -gi`), and
the `-v` output of `ptxas`.
"""

import functools
import importlib.util
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .code import Code, CompileError, Instruction, TritonMissingError

#: What the book's cards are: Turing, Ampere, Ada, Hopper, Blackwell.
ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_90a", "sm_100", "sm_100a")
#: Triton ships an older and a newer assembler, and the newer one reads both's input.
_ASSEMBLERS = ("ptxas-blackwell", "ptxas")
_VERSION = re.compile(r"release (\d+)\.(\d+)")
_USED = {
    "registers": re.compile(r"Used (\d+) registers"),
    "shared_bytes": re.compile(r"(\d+) bytes smem"),
    "stack_bytes": re.compile(r"(\d+) bytes stack frame"),
    "spill_store_bytes": re.compile(r"(\d+) bytes spill stores"),
    "spill_load_bytes": re.compile(r"(\d+) bytes spill loads"),
}
_PLACE = re.compile(r'"(?P<file>[^"]+)", line (?P<line>\d+)')
_INSTRUCTION = re.compile(r"/\*(?P<address>[0-9a-f]{4,})\*/\s+(?P<text>[^;]+?)\s*;")
_TARGET = re.compile(r"^\.target\s+(\w+)", re.MULTILINE)
_WRITTEN_FOR = re.compile(r"^\.version\s+[\d.]+", re.MULTILINE)
_NEWER = re.compile(r"Unsupported \.version [\d.]+; current version is '([\d.]+)'")
_ENTRY = re.compile(r"\.entry\s+([\w$]+)")


def check_architecture(architecture: str) -> str:
    """Return `architecture` if the book knows it.

    Raises:
        ValueError: it does not; the message names those it knows.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(f"{architecture!r} is not an architecture of this book: {known}.")
    return architecture


def assemble(
    ptx: str,
    entry: str,
    *,
    architecture: str,
    filename: str,
    shared_bytes: int | None = None,
    max_registers: int | None = None,
    **about,
) -> Code:
    """Assemble one kernel for `architecture` and read its machine code.

    Args:
        ptx: the text.
        entry: the kernel's name in it.
        architecture: such as "sm_90".
        filename: the source's, as the PTX names it; only its lines are kept.
        shared_bytes: what a launch will ask for, where the PTX itself does not say.
        max_registers: per thread; what does not fit is spilled to local memory.
        about: what the result says of its source, `language`, `name` and `lines`.

    Raises:
        CompileError: the assembler refuses the text.
        ToolMissingError: there is no assembler or disassembler.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, "kernel.ptx"), Path(folder, "kernel.cubin")
        options = ["-v", "-lineinfo", f"--gpu-name={architecture}", f"--entry={entry}"]
        if max_registers:
            options.append(f"--maxrregcount={max_registers}")
        log = _assemble(ptx, source, [*options, source, "-o", binary])
        listing = _run([tool("nvdisasm"), "-gi", "-c", binary])
    used = read_resources(log)
    if shared_bytes is not None:
        used["shared_bytes"] = shared_bytes
    instructions = read_listing(listing, filename)
    return Code(architecture=architecture, ptx=ptx, instructions=instructions, **about, **used)


def _assemble(ptx: str, source: Path, options: list) -> str:
    """Write `ptx` to `source`, assemble it, and return what the assembler says.

    A front end may be newer than the assembler, as NVRTC is beside an older Triton. The number
    in the text's first line is then all that the assembler refuses of kernels like the book's.
    """
    source.write_text(ptx, encoding="utf-8")
    try:
        return _run([assembler(), *options])
    except CompileError as error:
        known = _NEWER.search(str(error))
        if not known:
            raise
        source.write_text(_WRITTEN_FOR.sub(f".version {known[1]}", ptx, count=1), encoding="utf-8")
        return _run([assembler(), *options])


def read_resources(log: str) -> dict[str, int]:
    """Return what `ptxas -v` says that a kernel uses; what it does not mention is 0."""
    found = {name: pattern.search(log) for name, pattern in _USED.items()}
    return {name: int(match[1]) if match else 0 for name, match in found.items()}


def read_listing(listing: str, filename: str) -> tuple[Instruction, ...]:
    """Return the instructions of an `nvdisasm -gi -c` listing, without the padding at its end.

    An instruction that was inlined from elsewhere belongs to the line of `filename` that called.
    """
    instructions, line, marked = [], None, False
    for text in listing.splitlines():
        if text.lstrip().startswith("//##"):
            places = [match for match in _PLACE.finditer(text) if match["file"] == filename]
            # A call's places follow each other on lines of their own, the innermost first.
            line = int(places[-1]["line"]) if places else (line if marked else None)
            marked = True
        elif match := _INSTRUCTION.search(text):
            marked = False
            instructions.append(Instruction(int(match["address"], 16), match["text"], line))
    while instructions and instructions[-1].opcode == "NOP":  # padding behind the end
        instructions.pop()
    return tuple(instructions)


def entries(ptx: str) -> tuple[str, ...]:
    """Return the names of the entry points (kernels) in a PTX text."""
    return tuple(_ENTRY.findall(ptx))


def target(ptx: str) -> str:
    """Return the architecture that a PTX text was made for."""
    return _TARGET.search(ptx)[1]


@functools.cache
def assembler() -> Path:
    """Return the newest `ptxas` there is: it reads the PTX of every older front end.

    Raises:
        ToolMissingError: there is none.
    """
    found = [path for name in _ASSEMBLERS if (path := _find(name))]
    if not found:
        raise TritonMissingError("ptxas")
    return max(found, key=_version)


def tool(name: str) -> Path:
    """Return the path of one of NVIDIA's binary utilities.

    Raises:
        ToolMissingError: it is not there.
    """
    path = _find(name)
    if path is None:
        raise TritonMissingError(name)
    return path


def _find(name: str) -> Path | None:
    spec = importlib.util.find_spec("triton")
    if spec and spec.origin:
        beside = Path(spec.origin).parent / "backends" / "nvidia" / "bin" / name
        if beside.exists():
            return beside
    on_path = shutil.which(name)
    return Path(on_path) if on_path else None


def _version(path: Path) -> tuple[int, int]:
    match = _VERSION.search(_said([path, "--version"]).stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _said(command: list) -> subprocess.CompletedProcess:
    text = {"encoding": "utf-8", "errors": "replace"}
    return subprocess.run(command, capture_output=True, check=False, **text)


def _run(command: list) -> str:
    done = _said(command)
    output = done.stdout + done.stderr
    if done.returncode:
        name = Path(command[0]).name
        raise CompileError(f"{name} refused the code: {output.strip() or done.returncode}")
    return output
