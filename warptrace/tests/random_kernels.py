"""Kernels written at random from a seed: types, slices, tuples, loops, masks, meeting points."""

import linecache
import math
import random

import numpy as np

from warptrace import cuda

THREADS, ROWS = 48, 8
#: Element types of the arrays `x` (one row) and `y` (a table).
WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint32"]
REAL = ["float32", "float64"]
HEAD = """
def kernel(x, y, z, out, bins, pair, n):
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    lane = cuda.laneid
    a = i * 3 + n
    b = pair[0] - t
    f = np.float32(0.5)
    g = y[t % 8, i % 8]
    r = 0.0
    tile = cuda.shared.array(64, np.{shared})
    own = cuda.local.array(4, np.{local})
    for k in range(4):
        own[k] = k + t
"""
TAIL = """
    out[i, 0] = a
    out[i, 1] = b
    out[i, 2] = f
    out[i, 3] = g
    out[i, 4] = r
"""


@cuda.jit(device=True)
def folded(p, q, part=3):
    """Take two numbers together, with an early end and a loop."""
    if p > q:
        return p - q
    for _ in range(part):
        q = q // 2 + 1
    return q * 2


class Writer:
    """Writes the statements of one kernel. Without `racy` its barriers are where they should be."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.racy = self.random.random() < 0.25
        self.lines: list[str] = []
        self.loops = 0

    def pick(self, *some):
        return self.random.choice(some)

    def whole(self, depth=2) -> str:
        """Return an integer expression."""
        if depth == 0 or self.random.random() < 0.2:
            return self.pick("a", "b", "i", "t", "n", "2", "-3", "7", "pair[1]", "TABLE[1][0]")
        one, two = self.whole(depth - 1), self.whole(depth - 1)
        return self.pick(
            f"({one} {self.pick('+', '-', '*', '&', '|', '^')} {two})",
            f"({one} {self.pick('//', '%')} {self.pick('3', '-5', '8')})",
            f"({one} {self.pick('<<', '>>')} {self.pick('1', '3')})",
            f"({one} if {self.test(depth - 1)} else {two})",
            f"{self.pick('min', 'max')}({one}, {two})",
            f"folded({one}, {two}{self.pick('', ', 2', ', part=1')})",
            f"x[{self.place(one, 40)}]",
            f"z[{self.place(one, 12)}]",
            f"(-{one})",
            f"abs({one})",
            f"np.{self.pick('int32', 'uint8', 'int16')}({one})",
            f"int({self.real(depth - 1)})",
            f"FIXED[{self.place(one, 5)}]",
        )

    def real(self, depth=2) -> str:
        """Return a float expression."""
        if depth == 0 or self.random.random() < 0.2:
            return self.pick("f", "g", "0.25", "-1.5", "np.float32(3)", "own[1]")
        one, two = self.real(depth - 1), self.real(depth - 1)
        return self.pick(
            f"({one} {self.pick('+', '-', '*', '/')} {two})",
            f"({one} {self.pick('//', '%')} {self.pick('3.0', '-0.75')})",
            f"({one} if {self.test(depth - 1)} else {two})",
            f"{self.pick('min', 'max')}({one}, {two})",
            f"y[{self.place(self.whole(depth - 1), 8)}, {self.place(self.whole(depth - 1), 8)}]",
            f"math.{self.pick('sqrt', 'fabs', 'floor')}({one})",
            f"np.float32({two})",
            f"({self.whole(depth - 1)} * 0.5)",
            f"({one} ** 2)",
        )

    def test(self, depth=1) -> str:
        """Return a condition."""
        side = self.pick(self.whole, self.real)
        test = f"{side(depth)} {self.pick('<', '<=', '==', '!=', '>', '>=')} {side(depth)}"
        if depth and self.random.random() < 0.3:
            return f"({test} {self.pick('and', 'or')} not {self.test(depth - 1)})"
        return self.pick(test, test, "lane < 20", "t % 3 == 1", f"0 < {self.whole(0)} <= 9")

    def place(self, whole: str, size: int) -> str:
        """Return an index, which now and then is out of bounds."""
        return whole if self.random.random() < 0.004 else f"{whole} % {size}"

    def put(self, depth: int, *lines: str):
        self.lines += ["    " * depth + line for line in lines]

    def block(self, depth: int, nested: int, in_loop: bool):
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth, nested, in_loop)

    def statement(self, depth: int, nested: int, in_loop: bool):
        kinds = [self.assign, self.assign, self.assign, self.element, self.atomic, self.part]
        kinds += [self.branch, self.branch, self.counted, self.waiting] if nested else []
        kinds += [self.leave] if in_loop else []
        self.pick(*kinds)(depth, nested, in_loop)

    def assign(self, depth, nested, in_loop):
        self.put(
            depth,
            self.pick(
                f"{self.pick('a', 'b')} = ({self.whole()}) % 1009",
                f"{self.pick('a', 'b')} {self.pick('+', '-', '*', '^', '|')}= {self.whole()}",
                f"f = np.float32({self.real()})",
                f"g {self.pick('+', '-', '*')}= {self.real()}",
                f"a, b = b, {self.whole()}",
                f"f, g = {self.real()}, f",
            ),
        )

    def element(self, depth, nested, in_loop):
        place = self.place(self.whole(1), 4)
        self.put(
            depth,
            self.pick(
                f"own[{place}] {self.pick('', '+', '-')}= {self.pick(self.real, self.whole)()}",
                f"out[i, {self.pick(0, 1, 2, 3)}] = {self.pick(self.real, self.whole)()}",
            ),
        )

    def atomic(self, depth, nested, in_loop):
        name, value = self.pick("add", "add", "max", "min", "sub"), self.whole(1)
        self.put(depth, f"cuda.atomic.{name}(bins, {self.place(self.whole(1), 6)}, {value})")

    def part(self, depth, nested, in_loop):
        begin, length = self.pick("t % 30", "a % 20", "-9", "3"), self.pick(2, 3, 5)
        part = self.pick(
            f"x[{begin}:]", f"x[5:{begin}]", f"x[t % 30:t % 30 + {length}]", "y[t % 8]"
        )
        into = "g" if part.startswith("y") else self.pick("b", "g")
        self.put(
            depth,
            f"piece = {part}",
            f"for k in range(min({length}, piece.size)):",
            f"    {into} += piece[k]",
        )

    def branch(self, depth, nested, in_loop):
        self.put(depth, f"if {self.test()}:")
        self.block(depth + 1, nested - 1, in_loop)
        if self.random.random() < 0.5:
            self.put(depth, "else:")
            self.block(depth + 1, nested - 1, in_loop)

    def counted(self, depth, nested, in_loop):
        turns = self.pick("range(3)", "range(t % 4)", "range(i % 5, 6)", "range(4, b % 3, -1)")
        turns = self.pick(turns, turns, "(1, 5, 2)", "TABLE[0]", "range(0, 7, 1 + t % 3)")
        self.put(depth, f"for {self.pick('k', 'j')} in {turns}:")
        self.block(depth + 1, nested - 1, True)

    def waiting(self, depth, nested, in_loop):
        self.loops += 1
        name = f"turn{self.loops}"
        self.put(depth, f"{name} = 0", f"while {name} < {self.pick(3, 5)} and {self.test()}:")
        self.put(depth + 1, f"{name} += 1")
        self.block(depth + 1, nested - 1, True)

    def leave(self, depth, nested, in_loop):
        self.put(depth, f"if {self.test()}:", f"    {self.pick('break', 'continue', 'return')}")

    def meeting(self):
        """Write what all threads do together: through shared memory, or within their warps."""
        value = self.pick(self.whole(1), self.real(1))
        barrier = self.pick("cuda.syncthreads()", "cuda.syncthreads()", "cuda.syncwarp()")
        barrier = barrier if self.racy else "cuda.syncthreads()"
        other = self.pick("47 - t", "t ^ 1", "(t * 7) % 48", "t + 2", "t")
        guard = self.pick("", "", "if t < 40: ")
        self.pick(
            lambda: self.put(
                1,
                f"{guard}tile[t] = {value}",
                barrier if not self.racy or self.random.random() < 0.6 else "pass",
                f"{guard}r += tile[{other}]",
                barrier if not self.racy or self.random.random() < 0.6 else "pass",
            ),
            lambda: self.put(
                1, f"v = cuda.shfl_{self.pick('down', 'up', 'xor')}_sync(-1, f, 1)", "r += v"
            ),
            lambda: self.put(1, f"b += cuda.ballot_sync(-1, {self.test()}) & 255"),
            lambda: self.put(1, "a += cuda.popc(cuda.match_any_sync(-1, b & 3))"),
            lambda: self.put(1, f"a += cuda.syncthreads_count({self.test()})"),
            lambda: self.put(
                1, "if lane < 8:", f"    b += cuda.shfl_sync(0xFF, b, {self.pick(0, 't', 7)})"
            ),
        )()

    def text(self) -> str:
        for _ in range(self.random.randint(2, 4)):
            self.block(1, 2, False)
            self.meeting()
        kinds = {"shared": self.pick(*REAL, "int32"), "local": self.pick(*REAL)}
        return HEAD.format(**kinds).lstrip() + "\n".join(self.lines) + TAIL


def written(seed: int):
    """Return a kernel, and a function that makes its arguments."""
    writer = Writer(seed)
    text, filename = writer.text(), f"<random kernel {seed}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    fixed = np.array([3, -1, 4, 1, 5], writer.pick(*WHOLE[:4]))
    names = {"cuda": cuda, "np": np, "math": math, "folded": folded, "FIXED": fixed}
    names["TABLE"] = ((1, 4, 2), (5, 6, 7))
    exec(compile(text, filename, "exec"), names)
    kinds = [writer.pick(*WHOLE), writer.pick(*REAL), writer.pick(*WHOLE)]
    whole_bins = writer.pick("int32", "int64", "uint32")

    def arguments():
        numbers = np.random.default_rng(seed)
        x = numbers.integers(0, 120, 40).astype(kinds[0])
        y = numbers.standard_normal((8, 8)).astype(kinds[1])
        z = numbers.integers(0, 100, 12).astype(kinds[2])
        out, bins = np.zeros((2 * THREADS, 5)), np.zeros(6, whole_bins)
        return [x, y, z, out, bins, (5, np.int32(9)), seed % 7]

    return names["kernel"], arguments, text
