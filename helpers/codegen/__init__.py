"""What the compiler makes of a kernel: PTX, registers, spills and machine code, with no GPU."""

from .code import Code, CompileError, Instruction, ToolMissingError, TritonMissingError
from .cuda_cpp import compile_cuda
from .numba_kernel import compile_numba
from .triton_kernel import compile_triton
