"""A compiled kernel, and the two ways in which there is none."""

import re
from collections import Counter
from dataclasses import dataclass, field

import warptrace


class CompileError(ValueError):
    """The compiler refused the kernel. `line` is counted in the kernel's source, 0 if unknown."""

    def __init__(self, message: str, *, line: int = 0, source: str = ""):
        """Keep the compiler's words and the source line that they are about."""
        self.message, self.line, self.source = message, line, source
        where = f"line {line}: {source.strip()}\n" if line else ""
        super().__init__(where + message)


class ToolMissingError(RuntimeError):
    """A compiler or assembler is not on this machine; the message names the cure."""


class TritonMissingError(ToolMissingError):
    """There is no Triton for this machine."""

    def __init__(self, what: str = "Triton"):
        """Say of Triton, or of what comes with it, where it can be had."""
        super().__init__(
            f"{what} is not on this machine. On Linux it comes with torch: pip install triton. "
            "On macOS and Windows there is no such package: run this on Colab or in WSL."
        )


@dataclass(frozen=True)
class Instruction:
    """One machine instruction (SASS)."""

    address: int  # in bytes from the kernel's start
    text: str  # as the disassembler prints it, with its predicate, such as `@P0 EXIT`
    line: int | None  # number of the source line that it stands for, None where there is none

    @property
    def name(self) -> str:
        """The instruction with its modifiers and without predicate and operands: `LDG.E.128`."""
        return self.text.split()[1 if self.text.startswith("@") else 0]

    @property
    def opcode(self) -> str:
        """The first part of the name: `LDG`."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Code:
    """A kernel, compiled for one architecture. Numbers of registers and bytes are per thread."""

    language: str  # "CUDA C++", "Triton", or another that compiles to PTX
    name: str  # the kernel's name in its source
    architecture: str  # such as "sm_90"
    lines: dict[int, str] = field(repr=False)  # number of each source line → its text
    ptx: str = field(repr=False)  # what the front end hands to the assembler
    instructions: tuple[Instruction, ...] = field(repr=False)  # in the order of the machine code
    registers: int
    shared_bytes: int  # static, per block; of Triton all that it asks for
    stack_bytes: int  # in local memory
    spill_store_bytes: int  # written to local memory for want of registers
    spill_load_bytes: int  # read back

    @property
    def capability(self) -> tuple[int, int]:
        """The compute capability: (9, 0) for "sm_90"."""
        digits = re.sub(r"\D", "", self.architecture)
        return int(digits[:-1]), int(digits[-1])

    @property
    def opcodes(self) -> Counter:
        """How often each opcode stands in the machine code (not how often it runs)."""
        return Counter(instruction.opcode for instruction in self.instructions)

    def find(self, name: str) -> tuple[Instruction, ...]:
        """Return the instructions whose name starts with `name`, such as "LDG" or "LDG.E.128"."""
        return tuple(i for i in self.instructions if i.name.startswith(name))

    def occupancy(self, threads: int, *, dynamic_shared: int = 0) -> warptrace.Occupancy:
        """Return how many blocks of `threads` threads fit on a multiprocessor.

        Args:
            threads: per block.
            dynamic_shared: bytes of shared memory asked for at the launch.

        Raises:
            ValueError: the architecture's limits are not known, or `threads` is below 1.
        """
        shared = self.shared_bytes + dynamic_shared
        return warptrace.occupancy(self.capability, self.registers, shared, threads)
