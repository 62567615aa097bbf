"""The bits of a number: exact fractions, PyTorch's and ml_dtypes' formats, and what is shown."""

import math
import random
import struct
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import torch
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state

FORMATS = {
    "fp32": (8, 23),
    "tf32": (8, 10),
    "bf16": (8, 7),
    "fp16": (5, 10),
    "e4m3": (4, 3),
    "e5m2": (5, 2),
    "e2m1": (2, 1),
}
#: Formats that a library has, too. TF32 is none's: fractions alone stand for it.
TORCH = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
OTHERS = {
    "e4m3": ml_dtypes.float8_e4m3fn,
    "e5m2": ml_dtypes.float8_e5m2,
    "e2m1": ml_dtypes.float4_e2m1fn,
}
every = pytest.mark.parametrize("name", FORMATS)


def of(page, function: str, cases: list) -> list:
    """Return what one of the element's own functions makes of each case, NaN and inf included."""
    told = page.evaluate(
        f"""cases => cases.map((c) => {FIRST}.constructor.of.{function}(...c.map((x) =>
        x && x.double ? new Float64Array(new BigInt64Array([BigInt(x.double)]).buffer)[0] : x)))
        .map((x) => typeof x === 'number' ? {{double:
        String(new BigInt64Array(new Float64Array([x]).buffer)[0])}} : x)""",
        [[double(x) if isinstance(x, float) else x for x in case] for case in cases],
    )
    return [number(x["double"]) if isinstance(x, dict) else x for x in told]


def double(value: float) -> dict:
    """Return a double by its bits, which JSON carries unharmed."""
    return {"double": str(struct.unpack("<q", struct.pack("<d", value))[0])}


def number(bits: str) -> float:
    return struct.unpack("<d", struct.pack("<q", int(bits)))[0]


def values(name: str) -> list:
    """Return every number of a small format, not below 0, in the order of the codes."""
    exponent, mantissa = FORMATS[name]
    bias = 2 ** (exponent - 1) - 1
    last = {"e4m3": 2**7 - 1, "e2m1": 2**3}.get(name, (2**exponent - 1) << mantissa)
    found = []
    for code in range(last):
        high, low = divmod(code, 2**mantissa)
        steps = low + (2**mantissa if high else 0)
        found.append(Fraction(steps) * Fraction(2) ** (max(high, 1) - bias - mantissa))
    return found


def nearest(name: str, value: float, overflow: str):
    """Return (code, number) that a value rounds to: by fractions, of two the even code."""
    exponent, mantissa = FORMATS[name]
    bias, x = 2 ** (exponent - 1) - 1, Fraction(abs(value))
    scale = 1 - bias
    while Fraction(2) ** (scale + 1) <= x:
        scale += 1
    unit = Fraction(2) ** (scale - mantissa)
    steps = round(x / unit)  # of a Fraction: half to even
    code = (scale + bias - 1) * 2**mantissa + steps
    top = {"e4m3": 126, "e2m1": 7}.get(name, ((2**exponent - 1) << mantissa) - 1)
    if code <= top:
        return code, float(steps * unit)
    held = name == "e2m1" or (overflow == "saturate" and name in OTHERS)
    largest = float(
        (2**mantissa + top % 2**mantissa) * Fraction(2) ** (top // 2**mantissa - bias - mantissa)
    )
    return (top, largest) if held else (top + 1, math.nan if name == "e4m3" else math.inf)


def draws(name: str, many: int, seed: int) -> list[float]:
    """Return values of every size that the format has, halfway cases and edges among them."""
    dice = random.Random(seed)
    exponent, mantissa = FORMATS[name]
    bias = 2 ** (exponent - 1) - 1
    found = [0.0, 1.0, float(np.nextafter(1.0, 2)), float(np.nextafter(2.0, 1)), 1e300]
    for _ in range(many):
        power = dice.randint(-bias - mantissa - 2, bias + 2)
        steps = dice.randrange(2**mantissa, 2 ** (mantissa + 1))
        part = dice.choice([0, 0.5, 0.5, dice.random(), 0.5 - 2**-28, 0.5 + 2**-28])
        found.append(dice.choice([1, -1]) * math.ldexp(steps + part, power - mantissa))
    return found


@every
@pytest.mark.parametrize("overflow", ["special", "saturate"])
def test_rounding_is_exact_to_nearest_even(opened, name, overflow):
    page = opened(show("number_format"))
    cases = draws(name, 150, 11)
    codes = of(page, "encode", [[name, x, overflow] for x in cases])
    rounded = of(page, "round", [[name, x, overflow] for x in cases])
    for x, (negative, code), shown in zip(cases, codes, rounded, strict=True):
        wanted_code, wanted = nearest(name, x, overflow)
        assert (negative, code) == (x < 0, wanted_code), x
        np.testing.assert_equal(shown, math.copysign(wanted, x) if wanted == wanted else wanted)


@every
def test_a_library_rounds_alike(opened, name):
    page = opened(show("number_format"))
    if name == "tf32":
        return tf32(page)
    # A library may round twice, through FP32: give it what FP32 holds.
    with np.errstate(over="ignore"):
        cases = np.array([*draws(name, 150, 5), math.inf, -math.inf, -0.0]).astype(np.float32)
    found = np.array(of(page, "round", [[name, float(x), "special"] for x in cases]))
    if name in TORCH:
        wanted = torch.tensor(cases).to(TORCH[name]).double().numpy()
    else:
        wanted = cases.astype(OTHERS[name]).astype(np.float64)
    np.testing.assert_array_equal(found, wanted)
    number = ~np.isnan(found)
    np.testing.assert_array_equal(np.signbit(found[number]), np.signbit(wanted[number]))
    return None


def tf32(page):
    """TF32 is FP32 whose last 13 bits are 0."""
    found = of(page, "round", [["tf32", x, "special"] for x in draws("tf32", 100, 2)])
    finite = [x for x in found if abs(x) != math.inf]
    bits = np.array(finite, np.float32).view(np.uint32)
    assert (np.array(finite, np.float32) == finite).all()
    assert (bits % 2**13 == 0).all()


@every
def test_each_code_is_its_number(opened, name):
    page = opened(show("number_format"))
    exponent, mantissa = FORMATS[name]
    held = {"fp32": 0, "tf32": 13, "bf16": 16}
    if name in held:
        dice, top = random.Random(4), (2**exponent - 1) << mantissa
        codes = [0, 1, 2**mantissa, top - 1] + [dice.randrange(top) for _ in range(99)]
        wanted = [float(x) for x in (np.array(codes, np.uint32) << held[name]).view(np.float32)]
    else:
        every_value = values(name)
        codes = list(range(len(every_value)))
        wanted = [float(value) for value in every_value]
    assert of(page, "decode", [[name, code] for code in codes]) == wanted
    beyond = of(page, "decode", [[name, 2 ** (exponent + mantissa) - 1]])[0]
    assert beyond == 6 if name == "e2m1" else math.isnan(beyond)
    if name not in ("e2m1", "e4m3"):
        assert of(page, "decode", [[name, (2**exponent - 1) << mantissa]]) == [math.inf]


def test_nan_has_a_code_where_there_is_one(opened):
    page = opened(show("number_format"))
    found = of(page, "encode", [[name, math.nan, "special"] for name in FORMATS])
    wanted = {"fp32": 0x7FC00000, "tf32": 0x3FE00, "bf16": 0x7FC0, "fp16": 0x7E00}
    wanted |= {"e4m3": 0x7F, "e5m2": 0x7E, "e2m1": 7}
    assert [code for _, code in found] == list(wanted.values())
    bits = torch.tensor(math.nan).half().view(torch.int16).item()
    assert bits == wanted["fp16"]


def test_the_decimal_digits_are_exact(opened):
    page = opened(show("number_format"))
    cases = [x for name in FORMATS for x in draws(name, 20, 9) if abs(x) < 1e200]
    for x, text in zip(cases, of(page, "exact", [[x] for x in cases]), strict=True):
        assert Fraction(text) == Fraction(x)


def test_a_text_is_read(opened):
    page = opened(show("number_format"))
    good = {"0.1": 0.1, " -6e-8": -6e-8, "1/3": 1 / 3, "-2 / 7": -2 / 7, "1e400": math.inf}
    good |= {"inf": math.inf, "-INF": -math.inf, ".5": 0.5}
    assert of(page, "read", [[text] for text in good]) == list(good.values())
    assert math.isnan(of(page, "read", [["nan"]])[0])
    for text in ("", " ", "none", "1/", "/2", "--1", "1/2x", "0.1.2"):
        assert page.evaluate(f"(t) => {FIRST}.constructor.of.read(t)", text) is None, text


def test_the_fallback_table_is_right():
    names = {"FP32": "fp32", "TF32": "tf32", "BF16": "bf16", "FP16": "fp16"}
    for title, parts, most, least in about("number_format")["table"][1:]:
        name = names.get(title) or title.split()[1].lower()
        exponent, mantissa = FORMATS[name]
        assert parts == f"1 + {exponent} + {mantissa}"
        bias = 2 ** (exponent - 1) - 1
        top = {"e4m3": 448, "e2m1": 6}.get(name, (2 - 2.0**-mantissa) * 2.0**bias)
        assert float(most) == pytest.approx(top, rel=1e-5)
        assert float(least) == pytest.approx(2.0 ** (1 - bias - mantissa), rel=1e-5)


def table(page) -> dict:
    """Return the rows of the comparison by the name of the format."""
    rows = page.locator("table.all tr").all()[1:]
    return {cells[0]: cells[1:] for cells in (row.locator("td").all_inner_texts() for row in rows)}


def test_a_value_is_shown_in_every_format(opened):
    page = opened(show("number_format", value="70000"))
    assert table(page)["FP32"] == ["3.40282e38 → ∞", "70000", "0 %"]
    assert table(page)["FP16"] == ["65504 → ∞", "∞", "–"]
    assert table(page)["BF16"][1:] == ["70144", "0.206 %"]
    assert table(page)["FP8 E4M3"] == ["448 → NaN", "NaN", "–"]
    choose(page, "overflow", "saturate")
    assert table(page)["FP8 E4M3"][:2] == ["448 → 448", "448"]
    assert table(page)["FP8 E5M2"][:2] == ["57344 → 57344", "57344"]
    assert table(page)["FP16"][0] == "65504 → ∞", "FP16 has no saturating conversion here"
    assert table(page)["FP4 E2M1"][:2] == ["6 → 6", "6"]
    assert "0111110000000000 = ∞" in shown_text(page)
    assert page.locator(".line").is_hidden()


def test_a_bit_can_be_flipped_by_click_and_by_key(opened):
    page = opened(show("number_format", value="1"))
    assert "+2^(15 − 15) × (1 + 0/1024) = 1" in shown_text(page)
    page.locator("table.bits td").nth(0).click()
    assert page.locator("input[name=value]").input_value() == "-1"
    live(page, "-1 becomes -1. Bit 15 is 1.")
    page.get_by_role("grid").focus()
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert page.locator("input[name=value]").input_value() == str(-1 - 2**-10)
    page.locator("table.bits td").nth(1).click()
    assert "1111110000000001 = NaN" in shown_text(page)
    assert state(page)["value"] == "NaN"


def test_the_next_number_is_one_arrow_away(opened):
    page = opened(show("number_format", format="e4m3", value="1/3"))
    field = page.locator("input[name=value]")
    assert facts(page)["To the next number"] == "0.03125"
    field.focus()
    page.keyboard.press("ArrowUp")
    assert field.input_value() == "0.375"
    fill(page, "value", "0")
    page.keyboard.press("ArrowDown")
    assert field.input_value() == str(-(2.0**-9))
    assert facts(page)["Kind"] == "subnormal"
    fill(page, "value", "448")
    page.keyboard.press("ArrowUp")
    assert field.input_value() == "448"
    assert "no infinity" in shown_text(page)


def test_what_is_no_number_is_said_and_the_bits_stay(opened):
    page = opened(show("number_format", value="0.5"))
    before = state(page)["code"]
    fill(page, "value", "half")
    live(page, "Not a number: try")
    assert state(page)["code"] == before
    fill(page, "value", "inf")
    live(page, "inf becomes ∞")


def test_the_line_shows_where_the_value_lies(opened):
    page = opened(show("number_format", value="2049"))
    texts = page.locator(".line span").all_inner_texts()
    assert [float(text) for text in texts] == [2047, 2048, 2050]
    left = "e => parseFloat(e.style.left)"
    dot, marks = page.locator(".line b").evaluate(left), page.locator(".line i")
    middle, above = (marks.nth(n).evaluate(left) for n in (1, 2))
    assert dot == pytest.approx((middle + above) / 2)
    band = page.locator(".line u").evaluate(
        "e => [parseFloat(e.style.left), parseFloat(e.style.width)]"
    )
    assert sum(band) == pytest.approx(dot)


def test_the_option_value_must_be_a_number(opened):
    page = opened(show("number_format", value="none") + show("number_format", value="1e-7"))
    found = page.evaluate("[...document.querySelectorAll('[options]')].map((e) => e.state.value)")
    assert found == ["0.1", "1e-7"]
