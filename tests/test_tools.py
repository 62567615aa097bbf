"""The tools: what re-runs and what does not, failures, interruptions, and the install's cures."""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from helpers import data
from helpers.data.catalogue import datasets
from tools import colab_cell, execute, install
from tools.notebooks import Notebook, notebooks

ROOT = Path(__file__).resolve().parents[1]
V4 = nbformat.v4


def write(root, path, *sources, tags=(), measures=False):
    """Write a notebook with one Markdown cell and a code cell for each source."""
    cells = [V4.new_markdown_cell("# Prose"), *(V4.new_code_cell(text) for text in sources)]
    cells[-1].metadata["tags"] = list(tags)
    kernel = {"name": "python3", "display_name": "Python 3"}
    about = {"kernelspec": kernel, "book": {"measures": measures}}
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(V4.new_notebook(cells=cells, metadata=about), file)


@pytest.fixture
def book(tmp_path):
    """An empty book: write notebooks into it, then name them in the contents."""
    files = {
        "constraints.txt": "numpy==2\n",
        "helpers/__init__.py": "",
        "helpers/plain.py": "",
        "helpers/deep.py": "from . import base as _base\n",
        "helpers/base.py": "from helpers import resources\nresources.path('data/gpus.yml')\n",
        "helpers/general.py": "def load(name):\n    resources.path(f'recorded/{name}.json')\n",
        "helpers/pack/__init__.py": "from .inner import x\n",
        "helpers/pack/inner.py": "from ..plain import y\n",
        "warptrace/__init__.py": "from . import engine\n",
        "warptrace/engine.py": "",
        "warptrace/tests/test_engine.py": "",
        "book/recorded/curve.json": "{}",
        "book/recorded/curve.py": "from helpers import plain\n",
        "book/recorded/ladder.py": "from helpers import deep\nrecorded.script('curve')\n",
        "book/data/gpus.yml": "",
        "book/cluster/slurm.sbatch": "",
        "book/cluster/train.py": "",
        "book/explorables/base.js": "",
        "book/explorables/curve.js": "",
        "book/explorables/tile-copy.js": "",
        "book/checks/a/one.py": "",
        "book/checks/a/two.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def contents(root, *pages):
    lines = ["format: jb-book", "root: book/index", "parts:", "  - caption: All", "    chapters:"]
    lines += [f"      - file: {page}" for page in pages]
    (root / "_toc.yml").write_text("\n".join(lines) + "\n")


# What a notebook depends on

DEEP = ["helpers/deep.py", "helpers/base.py", "book/data/gpus.yml"]
PACK = ["helpers/pack/__init__.py", "helpers/pack/inner.py", "helpers/plain.py"]
CURVE = ["book/recorded/curve.json", "book/recorded/curve.py", "helpers/plain.py"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = 1", []),
        ("from helpers import plain", ["helpers/plain.py"]),
        ("import helpers.plain as p", ["helpers/plain.py"]),
        ("from helpers.deep import z", DEEP),
        ("def f():\n    from helpers import deep", DEEP),
        ("from helpers import pack", PACK),
        ("from helpers.pack.inner import x", PACK),
        ("%matplotlib inline\nif True:\n    !ls\nfrom helpers import plain", ["helpers/plain.py"]),
        ("from warptrace import cuda", ["warptrace/__init__.py", "warptrace/engine.py"]),
        ("import helpersx, numpy", []),
        # What read calls name counts; the same words elsewhere do not.
        ("recorded.load('curve')", CURVE),
        ("recorded.lookup('curve.cpu.ms')", CURVE),
        ("recorded.script('curve')", CURVE[1:]),
        ("recorded.script('ladder')", ["book/recorded/ladder.py", *CURVE[1:], *DEEP]),
        ("explorable('tile-copy')", ["book/explorables/base.js", "book/explorables/tile-copy.js"]),
        ("resources.path('data/gpus.yml')", ["book/data/gpus.yml"]),
        ("resources.path(f'cluster/{x}')", ["book/cluster/slurm.sbatch", "book/cluster/train.py"]),
        ("recorded.load(name)", [*CURVE, "book/recorded/ladder.py", *DEEP]),
        ("show('curve', 'gpus', 'tile-copy')", []),
        ("from helpers import general", ["helpers/general.py"]),
    ],
)
def test_a_notebook_depends_on_what_it_imports_and_reads(book, source, names):
    write(book, "book/a/one.ipynb", source)
    files = {
        file.relative_to(book).as_posix() for file in Notebook(book, "book/a/one.ipynb").files()
    }
    wanted = {*names, "book/checks/a/one.py"}
    assert files - {"helpers/__init__.py"} == wanted
    assert ("helpers/__init__.py" in files) == any(name.startswith("helpers") for name in names)


def test_a_cell_that_cannot_be_parsed_may_import_anything(book):
    write(book, "book/a/one.ipynb", "files = !ls | grep")
    assert set(Notebook(book, "book/a/one.ipynb").files()) >= set((book / "helpers").glob("*.py"))


def key(root):
    return Notebook(root, "book/a/one.ipynb").key


def edit(root, change):
    path = root / "book/a/one.ipynb"
    notebook = nbformat.read(path, 4)
    change(notebook)
    nbformat.write(notebook, path)


def test_the_key_follows_what_decides_the_results(book):
    write(book, "book/a/one.ipynb", "from helpers import deep\nrecorded.load('curve')")
    first = key(book)

    def prose(notebook):
        notebook.cells[0].source = "# Other prose"
        notebook.cells.append(V4.new_markdown_cell("more"))

    edit(book, prose)
    for name in ["helpers/general.py", "book/explorables/curve.js", "book/checks/a/two.py"]:
        (book / name).write_text("unrelated = True")
    assert key(book) == first

    seen = {first}
    for name in [
        "helpers/deep.py",
        "helpers/base.py",
        "book/recorded/curve.json",
        "book/recorded/curve.py",
        "book/data/gpus.yml",
        "book/checks/a/one.py",
        "constraints.txt",
    ]:
        (book / name).write_text((book / name).read_text() + "\n")
        assert key(book) not in seen, name
        seen.add(key(book))

    def code(notebook):
        notebook.cells[1].source += "\n2"

    def tag(notebook):
        notebook.cells[1].metadata["tags"] = ["hide-input"]

    def measure(notebook):
        notebook.metadata["book"] = {"measures": True}

    for change in [code, tag, measure]:
        edit(book, change)
        assert key(book) not in seen, change
        seen.add(key(book))


def test_the_key_follows_the_python_version(book, monkeypatch):
    write(book, "book/a/one.ipynb", "1")
    first = key(book)
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert key(book) != first


# The data sets that a notebook asks for

SETS = [*datasets()]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("missing = data.missing('pairs', 'intents')", ["intents", "pairs"]),
        ("x = data.sentence_pairs(data.packaged('pairs'))", ["pairs"]),
        ("for name in names:\n    data.packaged(name)", SETS),
        ("print('pairs', data.images())", []),
        ("files = !ls | grep", []),
    ],
)
def test_a_notebook_names_its_sets(book, source, names):
    write(book, "book/a/one.ipynb", source)
    assert [one.name for one in Notebook(book, "book/a/one.ipynb").sets()] == names
    (book / "book/checks/a/one.py").write_text("words = data.packaged('encoder')\n")
    asked = {one.name for one in Notebook(book, "book/a/one.ipynb").sets()}
    assert asked == {*names, "encoder"}


def test_the_key_follows_the_sets_and_whether_they_are_here(book, monkeypatch, tmp_path):
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path / "cache"))
    write(book, "book/a/one.ipynb", "data.missing('pairs')")
    without = key(book)
    pairs = datasets()["pairs"]
    (kept,) = pairs.kept()
    kept.parent.mkdir(parents=True)
    kept.write_bytes(bytes(pairs.bytes))
    assert key(book) == without, "a file of another size is not the set"
    kept.write_bytes(bytes(pairs.members[0]["bytes"]))
    here = key(book)
    assert here != without
    archive = pairs.archive | {"sha256": "0" * 64}
    newer = replace(pairs, archive=archive)
    monkeypatch.setattr("tools.notebooks.datasets", lambda: {"pairs": newer})
    assert key(book) not in (without, here)


def test_sets_are_fetched_before_the_run_and_a_failure_is_a_warning(book, monkeypatch, capsys):
    write(book, "book/a/one.ipynb", "data.missing('pairs', 'intents')")
    write(book, "book/a/two.ipynb", "data.missing('encoder')")
    asked = []
    said = {"encoder": "Not here: the encoder.", "intents": f"Not here. {data.UNREACHABLE}."}

    def missing(name):
        asked.append(name)
        return said.get(name, "")

    monkeypatch.setattr(data, "missing", missing)
    monkeypatch.setenv("BOOK_CACHE", str(book / "cache"))
    execute.fetch([Notebook(book, f"book/a/{name}.ipynb") for name in ("one", "two")])
    assert asked == ["encoder", "intents"], "without an index the others are not tried"
    error = capsys.readouterr().err
    assert "Not here: the encoder. The pages that use it run on less." in error
    said.clear()
    execute.fetch([Notebook(book, "book/a/one.ipynb")])
    assert asked[2:] == ["intents", "pairs"] and capsys.readouterr().err == ""


def test_notebooks_fetch_nothing_while_they_run(book):
    write(book, "book/a/one.ipynb", "import os\nprint(os.environ['BOOK_OFFLINE'])")
    contents(book, "book/a/one")
    assert run(book)[0] == 0
    assert printed(book, "book/a/one.ipynb") == "1\n"


# Executing, for real


def start(root, *options, **environment):
    command = [sys.executable, "-m", "tools.execute", "--root", root, *options]
    scratch = root / "scratch"
    scratch.mkdir(exist_ok=True)
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(root, *options):
    process = start(root, *options)
    stdout, _ = process.communicate(timeout=180)
    assert list((root / "scratch").iterdir()) == []
    return process.returncode, stdout


def runs(root):
    """Return what the results in the store were executed under, by notebook."""
    return {n.path: run for n in notebooks(root) if (run := n.run())}


def printed(root, path):
    """Return what the cells of a result print."""
    cells = Notebook(root, path).result()["cells"]
    return "".join(
        "".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", [])
    )


def store(root):
    return {p.relative_to(root / "_build").as_posix() for p in root.glob("_build/**/*.*")}


THREADS = (
    "import os\nprint('threads', os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"
)


def test_failures_are_all_reported_and_repaired_and_only_what_changed_runs_again(book):
    data = book / "book/data/number.txt"
    data.write_text("forty-one")
    good, bad, tagged, timed = (
        f"book/{n}.ipynb" for n in ["a/good", "a/bad", "a/tagged", "b/timed"]
    )
    read = "from helpers import resources\nprint(resources.path('data/number.txt').read_text())"
    (book / "helpers/resources.py").write_text(
        "import pathlib\n\n\ndef path(name):\n"
        f"    return pathlib.Path({str(book)!r}, 'book', name)\n"
    )
    write(
        book,
        good,
        THREADS,
        f"import sys\nsys.path.insert(0, {str(book)!r})\n{read}",
        "open('mine.txt', 'w')",
    )
    write(book, bad, "1 / 0")
    write(book, tagged, "raise ValueError('shown on a page')", tags=["raises-exception"])
    write(book, timed, THREADS, "import os\nprint(os.listdir('.'))", measures=True)
    contents(book, "book/a/good", "book/a/bad", "book/a/tagged", "book/b/timed")

    # Every failure is named, tagged or not; what passed is kept; nothing is written into book/.
    before = {path: path.read_bytes() for path in (book / "book").rglob("*") if path.is_file()}
    status, stdout = run(book)
    assert status == 1
    assert "ZeroDivisionError" in stdout and "shown on a page" in stdout
    assert "2 passed, 2 failed" in stdout
    assert set(runs(book)) == {good, timed}
    assert store(book) == {f"executed/{good}", f"executed/{timed}"}
    assert {p: p.read_bytes() for p in (book / "book").rglob("*") if p.is_file()} == before

    # A notebook that measures has both cores and finds nothing of the others; the rest have one.
    assert "threads 1 1" in printed(book, good) and "forty-one" in printed(book, good)
    assert "threads 2 2" in printed(book, timed) and "mine.txt" not in printed(book, timed)
    assert {path: run["alone"] for path, run in runs(book).items()} == {good: False, timed: True}
    assert all(run["seconds"] > 0 and run["python"] for run in runs(book).values())

    # The next run repairs: the failed ones run again, and so does what reads the changed file,
    # whose old result is replaced although its code is the same.
    write(book, bad, "print('mended')")
    write(book, tagged, "print('mended too')")
    data.write_text("forty-two")
    status, stdout = run(book)
    assert status == 0, stdout
    assert "Executing 3 of 4" in stdout and "b/timed" not in stdout
    assert "forty-two" in printed(book, good) and "forty-one" not in printed(book, good)
    assert "mended" in printed(book, bad)
    assert len(runs(book)) == 4

    # Nothing changed, then only prose.
    edited = nbformat.read(book / good, 4)
    edited.cells[0].source = "# New prose"
    nbformat.write(edited, book / good)
    status, stdout = run(book)
    assert (status, stdout) == (0, "4 notebooks, none changed since their last execution\n")

    # A lost or damaged result counts as none; what left the book leaves the store.
    assert len(runs(book)) == 4
    (book / "_build/executed" / good).unlink()
    (book / "_build/executed" / bad).write_text('{"cells": [')
    assert set(runs(book)) == {tagged, timed}
    contents(book, "book/a/tagged")
    assert run(book) == (0, "1 notebooks, none changed since their last execution\n")
    assert store(book) == {f"executed/{tagged}"}


def test_an_edit_during_the_run_makes_the_result_stale(book):
    running, edited = book / "running", book / "edited"
    source = f"import pathlib, time\npathlib.Path({str(running)!r}).touch()\n"
    source += f"while not pathlib.Path({str(edited)!r}).exists():\n    time.sleep(0.05)\n"
    write(book, "book/a/one.ipynb", f"{source}print('before')")
    contents(book, "book/a/one")
    process = start(book)
    while not running.exists():
        assert process.poll() is None
        time.sleep(0.05)
    write(book, "book/a/one.ipynb", "print('after')")
    edited.touch()
    process.communicate(timeout=60)
    assert runs(book) == {}
    assert run(book)[0] == 0
    assert printed(book, "book/a/one.ipynb") == "after\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "kill"])
def test_an_interrupted_run_keeps_what_passed_and_nothing_else(book, how):
    write(book, "book/a/quick.ipynb", "print('done')")
    write(book, "book/a/slow.ipynb", "import time\ntime.sleep(100)")
    write(book, "book/a/later.ipynb", "print('started')", measures=True)
    contents(book, "book/a/quick", "book/a/slow", "book/a/later")
    process = start(book)
    while "quick" not in (line := process.stdout.readline()):
        assert line, "ended before the first notebook"
    if how is signal.SIGINT:
        os.killpg(process.pid, how)  # a terminal sends Ctrl-C to all
    else:
        process.send_signal(how)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130, stdout
    assert store(book) == {"executed/book/a/quick.ipynb"}
    assert list((book / "scratch").iterdir()) == []
    if how is signal.SIGTERM:
        return  # once is enough for what follows
    contents(book, "book/a/quick", "book/a/slow")
    write(book, "book/a/slow.ipynb", "print('quicker')")
    status, stdout = run(book)
    assert status == 0
    assert "Executing 1 of 2" in stdout


def test_the_book_is_built_on_the_offline_data_whatever_the_reader_has(monkeypatch):
    monkeypatch.setattr(os, "environ", {"BOOK_DATA": "/somewhere", "PATH": "kept"})
    execute.set_environment(2)
    assert "BOOK_DATA" not in os.environ and os.environ["PATH"] == "kept"
    assert os.environ["OMP_NUM_THREADS"] == "2"


def test_an_unknown_notebook_is_an_error(book):
    contents(book)
    with pytest.raises(SystemExit, match="book/a/none"):
        execute.execute(book, ["book/a/none.ipynb"])


# Installing


@pytest.fixture
def clone(tmp_path):
    for name in [*install.REQUIREMENTS, install.CONSTRAINTS, "pyproject.toml"]:
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0), (2, 7, 18)])
def test_an_unsupported_python_names_the_cure(version):
    with pytest.raises(install.PrerequisiteError, match=r"3\.11 to 3\.13[\s\S]*PYTHON="):
        install.check_python(version)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4), (3, 13, 9)])
def test_a_supported_python_is_taken(version):
    install.check_python(version)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_names_the_cure(module, monkeypatch):
    find = install.importlib.util.find_spec
    monkeypatch.setattr(
        install.importlib.util, "find_spec", lambda name: None if name == module else find(name)
    )
    with pytest.raises(install.PrerequisiteError, match="apt install python3-venv"):
        install.check_venv()


def test_a_full_disk_names_the_cure(clone, monkeypatch):
    usage = shutil.disk_usage(clone)
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: usage._replace(free=6.9e9))
    with pytest.raises(install.PrerequisiteError, match=r"6\.9 GB are free.*7 GB"):
        install.install(clone)
    assert not (clone / ".venv").exists()


def test_no_package_index_names_the_cure(clone, monkeypatch, capfd):
    settings = {"INDEX_URL": "http://127.0.0.1:9/", "RETRIES": "0", "CONFIG_FILE": os.devnull}
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(install.PrerequisiteError, match=r"no package index.*network"):
        install.pip_install(sys.executable, ["--dry-run", "no-such-package-anywhere"], clone)


#: A pip that has settings and installs nothing, and a uv that writes down what it is asked.
FAKE_PIP = """#!/bin/sh
test "$3" = install && echo "$@" >> asked && exit
cat <<'END'
:env:.find-links='/wheels'
global.cert='/certificates.pem'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.find-links='/elsewhere'
list.format='json'
END
"""
FAKE_UV = """#!/bin/sh
echo "$SSL_CERT_FILE $@" >> asked
exit {status}
"""


@pytest.mark.parametrize("status", [0, 1, None], ids=["uv installs", "uv fails", "no uv"])
def test_uv_installs_from_the_indexes_of_pip_and_pip_where_it_cannot(
    status, clone, monkeypatch, capfd
):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    for name, text in (("python", FAKE_PIP), ("uv", FAKE_UV.format(status=status))):
        if name == "python" or status is not None:
            (clone / name).write_text(text)
            (clone / name).chmod(0o755)
    install.install_packages(str(clone / "python"), clone)
    asked = (clone / "asked").read_text().splitlines()
    files = "-r requirements.txt -r requirements-test.txt -c constraints.txt"
    assert asked[0] == "-m pip install --quiet uv -c constraints.txt"
    if status is not None:
        assert asked[1].startswith("/certificates.pem pip install --python ")
        indexes = "--index https://one.example/simple --index https://two.example/simple"
        assert asked[1].endswith(f"{indexes} --find-links /wheels {files}")
    assert (asked[-1] == f"-m pip install {files}") == (status != 0)
    assert ("pip tries" in capfd.readouterr().out) == (status != 0)


def test_an_interrupted_install_starts_anew_and_a_finished_one_does_not(clone, monkeypatch):
    monkeypatch.setattr(install, "DISK_GB", 0)
    made = []

    def fake_venv(command, **options):
        shutil.rmtree(clone / ".venv", ignore_errors=True)
        (clone / ".venv/bin").mkdir(parents=True)
        (clone / ".venv/bin/python").touch()
        (clone / ".venv/pyvenv.cfg").write_text("command = python3 -m venv --clear .venv")
        made.append(command)
        return subprocess.CompletedProcess(command, 0)

    def cut_off(*arguments):
        (clone / ".venv" / "half-written").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(install.subprocess, "run", fake_venv)
    monkeypatch.setattr(install, "install_packages", cut_off)
    with pytest.raises(KeyboardInterrupt):
        install.install(clone)
    assert install.stamped(clone) == ""

    installed = []
    monkeypatch.setattr(install, "install_packages", lambda *given: installed.append(given))
    install.install(clone)
    assert not (clone / ".venv" / "half-written").exists()
    assert (len(made), len(installed)) == (2, 1)

    install.install(clone)
    assert (len(made), len(installed)) == (2, 1)

    # Other requirements: the environment is kept and brought up to date.
    for times, name in enumerate(install.REQUIREMENTS, start=2):
        (clone / name).write_text("numpy\n")
        install.install(clone)
        assert (len(made), len(installed)) == (2, times)

    # Moved elsewhere, its programs no longer find themselves: it is made anew.
    monkeypatch.setattr(install, "identity", lambda root: "elsewhere\n")
    install.install(clone)
    assert (len(made), len(installed)) == (3, 4)


def make(*arguments, **options):
    command = ["make", "--no-print-directory", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


@pytest.mark.parametrize("target", ["book", "test", "lab", "data"])
def test_make_without_python_names_the_cure(target):
    done = make(target, "PYTHON=")
    assert done.returncode != 0
    assert "No Python 3.11 to 3.13 found" in done.stdout
    assert "PYTHON=" in done.stdout


def test_make_finds_a_python_that_fits_behind_one_that_does_not(tmp_path):
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3.12").write_text("#!/bin/sh\nexit 0\n")
    for program in tmp_path.iterdir():
        program.chmod(0o755)
    asking = tmp_path / "Makefile"
    asking.write_text(f"include {ROOT / 'Makefile'}\nshow:\n\t@echo $(PYTHON)\n")
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    command = ["make", "-f", str(asking), "show"]
    shown = subprocess.run(command, capture_output=True, text=True, env=path).stdout.strip()
    assert shown in {"python3.12", "python3.13"}


def test_make_record_names_what_it_needs():
    done = make("record", "PYTHON=python3")
    assert done.returncode != 0
    assert "COMMIT=" in done.stdout and "OUT=" in done.stdout


def test_make_record_does_not_need_the_environment():
    done = make("-n", "record", "PYTHON=mine", "COMMIT=abc", "OUT=/tmp/o", "DATA=d")
    assert 'mine -m tools.record --commit "abc" --out "/tmp/o" --data "d"' in done.stdout
    assert "tools.install" not in done.stdout


def test_no_change_loads_nothing_heavy(book):
    contents(book)
    code = (
        "import sys; from pathlib import Path; from tools import execute\n"
        "assert execute.execute(Path(sys.argv[1])) == 0\n"
        "print({'torch', 'pytest', 'nbformat'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, book]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr


# The Colab cell


ADDRESS_NOT_SET = "https://github.com/address_not_set/gpus-and-ai"
URL = "https://github.com/owner/name"
SITE = "https://owner.github.io/name/"
ARCHIVE = f"{URL}/archive/refs/heads/main.zip"


@pytest.fixture
def on_colab(monkeypatch, tmp_path):
    """Run the cell as on Colab, with a torch and a pip that only note what is asked of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run_cell(*, url=URL, installed=False, gpu=None, pip_status=0, colab=True):
        asked = []
        cuda = SimpleNamespace(is_available=lambda: bool(gpu), get_device_name=lambda: gpu)
        monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
        if colab:
            monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())

        def pip(command, **options):
            asked.append(command)
            return subprocess.CompletedProcess(command, pip_status)

        monkeypatch.setattr(subprocess, "run", pip)
        ours = [object()] if installed else []
        monkeypatch.setattr(importlib.metadata, "distributions", lambda name: iter(ours))
        exec(colab_cell.SOURCE.format(url=url, branch="main", site=SITE), {})
        return asked

    return run_cell


def test_the_first_cell_elsewhere_only_keeps_threads_from_spinning(on_colab, capsys, monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert on_colab(colab=False) == []
    assert capsys.readouterr().out == ""
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")  # the reader's own wish stays
    on_colab(colab=False)
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_the_colab_cell_without_an_address_names_the_cure_and_installs_nothing(on_colab, capsys):
    with pytest.raises(SystemExit, match=r"make address URL=.* zip its folder, upload it"):
        on_colab(url=ADDRESS_NOT_SET)
    assert capsys.readouterr().out == "", "and goes no further"
    assert on_colab(url=ADDRESS_NOT_SET, installed=True) == []


def test_the_colab_cell_installs_the_helpers_once_and_shows_the_gpu(on_colab, capsys):
    (asked,) = on_colab(gpu="Tesla T4")
    assert asked[1:] == ["-m", "pip", "install", "-q", f"gpus-and-ai-helpers @ git+{URL}@main"]
    stdout = capsys.readouterr().out.split()
    assert stdout == ["GPU:", "Tesla", "T4"]
    assert on_colab(installed=True) == []
    assert "Change runtime type" in capsys.readouterr().out


def test_a_package_called_helpers_that_is_not_ours_is_no_reason_not_to_install(on_colab):
    # `helpers` can be imported here; what counts is the distribution, and that is not there.
    assert importlib.util.find_spec("helpers")
    assert len(on_colab(installed=False)) == 1


def test_the_colab_cell_ends_where_pip_fails_and_names_what_to_upload(on_colab, capsys):
    with pytest.raises(SystemExit) as ended:
        on_colab(pip_status=1)
    said = str(ended.value)
    assert "when there is a network" in said and f"{SITE}helpers.whl or {ARCHIVE}, upload" in said
    assert "GPU" not in capsys.readouterr().out, "nothing follows"


def zipped(target, *files):
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            archive.writestr(file, "FOUND = __file__\n")


@pytest.mark.parametrize(
    ("archive", "top"), [("name-main (1).zip", "name-main/"), ("helpers.whl", "")]
)
def test_what_was_uploaded_on_colab_takes_the_place_of_an_installation(
    on_colab, tmp_path, archive, top
):
    zipped(tmp_path / archive, f"{top}helpers/resources.py", f"{top}book/recorded/x.json")
    zipped(tmp_path / "data.zip", "other/helpers.py")
    (tmp_path / "half.zip").write_bytes((tmp_path / archive).read_bytes()[:40])
    assert on_colab() == [], "pip is not asked"
    assert sys.path[0] == str(tmp_path / "uploaded" / top)
    assert not (tmp_path / "uploaded" / "other").exists()


def test_helpers_beside_the_notebook_are_taken_on_colab(on_colab, tmp_path):
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "resources.py").touch()
    assert on_colab() == []


def test_a_failed_installation_on_colab_stops_the_run_in_a_few_lines(tmp_path):
    """In a real kernel, with an address that nobody answers and a cell that would fail next."""
    cells = [
        "import importlib.metadata, sys; sys.modules['google.colab'] = sys\n"
        "importlib.metadata.distributions = lambda **_: ()",
        colab_cell.SOURCE.format(url="https://127.0.0.1:9/book", branch="main", site=SITE),
        "import not_there",
    ]
    notebook = V4.new_notebook(cells=[V4.new_code_cell(source) for source in cells])
    with pytest.raises(CellExecutionError, match="SystemExit"):
        NotebookClient(notebook, timeout=60).execute(cwd=str(tmp_path))
    (error,) = [part for part in notebook.cells[1].outputs if part.output_type == "error"]
    assert error.ename == "SystemExit" and error.evalue.endswith("and run all again.")
    assert len(error.traceback) <= 2 and notebook.cells[2].execution_count is None


@pytest.mark.parametrize(
    ("meta", "gpu"),
    [
        ("CPU is enough, better with a GPU", True),
        ("Better with a GPU", True),
        ("CPU is enough", False),
    ],
)
def test_colab_opens_a_notebook_on_a_gpu_where_one_is_better(meta, gpu):
    title = V4.new_markdown_cell(f"# T\n\n20 minutes · {meta}")
    notebook = V4.new_notebook(cells=[title], metadata={"accelerator": "TPU"})
    colab_cell.put(notebook, "cell")
    assert notebook.metadata.get("accelerator") == ("GPU" if gpu else None)
    assert ("colab" in notebook.metadata) == gpu


def test_the_colab_cell_is_put_in_once_and_kept_in_place():
    notebook = V4.new_notebook(cells=[V4.new_markdown_cell("# T"), V4.new_code_cell("1", id="a")])
    colab_cell.put(notebook, "old")
    colab_cell.put(notebook, "new")
    assert [cell.source for cell in notebook.cells] == ["# T", "new", "1"]
    empty = V4.new_notebook(cells=[V4.new_markdown_cell("# T")])
    colab_cell.put(empty, "new")
    assert [cell.source for cell in empty.cells] == ["# T", "new"]


def test_what_an_editor_writes_beside_cells_is_undone(tmp_path):
    path = tmp_path / "one.ipynb"
    drawing = V4.new_code_cell("# @title Draw\n1", id="drawing", metadata=colab_cell.HIDDEN)
    plain = V4.new_code_cell("2", id="plain", metadata={"tags": ["kept"]})
    cells = [V4.new_markdown_cell("# T", id="title"), drawing, plain]
    nbformat.write(V4.new_notebook(cells=cells), path)
    assert colab_cell.update(path, "cell", write=True)
    assert not colab_cell.update(path, "cell", write=True)
    right = path.read_bytes()
    notebook = nbformat.read(path, 4)
    notebook.metadata.kernelspec = {"name": "py", "display_name": "mine", "language": "python"}
    notebook.metadata.language_info.version = "3.14.1"
    title, colab, drawing, plain = notebook.cells
    title.metadata["jp-MarkdownHeadingCollapsed"] = True
    colab.metadata = {}
    drawing.metadata = {"cellView": "form"}
    plain.metadata |= {"jupyter": {"source_hidden": True}, "vscode": {"languageId": "python"}}
    nbformat.write(notebook, path)
    assert colab_cell.update(path, "cell", write=False), "lint names it"
    colab_cell.update(path, "cell", write=True)
    assert path.read_bytes() == right
