"""What kernels use of NumPy where there is none: its types and a few constants."""

import math

from warptrace import reference
from warptrace.again import Number
from warptrace.reference.arrays import as_element

pi, e, inf, nan = math.pi, math.e, math.inf, math.nan


class Type(reference.Type):
    """A type: converts inside a kernel, and outside makes a number of itself."""

    def __call__(self, value=0):
        """Return `value` as a number of this type, rounded to what it holds."""
        return Number(self.name, as_element(value, self.name))


def __getattr__(name):
    """Find the types by name; the rest of NumPy is not here."""
    found = getattr(reference, name, None)
    if not isinstance(found, reference.Type):
        raise AttributeError(f"the page has NumPy's types only, so there is no np.{name}")
    return Type(found.name)
