"""Data to learn from: a set inside a package, a folder you name, or what needs no network.

One module for each kind of data; what fetches and checks files serves them all.
"""

from helpers.data.fetch import DataError
from helpers.data.packages import UNREACHABLE, missing, packaged
from helpers.data.text import Pair, SlotSentence, sentence_pairs, slot_sentences
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
