"""What several tests of the tracer need."""

import pytest


@pytest.fixture(scope="module")
def numba_types():
    """Numba's own typing of CUDA kernels; the simulator has none."""
    numba = pytest.importorskip("numba", reason="numba is missing: its typing is not compared")
    pytest.importorskip("numba.cuda.descriptor", reason="numba-cuda is missing")
    from numba.cuda.descriptor import cuda_target

    context = cuda_target.typing_context
    context.refresh()

    def typed(function, *names):
        kinds = [numba.types.boolean if n == "bool" else getattr(numba.types, n) for n in names]
        try:
            found = context.resolve_function_type(function, tuple(kinds), {})
        except Exception:
            return None
        return str(found.return_type) if found else None

    def unified(first, second):
        kinds = [
            numba.types.boolean if n == "bool" else getattr(numba.types, n) for n in (first, second)
        ]
        return str(context.unify_types(*kinds))

    return typed, unified
