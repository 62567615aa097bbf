"""A convolution as a matrix product: PyTorch's unfold and conv2d, and what is marked."""

import random

import pytest
import torch
from explorable_page import FIRST, about, facts, fill, live, show, shown_text, state, static

from helpers import explore

NAMES = ("size", "kernel", "channels", "filters", "stride", "padding")


def numbers(page, grid: str) -> torch.Tensor:
    """Return the numbers of one grid."""
    found = page.evaluate(
        f"""(name) => [...{FIRST}.shadowRoot.querySelector(`table.${{name}}`).rows].map((row) =>
        [...row.cells].map((cell) => Number(cell.textContent.replace('−', '-'))))""",
        grid,
    )
    return torch.tensor(found, dtype=torch.float64)


def marked(page, grid: str, name: str) -> set:
    found = page.evaluate(
        f"""([grid, name]) => [...{FIRST}.shadowRoot.querySelectorAll(`.${{grid}} td.${{name}}`)]
        .map((cell) => [cell.parentNode.rowIndex, cell.cellIndex])""",
        [grid, name],
    )
    return {tuple(place) for place in found}


def setting(dice) -> dict:
    rules = explore.options("im2col")
    return {name: dice.randint(rules[name]["min"], rules[name]["max"]) for name in NAMES}


def test_the_matrices_are_pytorchs(opened):
    page = opened(show("im2col"))
    dice = random.Random(6)
    cases = []
    for _ in range(100):
        chosen = setting(dice)
        chosen |= {"size": dice.randint(3, 8), "channels": dice.randint(1, 4)}
        shape = (chosen["channels"], chosen["size"], chosen["size"])
        generator = torch.Generator().manual_seed(dice.randrange(2**31))
        image = torch.randint(-9, 9, shape, generator=generator).double()
        kernel = (chosen["filters"], chosen["channels"], chosen["kernel"], chosen["kernel"])
        weights = torch.randint(-9, 9, kernel, generator=generator).double()
        cases.append((image, weights, chosen))
    unfolded = static(page, "unfold", [[i.tolist(), c] for i, _, c in cases])
    products = static(
        page,
        "multiply",
        [[u, w.flatten(1).tolist()] for u, (_, w, _) in zip(unfolded, cases, strict=True)],
    )
    for (image, weights, chosen), rows, product in zip(cases, unfolded, products, strict=True):
        how = {"stride": chosen["stride"], "padding": chosen["padding"]}
        wanted = torch.nn.functional.unfold(image[None], chosen["kernel"], **how)[0].T
        assert torch.equal(torch.tensor(rows, dtype=torch.float64), wanted)
        output = torch.nn.functional.conv2d(image[None], weights, **how)[0].flatten(1).T
        assert torch.equal(torch.tensor(product, dtype=torch.float64), output)


def test_every_setting_shows_a_right_product_and_its_cost(opened):
    page = opened(show("im2col"))
    dice = random.Random(2)
    for _ in range(10):
        chosen = setting(dice)
        for name, value in chosen.items():
            fill(page, name, value)
        rows, filters = numbers(page, "rows"), numbers(page, "columns")
        assert torch.equal(rows @ filters, numbers(page, "product_"))
        image = torch.stack([numbers(page, f"image{c}") for c in range(chosen["channels"])])
        k, s = chosen["kernel"], chosen["stride"]
        # The image is shown with its padding.
        wanted = torch.nn.functional.unfold(image[None], k, stride=s)[0].T
        assert torch.equal(rows, wanted)
        assert image.shape[-1] == chosen["size"] + 2 * chosen["padding"]
        told = facts(page)
        pixels = chosen["channels"] * chosen["size"] ** 2
        assert told["Image, FP32"] == f"{4 * pixels:,} B"
        assert told["Patches, FP32"] == f"{4 * rows.numel():,} B"
        assert float(told["Larger by"][2:]) == pytest.approx(rows.numel() / pixels, abs=0.006)
        assert told["Multiply-adds"] == f"{rows.numel() * chosen['filters']:,}"
        first = f"{rows.shape[0]} × {rows.shape[1]}"
        assert told["Matrix product"] == f"{first} · {rows.shape[1]} × {chosen['filters']}"


def test_the_fallback_table_is_right():
    for channels, n, k, s, p, pixels, shape in about("im2col")["table"][1:]:
        image = torch.zeros(1, channels, n, n)
        rows = torch.nn.functional.unfold(image, k, stride=s, padding=p)[0].T
        assert pixels == image.numel()
        assert shape == f"{rows.shape[0]} × {rows.shape[1]}"


def test_an_output_marks_its_patch_its_filter_and_its_pixels(opened):
    page = opened(show("im2col", size=4, filters=3, padding=1, channels=2))
    page.locator("table.product_ td").nth(3 * 6 + 2).click()
    assert (state(page)["at"], state(page)["filter"]) == (6, 2)
    assert {r for r, _ in marked(page, "rows", "taken")} == {6}
    assert len(marked(page, "rows", "taken")) == 18
    assert {c for _, c in marked(page, "columns", "taken")} == {2}
    assert marked(page, "product_", "result") == {(6, 2)}
    assert marked(page, "folded", "result") == {(1, 2)}
    window = {(i, j) for i in (1, 2, 3) for j in (2, 3, 4)}
    assert marked(page, "image0", "taken") == marked(page, "image1", "taken") == window
    text = page.locator("p.sum").inner_text()
    assert text.startswith("Output row 2, column 3 of filter 3 is row 7 of the patches")
    products, result = text.split(": ", 1)[1].replace("−", "-").split(" = ")
    total = 0
    for product in products.split(" + "):
        pixel, weight = product.split("·")
        total += float(pixel) * float(weight.strip("()"))
    assert total == float(result) == numbers(page, "product_")[6, 2]
    assert "Output, filter 3" in shown_text(page)
    assert torch.equal(numbers(page, "folded").flatten(), numbers(page, "product_")[:, 2])


def test_a_pixel_is_copied_into_every_patch_that_covers_it(opened):
    page = opened(show("im2col", size=4, padding=1, channels=2))
    for i, j, copies in [(2, 2, 9), (1, 1, 4), (1, 3, 6)]:
        page.locator("table.image1 td").nth(6 * i + j).click()
        assert marked(page, "image1", "copy") == {(i, j)}
        assert marked(page, "image0", "copy") == set()
        found = marked(page, "rows", "copy")
        assert len(found) == copies
        assert f"stands {copies} times" in shown_text(page)
        # It is found where unfold puts a mark that stands there alone.
        image = torch.zeros(1, 2, 6, 6)
        image[0, 1, i, j] = 1
        rows = torch.nn.functional.unfold(image, 3)[0].T
        assert found == {tuple(place) for place in rows.nonzero().tolist()}


def test_keys_walk_through_the_patches(opened):
    page = opened(show("im2col"))
    page.get_by_role("grid", name="Patches as rows").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    live(page, "Output row 2, column 1 of filter 1 is row 3 of the patches")
    live(page, "The chosen pixel stands 4 times")
    assert state(page)["pixel"] == [0, 1, 1]


def test_a_smaller_image_keeps_the_choice_inside(opened):
    page = opened(show("im2col", size=6, padding=1, filters=3, channels=2))
    page.locator("table.product_ td").last.click()
    page.locator("table.image1 td").nth(8 * 6 + 6).click()
    for name, value in [("size", 3), ("padding", 0), ("filters", 1), ("channels", 1)]:
        fill(page, name, value)
    assert (state(page)["at"], state(page)["filter"], state(page)["pixel"]) == (0, 0, [0, 2, 2])
    assert torch.equal(numbers(page, "rows") @ numbers(page, "columns"), numbers(page, "product_"))
