"""`cuda` from Numba where it is installed, else the stand-in: for kernels to launch or to trace."""

try:
    from numba import cuda
except ImportError:
    from warptrace.stand_in import cuda

__all__ = ["cuda"]
