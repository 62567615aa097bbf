"""Records: validated on load, never half-written, marked stale, and what the prose cites."""

import ast
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch

from helpers import recorded
from helpers.recorded import Quantity, RecordError
from tools import markers, recording

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
NAMES = sorted(path.stem for path in (BOOK / "recorded").glob("*.json"))


def make(folder, **changes):
    """Save a valid run measured here, then change what a test wants wrong."""
    script = folder / "speed.py"
    script.write_text("TITLE = 'x'\n")
    values = {
        "time": Quantity(1.5, "ms", "median", 20),
        "accuracy": Quantity([54.0, 55.25, 56.0], "%", "each seed", 3),
        "curve": Quantity([[1.0, 2.0], [3.0, 4.0]], "%", "each seed, each epoch", 2),
    }
    run = recording.measured(script, values, device=torch.device("cpu"), commit="abc1234")
    path = recording.save(run, name="speed", title="Speed", method="By clock.", folder=folder)
    if changes:
        content = json.loads(path.read_text())
        for place, value in changes.items():
            target = content
            *way, last = place.split("__")
            for step in way:
                target = target[int(step) if step.isdigit() else step]
            target[last] = value
        path.write_text(json.dumps(content))
    return path


@pytest.fixture
def speed(tmp_path, monkeypatch):
    """A record that `lookup` finds, in a book of its own."""
    (tmp_path / "recorded").mkdir()
    monkeypatch.setattr(recorded.resources, "root", lambda: tmp_path)
    make(tmp_path / "recorded")
    return tmp_path / "recorded"


def test_what_is_saved_is_what_is_loaded(speed):
    record = recorded.load("speed")
    run = record.run("cpu")
    assert record.title == "Speed"
    assert run["time"] == Quantity(1.5, "ms", "median", 20)
    assert run.device["cores"] >= 1 and run.software["torch"] == torch.__version__
    assert not run.stale


def test_the_caption_tells_the_provenance(speed):
    caption = recorded.load("speed").caption("cpu")
    for part in ("Speed.", "Recorded on", "torch", "commit abc1234", "cores"):
        assert part in caption
    assert "Stale" not in caption


def test_a_missing_gpu_run_is_said_and_not_invented(speed):
    record = recorded.load("speed")
    assert record.run("cuda") is None
    assert record.caption("cuda") == "Speed. Not yet recorded on an NVIDIA GPU."
    assert record.caption().startswith("Speed. Recorded on ")
    assert record.caption().endswith("Not yet recorded on an NVIDIA GPU.")
    with pytest.raises(RecordError, match=r"no run on cuda"):
        recorded.lookup("speed.cuda.time")


SCRIPT = """\
TITLE = 'x'
RUNS = 3


def record(device, folder):
    return RUNS
"""


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("RUNS = 3", "RUNS = 4", True),
        ("return RUNS", "return 2 * RUNS", True),
        ("TITLE = 'x'", '"""What it is."""\n\nTITLE = "y"\nMINUTES = {"cpu": 3}\n', False),
        ("RUNS = 3", "RUNS = 3  # of them", False),
        ("    return", '    """Do it."""\n\n    # and now\n    return', False),
        ("RUNS = 3", "RUNS = '# 3'", True),
    ],
)
def test_what_runs_in_a_script_decides_whether_its_record_is_stale(speed, old, new, stale):
    script = speed / "speed.py"
    script.write_text(SCRIPT)
    content = json.loads((speed / "speed.json").read_text())
    content["runs"][0]["script_sha256"] = recorded.script_hash(script)
    (speed / "speed.json").write_text(json.dumps(content))
    assert not recorded.load("speed").run("cpu").stale
    script.write_text(SCRIPT.replace(old, new))
    record = recorded.load("speed")
    assert record.run("cpu").stale == stale
    assert ("the script has changed since" in record.caption("cpu")) == stale


CELLS_SCRIPT = 'CHAPTER = "part/page"\nCELLS = """\n    first second\n"""\n' + SCRIPT


@pytest.mark.parametrize(
    ("sources", "stale"),
    [
        ({"first": "a = 1", "second": "b = a + 1", "third": "c = 1"}, False),
        ({"first": "a = 1  # one", "second": "b = a + 1", "third": "c = 2"}, False),
        ({"first": "a = 1", "second": "b = a + 2", "third": "c = 1"}, True),
        (None, False),  # an installed package has no notebooks
    ],
)
def test_a_changed_cell_of_the_chapter_makes_its_record_stale(tmp_path, sources, stale):
    script = tmp_path / "recorded" / "speed.py"
    notebook = tmp_path / "part" / "page.ipynb"
    for path in (script, notebook):
        path.parent.mkdir()
    script.write_text(CELLS_SCRIPT)

    def hash_with(sources):
        cells = [{"id": name, "source": [text]} for name, text in sources.items()]
        notebook.write_text(json.dumps({"cells": cells}))
        return recorded.script_hash(script)

    before = hash_with({"first": "a = 1", "second": "b = a + 1", "third": "c = 1"})
    notebook.unlink()
    now = hash_with(sources) if sources else recorded.script_hash(script)
    assert (bool(now) and now != before) == stale
    with pytest.raises(RecordError, match="no cell 'second'"):
        hash_with({"first": "a = 1"})


def test_the_cells_of_a_chapter_run_in_their_order_as_one_module(monkeypatch, tmp_path):
    (tmp_path / "part").mkdir()
    cells = [{"id": "a", "source": ["b = 2 * c"]}, {"id": "c", "source": ["c = 3"]}]
    (tmp_path / "part" / "page.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.setattr(recorded.resources, "root", lambda: tmp_path)
    assert recorded.chapter("part/page", "c a").b == 6
    with pytest.raises(RecordError, match="no chapter 'part/other'"):
        recorded.chapter("part/other", "c a")


def test_a_new_run_takes_the_place_of_the_same_machine_only(speed):
    run = recorded.load("speed").run("cpu")
    other = recorded.Run(**{**vars(run), "device": run.device | {"kind": "cuda", "name": "T4"}})
    for new in (other, run, run):
        recording.save(new, name="speed", title="Speed", method="By clock.", folder=speed)
    kinds = [run.device["kind"] for run in recorded.load("speed").runs]
    assert sorted(kinds) == ["cpu", "cuda"]


@pytest.mark.parametrize(
    ("quantity", "named"),
    [
        (Quantity(float("inf"), "ms", "median", 3), "time.value"),
        (Quantity(1.0, "", "median", 3), "time.unit"),
        (1.0, "time must be a Quantity"),
    ],
)
def test_what_would_not_be_valid_is_never_saved(tmp_path, quantity, named):
    path = make(tmp_path)
    before = path.read_bytes()
    run = recording.load("speed", tmp_path).run("cpu")
    wrong = recorded.Run(**vars(run) | {"values": {"time": quantity}})
    with pytest.raises(RecordError, match=rf"runs\[0\]\.values\.{named}"):
        recording.save(wrong, name="speed", title="Speed", method="By clock.", folder=tmp_path)
    assert path.read_bytes() == before


def test_saving_refuses_what_is_wrong_and_leaves_the_file(tmp_path):
    before = make(tmp_path).read_bytes()
    run = recorded.load("speed", folder=tmp_path).run("cpu")
    with pytest.raises(RecordError, match="method"):
        recording.save(run, name="speed", title="Speed", method="", folder=tmp_path)
    assert (tmp_path / "speed.json").read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schema": 99}, "schema"),
        ({"name": "other"}, "name"),
        ({"method": ""}, "method"),
        ({"runs": []}, "runs"),
        ({"runs__0__commit": "not a commit"}, "commit"),
        ({"runs__0__date": "yesterday"}, "date"),
        ({"runs__0__device": {"kind": "abacus", "name": "x"}}, "device.kind"),
        ({"runs__0__extra": 1}, "extra"),
        ({"runs__0__values__time__unit": ""}, "time.unit"),
        ({"runs__0__values__time__n": 0}, "time.n"),
        ({"runs__0__values__time__value": "fast"}, "time.value"),
        ({"runs__0__values__time__value": float("nan")}, "time.value"),
        ({"runs__0__values__time__value": []}, "time.value"),
    ],
)
def test_a_malformed_record_is_refused_by_field(tmp_path, changes, named):
    make(tmp_path, **changes)
    with pytest.raises(RecordError, match=rf"speed.json.*{named}"):
        recording.load("speed", tmp_path)


def test_missing_and_unreadable_records_are_named(tmp_path):
    path = make(tmp_path)
    with pytest.raises(RecordError, match=r"no record 'sped'; there are: speed"):
        recorded.load("sped", folder=tmp_path)
    path.write_text(path.read_text()[:50])
    with pytest.raises(RecordError, match=r"speed.json is not a record"):
        recorded.load("speed", folder=tmp_path)


def test_a_record_that_no_machine_has_made_yet_has_no_runs_and_says_so(tmp_path):
    script = tmp_path / "speed.py"
    script.write_text('import nothing_here\nTITLE = "Speed"\nMETHOD = ("By " "clock.")\n')
    record = recorded.load("speed", folder=tmp_path)
    assert (record.title, record.method, record.runs) == ("Speed", "By clock.", ())
    assert record.caption("cuda") == "Speed. Not yet recorded on an NVIDIA GPU."
    script.write_text('TITLE = "Speed"\n')
    with pytest.raises(RecordError, match=r"speed.py does not say its METHOD"):
        recorded.load("speed", folder=tmp_path)


def test_a_failed_write_keeps_the_old_record(tmp_path, monkeypatch):
    path = make(tmp_path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match=r"No space left"):
        make(tmp_path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["speed.json", "speed.py"]


def test_an_unknown_quantity_names_the_known_ones(speed):
    with pytest.raises(RecordError, match=r"no 'tim'. It has: accuracy, curve, time"):
        recorded.load("speed").run("cpu")["tim"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("speed.cpu.time", 1.5),
        ("speed.cpu.accuracy.min", 54.0),
        ("speed.cpu.accuracy.max", 56.0),
        ("speed.cpu.accuracy.mean", pytest.approx(55.0833, abs=1e-3)),
        ("speed.cpu.accuracy.median", 55.25),
        ("speed.cpu.accuracy.1", 55.25),
        ("speed.cpu.curve.1.0", 3.0),
    ],
)
def test_lookup(speed, key, value):
    assert recorded.lookup(key) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("It reaches 55.08 %<!-- rec: speed.cpu.accuracy.mean -->.", None),
        ("It reaches 55 %<!-- rec: speed.cpu.accuracy.mean -->.", None),
        ("It takes 1.5 ms <!-- rec: speed.cpu.time --> here.", None),
        ("It reaches 57 %<!-- rec: speed.cpu.accuracy.mean -->.", "says 57, recorded is 55"),
        ("It is fast<!-- rec: speed.cpu.time -->.", "no number stands before"),
        ("It takes 3<!-- rec: speed.cpu.tim -->.", "no 'tim'"),
        ("It takes 3<!-- rec: sped.cpu.time -->.", "no record 'sped'"),
        ("It takes 3<!-- rec: speed.cpu.accuracy -->.", "add .mean or a position"),
        ("It takes 3<!-- rec: speed -->.", "name a record"),
        ("It takes 1.5<!-- rec speed.cpu.time -->.", "write a marker as"),
        ("It takes 1.5<!-- rec: speed.cpu. time -->.", "write a marker as"),
        ("It takes 1.5<!-- REC: speed.cpu.time.", "write a marker as"),
        ("It is <!-- recorded on a machine -->.", None),
    ],
)
def test_prose_markers_are_compared(speed, text, problem):
    found = markers.wrong(text)
    assert (problem in found[0]) if problem else found == []


@pytest.mark.parametrize("path", sorted(BOOK.rglob("*.md")), ids=lambda path: path.stem)
def test_every_number_that_a_page_cites_is_the_recorded_one(path):
    assert markers.wrong(path.read_text(encoding="utf-8")) == []


def test_a_second_card_does_not_change_which_number_is_cited(speed):
    run = recorded.load("speed").run("cpu")
    for name, ms in (("Tesla T4", 2.0), ("NVIDIA L4", 1.0)):
        device = run.device | {"kind": "cuda", "name": name}
        new = recorded.Run(
            **{**vars(run), "device": device, "values": {"time": Quantity(ms, "ms", "median", 3)}}
        )
        recording.save(new, name="speed", title="Speed", method="By clock.", folder=speed)
        if name == "Tesla T4":
            assert recorded.lookup("speed.cuda.time") == 2.0
    with pytest.raises(RecordError, match=r"runs on Tesla T4, NVIDIA L4\. Name one"):
        recorded.lookup("speed.cuda.time")
    assert recorded.lookup("speed.cuda@tesla-t4.time") == 2.0
    assert markers.wrong("It takes 1.0 ms<!-- rec: speed.cuda@l4.time -->.") == []
    assert "says 3" in markers.wrong("It takes 3 ms<!-- rec: speed.cuda@l4.time -->.")[0]


def test_a_quantity_tells_its_median():
    assert Quantity([3.0, 1.0, 2.0], "ms", "each", 3).median == 2.0
    assert Quantity(1.5, "ms", "median", 20).median == 1.5


@pytest.mark.parametrize("path", sorted((BOOK / "recorded").glob("*.py")), ids=lambda p: p.stem)
def test_a_script_takes_the_device_and_a_folder_for_each_set_that_it_names(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assigned = [n for n in body if isinstance(n, ast.Assign)]
    named = {getattr(n.targets[0], "id", ""): n.value for n in assigned}
    sets = ast.literal_eval(named["DATA"]) if "DATA" in named else (None,)
    record = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == "record")
    assert len(record.args.args) == 1 + len(sets)


def test_every_record_of_the_book_is_valid_and_fresh():
    assert "article_cnn" in NAMES
    for name in NAMES:
        for run in recording.load(name, BOOK / "recorded").runs:
            assert not run.stale, f"{name} was recorded by another script: make record"
            assert (BOOK / "recorded" / f"{name}.py").exists()


#: What a script says of itself, and why it is then left out.
SKIPPED = {
    "packages": ("NEEDS = ('no_such_package',)", "it needs no_such_package"),
    "sets": ("DATA = ('cifar10',)", "it needs cifar10: name the folder that holds it with DATA="),
    "long": ("MINUTES = {'cpu': 9}", "it takes 9 minutes on cpu: name it with ONLY="),
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "peeks"], "no script records 'peeks'; there are: .*peaks"),
        (["--commit", "nowhere"], "'nowhere' is not a commit here"),
        (["--data", "/no/such/folder"], "there is no folder /no/such/folder"),
        (["--out", __file__], "is a file; name a folder"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_measured(arguments, message, capsys):
    from tools import record

    with pytest.raises(SystemExit):
        record.parse(arguments)
    assert re.search(message, capsys.readouterr().err)


def test_a_commit_may_be_named_as_git_names_it():
    from tools import record

    assert re.fullmatch("[0-9a-f]{40}", record.parse([]).commit)
    assert record.parse(["--commit", "abc1234"]).commit == "abc1234"


def test_make_record_leaves_one_archive_from_a_bare_checkout(tmp_path):
    """No .git, no network, no packages but torch and NumPy: the scripts still run."""
    checkout = tmp_path / "checkout"
    for part in ("helpers", "tools", "warptrace", "book/recorded"):
        for path in (ROOT / part).rglob("*.py"):
            target = checkout / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    for path in (checkout / "book" / "recorded").glob("*.py"):
        path.unlink()
    (checkout / "book" / "recorded" / "tiny.py").write_text(
        "import torch\n"
        "from helpers import recorded, timing\n"
        "TITLE, METHOD = 'Tiny', 'One sum.'\n"
        "def record(device, folder):\n"
        "    x = torch.ones(10, device=device)\n"
        "    t = timing.measure(x.sum, n=3, device=device)\n"
        "    return {'time': recorded.Quantity(t.median_ms, 'ms', 'median', t.n)}\n"
    )
    (checkout / "book" / "recorded" / "broken.py").write_text(
        "TITLE, METHOD = 'Broken', 'x'\n"
        "def record(device, folder):\n"
        "    raise RuntimeError('no such luck')\n"
    )
    (checkout / "book" / "recorded" / "kernel.py").write_text(
        "TITLE, METHOD, KINDS = 'Kernel', 'x', ('cuda',)\n"
    )
    for name, (line, _) in SKIPPED.items():
        (checkout / "book" / "recorded" / f"{name}.py").write_text(
            f"TITLE = METHOD = 'x'\n{line}\n"
        )
    out = tmp_path / "out"
    blocked = (
        "import sys\n"
        "for name in ('yaml', 'sklearn', 'pooch', 'tqdm', 'torchvision'):\n"
        "    sys.modules[name] = None\n"
    )
    (tmp_path / "sitecustomize.py").write_text(blocked)
    command = [sys.executable, "-m", "tools.record", "--commit", "abcdef1"]
    done = subprocess.run(
        [*command, "--out", out, "--device", "cpu"],
        capture_output=True,
        text=True,
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert re.search(r"broken: FAILED, RuntimeError: no such luck", done.stdout), done.stderr
    assert "kernel: skipped: it is recorded on cuda" in done.stdout
    for name, (_, reason) in SKIPPED.items():
        assert f"{name}: skipped: {reason}" in done.stdout
    assert done.returncode == 1, "a failure is not hidden by what worked"
    with tarfile.open(out / "records.tar.gz") as archive:
        assert archive.getnames() == ["tiny.json"]
    (out / "tiny.py").write_bytes((checkout / "book" / "recorded" / "tiny.py").read_bytes())
    run = recorded.load("tiny", folder=out).run("cpu")
    assert run.commit == "abcdef1" and run["time"].n == 3 and not run.stale
