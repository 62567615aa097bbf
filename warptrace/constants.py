"""When two values that are known beforehand are one."""


def alike(one, other) -> bool:
    """Tell whether two values are the same in every bit that counts: NaN is NaN, 0.0 not -0.0."""
    if one is other or (one != one and other != other):
        return True
    return bool(one == other) and (one != 0 or repr(one) == repr(other))
