"""Fetch CIFAR-10: `python -m helpers.data [folder]`."""

import sys
from pathlib import Path

from helpers.data.fetch import DataError
from helpers.data.vision import CIFAR10_FOLDER, check_cifar10, download_cifar10


def main(arguments: list[str]) -> int:
    """Fetch CIFAR-10 into the folder named on the command line (default `data`)."""
    folder = Path(arguments[0] if arguments else "data")
    try:
        if not (folder / CIFAR10_FOLDER).exists():
            download_cifar10(folder)
        check_cifar10(folder)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"CIFAR-10 is in {folder}. Use it: BOOK_DATA={folder.resolve()} make lab")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
