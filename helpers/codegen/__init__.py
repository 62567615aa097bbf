"""What the compiler makes of a kernel: PTX, registers, spills and machine code, with no GPU.

Each function raises ToolMissingError with the cure where a compiler or the assembler is missing,
CompileError with the source line where it refuses the kernel, and ValueError where the book does
not know the architecture.
"""

from .code import Code, CompileError, Instruction, ToolMissingError, TritonMissingError
from .cuda_cpp import compile_cuda
from .triton_kernel import compile_triton
