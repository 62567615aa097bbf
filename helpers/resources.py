"""Find the files that the book and its helpers share: explorables, records, the GPU registry."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_IN_REPOSITORY = _HERE.parent / "book"
_IN_WHEEL = _HERE / "_book"


def root() -> Path:
    """Return the folder that holds the shared files.

    In a checkout that is `book/`, beside `helpers/`. In an installed wheel (on Colab, say) it is
    the copy that travels inside the package.

    Raises:
        FileNotFoundError: there is neither, as where `helpers` alone was uploaded.
    """
    for found in _IN_REPOSITORY, _IN_WHEEL:
        if (found / "recorded").is_dir():
            return found
    raise FileNotFoundError(
        f"The book's folder `book` is missing: it belongs beside `helpers`, as {_IN_REPOSITORY}"
    )


def path(name: str) -> Path:
    """Return the path of the shared file `name`, such as `"data/gpus.yml"`.

    Raises:
        FileNotFoundError: there is no such file; the message says how to get it.
    """
    found = root() / name
    if not found.exists():
        taken = f"take what git has: git checkout -- {found}"
        cure = taken if root() == _IN_REPOSITORY else "install the helpers again"
        raise FileNotFoundError(
            f"There is no {name} among the book's files. If the name is right, {cure}"
        )
    return found
