"""Random programs: all lanes in lockstep give what each thread gives by itself in plain Python."""

import linecache
import types

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import warptrace
from warptrace import cuda

NAMES = ["a", "b", "c"]


@st.composite
def expressions(draw, depth=2):
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([*NAMES, "i", "x[i]", "y", "2", "3", "-1"]))
    part = expressions(depth - 1)
    kind = draw(st.sampled_from(["binary", "divide", "choice", "call", "shortcut"]))
    first, second = draw(part), draw(part)
    if kind == "binary":
        return f"({first} {draw(st.sampled_from(['+', '-', '*', '&', '|', '^']))} {second})"
    if kind == "divide":
        return f"({first} {draw(st.sampled_from(['//', '%']))} {draw(st.sampled_from([2, 3, -5]))})"
    if kind == "choice":
        return f"({first} if {draw(conditions(depth - 1))} else {second})"
    if kind == "call":
        return f"{draw(st.sampled_from(['twisted', 'min', 'max']))}({first}, {second})"
    return f"({first} {draw(st.sampled_from(['and', 'or']))} {second})"


@st.composite
def conditions(draw, depth=1):
    left, right = draw(expressions(depth)), draw(expressions(depth))
    test = f"{left} {draw(st.sampled_from(['<', '<=', '==', '!=', '>']))} {right}"
    if depth and draw(st.booleans()):
        other = draw(conditions(depth - 1))
        return f"({test} {draw(st.sampled_from(['and', 'or']))} {other})"
    return draw(st.sampled_from([f"({test})", f"(not {test})"]))


@st.composite
def statements(draw, depth, in_loop):
    kinds = ["assign", "assign", "add", "store", "return"]
    if depth:
        kinds += ["if", "if", "for", "while", "tuple"]
    if in_loop:
        kinds += ["break", "continue"]
    kind = draw(st.sampled_from(kinds))
    name = draw(st.sampled_from(NAMES))
    if kind == "assign":
        return [f"{name} = ({draw(expressions())}) % 1009"]
    if kind == "add":
        return [f"{name} += ({draw(expressions())}) % 101"]
    if kind == "tuple":
        return [f"{name}, b = b, ({draw(expressions())}) % 1009"]
    if kind == "store":
        return [f"x[i] = ({draw(expressions())}) % 97"]
    if kind in ("break", "continue"):
        return [f"if {draw(conditions())}:", f"    {kind}"]
    if kind == "return":
        return [f"if {draw(conditions())}:", "    out[i, 0] = a", "    return"]
    body = indented(draw(blocks(depth - 1, in_loop or kind in ("for", "while"))))
    if kind == "if":
        other = draw(st.booleans())
        rest = ["else:", *indented(draw(blocks(depth - 1, in_loop)))] if other else []
        return [f"if {draw(conditions())}:", *body, *rest]
    if kind == "for":
        bounds = draw(
            st.sampled_from(["3", "i % 4", "a % 5, 6", "5, i % 3, -1", "0, 7, 1 + i % 3"])
        )
        counter = draw(st.sampled_from(["k", "c"]))
        return [f"for {counter} in range({bounds}):", *body]
    turns = f"n{depth}"  # a name of its own, or an inner loop would start the outer one anew
    test = f"while {turns} < 5 and {draw(conditions())}:"
    return [f"{turns} = 0", test, f"    {turns} += 1", *body]


@st.composite
def blocks(draw, depth, in_loop):
    parts = draw(st.lists(statements(depth, in_loop), min_size=1, max_size=3))
    return [line for part in parts for line in part]


def indented(lines):
    return [f"    {line}" for line in lines]


HEAD = ["i = cuda.grid(1)", "a = i * 3", "b = 7 - i", "c = 0"]
TAIL = ["out[i, 0] = a", "out[i, 1] = b", "out[i, 2] = c"]


def twisted(p, q):
    if p > q:
        return p - q
    return q * 2


def made(lines):
    """Return a function of these lines whose source can be read."""
    text = "\n".join(["def kernel(x, out):", *indented([*HEAD, *lines, *TAIL])]) + "\n"
    filename = f"<random program {hash(text)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    names = {"cuda": cuda, "twisted": twisted}
    exec(compile(text, filename, "exec"), names)
    return names["kernel"]


def alone(kernel, threads, x, out):
    """Run the threads one after the other, in plain Python."""
    for i in range(threads):
        fake = types.SimpleNamespace(grid=lambda dimensions, i=i: i)
        names = {"cuda": fake, "twisted": twisted}
        types.FunctionType(kernel.__code__, names)(x, out)


class Row(list):
    """A list that knows its size as an array does, with Python's unbounded integers."""

    size = property(len)


class Table(dict):
    """A table of results."""


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=blocks(3, False), threads=st.sampled_from([1, 20, 32, 45]))
def test_lockstep_equals_one_thread_at_a_time(lines, threads):
    kernel = made(["y = x[i] + 1", *lines])
    x = np.arange(threads) * 5 % 11
    out = np.zeros((threads, 3), np.int64)
    expected_x, expected = Row(x.tolist()), Table()
    alone(kernel, threads, expected_x, expected)
    traced = warptrace.trace(kernel, 1, threads, x, out)
    assert x.tolist() == list(expected_x)
    for place, value in expected.items():
        assert out[place] == value
    assert traced.faults == []
