"""The explorables in a real browser: right arithmetic, usable by keyboard and by ear, small."""

import html
import json
import random
import re
import subprocess
import sys

import pytest
import torch

from helpers import explore, resources, style

SOURCES = sorted(resources.path("explorables").glob("*.js"))
LIMIT_BYTES = 15_000


def about(name):
    return explore._about(name)


def document(body: str, *, language="en", theme="light") -> str:
    """Return a page that holds `body` as the site would: landmarks, headings, the palette."""
    return (
        f'<!doctype html><html lang="{language}" data-theme="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>An explorable</title><style>{style.css_variables()}"
        "body{margin:0;background:var(--gpu-paper);color:var(--gpu-ink)}</style></head>"
        f"<body><main><h1>Chapter</h1><h2>Section</h2>{body}</main></body></html>"
    )


def convolution(**options) -> str:
    return explore.explorable("convolution", **options)._repr_html_()


# --- what Python sees -------------------------------------------------------------------------


def test_names_are_the_files():
    assert explore.explorables() == ("convolution",)
    for name in explore.explorables():
        assert about(name)["element"] == f"gpu-{name}"


def test_an_unknown_name_option_or_value_names_the_choices():
    with pytest.raises(ValueError, match=r"no explorable 'convolutoin'\. There is: convolution"):
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


def test_an_option_cannot_break_out_of_its_attribute_or_the_script():
    nasty = "\"'></gpu-convolution></script><script>document.title='broken'</script>&amp;"
    page = convolution(label=nasty)
    assert page.count("</script>") == 1
    assert page.count("</gpu-convolution>") == 1
    found = re.search(r'<gpu-convolution options="([^"]*)">', page)
    assert json.loads(html.unescape(found[1])) == {"label": nasty}


def test_the_script_holds_base_and_element_and_asks_for_nothing():
    page = convolution()
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        assert text in page
        assert "</script" not in text
        assert not re.search(r"https?://|\bimport\b|\bfetch\(", text), source.name
    assert style.css_variables() in page


def test_text_stands_where_a_picture_cannot():
    sentence = about("convolution")["strings"]["en"]["fallback"]
    assert sentence in repr(explore.explorable("convolution"))
    assert sentence in convolution()


def test_the_fallback_table_is_right():
    head, *rows = about("convolution")["table"]
    assert head[:5] == ["n", "k", "s", "p", "d"]
    for n, k, s, p, d, out in rows:
        image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k)
        result = torch.nn.functional.conv2d(image, kernel, stride=s, padding=p, dilation=d)
        assert result.shape[-1] == out


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_file_is_small(source):
    assert source.stat().st_size <= LIMIT_BYTES


@pytest.mark.parametrize("name", explore.explorables())
def test_strings_are_complete_in_both_languages(name):
    strings = about(name)["strings"]
    english, chinese = strings["en"], strings["zh_CN"]
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert text and chinese[key]
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key
        assert re.search("[\u4e00-\u9fff]", chinese[key]), key
        assert not re.search("[\u4e00-\u9fff]", text), key
    source = resources.path(f"explorables/{name}.js").read_text(encoding="utf-8")
    used = set(re.findall(r'say\("(\w+)"', source)) | set(re.findall(r'named\("(\w+)"', source))
    assert used <= set(english)


def test_importing_explore_needs_no_torch():
    code = "import sys; from helpers import explore; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- what a browser does ----------------------------------------------------------------------


@pytest.fixture
def opened(browser):
    """Return a function that opens a page with the given body; any console error fails the test."""
    contexts, errors = [], []

    def open_page(body, *, width=1280, javascript=True, motion="no-preference", **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            reduced_motion=motion,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: errors.append(r.url) if r.url.startswith("http") else None)
        page.set_content(document(body, **options))
        if javascript:
            page.wait_for_function("!!customElements.get('gpu-convolution')")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def live(page, expected: str):
    """Wait until the live region says `expected`."""
    page.wait_for_function(
        "text => document.querySelector('gpu-convolution').live.textContent.includes(text)",
        arg=expected,
        timeout=5000,
    )


def set_range(page, name: str, value: int):
    page.locator(f"input[name={name}]").fill(str(value))


def state(page) -> dict:
    return page.evaluate(
        """() => { const e = document.querySelector('gpu-convolution');
        return {...e.state, image: e.image, kernel: e.kernel, output: e.output,
                work: e.multiplyAdds}; }"""
    )


def expected(image, kernel, stride, padding, dilation) -> list:
    """Return what PyTorch makes of it; an empty list where it refuses."""
    image, kernel = (torch.tensor(x, dtype=torch.float64)[None, None] for x in (image, kernel))
    try:
        result = torch.nn.functional.conv2d(
            image, kernel, stride=stride, padding=padding, dilation=dilation
        )
    except RuntimeError:
        return []
    return result[0, 0].tolist()


def test_the_arithmetic_is_pytorchs(opened):
    page = opened(convolution())
    dice = random.Random(7)
    cases = []
    for _ in range(300):
        n, k = dice.randint(1, 9), dice.randint(1, 5)
        settings = [dice.randint(1, 3), dice.randint(0, 2), dice.randint(1, 3)]
        image = [[dice.choice([0, 1, dice.uniform(-2, 2)]) for _ in range(n)] for _ in range(n)]
        kernel = [[dice.uniform(-3, 3) for _ in range(k)] for _ in range(k)]
        cases.append([image, kernel, *settings])
    found = page.evaluate(
        "cases => cases.map(c => customElements.get('gpu-convolution').convolve(...c))", cases
    )
    refused = 0
    for case, output in zip(cases, found, strict=True):
        wanted = expected(*case)
        refused += not wanted
        assert len(output) == len(wanted), case
        if wanted:
            torch.testing.assert_close(
                torch.tensor(output, dtype=torch.float64),
                torch.tensor(wanted, dtype=torch.float64),
            )
    assert 10 < refused < 200, "the cases should hold both possible and impossible settings"


def test_every_setting_of_the_controls_shows_the_law_and_the_work(opened):
    page = opened(convolution(image="letter", kernel="sharpen"))
    dice = random.Random(3)
    for _ in range(25):
        k, s, p, d = dice.randint(1, 5), dice.randint(1, 3), dice.randint(0, 2), dice.randint(1, 3)
        for name, value in (("size", k), ("stride", s), ("padding", p), ("dilation", d)):
            set_range(page, name, value)
        now = state(page)
        wanted = expected(now["image"], now["kernel"], s, p, d)
        side = len(wanted)
        assert len(now["output"]) == side
        assert now["work"] == side * side * k * k
        shown = page.locator("gpu-convolution").evaluate("e => e.shadowRoot.textContent")
        law = (8 + 2 * p - d * (k - 1) - 1) // s + 1
        assert f"+ 1 = {str(law).replace('-', '−')}" in shown
        if side:
            assert f"= {side * side * k * k} multiply-adds" in shown
            assert page.locator("table.output td").count() == side * side
            assert now["output"] == wanted
        else:
            assert f"spans d(k − 1) + 1 = {d * (k - 1) + 1} pixels" in shown
            assert "PyTorch raises an error" in shown
            assert page.locator("table.output").count() == 0


def test_the_worked_sum_is_the_output_cell(opened):
    page = opened(convolution(image="edge", kernel="vertical", padding=0))
    page.locator("table.output td").nth(2).click()
    text = page.locator("p.sum").inner_text()
    left, right = text.split(": ", 1)[1].split(" = ")
    total = 0
    for product in left.split(" + "):
        pixel, weight = product.split("·")
        total += float(pixel) * float(weight.strip("()").replace("−", "-"))
    assert total == float(right) == state(page)["output"][0][2]


def test_weights_and_pixels_can_be_edited(opened):
    page = opened(convolution(image="dot", kernel="identity", padding=1))
    page.get_by_label("Weight, row 1, column 2").fill("2.5")
    page.locator("table.input td").nth(0 * 10 + 0).click()
    now = state(page)
    assert now["image"][0][0] == 0, "padding cannot be switched on"
    page.locator("table.input td").nth(1 * 10 + 1).click()
    now = state(page)
    assert now["image"][0][0] == 1
    assert now["kernel"][0][1] == 2.5
    assert page.locator("select[name=kernel]").input_value() == "custom"
    assert now["output"] == expected(now["image"], now["kernel"], 1, 1, 1)
    page.get_by_label("Weight, row 1, column 2").fill("")
    assert state(page)["kernel"][0][1] == 0


def test_your_own_weights_survive_a_change_of_size(opened):
    page = opened(convolution(kernel="identity"))
    page.get_by_label("Weight, row 1, column 1").fill("-4")
    set_range(page, "size", 4)
    kernel = state(page)["kernel"]
    assert len(kernel) == 4
    assert kernel[0] == [-4, 0, 0, 0]
    assert kernel[1][1] == 1


def test_the_kernel_is_not_flipped(opened):
    page = opened(convolution(image="dot", kernel="identity", padding=1))
    page.get_by_label("Weight, row 1, column 1").fill("5")
    output = state(page)["output"]
    # One bright pixel at (3, 3): cross-correlation puts the first weight below and to the right.
    assert output[4][4] == 5
    assert output[2][2] == 0
    assert "cross-correlation" in page.locator("gpu-convolution").evaluate(
        "e => e.shadowRoot.textContent"
    )


def test_the_keyboard_moves_the_window_and_switches_pixels(opened):
    page = opened(convolution(image="dot", padding=0))
    output = page.get_by_role("grid", name="Output")
    output.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    assert (state(page)["row"], state(page)["column"]) == (2, 1)
    assert output.get_attribute("aria-activedescendant") == "output-2-1"
    live(page, "Output row 3, column 2 is")
    live(page, "6 by 6; 324 multiply-adds")
    page.get_by_role("grid", name="Image").focus()
    page.keyboard.press("ArrowRight")
    live(page, "Pixel row 1, column 2 is 0.")
    page.keyboard.press("Space")
    assert state(page)["image"][0][1] == 1
    live(page, "Pixel row 1, column 2 is 1.")
    scrolled = page.evaluate("scrollY")
    assert scrolled == 0, "arrows and space must not scroll the page"


def test_everything_can_be_reached_by_tab(opened):
    page = opened(convolution())
    reached = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => { const a = document.activeElement?.shadowRoot?.activeElement;
                return a && (a.getAttribute('name') || a.getAttribute('class')
                             || a.getAttribute('aria-label')); }"""
            )
        )
    assert {"image", "kernel", "size", "stride", "padding", "dilation"} <= reached
    assert {"input", "output", "step", "play", "Weight, row 3, column 3"} <= reached


def test_a_page_that_opens_or_plays_is_quiet(opened):
    page = opened(convolution() + convolution())
    said = "[...document.querySelectorAll('gpu-convolution')].map(e => e.live.textContent).join('')"
    page.wait_for_timeout(500)
    assert page.evaluate(said) == ""
    page.locator("button[name=play]").first.click()
    page.wait_for_function("document.querySelector('gpu-convolution').state.column === 1")
    page.wait_for_timeout(300)
    assert page.evaluate(said) == ""
    page.locator("button[name=play]").first.click()
    live(page, "Output row 1, column")


def test_impossible_settings_are_announced(opened):
    page = opened(convolution(size=5, padding=0))
    set_range(page, "dilation", 3)
    live(page, "No output: the window spans d(k − 1) + 1 = 13 pixels")
    page.locator("button[name=step]").click()
    set_range(page, "dilation", 1)
    live(page, "4 by 4")


def test_step_and_play_walk_over_the_output(opened):
    page = opened(convolution(stride=3, padding=0))
    for _ in range(3):
        page.locator("button[name=step]").click()
    assert (state(page)["row"], state(page)["column"]) == (1, 1)
    page.locator("button[name=step]").click()
    assert (state(page)["row"], state(page)["column"]) == (0, 0)
    play = page.locator("button[name=play]")
    play.click()
    assert play.inner_text() == "Stop"
    page.wait_for_function("document.querySelector('gpu-convolution').state.column === 1")
    play.click()
    assert play.inner_text() == "Play"


def test_reduced_motion_has_no_animation(opened):
    page = opened(convolution(), motion="reduce")
    assert page.locator("button[name=play]").is_hidden()
    assert page.locator("button[name=step]").is_visible()
    cell = page.locator("table.output td").first
    assert cell.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"


@pytest.mark.parametrize("language", ["zh-CN", "zh"])
def test_a_chinese_page_gets_chinese(opened, language):
    strings = about("convolution")["strings"]["zh_CN"]
    page = opened(convolution(), language=language)
    text = page.locator("gpu-convolution").evaluate("e => e.shadowRoot.textContent")
    assert strings["title"] in text
    assert strings["hint"] in text
    assert "multiply-adds" not in text
    page.locator("button[name=step]").click()
    live(page, "次乘加")


def test_the_language_follows_the_document_and_keeps_the_state(opened):
    page = opened(convolution())
    set_range(page, "stride", 2)
    page.evaluate("document.documentElement.lang = 'zh-CN'")
    page.get_by_role("grid", name="方向键在图像上移动窗口").wait_for()
    assert state(page)["stride"] == 2
    assert page.locator("input[name=stride]").input_value() == "2"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(opened, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    bodies = convolution(kernel="blur", label="First") + convolution(
        size=5, dilation=3, padding=0, label="Second"
    )
    page = opened(bodies, theme=theme, width=width)
    violations = Axe().run(page).response["violations"]
    told = [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in violations]
    assert not told


CONTRAST = """e => {
  const parse = (text) => {
    const numbers = text.match(/-?[\\d.]+/g).map(Number);
    return text.startsWith("color(") ? numbers.slice(0, 3) : numbers.slice(0, 3).map(x => x / 255);
  };
  const light = (rgb) => rgb.map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = getComputedStyle(e.shadowRoot.querySelector("section")).backgroundColor;
  return [...e.shadowRoot.querySelectorAll("td")].map(cell => {
    const style = getComputedStyle(cell);
    const clear = ["rgba(0, 0, 0, 0)", "transparent"].includes(style.backgroundColor);
    const pair = [style.color, clear ? paper : style.backgroundColor].map(x => light(parse(x)));
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_number_in_a_grid_is_legible(opened, theme):
    # axe passes over text of a single character, and most cells hold one.
    page = opened(convolution(kernel="vertical", padding=2), theme=theme, motion="reduce")
    ratios = page.locator("gpu-convolution").evaluate(CONTRAST)
    assert len(ratios) == 12 * 12 + 10 * 10
    assert min(ratios) >= 4.5


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("width", [390, 320])
def test_narrow_pages_do_not_overflow(opened, language, width):
    page = opened(convolution(size=5, padding=2, kernel="blur"), width=width, language=language)
    for size in (5, 3):
        set_range(page, "size", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        spill = page.locator("gpu-convolution").evaluate(
            "e => [...e.shadowRoot.querySelectorAll('table, .kernel, p, button')].filter("
            "x => x.getBoundingClientRect().right > e.getBoundingClientRect().right).length"
        )
        assert spill == 0


def test_two_on_a_page_are_independent(opened):
    page = opened(convolution(stride=1) + convolution(stride=3, label="Another"))
    sides = page.evaluate(
        "[...document.querySelectorAll('gpu-convolution')].map(e => e.output.length)"
    )
    assert sides == [8, 3]
    assert page.get_by_role("region", name="Another").count() == 1


def test_a_hostile_label_stays_text(opened):
    page = opened(convolution(label="</script><img src=x onerror=\"document.title='broken'\">"))
    assert page.title() == "An explorable"
    assert page.locator("h3").inner_text().startswith("</script><img")


def test_options_that_are_not_allowed_are_dropped(opened):
    body = convolution().replace(
        'options="{}"', 'options=\'{"stride": 99, "kernel": "none", "image": "dot"}\''
    )
    now = state(opened(body))
    assert (now["stride"], now["image"][3][3]) == (1, 1)
    assert state(opened(convolution().replace('options="{}"', 'options="not json"')))["stride"] == 1


def test_moving_the_element_keeps_its_state(opened):
    page = opened(convolution())
    set_range(page, "stride", 2)
    page.evaluate("document.querySelector('h1').after(document.querySelector('.gpu-explorable'))")
    assert state(page)["stride"] == 2


@pytest.mark.parametrize(("language", "other"), [("en", "zh-CN"), ("zh-CN", "en")])
def test_without_javascript_a_sentence_and_a_table_stand_there(opened, language, other):
    page = opened(convolution(), javascript=False, language=language)
    assert page.locator(f".gpu-fallback p[lang={language}]").is_visible()
    assert page.locator(f".gpu-fallback p[lang={other}]").is_hidden()
    assert page.locator(".gpu-fallback tbody tr").count() == len(about("convolution")["table"]) - 1
