"""Images to learn from: the folder you name, else a set that needs no network.

CIFAR-10 is read from a folder that you name and fetched only when you ask for it. Without it, the
book uses scikit-learn's handwritten digits: real images, few and small, enlarged to 32 × 32
pixels so that the same network runs on them.
"""

import hashlib
import os
import pickle
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpers.data import fetch
from helpers.data.fetch import DataError

#: MD5 of each file, as published with the data set (and as torchvision checks them).
CIFAR10_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}
CIFAR10_FOLDER = "cifar-10-batches-py"
#: Free space that a download needs: the archive and what is in it, 170 MB and 186 MB.
CIFAR10_SPACE_MB = 400

DIGITS_TEST = 360  # of 1,797 images, a fifth


@dataclass(frozen=True)
class Images:
    """Images to train and to test on.

    `train` and `test` are `torch.utils.data.Dataset`s of `(image, label)`; what an image is,
    `transform` decides.
    """

    name: str
    classes: tuple[str, ...]
    train: object
    test: object


def images(folder=None, *, download: bool = False, transform=None, quiet: bool = False) -> Images:
    """Return the images to learn from, and print which they are and why.

    Args:
        folder: the folder that holds CIFAR-10 (or should, with `download`); default the
            environment variable `BOOK_DATA`; without either, scikit-learn's digits.
        download: fetch CIFAR-10 (170 MB) into `folder` if it is not there.
        transform: applied to each PIL image of 32 × 32 pixels; default torchvision's
            `ToTensor`, which gives a float tensor of shape (3, 32, 32) between 0 and 1.
        quiet: print nothing.

    Raises:
        DataError: the named folder does not hold a whole, unchanged CIFAR-10, or the download
            failed. The message names the cure. A named folder is never replaced in silence.
    """
    if transform is None:
        from torchvision.transforms import ToTensor

        transform = ToTensor()
    named = folder or os.environ.get("BOOK_DATA") or ("data" if download else None)
    found = _digits(transform) if named is None else _cifar10(named, download, transform)
    if not quiet:
        why = f"from {named}" if named else "since no folder with CIFAR-10 was named"
        sizes = f"{len(found.train):,} images to train on and {len(found.test):,} to test on"
        print(f"{found.name}, {why}: {sizes}.")
    return found


def _cifar10(folder, download: bool, transform) -> Images:
    from torchvision.datasets import CIFAR10

    folder = fetch.expanded(folder)
    if download and not (folder / CIFAR10_FOLDER).exists():
        download_cifar10(folder)
    check_cifar10(folder)
    train = CIFAR10(folder, train=True, download=False, transform=transform)
    test = CIFAR10(folder, train=False, download=False, transform=transform)
    return Images("CIFAR-10", tuple(train.classes), train, test)


def _digits(transform) -> Images:
    from sklearn.model_selection import train_test_split

    pixels, labels = digit_arrays()
    split = train_test_split(pixels, labels, test_size=DIGITS_TEST, stratify=labels, random_state=0)
    train_pixels, test_pixels, train_labels, test_labels = split
    return Images(
        name="scikit-learn's digits",
        classes=tuple("0123456789"),
        train=ArrayImages(train_pixels, train_labels, transform),
        test=ArrayImages(test_pixels, test_labels, transform),
    )


def digit_arrays():
    """Return scikit-learn's digits as colour images and their labels.

    Returns:
        pixels: uint8 array of shape (1797, 32, 32, 3), each 8 × 8 digit enlarged smoothly.
        labels: int64 array of shape (1797,).

    Source: `sklearn.datasets.load_digits`, from the UCI optical digits test set.
    """
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    grey = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    large = [Image.fromarray(image).resize((32, 32), Image.Resampling.BICUBIC) for image in grey]
    pixels = np.repeat(np.stack([np.asarray(image) for image in large])[..., None], 3, axis=3)
    return pixels, digits.target.astype(np.int64)


class ArrayImages:
    """A data set over arrays that behaves as torchvision's: PIL image, transform, label."""

    def __init__(self, pixels, labels, transform=None):
        """Keep `pixels`, uint8 (n, height, width, 3), and `labels`, int64 (n,)."""
        self.data, self.targets, self.transform = pixels, labels.tolist(), transform

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int):
        from PIL import Image

        image = Image.fromarray(self.data[index])
        return (self.transform(image) if self.transform else image), self.targets[index]


def check_cifar10(folder: Path) -> None:
    """Check that `folder` holds the whole, unchanged CIFAR-10, before anything is unpickled.

    Unpickling runs whatever code a file holds, so a file is read only if its checksum is the
    published one.

    Raises:
        DataError: a file is missing or differs; the message names it and the cure.
    """
    cure = "Get it again with `make data SET=cifar10`, or images(folder, download=True)."
    batches = Path(folder) / CIFAR10_FOLDER
    if batches.is_file():
        raise DataError(f"{batches} is a file, and a folder belongs there: move the file away.")
    if not batches.is_dir():
        hint = "Name the folder above it." if Path(folder).name == CIFAR10_FOLDER else cure
        raise DataError(f"There is no {CIFAR10_FOLDER} in {folder}. {hint}")
    if wrong := _wrong(batches):
        raise DataError(f"{batches}/{wrong}. Remove {batches}, then: {cure}")


def _wrong(batches: Path) -> str:
    """Say which file of CIFAR-10 is not as it was published, and how; "" if all are."""
    for name, md5 in CIFAR10_MD5.items():
        try:
            if hashlib.md5((batches / name).read_bytes()).hexdigest() != md5:
                return f"{name} is damaged or changed"
        except FileNotFoundError:
            return f"{name} is missing"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
    return ""


def read_cifar10(folder):
    """Return CIFAR-10 as arrays, with NumPy alone.

    Returns:
        `(train_pixels, train_labels, test_pixels, test_labels)`: uint8 of shape
        (50000, 3, 32, 32), int64 (50000,), uint8 (10000, 3, 32, 32), int64 (10000,).

    Raises:
        DataError: as `check_cifar10`.
    """
    import numpy as np

    check_cifar10(folder)

    def read(names):
        contents = [(Path(folder) / CIFAR10_FOLDER / name).read_bytes() for name in names]
        batches = [pickle.loads(content, encoding="latin1") for content in contents]
        pixels = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
        return pixels, np.concatenate([batch["labels"] for batch in batches]).astype(np.int64)

    return *read([f"data_batch_{i}" for i in range(1, 6)]), *read(["test_batch"])


class Batches:
    """Batches of images that are already in memory, without a DataLoader's work for each image.

    Yields `(images, labels)`: what `ToTensor` would give, float32 between 0 and 1 of shape
    (batch_size, 3, height, width), and int64 (batch_size,). The last batch may be smaller.
    """

    def __init__(self, pixels, labels, batch_size: int, *, shuffle=False, device="cpu"):
        """Keep uint8 `pixels` (n, 3, height, width) and `labels` (n,) on `device`."""
        import torch

        if len(pixels) != len(labels):
            raise ValueError(f"{len(pixels)} images and {len(labels)} labels do not match.")
        self.pixels = torch.as_tensor(pixels).to(device)
        self.labels = torch.as_tensor(labels).to(device)
        self.batch_size, self.shuffle = batch_size, shuffle

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self):
        import torch

        n, device = len(self.labels), self.labels.device
        # Drawn on the CPU, so that one seed gives one order on every device.
        order = torch.randperm(n).to(device) if self.shuffle else torch.arange(n, device=device)
        for chosen in order.split(self.batch_size):
            yield self.pixels[chosen].float().div(255), self.labels[chosen]


def download_cifar10(folder) -> Path:
    """Fetch CIFAR-10 (170 MB) from its authors into `folder` and return the folder.

    The archive's checksum is verified before it is opened, a cut-off download is tried again,
    and the files appear all at once or not at all.

    Raises:
        DataError: no network, no space, no right to write, or a damaged archive.
    """
    from torchvision.datasets import CIFAR10

    folder = fetch.expanded(folder)
    fetch.check_room(folder, CIFAR10_SPACE_MB, "CIFAR-10")
    with fetch.turn(folder):
        if not (folder / CIFAR10_FOLDER).exists():  # no other process was faster
            archive = fetch.file(CIFAR10.url, f"md5:{CIFAR10.tgz_md5}", folder, "CIFAR-10")
            _unpack(archive, folder)
            archive.unlink()
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    unpacked = Path(tempfile.mkdtemp(dir=folder, prefix=".unpacking-"))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        if wrong := _wrong(unpacked / CIFAR10_FOLDER):
            raise tarfile.TarError(f"{wrong} in it")
        (unpacked / CIFAR10_FOLDER).replace(folder / CIFAR10_FOLDER)
    except (OSError, tarfile.TarError) as error:
        said = fetch.cured(error, f"It is not the archive of CIFAR-10: remove {archive}.")
        raise DataError(
            f"CIFAR-10 could not be unpacked into {folder}: {said} Nothing was changed there."
        ) from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
