"""The convolution to play with: PyTorch's arithmetic, and what each control does."""

import random

import torch
from explorable_page import FIRST, about, fill, live, settled, show


def convolution(**options) -> str:
    return show("convolution", **options)


def state(page) -> dict:
    return page.evaluate(
        f"""() => {{ const e = {FIRST};
        return {{...e.state, image: e.image, kernel: e.kernel, output: e.output,
                work: e.multiplyAdds}}; }}"""
    )


def test_the_fallback_table_is_right():
    head, *rows = about("convolution")["table"]
    assert head[:5] == ["n", "k", "s", "p", "d"]
    for n, k, s, p, d, out in rows:
        image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k)
        result = torch.nn.functional.conv2d(image, kernel, stride=s, padding=p, dilation=d)
        assert result.shape[-1] == out


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
            fill(page, name, value)
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
    fill(page, "size", 4)
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
    js = "[...document.querySelectorAll('gpu-convolution')].map(e => e.live.textContent).join('')"
    assert page.evaluate(js) == ""
    page.locator("button[name=play]").first.click()
    page.wait_for_function("document.querySelector('gpu-convolution').state.column === 1")
    settled(page)
    assert page.evaluate(js) == ""
    page.locator("button[name=play]").first.click()
    live(page, "Output row 1, column")


def test_impossible_settings_are_announced(opened):
    page = opened(convolution(size=5, padding=0))
    fill(page, "dilation", 3)
    live(page, "No output: the window spans d(k − 1) + 1 = 13 pixels")
    page.locator("button[name=step]").click()
    fill(page, "dilation", 1)
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


def test_a_narrow_page_holds_every_size(opened):
    page = opened(convolution(size=5, padding=2, kernel="blur"), width=320)
    for size in (5, 3):
        fill(page, "size", size)
        spill = page.locator("gpu-convolution").evaluate(
            "e => [...e.shadowRoot.querySelectorAll('table, .kernel, p, button')].filter("
            "x => x.getBoundingClientRect().right > e.getBoundingClientRect().right).length"
        )
        assert spill == 0


def test_options_reach_the_pictures(opened):
    body = convolution() + convolution(image="dot", stride=3)
    page = opened(body)
    found = page.evaluate(
        "[...document.querySelectorAll('gpu-convolution')].map("
        "(e) => [e.output.length, e.image[3][3], e.image[1][1]])"
    )
    assert found == [[8, 0, 1], [3, 1, 0]]
