"""The record of white cells with the cells of its chapter: by hand, by search, and in small."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import f1_score, roc_auc_score

from helpers import recorded

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def script():
    return recorded.script("medical")


@pytest.fixture(scope="module")
def code(script):
    return recorded.chapter(script.CHAPTER, script.CELLS)


@pytest.fixture(scope="module")
def page():
    """Cells of the chapter that the record does not run."""
    cells = "setup drawn dice scale tiles line bill areas-function entropy sure signals"
    return recorded.chapter("applications/medical", cells)


# Areas


def test_dice_is_by_hand_and_as_f1(code):
    said, true = np.zeros((2, 10, 30), bool)
    said[:, :10], true[:, 5:15] = True, True
    assert code.dice(said, true) == 0.5
    assert code.dice(true[:0], true[:0]) == 1 and code.dice(said & ~said, true) == 0
    draw = np.random.default_rng(0)
    for _ in range(20):
        said, true = draw.random((2, 50)) < draw.uniform(0.1, 0.9)
        assert code.dice(said, true) == pytest.approx(f1_score(true, said))


def test_counts_of_tiles_add_up(page):
    draw = np.random.default_rng(1)
    said, true = draw.random((2, 128, 120)) < 0.3
    counts = page.counts(said, true)
    assert counts.shape == (4, 3)
    assert page.dice_of(counts) == pytest.approx(page.dice(said, true))
    corner = said[64:, :60], true[64:, :60]
    assert counts[2].tolist() == [(corner[0] & corner[1]).sum(), *(part.sum() for part in corner)]
    assert page.in_tiles(said)[2].reshape(64, 60).tolist() == corner[0].tolist()


@pytest.mark.parametrize("seed", range(5))
def test_otsu_is_the_best_split_in_two(code, seed):
    draw = np.random.default_rng(seed)
    values = np.concatenate([draw.normal(0, 1, 700), draw.normal(draw.uniform(3, 6), 1, 200)])
    n, edges = np.histogram(values, 256)
    middle = np.repeat((edges[1:] + edges[:-1]) / 2, n)

    def spread(at):
        parts = middle[middle < at], middle[middle >= at]
        return sum(len(part) * part.var() for part in parts if len(part))

    assert spread(code.otsu(values)) == pytest.approx(min(map(spread, edges[1:-1])))


def test_an_interval_is_that_of_a_mean(code):
    values = np.random.default_rng(2).normal(5, 2, 400)
    low, high = code.interval(np.mean, values, draws=4000)
    assert (high - low) / 2 == pytest.approx(1.96 * 2 / 20, rel=0.1)
    assert low < values.mean() < high
    assert list(code.interval(np.mean, values, draws=4000)) == [low, high]


def test_the_network_keeps_the_size_and_has_the_counted_parameters(code):
    model = code.UNet(channels=3, widths=(4, 8, 16)).eval()
    assert model(torch.rand(2, 3, 16, 24)).shape == (2, 16, 24)
    convolutions = 9 * (3 * 4 + 4 * 4 + 4 * 8 + 8 * 8 + 8 * 16 + 16 * 16)
    convolutions += 9 * (16 * 8 + 8 * 8 + 8 * 4 + 4 * 4) + 4 * (16 * 8 + 8 * 4) + 4
    others = 2 * 2 * (4 + 8 + 16 + 8 + 4) + (8 + 4) + 1
    assert sum(p.numel() for p in model.parameters()) == convolutions + others


def test_a_crop_takes_its_mask_along(code):
    masks = (torch.rand(3, 20, 30) < 0.5).float()
    pictures = torch.stack([masks, 2 * masks], 1)
    draw, seen = np.random.default_rng(0), set()
    for _ in range(40):
        picture, mask = code.crop(pictures, masks, 8, draw)
        assert mask.shape == (8, 8)
        assert torch.equal(picture, torch.stack([mask, 2 * mask]))
        seen.add(tuple(mask.flatten().tolist()))
    assert len(seen) > 30


def test_lamp_and_haze_cancel_in_own_units(page, script):
    picture, labels = page.drawn(size=96, n=6)
    again, _ = page.drawn(size=96, n=6)
    assert np.array_equal(picture, again) and set(np.unique(labels)) >= {0, 1}
    assert picture[labels > 0].mean() > picture[labels == 0].mean() + 10
    new = 0.5 * picture + 30
    ours, shifted = (page.scaled(p, page.scale_of(p)) for p in (picture, new))
    torch.testing.assert_close(ours, shifted, atol=1e-4, rtol=0)
    cells = np.random.default_rng(0).random((4, 3, 9, 9)).astype(np.float32)
    stained = cells * np.array([0.5, 0.8, 0.9], np.float32)[:, None, None] + 0.1
    assert script.own_units(stained) == pytest.approx(script.own_units(cells), abs=1e-5)


def test_sharpness_falls_with_focus_and_dark_level_with_light(page):
    picture, _ = page.drawn(size=240)
    picture = picture[:192, :240]
    claims = np.full(picture.shape, 0.8)
    usual = page.signals(picture, claims)
    dim = page.signals(0.5 * picture, claims)
    blurred = page.signals(page.ndimage.gaussian_filter(picture, 3), claims)
    assert len(usual["sharpness"]) == 12 and usual["confidence"] == pytest.approx(0.8)
    assert dim["dark level"] == pytest.approx(usual["dark level"] / 2)
    assert blurred["sharpness"].mean() < 0.3 * usual["sharpness"].mean()


# Decisions


def test_the_cheapest_threshold_is_found_by_search_too(page):
    draw = np.random.default_rng(3)
    learnt, here, cost = 0.3, 0.05, 8
    ill = np.arange(200_000) < 100_000
    z = draw.normal(np.where(ill, 2.0, 0.0))
    claimed = 1 / (1 + np.exp(-(2 * z - 2 + np.log(learnt / (1 - learnt)))))  # true where it learnt
    prices = {at: page.bill(claimed, ill, at, here, cost)[-1] for at in np.linspace(0.02, 0.98, 97)}
    assert page.cheapest(cost, learnt, here) == pytest.approx(min(prices, key=prices.get), abs=0.04)


def test_a_bill_is_by_hand(page):
    claims, ill = np.array([0.9, 0.2, 0.6, 0.1, 0.1]), np.array([1, 1, 0, 0, 0], bool)
    accuracy, precision, found, false, price = page.bill(claims, ill, 0.5, 0.1, 7, people=1000)
    assert (found, false) == (pytest.approx(50), pytest.approx(300))
    assert accuracy == pytest.approx(0.65) and precision == pytest.approx(50 / 350)
    assert price == pytest.approx(300 + 7 * 50)


def test_the_area_is_the_librarys_and_cross_entropy_torchs(page):
    draw = np.random.default_rng(4)
    ill, z = draw.random(200) < 0.3, draw.normal(size=200).round(1) * 5  # with ties
    assert page.area(np.column_stack([ill, z])) == pytest.approx(roc_auc_score(ill, z))
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    expected = loss(torch.tensor(z), torch.tensor(ill, dtype=torch.float64)).item()
    assert page.cross_entropy(z, ill) == pytest.approx(expected)


# The record


def test_cells_are_read_packed_or_not(script, tmp_path):
    home = tmp_path / "plain"
    home.mkdir()
    for n, size in enumerate(((100, 96), (88, 120)), 1):
        pixels = np.zeros((*size[::-1], 3), np.uint8)
        pixels[..., 1] = 100 * n
        Image.fromarray(pixels).save(home / f"{n:03}.png")
        mask = np.full(size[::-1], 128, np.uint8)
        mask[size[1] // 2 :] = 255
        Image.fromarray(mask).save(home / f"{n:03}_mask.png")
    (home / "labels.csv").write_text("image ID,class label\n1,2\n2,5\n")
    (tmp_path / "packed").mkdir()
    with tarfile.open(tmp_path / "packed" / "wbc.tar", "w") as archive:
        for path in home.iterdir():
            info = tarfile.TarInfo(f"wbc/{path.name}")
            info.size = path.stat().st_size
            archive.addfile(info, io.BytesIO(path.read_bytes()))
    for folder in ("plain", "packed"):
        pictures, nuclei, labels = script.read(tmp_path / folder)
        assert pictures.shape == (2, 3, 88, 88) and labels.tolist() == [1, 4]
        assert pictures[:, 1, 0, 0] == pytest.approx([100 / 255, 200 / 255])
        assert nuclei[:, 44:].all() and not nuclei[:, :44].any()


def test_each_way_judges_each_cell_once_and_never_one_it_learnt_from(script):
    found = script.ways(50, 30, seed=1)
    assert list(found) == ["shuffled", "runs", "other_stain", "own_units"]
    for way, folds in found.items():
        judged = np.concatenate([part for _, part, _ in folds])
        first = 30 if way in ("other_stain", "own_units") else 0
        assert sorted(judged) == list(range(first, 50))
        for learnt, part, own in folds:
            assert not set(learnt) & set(part) and own == (way == "own_units")
            assert first == 0 or max(learnt) < 30
    for _, part, _ in found["runs"]:  # one run of each stain
        assert (np.diff(part) != 1).sum() == 1 and ((part < 30).sum(), len(part)) == (6, 10)
    assert all((np.diff(part) != 1).sum() > 1 for _, part, _ in found["shuffled"])


def stained_squares(n=48, yellow=32, side=24):
    """Return pictures of dark squares, four kinds of width, on two grounds; masks; kinds."""
    kinds = np.arange(n) % 4
    pictures, masks = np.full((n, 3, side, side), 0.9, np.float32), np.zeros((n, side, side), bool)
    pictures[:yellow, 2] = 0.4
    for mask, kind in zip(masks, kinds, strict=True):
        half = 2 + 2 * kind
        mask[12 - half : 12 + half, 12 - half : 12 + half] = True
    pictures = np.where(masks[:, None], np.float32(0.2), pictures)
    pictures += np.random.default_rng(0).normal(0, 0.02, pictures.shape).astype(np.float32)
    return pictures, masks, kinds


def test_classes_are_learnt_in_small(script, code, monkeypatch):
    monkeypatch.setattr(script, "FOLDS", 2)
    pictures, _, kinds = stained_squares()
    kinds = np.append(kinds[:-1], 4)  # one of a fifth class, which is left out
    found = script.classes(code, pictures, kinds, CPU, yellow=32, seeds=(0,), epochs=48)
    assert found["n_white"].value == [4, 4, 4, 3] and sum(found["n_yellow"].value) == 32
    assert np.mean(found["accuracy_shuffled"].value) > 0.8
    for way in ("shuffled", "runs", "runs_weighed", "other_stain", "own_units"):
        accuracy, recalls = found[f"accuracy_{way}"], found[f"recalls_{way}"]
        assert len(accuracy.value) == 1 and len(recalls.value) == 4
        assert found[f"balanced_{way}"].value == pytest.approx(np.mean(recalls.value), abs=1e-3)
        low, high = found[f"accuracy_{way}_95"].value
        assert low <= np.mean(accuracy.value) <= high
        assert found[f"entropy_{way}"].value > 0 and found[f"entropy_{way}_cooled"].value > 0
    assert found["strange"].value == 1  # the white ground is told by its third channel


def test_answers_are_counted_by_hand(script, code):
    z = np.zeros((1, 2, 3, 4))
    z[0, :, [0, 1, 2], [0, 0, 1]] = 9.0  # cells of the classes 0, 1, 1: right, wrong, right
    z[0, 1] /= 3
    found = script.of_answers(code, "x", z, np.array([0, 1, 1]))
    assert found["accuracy_x"].value == [0.6667] and found["recalls_x"].value == [1, 0.5]
    assert found["balanced_x"].value == 0.75
    sure = np.exp(9) / (np.exp(9) + 3)
    assert found["sure_x"].value == pytest.approx(sure, rel=1e-3)
    losses = [-np.log(sure), 9 - np.log(sure), -np.log(sure)]
    assert found["entropy_x"].value == pytest.approx(np.mean(losses), rel=1e-3)
    assert found["entropy_x_cooled"].value < found["entropy_x"].value


def test_outlines_are_learnt_in_small(script, code, monkeypatch):
    monkeypatch.setattr(script, "FOLDS", 2)
    pictures, masks, _ = stained_squares(side=24)
    pictures, masks = (np.repeat(np.repeat(p, 3, -1), 3, -2) for p in (pictures, masks))
    found = script.outlines(code, pictures, masks, CPU, yellow=32, seeds=(0,), steps=20)
    assert found["dice_otsu"].value[0] > 0.95
    assert found["dice_own_units"].value[0] > 0.8
    assert {"dice_runs", "dice_other_stain_95"} < set(found) and "dice_shuffled" not in found


def test_speed_is_timed(script, code):
    values = script.speed(code, CPU, (1, 2), side=16)
    assert values["speed_batches"].value == [1, 2] and min(values["speed"].value) > 0
