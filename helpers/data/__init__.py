"""Data to learn from: the folder you name, else a set that needs no network.

One module for each kind of data; what fetches and checks files serves them all.
"""

from helpers.data.fetch import DataError
from helpers.data.vision import (
    ArrayImages,
    Batches,
    Images,
    check_cifar10,
    digit_arrays,
    download_cifar10,
    images,
    read_cifar10,
)

__all__ = [
    "ArrayImages",
    "Batches",
    "DataError",
    "Images",
    "check_cifar10",
    "digit_arrays",
    "download_cifar10",
    "images",
    "read_cifar10",
]
