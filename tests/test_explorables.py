"""What every explorable must be: small, complete in two languages, usable by keyboard and by ear.

What one explorable computes and does is tested in `test_explorable_<name>.py`.
"""

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from explorable_page import FIRST, about, live, settled, show, shown_text, state
from site_browser import LAYOUT_RULES, illegible, violations

from helpers import explore, resources, style

SOURCES = sorted(resources.path("explorables").glob("*.js"))
NAMES = explore.explorables()
LIMIT_BYTES = 15_000
SVG = "http://www.w3.org/2000/svg"
#: Keys that the base shows.
SHARED_KEYS = {"title", "fallback", "hint"}

every = pytest.mark.parametrize("name", NAMES)


def source(name: str) -> str:
    return resources.path(f"explorables/{name}.js").read_text(encoding="utf-8")


def bounds(rule: dict) -> list:
    """Return the first and the last value that an option may have."""
    if "choices" in rule:
        return [rule["choices"][0], rule["choices"][-1]]
    return [rule["min"], rule["max"]] if "min" in rule else []


def extremes(name: str) -> list[dict]:
    """Return options: the defaults, each option alone at its bounds, and all at theirs."""
    rules = about(name)["options"]
    ends = {option: bounds(rule) for option, rule in rules.items() if bounds(rule)}
    alone = [{option: value} for option, values in ends.items() for value in values]
    together = [{option: values[end] for option, values in ends.items()} for end in (0, 1)]
    return [{}, *alone, *together]


def copies(name: str, chosen: list[dict]) -> str:
    return "".join(
        show(name, **({"label": f"Copy {number}"} | options))
        for number, options in enumerate(chosen)
    )


# --- what Python sees -------------------------------------------------------------------------


def test_names_are_the_files():
    assert tuple(path.stem for path in SOURCES if path.stem != "base") == NAMES
    assert "convolution" in NAMES
    tests = {path.stem for path in Path(__file__).parent.glob("test_explorable_*.py")}
    for name in NAMES:
        assert about(name)["element"] == f"gpu-{name.replace('_', '-')}"
        assert f"test_explorable_{name}" in tests


def test_an_unknown_name_option_or_value_names_the_choices():
    with pytest.raises(ValueError, match=r"no explorable 'convolutoin'\. There is: .*convolution"):
        explore.explorable("convolutoin")
    with pytest.raises(ValueError, match=r"no option 'strides'\. It has: image, kernel, size, str"):
        explore.explorable("convolution", strides=2)
    with pytest.raises(ValueError, match="stride must be a whole number from 1 to 3, not 4"):
        explore.explorable("convolution", stride=4)
    with pytest.raises(ValueError, match="stride must be a whole number"):
        explore.explorable("convolution", stride=True)
    with pytest.raises(ValueError, match="kernel must be one of vertical, edge"):
        explore.explorable("convolution", kernel="sobel")
    with pytest.raises(ValueError, match="label must be a text"):
        explore.explorable("convolution", label=3)
    with pytest.raises(ValueError, match=r"\.\./base"):
        explore.explorable("../base")


@every
def test_each_option_has_a_rule_that_its_default_keeps(name):
    rules = about(name)["options"]
    assert "label" in rules
    for option, rule in rules.items():
        explore.explorable(name, **{option: rule["default"]})
        outside = {"choices": "none of them", "min": rule.get("max", 0) + 1}
        kind = next((kind for kind in outside if kind in rule), None)
        with pytest.raises(ValueError, match=f"{name}: {option} must be"):
            explore.explorable(name, **{option: outside.get(kind, 3)})


@every
def test_an_option_cannot_break_out_of_its_attribute_or_the_script(name):
    element = about(name)["element"]
    nasty = f"\"'></{element}></script><script>document.title='broken'</script>&amp;"
    page = show(name, label=nasty)
    assert page.count("</script>") == 1
    assert page.count(f"</{element}>") == 1
    found = re.search(rf'<{element} options="([^"]*)">', page)
    assert json.loads(html.unescape(found[1])) == {"label": nasty}


@every
def test_the_script_holds_base_and_element(name):
    page = show(name)
    assert source("base") in page
    assert source(name) in page
    assert style.css_variables() in page


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_file_is_small_and_asks_for_nothing(path):
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size <= LIMIT_BYTES
    assert "</script" not in text
    assert not re.search(r"https?://|\bimport\b|\bfetch\(", text.replace(SVG, ""))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_colour_is_a_role_of_the_palette(path):
    text = path.read_text(encoding="utf-8")
    palette = style.PALETTE["light"]
    for role, colour in re.findall(r"var\(--gpu-(\w+), (#\w+)\)", text):
        assert palette[role] == colour, role
    rest = re.sub(r"var\(--gpu-\w+, #\w+\)", "", text)
    if path.stem == "base":
        own = re.search(r"static palette = \{(.*?)\};", rest, re.DOTALL)[0]
        assert dict(re.findall(r'(\w+): "(#\w+)"', own)) == palette
        rest = rest.replace(own, "")
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", rest)


@every
def test_text_stands_where_a_picture_cannot(name):
    strings = about(name)["strings"]
    assert strings["en"]["fallback"] in repr(explore.explorable(name))
    for texts in strings.values():
        assert html.escape(texts["fallback"]) in show(name)


@every
def test_the_fallback_table_has_whole_rows(name):
    head, *rows = about(name)["table"]
    assert rows
    assert all(len(row) == len(head) for row in rows)


@every
def test_strings_are_complete_in_both_languages(name):
    strings = about(name)["strings"]
    english, chinese = strings["en"], strings["zh_CN"]
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert text and chinese[key]
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key
        assert not re.search("[\u4e00-\u9fff]", text), key
        # What holds no word but code, numbers or names needs no translation.
        if chinese[key] != text:
            assert re.search("[\u4e00-\u9fff，。：、（）]", chinese[key]), key
        else:
            assert not re.search(r"\b[a-z]{2,} [a-z]{2,}\b", text), key


@every
def test_every_string_is_used_and_every_one_used_exists(name):
    strings = set(about(name)["strings"]["en"])
    code = source(name).split("\n};\n", 1)[1]
    used = set(re.findall(r'(?:say|named|control)\("(\w+)"', code))
    assert used <= strings
    rules = about(name)["options"]
    choices = {str(choice) for rule in rules.values() for choice in rule.get("choices", [])}
    words = set(re.findall(r"\w+", code)) | set(rules) | choices | SHARED_KEYS
    assert strings <= words


def test_importing_explore_needs_no_torch():
    code = "import sys; from helpers import explore; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- what a browser does ----------------------------------------------------------------------

#: Each control as [kind, index among its kind].
CONTROLS = f"""() => ['select', 'input', '[role=grid]'].flatMap((kind) =>
  [...{FIRST}.shadowRoot.querySelectorAll(kind)]
    .filter((e) => e.checkVisibility() && !e.disabled).map((_, n) => [kind, n]))"""
HUSH = f"() => {{ {FIRST}.live.textContent = ''; }}"
FOCUS = f"([kind, n]) => {FIRST}.shadowRoot.querySelectorAll(kind)[n].focus()"
FOCUSED = f"""() => {{ const root = {FIRST}.shadowRoot;
  const all = [...root.querySelectorAll('select, input, button, [role=grid], [tabindex]')]
    .filter((e) => e.checkVisibility() && !e.disabled);
  return [all.indexOf(root.activeElement), all.length]; }}"""
# What a drawing cuts off at its border does not spill.
SPILL = """e => [...e.shadowRoot.querySelectorAll('section *')].filter((x) => {
    const box = x.getBoundingClientRect();
    const drawing = x.ownerSVGElement;
    if (drawing && getComputedStyle(drawing).overflow === 'hidden') return false;
    return box.width > 0 && box.right > e.getBoundingClientRect().right + 0.5;
  }).map((x) => x.outerHTML.slice(0, 100))"""


def test_a_page_that_opens_is_quiet(opened):
    page = opened("".join(show(name) + show(name, label="Another") for name in NAMES), pause=None)
    page.wait_for_timeout(400)  # twice the delay, once for all
    js = "[...document.querySelectorAll('[options]')].map(e => [e.localName, e.live.textContent])"
    assert len(page.evaluate(js)) == 2 * len(NAMES)
    assert [one for one in page.evaluate(js) if one[1]] == []


def test_an_announcement_waits_until_the_reader_rests(opened):
    page = opened(show("convolution"), pause=None)
    assert page.evaluate("GpuElement.pause") == 200
    page.evaluate(
        f"""{FIRST}.heard = [];
        new MutationObserver(() => {FIRST}.heard.push({FIRST}.live.textContent))
          .observe({FIRST}.live, {{ childList: true }});
        for (const text of ["one", "two", "three"]) {FIRST}.announce(text);"""
    )
    settled(page)
    assert page.evaluate(f"{FIRST}.heard") == []
    live(page, "three")
    assert page.evaluate(f"{FIRST}.heard") == ["three"]


def act(page, kind: str, backwards: bool):
    """Change the focused control by keys alone."""
    page.keyboard.press("ArrowUp" if backwards else "ArrowDown")
    if kind == "[role=grid]":
        page.keyboard.press("ArrowLeft" if backwards else "ArrowRight")


def heard(page) -> str:
    """Return what the live region comes to say, or nothing if it stays silent."""
    settled(page)
    return page.evaluate(f"{FIRST}.live.textContent")


@every
def test_every_control_works_by_keys_and_is_announced(opened, name):
    page = opened(show(name))
    controls = page.evaluate(CONTROLS)
    assert controls
    shown = f"{FIRST}.shadowRoot.querySelector('section').innerHTML"
    for kind, number in controls:
        works = []
        for backwards in (False, True):
            before = page.evaluate(shown)
            page.evaluate(HUSH)
            page.evaluate(FOCUS, [kind, number])
            act(page, kind, backwards)
            works.append(heard(page) != "" and page.evaluate(shown) != before)
        assert any(works), f"{kind} {number}"
    page.evaluate("scrollTo(0, 0)")
    page.set_viewport_size({"width": 500, "height": 300})
    if any(kind == "[role=grid]" for kind, _ in controls):
        page.evaluate(FOCUS, ["[role=grid]", 0])
        top = page.evaluate("scrollY")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        assert page.evaluate("scrollY") == top, "arrows must not scroll the page"


@every
def test_everything_can_be_reached_by_tab(opened, name):
    page = opened(show(name))
    reached, total = set(), page.evaluate(FOCUSED)[1]
    assert total
    for _ in range(total + 1):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED)[0])
    assert reached >= set(range(total))


@every
def test_every_control_has_a_name_of_its_own(opened, name):
    page = opened(show(name))
    names = page.evaluate(
        f"""() => [...{FIRST}.shadowRoot.querySelectorAll('select, input, button, [role=grid]')]
        .map((e) => e.ariaLabel || (e.labels?.[0] ?? e).textContent.trim())"""
    )
    assert all(names)
    assert len(set(names)) == len(names)


@every
@pytest.mark.parametrize("language", ["zh-CN", "zh"])
def test_a_chinese_page_gets_chinese(opened, name, language):
    strings = about(name)["strings"]
    page = opened(show(name), language=language)
    shown = shown_text(page)
    for key in ("title", "hint"):
        assert strings["zh_CN"][key] in shown
    for key, text in strings["en"].items():
        if len(text) > 15 and text != strings["zh_CN"][key]:
            assert text not in shown, key


@every
def test_the_language_follows_the_document_and_keeps_the_state(opened, name):
    page = opened(show(name))
    kind, number = page.evaluate(CONTROLS)[0]
    page.evaluate(FOCUS, [kind, number])
    act(page, kind, False)
    before = state(page)
    page.evaluate("document.documentElement.lang = 'zh-CN'")
    title = about(name)["strings"]["zh_CN"]["title"]
    page.wait_for_function(
        f"title => {FIRST}.shadowRoot.querySelector('h3').textContent === title", arg=title
    )
    assert state(page) == before


PAINT = "theme => { document.documentElement.dataset.theme = theme; }"


@every
def test_axe_finds_nothing(opened, axe, name):
    default, *_, least, most = extremes(name)
    page = opened(copies(name, [default, least, most]), motion="reduce")
    assert violations(page, axe) == []
    page.evaluate(PAINT, "dark")
    assert illegible(page, axe) == []
    page.set_viewport_size({"width": 320, "height": 900})
    assert violations(page, axe, only=LAYOUT_RULES) == []


#: What is wrong inside an explorable, and the rule that says so.
FAULTS = {
    "button-name": "<button></button>",
    "target-size": '<button style="all: unset">x</button><button style="all: unset">y</button>',
    "color-contrast": '<p style="color: #999; background: #fff">Pale</p>',
}


@pytest.mark.parametrize(
    ("fault", "only"),
    [("button-name", None), ("target-size", LAYOUT_RULES), ("color-contrast", None)],
)
def test_axe_sees_into_an_explorable(opened, axe, fault, only):
    page = opened(show("convolution"))
    section = f"{FIRST}.shadowRoot.querySelector('section')"
    page.evaluate(f"text => {section}.insertAdjacentHTML('beforeend', text)", FAULTS[fault])
    assert {line.split(":")[0] for line in violations(page, axe, only=only)} == {f"axe {fault}"}


#: The contrast of each text with the background that it stands on, where that is one colour.
CONTRAST = """e => {
  const parse = (text) => {
    const numbers = text.match(/-?[\\d.]+/g).map(Number);
    return text.startsWith("color(") ? numbers.slice(0, 3) : numbers.slice(0, 3).map(x => x / 255);
  };
  const light = (rgb) => rgb.map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = getComputedStyle(e.shadowRoot.querySelector("section")).backgroundColor;
  const own = (x) => [...x.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  const seen = (x) => x.checkVisibility() && parseFloat(getComputedStyle(x).fontSize) > 0;
  return [...e.shadowRoot.querySelectorAll("section *")].filter((x) => own(x) && seen(x))
    .map((x) => {
      const style = getComputedStyle(x);
      const ink = x instanceof SVGElement ? style.fill : style.color;
      let behind = x;
      const clear = (y) => ["rgba(0, 0, 0, 0)", "transparent"]
        .includes(getComputedStyle(y).backgroundColor);
      while (behind && clear(behind)) behind = behind.parentElement;
      const ground = behind ? getComputedStyle(behind).backgroundColor : paper;
      const pair = [ink, ground].map((c) => light(parse(c)));
      return [(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), x.outerHTML.slice(0, 120)];
    }).filter(([ratio]) => ratio < 4.5);
}"""

#: Words and numbers in the cells of tables that go on in a second line.
BROKEN = r"""(element) => {
  const texts = [], found = [];
  for (const cell of element.shadowRoot.querySelectorAll('td, th')) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) texts.push(walker.currentNode);
  }
  const range = document.createRange();
  for (const text of texts) for (const word of text.data.matchAll(/[\w.,²₁₂−]+/g)) {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1)
      found.push(`${element.localName}: ${word[0]}`);
  }
  return found;
}"""


def found_in_each(page, check: str) -> list:
    """Return what a check, JavaScript for one element, finds in all explorables of a page."""
    return page.evaluate(f"[...document.querySelectorAll('[options]')].flatMap({check})")


@every
def test_every_text_is_legible(opened, name):
    # axe passes over text of a single character, and over drawings.
    page = opened(copies(name, extremes(name)), motion="reduce")
    for theme in ("light", "dark"):
        page.evaluate(PAINT, theme)
        assert found_in_each(page, CONTRAST) == [], theme


@every
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_narrow_page_does_not_overflow(opened, name, language):
    page = opened(copies(name, extremes(name)), width=320, language=language)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert found_in_each(page, SPILL) == []
    assert found_in_each(page, BROKEN) == []


@every
def test_reduced_motion_has_no_animation(opened, name):
    page = opened(show(name), motion="reduce")
    moving = page.evaluate(
        f"""() => [...{FIRST}.shadowRoot.querySelectorAll('*')].map((e) => getComputedStyle(e))
        .filter((s) => s.transitionDuration !== '0s' || s.animationName !== 'none').length"""
    )
    assert moving == 0


@every
def test_two_on_a_page_are_independent(opened, name):
    page = opened(show(name) + show(name, label="Another"))
    second = "{...document.querySelectorAll('[options]')[1].state}"
    before = page.evaluate(f"({second})")
    kind, number = page.evaluate(CONTROLS)[0]
    page.evaluate(FOCUS, [kind, number])
    act(page, kind, False)
    act(page, kind, True)
    act(page, kind, False)
    assert page.evaluate(f"({second})") == before
    assert page.get_by_role("region", name="Another").count() == 1


@every
def test_a_hostile_label_stays_text(opened, name):
    page = opened(show(name, label="</script><img src=x onerror=\"document.title='broken'\">"))
    assert page.title() == "An explorable"
    assert page.locator("h3").inner_text().startswith("</script><img")


@every
def test_options_are_taken_and_those_not_allowed_are_dropped(opened, name):
    rules = about(name)["options"]
    beyond = {option: rule["max"] + 1 for option, rule in rules.items() if "max" in rule}
    wrong = [dict.fromkeys(rules, "none") | {"label": 3}, beyond | {"label": 3, "unknown": 1}]
    chosen = extremes(name)
    pages = [show(name).replace('options="{}"', f"options='{json.dumps(w)}'") for w in wrong]
    pages.append(show(name).replace('options="{}"', "options='[}'"))
    page = opened("".join(pages + [show(name, **options) for options in chosen]))
    states = page.evaluate("[...document.querySelectorAll('[options]')].map((e) => ({...e.state}))")
    default = states[3]
    assert states[:3] == [default] * 3
    least, most = states[-2:]
    for options, found in zip(chosen, states[3:], strict=True):
        # One option may bound another: then it is taken where that one allows it.
        for option, value in options.items():
            assert value in (found[option], least[option], most[option])


@every
def test_moving_the_element_keeps_its_state(opened, name):
    page = opened(show(name))
    kind, number = page.evaluate(CONTROLS)[0]
    page.evaluate(FOCUS, [kind, number])
    act(page, kind, False)
    before = state(page)
    page.evaluate("document.querySelector('h1').after(document.querySelector('.gpu-explorable'))")
    assert state(page) == before


@every
@pytest.mark.parametrize(("language", "other"), [("en", "zh-CN"), ("zh-CN", "en")])
def test_without_javascript_a_sentence_and_a_table_stand_there(opened, name, language, other):
    page = opened(show(name), javascript=False, language=language, width=320)
    assert page.locator(f".gpu-fallback p[lang={language}]").is_visible()
    assert page.locator(f".gpu-fallback p[lang={other}]").is_hidden()
    assert page.locator(".gpu-fallback tbody tr").count() == len(about(name)["table"]) - 1
    assert page.locator(".gpu-fallback table").is_visible()


def test_the_base_writes_numbers_as_the_book_does(opened):
    page = opened(show("convolution"))

    def made(call):
        return page.evaluate(f"{FIRST}.{call}")

    assert made("count(12345678)") == "12,345,678"
    assert made("number(-2.345)") == "−2.35" or made("number(-2.345)") == "−2.34"
    pairs = [
        (0, "0 "),
        (999.6, "1 k"),
        (67e12, "67 T"),
        (4.5e-6, "4.5 µ"),
        (1, "1 "),
        (0.35, "350 m"),
    ]
    for value, text in pairs:
        assert made(f"prefixed({value})") == text
    assert made("hue('bad')") == f"var(--gpu-bad, {style.PALETTE['light']['bad']})"


def test_the_base_tells_a_slider_in_words(opened):
    page = opened(show("convolution"))
    field = page.evaluate(
        f"""() => {{ const e = {FIRST};
        const f = e.range('size', 'Size', 0, 9, () => {{}}, {{ value: 4, as: (k) => 2 ** k }});
        return [f.textContent, f.querySelector('input').getAttribute('aria-valuetext')]; }}"""
    )
    assert field == ["Size 16", "16"]
    page.locator("button[name=step]").click()
    live(page, "Output row 1, column 2")
