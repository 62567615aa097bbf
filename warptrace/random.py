"""Random numbers in kernels: xoroshiro128+, number for number as `numba.cuda.random` gives them.

`states = cuda.random.create_xoroshiro128p_states(n, seed)` makes the states, one for each thread;
`cuda.random.xoroshiro128p_uniform_float32(states, i)` in a kernel draws from state `i`. The
functions for kernels are traced like the reader's own: a draw reads and writes both halves of a
state.

Source: Blackman and Vigna, xoroshiro128+ and SplitMix64 (prng.di.unimi.it).
"""

import math

import numpy as np

from .host import DeviceArray

xoroshiro128p_dtype = np.dtype([("s0", np.uint64), ("s1", np.uint64)], align=True)

#: What a jump by 2⁶⁴ steps is made of.
_JUMP = (0xBEAC0467EBA5FACB, 0xD86B048B86AA9922)
_ALL = 2**64 - 1
_TWO_PI_FLOAT32 = np.float32(2 * math.pi)
_TWO_PI_FLOAT64 = np.float64(2 * math.pi)


# In kernels


def xoroshiro128p_next(states, index):
    """Return the next 64 bits of a state, uint64, and advance it."""
    s0 = states[index]["s0"]
    s1 = states[index]["s1"]
    result = s0 + s1
    s1 ^= s0
    turned = (s0 << np.uint32(55)) | (s0 >> np.uint32(9))
    states[index]["s0"] = turned ^ s1 ^ (s1 << np.uint32(14))
    states[index]["s1"] = (s1 << np.uint32(36)) | (s1 >> np.uint32(28))
    return result


def xoroshiro128p_uniform_float64(states, index):
    """Return a float64 from 0 up to 1, and advance the state."""
    return (xoroshiro128p_next(states, index) >> np.uint32(11)) * 1.1102230246251565e-16


def xoroshiro128p_uniform_float32(states, index):
    """Return a float32 from 0 up to 1, and advance the state."""
    return np.float32(xoroshiro128p_uniform_float64(states, index))


def xoroshiro128p_normal_float32(states, index):
    """Return a float32 of the normal distribution, and advance the state by two."""
    u1 = xoroshiro128p_uniform_float32(states, index)
    u2 = xoroshiro128p_uniform_float32(states, index)
    return math.sqrt(-np.float32(2.0) * math.log(u1)) * math.cos(_TWO_PI_FLOAT32 * u2)


def xoroshiro128p_normal_float64(states, index):
    """Return a float64 of the normal distribution, and advance the state by two."""
    u1 = xoroshiro128p_uniform_float32(states, index)
    u2 = xoroshiro128p_uniform_float32(states, index)
    return math.sqrt(-np.float64(2.0) * math.log(u1)) * math.cos(_TWO_PI_FLOAT64 * u2)


#: The functions for kernels, by name.
DEVICE_FUNCTIONS = {
    function.__name__: function
    for function in (
        xoroshiro128p_next,
        xoroshiro128p_uniform_float64,
        xoroshiro128p_uniform_float32,
        xoroshiro128p_normal_float32,
        xoroshiro128p_normal_float64,
    )
}


# Around kernels


def create_xoroshiro128p_states(n: int, seed: int, subsequence_start: int = 0, stream=0):
    """Return `n` states on the device, each 2⁶⁴ steps from the next."""
    states = DeviceArray(np.empty(n, xoroshiro128p_dtype))
    init_xoroshiro128p_states(states, seed, subsequence_start)
    return states


def init_xoroshiro128p_states(states, seed: int, subsequence_start: int = 0, stream=0) -> None:
    """Begin the states of `states` anew, each 2⁶⁴ steps from the next."""
    array = states.__array__()
    count = array.shape[0]
    found = np.full((2, max(1, count)), _splitmix(seed), np.uint64)
    jump, ahead = _jump(), int(subsequence_start)
    while ahead:
        found = _applied(jump, found) if ahead & 1 else found
        jump, ahead = _applied(jump, jump), ahead >> 1
    jump, known = _jump(), 1
    while known < count:
        # What is known, and the same again as many jumps further on.
        found[:, known : 2 * known] = _applied(jump, found[:, : min(known, count - known)])
        jump, known = _applied(jump, jump), 2 * known
    array["s0"], array["s1"] = found[:, :count]


def _splitmix(seed: int) -> int:
    """Return 64 bits from a seed, so that small ones give no pattern."""
    z = (int(seed) + 0x9E3779B97F4A7C15) & _ALL
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _ALL
    return z ^ (z >> 31)


def _jump():
    """Return a jump as a linear map of bits: what becomes of each of the 128, a column each."""
    bits = np.uint64(1) << np.arange(64, dtype=np.uint64)
    none = np.zeros(64, np.uint64)
    state = np.stack([np.concatenate([bits, none]), np.concatenate([none, bits])])
    total = np.zeros_like(state)
    for word in _JUMP:
        for bit in range(64):
            if word >> bit & 1:
                total ^= state
            state = _stepped(state)
    return total


def _stepped(state):
    s0, s1 = state
    s1 = s1 ^ s0
    first = _rotated(s0, 55) ^ s1 ^ (s1 << np.uint64(14))
    return np.stack([first, _rotated(s1, 36)])


def _rotated(word, by):
    return (word << np.uint64(by)) | (word >> np.uint64(64 - by))


def _applied(columns, states):
    """Return what a linear map makes of states: the sum of the columns of their set bits."""
    result = np.zeros_like(states)
    for bit in range(128):
        word, place = divmod(bit, 64)
        chosen = -((states[word] >> np.uint64(place)) & np.uint64(1))
        result[0] ^= chosen & columns[0, bit]
        result[1] ^= chosen & columns[1, bit]
    return result
