"""The form of every notebook: its first code cell, for Colab, and what editors write beside cells.

python -m tools.colab_cell          names the notebooks that have another form
python -m tools.colab_cell --write  puts the cell, or puts it right, and restores what an editor
                                    that saved a notebook has changed of the kernel and of hiding
"""

import argparse
import copy
from pathlib import Path

import nbformat

from helpers.files import write_atomically
from tools import ending, reading

ROOT = Path(__file__).resolve().parents[1]
METADATA = {"tags": ["remove-cell"], "jupyter": {"source_hidden": True}, "cellView": "form"}
#: A cell that begins so is hidden, as drawings are: on the site, in JupyterLab and on Colab.
TITLE = "# @title "
HIDDEN = METADATA | {"tags": ["hide-input"]}
#: What JupyterLab writes of the kernel, without Python's version, which is another elsewhere.
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
SOURCE = """\
# @title On Colab: install the book's helpers, show the GPU
import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # torch's idle threads sleep, not spin
if "google.colab" in sys.modules:
    package = "gpus-and-ai-helpers @ git+{url}@{branch}"
    here = [*importlib.metadata.distributions(name="gpus-and-ai-helpers")]
    here += Path().glob("helpers/resources.py")
    for file in filter(zipfile.is_zipfile, Path().iterdir()):  # what was uploaded
        with zipfile.ZipFile(file) as book:
            for name in (n for n in book.namelist() if n.endswith("helpers/resources.py")):
                book.extractall("uploaded")
                here.append(Path("uploaded", name).resolve())
                sys.path.insert(0, str(here[-1].parents[1]))
    if "address_not_set" in package:
        cure = "This copy of the book has no public address: set it with `make address "
        cure += "URL=https://github.com/owner/name`. Or zip its folder,"
    else:
        files = [
            "{site}helpers.whl",
            "{url}/archive/refs/heads/{branch}.zip",
        ]
        cure = f"Try again when there is a network. Or download {{' or '.join(files)}},"
        pip = [sys.executable, "-m", "pip", "install", "-q", package]
        here = here or subprocess.run(pip).returncode == 0
    if not here:
        cure += " upload it in the file panel on the left, and run all again."
        sys.exit("The book's helpers are not here. " + cure)
    importlib.invalidate_caches()
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none, so the CPU works."
    print("GPU:", gpu, "" if torch.cuda.is_available() else "Runtime → Change runtime type: T4")"""
#: What Colab reads of a notebook that is better with a GPU: it opens on one.
ON_GPU = {"accelerator": "GPU", "colab": {"gpuType": "T4"}}


def source(root: Path) -> str:
    """Return the text of the cell, with the address that `_config.yml` of `root` holds."""
    url, branch, site = reading.address(root)
    return SOURCE.format(url=url, branch=branch, site=site)


def put(notebook: nbformat.NotebookNode, text: str) -> None:
    """Make `text` the notebook's first code cell, and ask Colab for a GPU where one is better."""
    for key, value in ON_GPU.items():
        notebook.metadata.pop(key, None)
        if notebook.cells and "better with a gpu" in notebook.cells[0].source.lower():
            notebook.metadata[key] = value
    cells = notebook.cells
    first = next((n for n, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    older = first < len(cells) and cells[first].get("id") == "colab"
    new = nbformat.v4.new_code_cell(text, id="colab", metadata=METADATA)
    cells[first : first + older] = [new]


def restore(notebook: nbformat.NotebookNode) -> None:
    """Undo what an editor writes when it saves: which kernel it found, which cells it unfolded."""
    notebook.metadata.update(nbformat.from_dict(copy.deepcopy(KERNEL)))
    for cell in notebook.cells:
        if cell.get("id") == "colab":
            continue
        tags = [tag for tag in cell.metadata.get("tags", []) if tag not in HIDDEN["tags"]]
        hidden = cell.cell_type == "code" and cell.source.startswith(TITLE)
        kept = HIDDEN | {"tags": [*HIDDEN["tags"], *tags]} if hidden else {"tags": tags}
        cell.metadata = nbformat.from_dict({key: value for key, value in kept.items() if value})


def update(path: Path, text: str, *, write: bool) -> bool:
    """Give the notebook at `path` its form, with the cell; tell whether that changes the file."""
    notebook = reading.document(path)
    put(notebook, text)
    restore(notebook)
    new = nbformat.writes(notebook) + "\n"
    if new.encode() == path.read_bytes():  # its line ends, too
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
    ending.end(main, reading.UnusableError)
