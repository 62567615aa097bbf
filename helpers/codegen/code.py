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
    """One machine instruction (SASS).

    Attributes:
        address: in bytes from the kernel's start.
        text: as the disassembler prints it, with its predicate, such as `@P0 EXIT`.
        line: number of the source line that it stands for, None where there is none.
    """

    address: int
    text: str
    line: int | None

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
    """A kernel, compiled for one architecture.

    Attributes:
        language: "Numba", "CUDA C++" or "Triton".
        name: the kernel's name in its source.
        architecture: such as "sm_90".
        lines: number of each source line → its text.
        ptx: NVIDIA's portable assembly, what the front end hands to the assembler.
        instructions: the machine code in the order in which it is stored.
        registers: per thread.
        shared_bytes: static shared memory per block (for Triton: all that it asks for).
        stack_bytes: per thread, in local memory.
        spill_store_bytes: written to local memory for want of registers, per thread.
        spill_load_bytes: read back, per thread.
    """

    language: str
    name: str
    architecture: str
    lines: dict[int, str] = field(repr=False)
    ptx: str = field(repr=False)
    instructions: tuple[Instruction, ...] = field(repr=False)
    registers: int
    shared_bytes: int
    stack_bytes: int
    spill_store_bytes: int
    spill_load_bytes: int

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

    def of_line(self, line: int) -> tuple[Instruction, ...]:
        """Return the instructions that stand for one source line."""
        return tuple(i for i in self.instructions if i.line == line)

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

    def table(self) -> str:
        """Return the resources as text, a line each."""
        rows = {
            "registers per thread": self.registers,
            "shared memory per block (bytes)": self.shared_bytes,
            "stack per thread (bytes)": self.stack_bytes,
            "spilled and read back (bytes)": f"{self.spill_store_bytes}, {self.spill_load_bytes}",
            "machine instructions": len(self.instructions),
        }
        head = f"{self.name} ({self.language}) for {self.architecture}"
        return "\n".join([head, *(f"  {name:32} {value}" for name, value in rows.items())])

    def annotated(self, *, longest: int = 6) -> str:
        """Return the source, each line followed by the machine code that stands for it.

        Args:
            longest: show at most so many instructions of a line, then say how many follow.
        """
        text = []
        for number, line in self.lines.items():
            text.append(f"{number:4}  {line}".rstrip())
            instructions = self.of_line(number)
            text += [f"          {i.text}" for i in instructions[:longest]]
            if len(instructions) > longest:
                text.append(f"          … and {len(instructions) - longest} more")
        return "\n".join(text)
