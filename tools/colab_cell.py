"""The first code cell of every notebook: it makes the notebook run on Colab.

python -m tools.colab_cell          names the notebooks whose cell differs
python -m tools.colab_cell --write  puts the cell, or puts it right, in every notebook
"""

import argparse
import sys
from pathlib import Path

import nbformat
import yaml

from helpers.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
METADATA = {"tags": ["remove-cell"], "jupyter": {"source_hidden": True}, "cellView": "form"}
SOURCE = """\
# @title On Colab: install the book's helpers, show the GPU
import importlib.util
import subprocess
import sys

if "google.colab" in sys.modules:
    book, branch = "{url}", "{branch}"
    package = f"gpus-and-ai-helpers @ git+{{book}}@{{branch}}"
    pip = [sys.executable, "-m", "pip", "install", "-q", package]
    if importlib.util.find_spec("helpers") is None:
        if "address_not_set" in book:
            print("This copy of the book has no public address, so Colab cannot install from it.")
            print("Set it with `make address URL=https://github.com/owner/name`, or upload the")
            print("folders `helpers` and `book` of the repository beside this notebook.")
        elif subprocess.run(pip).returncode != 0:
            print(f"pip could not install {{package}}: see its lines above, then run this again.")
        importlib.invalidate_caches()
    import torch

    if torch.cuda.is_available():
        print("GPU:", torch.cuda.get_device_name())
    else:
        print("No GPU here. Runtime → Change runtime type → T4 GPU switches one on; until then")
        print("the chapter runs on the CPU.")"""


def source(root: Path) -> str:
    """Return the text of the cell, with the address that `_config.yml` of `root` holds."""
    repository = yaml.safe_load((root / "_config.yml").read_text())["repository"]
    return SOURCE.format(url=repository["url"], branch=repository["branch"])


def put(notebook: nbformat.NotebookNode, text: str) -> None:
    """Make `text` the notebook's first code cell, in place of an older Colab cell."""
    cells = notebook.cells
    first = next((n for n, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    older = first < len(cells) and cells[first].get("id") == "colab"
    new = nbformat.v4.new_code_cell(text, id="colab", metadata=METADATA)
    cells[first : first + older] = [new]


def update(path: Path, text: str, *, write: bool) -> bool:
    """Put the cell into the notebook at `path`; tell whether that changes the file."""
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    put(notebook, text)
    new = nbformat.writes(notebook) + "\n"
    if new == path.read_text():
        return False
    if write:
        write_atomically(path, new)
    return True


def paths(root: Path) -> list[Path]:
    """Return every notebook of the book."""
    found = (root / "book").rglob("*.ipynb")
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def main() -> int:
    """Compare or write; return 1 when a comparison finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="change the notebooks")
    write = parser.parse_args().write
    changed = [path for path in paths(ROOT) if update(path, source(ROOT), write=write)]
    for path in changed:
        print(path.relative_to(ROOT), "written" if write else "differs: make format puts it right")
    return 1 if changed and not write else 0


if __name__ == "__main__":
    sys.exit(main())
