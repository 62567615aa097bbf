"""The fault table: what goes wrong, what must then be said, be left, and come of the next run.

The next fault is added here: a row that brings it about in a tiny checkout (`spoil`), the command
that meets it (`run`), what it says in the end (`said`), what is left byte for byte (`left`), and
the cure that it names (`mend`). After that, the same command has to pass. Nobody sees a traceback.
The faults of what notebooks call stand in `tests/faults/`, a table for each kind.
"""

import ast
import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from helpers import device, recorded
from tools import (
    build_site,
    colab_cell,
    ending,
    execute,
    install,
    markers,
    reading,
    record,
    sphinx_run,
)

ROOT = Path(__file__).resolve().parents[1]
ONE, COPY = "book/a/one.ipynb", "_build/executed/book/a/one.ipynb"
CONTENTS = """\
root: book/index
parts:
  - caption: All
    chapters:
      - file: book/a/one
"""
CONFIG = """\
repository:
  url: https://github.com/address_not_set/gpus-and-ai
  branch: main
html:
  baseurl: https://address_not_set.github.io/gpus-and-ai/
"""


def chapter(code="1 + 1", cell="sum"):
    kernel = {"name": "python3", "display_name": "Python 3"}
    cells = [nbformat.v4.new_markdown_cell("# 二", id="title")]
    cells += [nbformat.v4.new_code_cell(code, id=cell)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of one chapter; what would take minutes in it (kernels, pip, Sphinx) is quick."""
    root = tmp_path / "book of mine"
    files = {"_toc.yml": CONTENTS, "_config.yml": CONFIG, ONE: chapter(), "helpers/__init__.py": ""}
    files |= dict.fromkeys([*install.REQUIREMENTS, install.CONSTRAINTS, "pyproject.toml"], "")
    for name, text in files.items():
        put(name, text)(root)
    monkeypatch.setattr(execute, "run", without_kernels)
    monkeypatch.setattr(install, "DISK_GB", 0)
    monkeypatch.setattr(install, "install_packages", fake_pip)
    monkeypatch.setattr(install, "create", fake_venv)
    for module in (build_site, sphinx_run):
        monkeypatch.setattr(module, "ROOT", root)
    for name, place in {"HTML": "html", "DOCTREES": ".doctrees", "MARK": ".site"}.items():
        monkeypatch.setattr(build_site, name, root / "_build" / place)
    monkeypatch.setattr(build_site, "sphinx_build", fake_sphinx)
    monkeypatch.setattr(build_site.live, "found", lambda: root)  # asks no registry
    monkeypatch.setattr(record, "SCRIPTS", root / "book/recorded")
    return root


def without_kernels(batch, at_once, threads, finished):
    """Take each notebook as it is for its executed copy."""
    home = batch[0].root / "_build/home"
    for copy, notebook in execute.copied(batch, home).items():
        finished(notebook, copy, 0.1, execute.complaint(copy))
    shutil.rmtree(home)
    return True


def fake_venv(folder):
    """Do what `python -m venv --clear` does to what is there, and make the least of a new one."""
    for path in folder.iterdir() if folder.exists() else []:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    put("bin/python", "")(folder)
    put("pyvenv.cfg", f"command = python3 -m venv --clear {folder}")(folder)


def fake_pip(python, root, holds):
    put(".venv/lib/python3.11/site-packages/yaml/__init__.py", "")(root)


def fake_sphinx(builder, out, doctrees):
    put("book/index.html", "new")(out)
    return 0


# What is done to the checkout


def put(name, content):
    """Return what writes a file, as text or bytes."""

    def spoil(root):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def after(command, *steps):
    """Return what runs `command`, when all is well, and then takes `steps`."""

    def spoil(root):
        command(root)
        for step in steps:
            step(root)

    return spoil


def folder(name):
    """Return what puts a folder, and something in it, where a file is expected."""

    def spoil(root):
        (root / name).unlink(missing_ok=True)
        put(f"{name}/inside", "")(root)

    return spoil


def windows(root):
    put(ONE, (root / ONE).read_bytes().replace(b"\n", b"\r\n"))(root)


def remove(name):
    return lambda root: reading.clear(root / name)


def linked(name):
    """Return what makes `name` a link to a folder of someone else, beside the checkout."""

    def spoil(root):
        for inside in ("pyvenv.cfg", "theirs"):
            put(f"other/{inside}", "theirs")(root.parent)
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(root.parent / "other")

    return spoil


def archive(**members):
    """Return what writes an archive with these members."""

    def spoil(root):
        with tarfile.open(root / "records.tar.gz", "w:gz") as tar:
            for name, text in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))

    return spoil


RUN = {
    "device": {"kind": "cpu", "name": "A", "cores": 2, "threads": 1},
    "software": {"python": "3", "torch": "2"},
    "commit": "abcdef1",
    "date": "2026-01-01T00:00:00+00:00",
    "script_sha256": "",
    "values": {"time": {"value": 1.5, "unit": "ms", "statistic": "median", "n": 3}},
}


def a_record(name):
    about = {"name": name, "title": "T", "method": "M", "runs": [RUN]}
    return json.dumps({"schema": recorded.SCHEMA} | about)


# The commands


def run_notebooks(root):
    return execute.execute(root)


def lint(root):
    return int(colab_cell.update(root / ONE, "1", write=False))


def format_(root):
    colab_cell.update(root / ONE, "1", write=True)


def install_packages(root):
    install.install(root)
    for name in ("bin/python", "installed", "lib/python3.11/site-packages/yaml"):
        assert (root / ".venv" / name).exists()


def site(root):
    return build_site.main()


def configure(root):
    sphinx_run.configuration()


def address_of(root):
    colab_cell.source(root)


def take_in(root):
    return record.main(["--take-in", str(root / "records.tar.gz")])


def cite(root):
    found = markers.wrong((root / "book/index.md").read_text("utf-8"))
    print(*found)
    return int(bool(found))


# The table


@dataclass(frozen=True)
class Fault:
    """One kind of fault; the comment at the top of this file says what each field is."""

    spoil: Callable
    run: Callable
    said: str
    left: tuple = ()
    mend: Callable | None = None  # None: the very run that meets it mends it

    @property
    def status(self) -> int:
        return 1 if self.mend else 0


NOTEBOOK = {"run": run_notebooks, "left": (ONE,), "mend": put(ONE, chapter())}
CONFLICT = "<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> theirs\n"
GOOD = archive(**{"a.json": a_record("a")})
RECORDS = {"run": take_in, "left": ("book/recorded",), "mend": GOOD}
ENVIRONMENT = ".venv/lib/python3.11/site-packages/yaml"
NOT_OURS = {
    "run": install_packages,
    "said": r"not made by `make`.*mv \.venv",
    "left": (".venv",),
    "mend": remove(".venv"),
}

FAULTS = {
    # What people write: the file is named, and what to do.
    "conflict markers": Fault(
        put(ONE, f"{{\n{CONFLICT}}}"), said=r"one\.ipynb .*markers \(line 2\).*checkout", **NOTEBOOK
    ),
    "cut off": Fault(
        put(ONE, chapter()[:90]),
        said=r"one\.ipynb is not a whole notebook.*Mend it, or take",
        **NOTEBOOK,
    ),
    "no cells": Fault(put(ONE, "[]"), said=r"one\.ipynb is not a whole notebook", **NOTEBOOK),
    "empty": Fault(put(ONE, ""), said=r"one\.ipynb is empty\. Take what git has", **NOTEBOOK),
    "byte-order mark": Fault(
        put(ONE, b"\xef\xbb\xbf" + chapter().encode()), said=r"one\.ipynb .*without one", **NOTEBOOK
    ),
    "not UTF-8": Fault(put(ONE, chapter().encode("gbk")), said=r"one\.ipynb .*UTF-8", **NOTEBOOK),
    "line ends": Fault(
        after(format_, windows),
        run=lint,
        said="",
        mend=format_,
    ),
    "contents": Fault(
        put("_toc.yml", CONTENTS.replace("parts:", "parts: [")),
        run=run_notebooks,
        said=r"_toc\.yml, line \d: ",
        mend=put("_toc.yml", CONTENTS),
    ),
    "contents without root": Fault(
        put("_toc.yml", CONTENTS.replace("root:", "rot:")),
        run=run_notebooks,
        said=r"_toc\.yml: it needs `root`",
        mend=put("_toc.yml", CONTENTS),
    ),
    "configuration": Fault(
        put("_config.yml", CONFIG.replace("  branch", " branch")),
        run=configure,
        said=r"_config\.yml, line 3: ",
        mend=put("_config.yml", CONFIG),
    ),
    "address": Fault(
        put("_config.yml", CONFIG.replace("url", "uri")),
        run=address_of,
        said=r"_config\.yml has to name repository\.url",
        mend=put("_config.yml", CONFIG),
    ),
    "marker mistyped": Fault(
        put("book/index.md", "It copies 3<!-- rec peaks.cpu.copy --> and 4<!-- Rec: peaks -->"),
        run=cite,
        said=r"<!-- rec peaks\.cpu\.copy -->: write.*<!-- Rec: peaks -->: write",
        mend=put("book/index.md", "It copies 3<!-- a remark -->."),
    ),
    # What the tools keep for themselves: it counts as none, in a line, and is made anew.
    "result cut off": Fault(
        put(COPY, '{"cells": ['), run=run_notebooks, said=r"one\.ipynb is no executed notebook"
    ),
    "result a folder": Fault(
        folder(COPY), run=run_notebooks, said=r"one\.ipynb is no executed notebook"
    ),
    "result of nothing": Fault(
        after(run_notebooks, folder("_build/executed/book/gone.ipynb")),
        run=run_notebooks,
        said="none changed",
    ),
    "cell renamed": Fault(
        after(run_notebooks, put(ONE, chapter(cell="total"))),
        run=run_notebooks,
        said="Executing 1 of 1",
    ),
    "site's mark unreadable": Fault(
        after(site, put("_build/.site", b"\xff")), run=site, said=r"\.site cannot be read.*anew"
    ),
    "site's mark empty": Fault(
        after(site, put("_build/.site", "")), run=site, said="site: building"
    ),
    "site's mark a folder": Fault(
        after(site, folder("_build/.site")), run=site, said=r"\.site cannot be read.*anew"
    ),
    "site a link": Fault(
        linked("_build/html"), run=site, said="site: building", left=("../other",)
    ),
    "site a file": Fault(put("_build/html", ""), run=site, said="site: building"),
    "build a file": Fault(
        put("_build", "mine"),
        run=site,
        said="A folder belongs there: move the file away",
        left=("_build",),
        mend=remove("_build"),
    ),
    # The environment: what an install did not make is not emptied, what it lost is made anew.
    "environment a link": Fault(
        linked(".venv"), run=install_packages, said=r"\.venv is a link", left=("../other",)
    ),
    "environment a file": Fault(put(".venv", "/elsewhere"), **NOT_OURS),
    "environment something else": Fault(put(".venv/thesis.tex", "mine"), **NOT_OURS),
    "environment of one's own": Fault(
        put(".venv/pyvenv.cfg", "home = /usr/bin\ncommand = python3 -m venv .venv\n"), **NOT_OURS
    ),
    "environment half made": Fault(
        put(".venv/lib/half", ""), run=install_packages, said="Creating"
    ),
    "environment cut off": Fault(
        after(install_packages, remove(".venv/installed"), put(".venv/lib/half", "")),
        run=install_packages,
        said="Creating",
    ),
    "environment's Python gone": Fault(
        after(install_packages, remove(".venv/bin/python")),
        run=install_packages,
        said="its Python is gone, so it is made anew",
    ),
    "environment's package gone": Fault(
        after(install_packages, remove(ENVIRONMENT)),
        run=install_packages,
        said="yaml is gone, so it is made anew",
    ),
    "environment's stamp unreadable": Fault(
        after(install_packages, put(".venv/installed", b"\xff")),
        run=install_packages,
        said="Creating",
    ),
    # Recorded results: all of an archive is taken in, or nothing.
    "archive without records": Fault(archive(), said="Nothing was taken in.*no record", **RECORDS),
    "archive with a bad record": Fault(
        archive(**{"a.json": a_record("a"), "b.json": a_record("c")}), said=r"b\.json: ", **RECORDS
    ),
    "archive cut off": Fault(
        after(GOOD, lambda root: os.truncate(root / "records.tar.gz", 60)),
        said=r"records\.tar\.gz is not a whole archive",
        **RECORDS,
    ),
    "archive that climbs": Fault(
        archive(**{"../../a.json": a_record("a")}), said="is not a whole archive", **RECORDS
    ),
    "no archive": Fault(lambda root: None, said=r"No such file.*records\.tar\.gz", **RECORDS),
}


def ended(command, root, capfd):
    """Run `command` as the tools do; return its status and all that it said."""
    spoken = (reading.UnusableError, install.PrerequisiteError)
    with pytest.raises(SystemExit) as end:
        ending.end(lambda: command(root), spoken)
    said = "".join(capfd.readouterr())
    if isinstance(end.value.code, str):  # Python prints it and ends with 1
        return 1, f"{said}{end.value.code}"
    return int(end.value.code or 0), said


def contents(root, names):
    """Return every file under `names` with its bytes."""
    tops = [(root / name).resolve() for name in names]
    files = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*"))]
    return {path: path.read_bytes() for path in files if path.is_file()}


@pytest.fixture(autouse=True)
def own_signals():
    """Give the signals back that a tool has taken."""
    kept = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}
    yield
    for kind, handler in kept.items():
        signal.signal(kind, handler)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_said_loses_nothing_and_is_mended(name, checkout, capfd):
    fault = FAULTS[name]
    fault.spoil(checkout)
    capfd.readouterr()
    before = contents(checkout, fault.left)
    status, said = ended(fault.run, checkout, capfd)
    assert status == fault.status, said
    assert re.search(fault.said, said, re.DOTALL if fault.mend else 0), said
    assert "Traceback" not in said
    assert contents(checkout, fault.left) == before
    if fault.mend:
        fault.mend(checkout)
    status, said = ended(fault.run, checkout, capfd)
    assert status == 0, said
    assert "anew" not in said


# What no row can hold: a disk, a locale, a machine, a signal


def test_a_full_disk_is_said_of_each_result_that_it_costs(checkout, monkeypatch, capfd):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as spoilt:
        spoilt.setattr(execute, "write_atomically", full)
        status, said = ended(run_notebooks, checkout, capfd)
    assert status == 1 and re.search(r"No space left.*one\.ipynb.*Free some space", said)
    assert ended(run_notebooks, checkout, capfd)[0] == 0


def test_a_path_that_no_environment_can_stand_in_is_named(checkout, capfd):
    odd = checkout.rename(checkout.parent / "a:b")
    status, said = ended(install_packages, odd, capfd)
    assert status == 1 and "its path holds ':'" in said and "apt" not in said
    assert ended(install_packages, odd.rename(checkout), capfd)[0] == 0


def test_without_git_the_install_goes_on_and_says_what_is_left_out(checkout, monkeypatch, capfd):
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    status, said = ended(install_packages, checkout, capfd)
    assert status == 0 and "git is not here" in said and "apt install git" in said


def test_tests_ask_for_git_before_they_begin(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    command = ["make", "-C", tmp_path, "checkout", "PYTHON=python3"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0 and "install git" in done.stdout


def test_a_recording_of_nothing_is_no_success(checkout, monkeypatch, capfd):
    put("book/recorded/a.py", "")(checkout)
    monkeypatch.setattr(device, "pick", lambda kind: kind)
    monkeypatch.setattr(device, "describe", lambda kind: "a machine")
    monkeypatch.setattr(record, "run_script", lambda *_: "skipped: it needs a GPU")
    asked = ["--only", "a", "--commit", "abcdef1", "--out", str(checkout / "out")]
    status, said = ended(lambda root: record.main(asked), checkout, capfd)
    assert status == 1 and "nothing was recorded" in said


def test_a_second_interruption_waits_for_the_first(monkeypatch, capfd):
    monkeypatch.setattr(execute, "_interrupted", execute.threading.Event())
    with pytest.raises(KeyboardInterrupt):
        execute.interrupt()
    execute.interrupt()
    assert "some seconds more" in capfd.readouterr().err


def test_an_interrupted_build_ends_with_one_sentence(checkout, monkeypatch, capfd):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(build_site, "sphinx_build", interrupted)
    status, said = ended(site, checkout, capfd)
    assert status == 130 and said.split("\n", 1)[1].strip().startswith("Interrupted.")


#: An install that holds its turn while pip runs.
HOLDING = """
import sys
from pathlib import Path
from tools import ending, install

def main():
    root = Path(sys.argv[1])
    with ending.turn(root / "_toc.yml", "installs") as held:
        install.pip_install(str(root / "python"), [], root, (held,))

ending.end(main)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["polite", "kill"])
def test_the_end_of_a_tool_reaches_its_child_or_the_next_run_waits(how, checkout, capfd):
    put("python", "#!/bin/sh\nsleep 0.3\necho begun\nexec sleep 2\n")(checkout)
    (checkout / "python").chmod(0o755)
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen([sys.executable, "-c", HOLDING, checkout], **options) as tool:
        assert tool.stdout.readline() == "begun\n"
        tool.send_signal(how)
        tool.wait(timeout=10)
        if how is signal.SIGTERM:
            assert tool.returncode == 130
            assert tool.stderr.read().strip() == f"Interrupted. {ending.AGAIN}"
        with ending.turn(checkout / "_toc.yml", "installs"):  # a child that lives holds it
            waited = "Another run installs" in capfd.readouterr().out
    assert waited == (how is signal.SIGKILL)


@pytest.mark.parametrize("target", ["environment", "execute", "unit"])
def test_the_end_of_make_reaches_what_it_runs(target, tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "runs").write_text("#!/bin/sh\necho begun\nexec sleep 20\n")
    (tmp_path / "runs").chmod(0o755)
    python = "./runs" if target == "environment" else "true"
    command = ["make", "-C", tmp_path, target, f"PYTHON={python}", "RUN=./runs", "ALONE="]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as make:
        while b"begun" not in make.stdout.readline():
            assert make.poll() is None
        make.send_signal(signal.SIGTERM)
        make.communicate(timeout=10)  # what lives on holds its output open
    assert make.returncode != 0


def locale_of_its_own(folder):
    """Return variables that set a Chinese locale which is not UTF-8, made in `folder`."""
    command = ["localedef", "-i", "zh_CN", "-f", "GBK", str(folder / "zh_CN.GBK")]
    if shutil.which("localedef") and subprocess.run(command, capture_output=True).returncode == 0:
        return {"LOCPATH": str(folder), "LC_ALL": "zh_CN.GBK", "PYTHONUTF8": "0"}
    return {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def test_neither_locale_nor_the_readers_options_change_a_run_and_too_much_output_fails(
    checkout, tmp_path
):
    locale = locale_of_its_own(tmp_path)
    command = [sys.executable, "-m", "tools.execute", "--root", str(checkout)]
    environment = os.environ | locale | {"PYTEST_ADDOPTS": "--no-such-option", "PYTHONPATH": ""}
    options = {"capture_output": True, "cwd": ROOT, "env": environment, "timeout": 120}
    words = "import pathlib\npathlib.Path('x').write_text('ß')\nprint('一' * {})"
    put(ONE, chapter(words.format(2_100_000)))(checkout)
    done = subprocess.run(command, **options)
    assert done.returncode == 1
    assert b"the limit is 2 MB" in done.stderr and b"in cell sum" in done.stderr
    put(ONE, chapter(words.format(3)))(checkout)
    assert subprocess.run(command, **options).returncode == 0
    assert "一一一" in (checkout / COPY).read_text("utf-8")


# What keeps whole kinds away


def unnamed_encodings(path):
    """Return the lines of a module where text is read or written in the locale's encoding."""
    found = []
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        given = len(call.args) + len([word for word in call.keywords if word.arg == "encoding"])
        if (name == "read_text" and given < 1) or (name == "write_text" and given < 2):
            found.append(call.lineno)
        # What other programs say is theirs: nobody knows its encoding, so nothing may fail on it.
        words = {word.arg for word in call.keywords}
        if name in {"run", "Popen"} and {"text", "encoding"} & words and "errors" not in words:
            found.append(call.lineno)
    return found


def test_the_tools_name_the_encoding_of_what_they_read_and_write(tmp_path):
    put("a.py", "p.read_text()\np.write_text('x')\np.read_text('utf-8')\nrun(text=True)")(tmp_path)
    assert unnamed_encodings(tmp_path / "a.py") == [1, 2, 4]
    modules = [
        *ROOT.glob("tools/*.py"),
        *ROOT.glob("book/_ext/*.py"),
        *ROOT.glob("helpers/**/*.py"),
    ]
    assert {path.name: found for path in modules if (found := unnamed_encodings(path))} == {}


def test_no_text_of_the_repository_has_other_line_ends_or_conflict_markers():
    listed = subprocess.run(["git", "ls-files", "--eol", "-z"], cwd=ROOT, capture_output=True)
    lines = [line for line in listed.stdout.decode().split("\0") if line]
    files = {line.partition("\t")[2]: line.split()[:2] for line in lines}
    assert "README.md" in files
    wrong = {"i/crlf", "i/mixed", "w/crlf", "w/mixed"}  # as committed, and as it lies here
    assert [name for name, ends in files.items() if wrong & {*ends}] == []
    pattern = ["git", "grep", "-lE", "^(<<<<<<<|>>>>>>>) "]
    assert subprocess.run(pattern, cwd=ROOT, capture_output=True, text=True).stdout == ""
