"""Data: the offline set, CIFAR-10 from a folder, and a download that may go wrong in many ways."""

import hashlib
import io
import pickle
import shutil
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10
from torchvision.transforms import ToTensor

from helpers import data
from helpers.data import vision
from tools import data as command

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
PER_BATCH = 20


@pytest.fixture(autouse=True)
def no_folder_named(monkeypatch, tmp_path):
    monkeypatch.delenv("BOOK_DATA", raising=False)
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    """A small CIFAR-10 in the real one's format, whose checksums count as the published ones."""
    folder = tmp_path / "there"
    batches = folder / vision.CIFAR10_FOLDER
    batches.mkdir(parents=True)
    random = np.random.default_rng(0)
    md5 = {}
    for name in vision.CIFAR10_MD5:
        if name == "batches.meta":
            content = {"label_names": CLASSES}
        else:
            pixels = random.integers(0, 256, (PER_BATCH, 3072), dtype=np.uint8)
            content = {"data": pixels, "labels": random.integers(0, 10, PER_BATCH).tolist()}
        blob = pickle.dumps(content, protocol=2)
        (batches / name).write_bytes(blob)
        md5[name] = hashlib.md5(blob).hexdigest()
    monkeypatch.setattr(vision, "CIFAR10_MD5", md5)
    train = [[name, md5[name]] for name in md5 if name.startswith("data")]
    monkeypatch.setattr(CIFAR10, "train_list", train)
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5["batches.meta"]})
    return folder


def packed(folder):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(folder / vision.CIFAR10_FOLDER, arcname=vision.CIFAR10_FOLDER)
    return buffer.getvalue()


@pytest.fixture
def publisher(cifar, monkeypatch):
    """A server on this machine in the place of the data set's authors; `faults` cut it off."""
    state = SimpleNamespace(archive=packed(cifar), faults=0, requests=0, truncate=None)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            state.requests += 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(state.archive)))
            self.end_headers()
            cut = state.requests <= state.faults
            self.wfile.write(state.archive[: len(state.archive) // 2 if cut else None])

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/cifar-10-python.tar.gz"
    monkeypatch.setattr(CIFAR10, "url", url)
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(state.archive).hexdigest())
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(vision, "CIFAR10_SPACE_MB", 1)
    yield state
    server.shutdown()
    server.server_close()


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_our_checksums_are_those_of_torchvision():
    published = dict([*CIFAR10.train_list, *CIFAR10.test_list])
    published["batches.meta"] = CIFAR10.meta["md5"]
    assert published == vision.CIFAR10_MD5


def test_the_default_needs_no_network_and_says_why(capsys):
    images = data.images()
    assert "scikit-learn's digits, since no folder with CIFAR-10 was named" in (
        capsys.readouterr().out
    )
    assert (len(images.train), len(images.test)) == (1437, 360)
    image, label = images.train[0]
    assert image.shape == (3, 32, 32) and image.dtype == torch.float32
    assert image.min() >= 0 and image.max() <= 1 and isinstance(label, int)


def test_the_digits_are_the_real_ones():
    from sklearn.datasets import load_digits

    pixels, labels = data.digit_arrays()
    original = load_digits()
    assert (labels == original.target).all()
    assert (pixels[..., 0] == pixels[..., 2]).all()
    # Shrunk back to 8 × 8, each image resembles the one that it came from, and no other as much.
    small = pixels[..., 0].reshape(-1, 8, 4, 8, 4).mean((2, 4)).reshape(-1, 64)
    likeness = np.corrcoef(small, original.data)[: len(small), len(small) :]
    assert (likeness.argmax(1) == np.arange(len(small))).all()


def test_no_image_is_in_both_sets_and_every_class_is_in_each():
    images = data.images(quiet=True)
    train = {image.tobytes() for image in images.train.data}
    assert not any(image.tobytes() in train for image in images.test.data)
    assert set(images.test.targets) == set(images.train.targets) == set(range(10))


def test_cifar10_is_read_through_torchvision(cifar, capsys, monkeypatch):
    images = data.images(cifar)
    assert "CIFAR-10, from" in capsys.readouterr().out
    assert isinstance(images.train, CIFAR10) and images.classes == tuple(CLASSES)
    monkeypatch.setenv("BOOK_DATA", str(cifar))
    assert len(data.images(quiet=True).train) == 5 * PER_BATCH


def test_arrays_hold_what_torchvision_reads(cifar):
    train_pixels, train_labels, test_pixels, test_labels = data.read_cifar10(cifar)
    images = data.images(cifar, quiet=True)
    assert train_pixels.shape == (5 * PER_BATCH, 3, 32, 32)
    for i in (0, 57):
        image, label = images.train[i]
        assert torch.equal(image, torch.from_numpy(train_pixels[i]) / 255)
        assert label == train_labels[i]
    assert (test_labels == images.test.targets).all() and len(test_pixels) == PER_BATCH


def test_batches_give_what_a_data_loader_gives(cifar):
    pixels, labels, *_ = data.read_cifar10(cifar)
    images = data.images(cifar, transform=ToTensor(), quiet=True)
    loader = torch.utils.data.DataLoader(images.train, batch_size=32)
    batches = data.Batches(pixels, labels, 32)
    assert len(batches) == len(loader) == 4
    for (ours, our_labels), (theirs, their_labels) in zip(batches, loader, strict=True):
        assert torch.equal(ours, theirs) and torch.equal(our_labels, their_labels)


def test_shuffled_batches_hold_every_image_once_and_differ_between_epochs():
    labels = np.arange(100)
    batches = data.Batches(np.zeros((100, 3, 2, 2), np.uint8), labels, 30, shuffle=True)
    torch.manual_seed(0)
    first, second = (torch.cat([y for _, y in batches]) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(first.sort().values, torch.arange(100))
    torch.manual_seed(0)
    assert torch.equal(torch.cat([y for _, y in batches]), first)


def test_batches_refuse_images_without_labels():
    with pytest.raises(ValueError, match=r"4 images and 3 labels"):
        data.Batches(np.zeros((4, 3, 2, 2), np.uint8), np.zeros(3, int), 2)


def test_a_named_folder_is_never_replaced_in_silence(tmp_path):
    with pytest.raises(data.DataError, match=r"no cifar-10-batches-py in .*make data SET=cifar10"):
        data.images(tmp_path)


def test_the_folder_inside_is_recognised(cifar):
    with pytest.raises(data.DataError, match=r"Name the folder above it"):
        data.images(cifar / vision.CIFAR10_FOLDER)


def test_a_missing_file_is_named(cifar):
    (cifar / vision.CIFAR10_FOLDER / "data_batch_3").unlink()
    with pytest.raises(data.DataError, match=r"data_batch_3 is missing"):
        data.images(cifar)


def test_a_changed_file_is_never_unpickled(cifar, tmp_path):
    trap = tmp_path / "trap"
    code = f"cos\nsystem\n(S'touch {trap}'\ntR.".encode()
    (cifar / vision.CIFAR10_FOLDER / "data_batch_1").write_bytes(code)
    for read in (data.images, data.read_cifar10):
        with pytest.raises(data.DataError, match=r"data_batch_1 is damaged or changed"):
            read(cifar)
    assert not trap.exists()


def test_download_only_when_asked(publisher, tmp_path):
    target = tmp_path / "target"
    with pytest.raises(data.DataError):
        data.images(target)
    assert publisher.requests == 0
    images = data.images(target, download=True, quiet=True)
    assert images.name == "CIFAR-10" and publisher.requests == 1
    assert left_in(target) == [vision.CIFAR10_FOLDER]
    data.images(target, download=True, quiet=True)
    assert publisher.requests == 1, "what is there is not fetched again"


def test_a_cut_off_download_is_tried_again(publisher, tmp_path):
    publisher.faults = 2
    data.download_cifar10(tmp_path / "target")
    assert publisher.requests == 3
    assert left_in(tmp_path / "target") == [vision.CIFAR10_FOLDER]


def test_a_download_that_never_ends_well_leaves_nothing(publisher, tmp_path):
    publisher.faults = 99
    with pytest.raises(data.DataError, match=r"could not be fetched.*Check the network"):
        data.download_cifar10(tmp_path / "target")
    assert left_in(tmp_path / "target") == []


def test_a_changed_archive_is_not_opened(publisher, tmp_path):
    publisher.archive = b"something else" * 100
    with pytest.raises(data.DataError, match=r"could not be fetched"):
        data.download_cifar10(tmp_path / "target")
    assert left_in(tmp_path / "target") == []


def test_no_server(publisher, tmp_path, monkeypatch):
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    with pytest.raises(data.DataError, match=r"Check the network"):
        data.download_cifar10(tmp_path / "target")


def test_a_full_disk_is_seen_before_the_download(publisher, tmp_path, monkeypatch):
    usage = SimpleNamespace(free=300_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(data.DataError, match=r"has 0 MB free.*Free some space"):
        data.download_cifar10(tmp_path / "target")
    assert publisher.requests == 0


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_unpacked(publisher, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "extractall", full)
    target = tmp_path / "target"
    with pytest.raises(data.DataError, match=r"No space left.*Nothing was changed"):
        data.download_cifar10(target)
    assert left_in(target) == ["cifar-10-python.tar.gz"], "the whole archive is kept for next time"
    monkeypatch.undo()


def test_a_folder_that_cannot_be_written(publisher, tmp_path, monkeypatch):
    def denied(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", denied)
    with pytest.raises(data.DataError, match=r"cannot be written.*Choose another folder"):
        data.download_cifar10(tmp_path / "target")
    assert publisher.requests == 0


def test_the_command_fetches_once_and_checks_each_time(publisher, tmp_path):
    target = tmp_path / "target"
    assert "CIFAR-10 is in" in command.answer(["cifar10", str(target)])
    (target / vision.CIFAR10_FOLDER / "test_batch").unlink()
    with pytest.raises(data.DataError, match="test_batch is missing"):
        command.answer(["cifar10", str(target)])
