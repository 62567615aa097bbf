"""The record of vision with the cells of its chapter: equal to the libraries, on random boxes."""

import contextlib
import io
import tarfile

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from helpers import recorded

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def script():
    return recorded.script("vision")


@pytest.fixture(scope="module")
def code(script):
    return recorded.chapter(script.CHAPTER, script.CELLS)


def some_boxes(draw, n) -> torch.Tensor:
    corner, side = draw.uniform(0, 60, (n, 2)), draw.uniform(5, 40, (n, 2))
    return torch.tensor(np.concatenate([corner, corner + side], 1))


def random_pictures(seed, pictures=30, classes=3):
    """Return (found, truth) of random boxes: some true ones moved a little, some made up."""
    draw = np.random.default_rng(seed)
    found, truth = [], []
    for _ in range(pictures):
        true = some_boxes(draw, draw.integers(0, 7))
        labels = torch.tensor(draw.integers(0, classes, len(true)))
        near = true.repeat(2, 1)[: draw.integers(0, 2 * len(true) + 1)]
        near = near + torch.tensor(draw.normal(0, 4, near.shape))
        near[:, 2:] = near[:, 2:].maximum(near[:, :2] + 1)  # a box has an inside
        boxes = torch.cat([near, some_boxes(draw, draw.integers(0, 6))])
        said = torch.cat([labels.repeat(2)[: len(near)], torch.zeros(len(boxes) - len(near))])
        truth.append((true, labels))
        found.append((boxes, torch.tensor(draw.uniform(0, 1, len(boxes))), said.long()))
    return found, truth


def by_pycocotools(found, truth, at) -> float:
    """Return the mean AP that the reference of the field computes."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def rows(part):
        for picture, (boxes, *rest) in enumerate(part, 1):
            for n, (x, y, right, bottom) in enumerate(boxes.tolist()):
                yield picture, n, [x, y, right - x, bottom - y], *(r[n].item() for r in rest)

    true = [
        {"id": n, "image_id": p, "bbox": b, "category_id": k, "area": b[2] * b[3], "iscrowd": 0}
        for n, (p, _, b, k) in enumerate(rows(truth), 1)
    ]
    said = [
        {"image_id": p, "bbox": b, "score": s, "category_id": k} for p, _, b, s, k in rows(found)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = {
            "info": {},
            "images": [{"id": n} for n in range(1, len(truth) + 1)],
            "annotations": true,
            "categories": [{"id": k} for k in sorted({row["category_id"] for row in true})],
        }
        reference.createIndex()
        judge = COCOeval(reference, reference.loadRes(said), "bbox")
        judge.params.iouThrs = np.array([at])
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][0, :, :, 0, -1]  # recalls by classes, any size, 100 boxes
    return float(precision.mean(0).mean())


@pytest.mark.parametrize("at", [0.5, 0.75])
@pytest.mark.parametrize("seed", range(4))
def test_average_precision_is_that_of_pycocotools(code, seed, at):
    found, truth = random_pictures(seed)
    ours = code.mean_ap(code.judged(found, truth, at))
    assert 0.002 < ours < 0.99
    assert ours == pytest.approx(by_pycocotools(found, truth, at), abs=1e-12)


def test_average_precision_by_hand(code):
    # hit, miss, hit of three true boxes: precision 1 up to a recall of 1/3, 2/3 up to 2/3, then 0
    scores, hit = np.array([0.7, 0.9, 0.8]), np.array([True, True, False])
    expected = (34 * 1 + 33 * 2 / 3 + 34 * 0) / 101
    assert code.average_precision(scores, hit, 3) == pytest.approx(expected)
    assert code.average_precision(np.zeros(0), np.zeros(0, bool), 3) == 0


def test_pictures_can_be_chosen_one_by_one(code):
    found, truth = random_pictures(1)
    kept = code.judged(found, truth)
    chosen = [4, 9, 9]
    again = code.judged([found[n] for n in chosen], [truth[n] for n in chosen])
    assert code.mean_ap(kept, chosen) == pytest.approx(code.mean_ap(again))


@pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
def test_suppression_is_torchvisions_by_loop_and_in_rounds(code, at):
    for seed in range(5):
        draw = np.random.default_rng(seed)
        boxes, scores = some_boxes(draw, 150), torch.tensor(draw.uniform(size=150))
        labels = torch.tensor(draw.integers(0, 4, 150))
        expected = torchvision.ops.nms(boxes, scores, at)
        assert torch.equal(code.nms(boxes, scores, at), expected)
        assert torch.equal(code.nms_in_rounds(boxes, scores, at)[0], expected)
        by_class = torchvision.ops.batched_nms(boxes, scores, labels, at)
        assert torch.equal(code.nms_by_class(boxes, scores, labels, at), by_class)


def test_without_boxes_nothing_is_kept(code):
    none = torch.zeros(0, 4), torch.zeros(0)
    assert len(code.nms(*none)) == 0
    assert len(code.nms_by_class(*none, torch.zeros(0, dtype=torch.long))) == 0


def test_passes_and_rounds_depend_on_where_the_boxes_lie(code):
    counts = {}
    for name, boxes in code.layouts(200).items():
        kept, rounds = code.nms_in_rounds(boxes, torch.linspace(1, 0, len(boxes)))
        counts[name] = len(kept), rounds
    assert counts == {"far apart": (200, 1), "chains of ten": (100, 10), "one pile": (1, 2)}


@pytest.fixture(scope="module")
def composed():
    """The cells that compose scenes and read a page."""
    cells = "setup constants digits paste box-around scene scenes patches finder"
    return recorded.chapter("applications/vision", cells)


def test_scenes_are_the_same_for_a_seed_and_their_boxes_true(composed):
    pictures, truth = composed.scenes(6, 4, "test")
    again, _ = composed.scenes(6, 4, "test")
    other, _ = composed.scenes(6, 5, "test")
    assert torch.equal(pictures, again) and not torch.equal(pictures, other)
    assert pictures.shape == (6, 1, composed.SIZE, composed.SIZE)
    for boxes, labels in truth:
        assert 2 <= len(boxes) == len(labels) <= 7
        assert (boxes >= 0).all() and (boxes <= composed.SIZE).all()
        assert (boxes[:, :2] < boxes[:, 2:]).all()


def test_a_box_goes_tightly_around_the_ink_that_is_seen(composed):
    shape = torch.zeros(8, 8)
    shape[2:6, 3:5] = 1
    for x, y in ((10, 20), (-7, 30), (85, 84)):  # inside, and cut on the left and at a corner
        picture = torch.zeros(composed.SIZE, composed.SIZE)
        left, top, right, bottom = composed.box_around(*composed.paste(picture, shape, 16, x, y))
        ink = picture > 0.25
        assert ink[top:bottom, left:right].sum() == ink.sum() > 0
        assert ink[top].any() and ink[bottom - 1].any()
        assert ink[:, left].any() and ink[:, right - 1].any()


def test_to_learn_and_to_test_no_digit_is_shared(composed):
    assert not set(composed.POOLS["train"]) & set(composed.POOLS["test"])


def test_patches_are_boxed_and_a_probable_line_grows(composed):
    picture = np.zeros((40, 60), np.float32)
    picture[10:20, 5:45] = 1
    picture[30:33, 50:53] = 1  # too small
    boxes, crops = composed.patches(picture)
    assert boxes.tolist() == [[5, 10, 45, 20]] and len(crops[0]) == 64
    by = 1.6 * 400 / 100
    assert composed.probable_boxes(picture)[0].tolist() == pytest.approx(
        [5 - by, 10 - by, 45 + by, 20 + by]
    )


def test_a_cell_in_the_middle_of_a_box_wants_it(code):
    boxes, labels = torch.tensor([[8.0, 8, 24, 24], [30, 2, 33, 5]]), torch.tensor([3, 1])
    which, wanted = code.wanted(boxes, labels, (32, 40))
    assert which.shape == (8, 10)
    assert (which == 3).nonzero().tolist() == [[r, c] for r in range(3, 5) for c in range(3, 5)]
    assert which[0, 7] == 1 and wanted[0, 7].tolist() == boxes[1].tolist()  # smaller than a cell
    assert (which == code.CLASSES).sum() == 80 - 4 - (which == 1).sum()


def test_the_network_says_boxes_around_its_cells(code):
    torch.manual_seed(0)
    model = code.Detector(classes=3, channels=3, width=8, layers=1).eval()
    scores, boxes = model(torch.rand(2, 3, 32, 40))
    assert scores.shape == (2, 3, 8, 10) and boxes.shape == (2, 8, 10, 4)
    at = code.centres(8, 10)
    assert at[2, 5].tolist() == [22, 10]
    assert (boxes[..., :2] < at).all() and (boxes[..., 2:] > at).all()


def test_the_detector_learns_squares_in_small(script, code):
    draw = np.random.default_rng(0)
    pictures, truth = torch.zeros(40, 3, 32, 40), []
    for picture in pictures:
        x, y, kind = *draw.integers(1, 18, 2).tolist(), int(draw.integers(0, 3))
        picture[kind, y : y + 13, x : x + 13] = 1
        truth.append((torch.tensor([[x, y, x + 13.0, y + 13.0]]), torch.tensor([kind])))
    test = pictures[:30], truth[:30]
    values = script.measure(
        code, (pictures, truth), test, CPU, seeds=(0,), hidden=(0, 60), layers=2, epochs=10
    )
    assert values["full"].value[0] > 0.8
    assert values["learnt"].value[0] == values["judged"].value[0] == values["full"].value[0]
    assert values["judged"].value[1] < values["full"].value[0] - 0.2
    assert sum(values[f"n_{name}"].value for name in ("rbc", "wbc", "platelets")) == 30


def test_hidden_labels_are_drawn_once_and_at_random(script):
    truth = [(torch.zeros(50, 4), torch.arange(50)) for _ in range(20)]
    assert all(len(labels) == 50 for _, labels in script.without(truth, 0, 1))
    once, again = (script.without(truth, 30, 1) for _ in range(2))
    assert [labels.tolist() for _, labels in once] == [labels.tolist() for _, labels in again]
    assert 0.65 < sum(len(labels) for _, labels in once) / 1000 < 0.75
    assert all(len(boxes) == len(labels) for boxes, labels in once)


def test_a_reflection_takes_its_boxes_along(script):
    picture = torch.zeros(1, 1, 6, 8)
    picture[0, 0, 1:3, 2:7] = 1
    box = torch.tensor([[2.0, 1, 7, 3]])
    pictures, truth = script.reflected(picture, [(box, torch.tensor([0]))])
    assert len(pictures) == len(truth) == 4
    for shown, (boxes, _) in zip(pictures, truth, strict=True):
        left, top, right, bottom = boxes[0].int().tolist()
        assert shown[0, top:bottom, left:right].all() and shown.sum() == 10
    assert len({tuple(boxes[0].tolist()) for boxes, _ in truth}) == 4


SIDES = ("xmin", "ymin", "xmax", "ymax")


def item(name, *box) -> str:
    sides = "".join(f"<{s}>{value}</{s}>" for s, value in zip(SIDES, box, strict=True))
    return f"<object><name>{name}</name><bndbox>{sides}</bndbox></object>"


def test_photographs_are_read_packed_or_not(script, tmp_path):
    home = tmp_path / "plain" / "BCCD"
    for part, names in {"train": "a", "val": "b", "test": "c"}.items():
        path = home / "ImageSets" / "Main" / f"{part}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{names}\n")
    for n, name in enumerate("abc"):
        (home / "JPEGImages").mkdir(exist_ok=True)
        (home / "Annotations").mkdir(exist_ok=True)
        Image.new("RGB", (64, 48), (80 * n, 0, 0)).save(home / "JPEGImages" / f"{name}.jpg")
        items = item("WBC", 4, 8, 24, 40) + item("Platelets", 5, 5, 5, 9)
        (home / "Annotations" / f"{name}.xml").write_text(f"<annotation>{items}</annotation>")
    (tmp_path / "packed").mkdir()
    with tarfile.open(tmp_path / "packed" / "bccd.tar.xz", "w:xz") as archive:
        archive.add(home, "BCCD")
    for folder in ("plain", "packed"):
        (learn, truth), (test, _) = script.read(tmp_path / folder)
        assert learn.shape == (2, 3, 12, 16) and test.shape == (1, 3, 12, 16)
        assert test[0, 0].mean() == pytest.approx(160 / 255, abs=0.02)
        boxes, labels = truth[0]  # the platelet has no width
        assert boxes.tolist() == [[1, 2, 6, 10]] and labels.tolist() == [1]


def test_speed_and_suppression_are_timed(script, code):
    values = script.speed(code, CPU, (1, 2)) | script.suppression(code, CPU, n=30)
    assert len(values["speed"].value) == 2 and min(values["speed"].value) > 0
    assert {key for key in values if key.startswith("nms")} == {
        f"nms_{layout}_{way}"
        for layout in ("far_apart", "chains_of_ten", "one_pile")
        for way in ("loop", "rounds")
    }
