"""Faults of what data goes to: each is named for what it is, and nothing is lost."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10

from helpers.data import DataError, fetch, images, vision
from tools import data as command

CONTENT = dict.fromkeys(vision.CIFAR10_MD5, b"pixels")


class Slow(SimpleHTTPRequestHandler):
    """Lets those that ask at once meet."""

    def do_GET(self):
        self.server.asked.append(self.path)
        time.sleep(0.3)
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    """Serve a small CIFAR-10 whose sums count as the published ones; return what serves another."""
    (tmp_path / "served").mkdir()
    handler = partial(Slow, directory=tmp_path / "served")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{server.server_port}/cifar.tar.gz")
        sums = {name: hashlib.md5(content).hexdigest() for name, content in CONTENT.items()}
        monkeypatch.setattr(vision, "CIFAR10_MD5", sums)
        monkeypatch.setattr(vision, "CIFAR10_SPACE_MB", 0)
        monkeypatch.setenv("BOOK_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("BOOK_DATA", raising=False)

        def serve(content):
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
                for name, text in content.items():
                    about = tarfile.TarInfo(f"{vision.CIFAR10_FOLDER}/{name}")
                    about.size = len(text)
                    tar.addfile(about, io.BytesIO(text))
            (tmp_path / "served/cifar.tar.gz").write_bytes(buffer.getvalue())
            monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(buffer.getvalue()).hexdigest())

        serve(CONTENT)
        serve.asked = server.asked
        yield serve
        server.shutdown()


def put(name):
    def spoil(folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")

    return spoil


def there(*kept):
    """Return what puts CIFAR-10 there, but for a file."""

    def spoil(folder):
        for name in CONTENT:
            if name not in kept:
                (folder / vision.CIFAR10_FOLDER).mkdir(parents=True, exist_ok=True)
                (folder / vision.CIFAR10_FOLDER / name).write_bytes(CONTENT[name])

    return spoil


def folder_for(name):
    def spoil(folder):
        there(name)(folder)
        put(f"{vision.CIFAR10_FOLDER}/{name}/inside")(folder)

    return spoil


#: What is in the way in the folder, and what is said of it.
FAULTS = {
    "a file for the set": (
        put(vision.CIFAR10_FOLDER),
        r"cifar-10-batches-py is a file, and a folder belongs there: move the file away",
    ),
    "a folder for the archive": (
        put("cifar.tar.gz/inside"),
        r"Is a directory.*cifar\.tar\.gz.*A file belongs there: move the folder away",
    ),
    "a folder for a file": (
        folder_for("data_batch_2"),
        r"data_batch_2 cannot be read \(Is a directory\)\. Remove .*cifar-10-batches-py, then",
    ),
    "a file too few": (there("data_batch_2"), r"data_batch_2 is missing\. Remove"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_in_the_way_is_named_and_left(name, publisher, tmp_path):
    spoil, said = FAULTS[name]
    spoil(tmp_path / "sets")
    before = {p: p.read_bytes() for p in (tmp_path / "sets").rglob("*") if p.is_file()}
    with pytest.raises(DataError, match=said):
        command.answer(["cifar10", str(tmp_path / "sets")])
    assert {p: p.read_bytes() for p in (tmp_path / "sets").rglob("*") if p.is_file()} == before


WRONG = {
    "a member too few": {"batches.meta": b"pixels"},
    "another content": CONTENT | {"test_batch": b"others"},
}


@pytest.mark.parametrize("name", WRONG)
def test_an_archive_with_other_members_is_no_want_of_space(name, publisher, tmp_path):
    publisher(WRONG[name])
    with pytest.raises(DataError) as refused:
        vision.download_cifar10(tmp_path / "sets")
    assert "It is not the archive of CIFAR-10: remove" in str(refused.value)
    assert "space" not in str(refused.value) and ".unpacking" not in str(refused.value)
    (tmp_path / "sets/cifar.tar.gz").unlink()  # as it says
    publisher(CONTENT)
    vision.check_cifar10(vision.download_cifar10(tmp_path / "sets"))


def test_two_downloads_at_once_are_one(publisher, tmp_path):
    failed = []

    def download():
        try:
            vision.check_cifar10(vision.download_cifar10(tmp_path / "sets"))
        except Exception as error:
            failed.append(error)

    both = [threading.Thread(target=download) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert failed == [] and publisher.asked == ["/cifar.tar.gz"]
    assert [path.name for path in (tmp_path / "sets").iterdir()] == [vision.CIFAR10_FOLDER]


def test_two_that_fetch_one_file_into_two_folders_share_what_was_cut_off(publisher, tmp_path):
    paths = []
    known = f"md5:{CIFAR10.tgz_md5}"

    def download(name):
        paths.append(fetch.file(CIFAR10.url, known, tmp_path / name, "CIFAR-10"))

    both = [threading.Thread(target=download, args=[name]) for name in "ab"]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(paths) == 2 and paths[0].read_bytes() == paths[1].read_bytes()


def test_a_tilde_in_a_variable_is_ones_home(publisher, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BOOK_DATA", "~/sets")
    with pytest.raises(DataError, match=rf"no cifar-10-batches-py in {tmp_path}/sets"):
        images()
    monkeypatch.setenv("BOOK_CACHE", "~/kept")
    assert fetch.cache_folder() == tmp_path / "kept"
    assert fetch.expanded("~no-such-user/x") == Path("~no-such-user/x")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_end_while_data_is_fetched_is_one_sentence(how, tmp_path):
    waits = "import time\nprint('begun', flush=True)\ntime.sleep(60)\n"
    (tmp_path / "pooch.py").write_text(waits)
    path = os.pathsep.join([str(tmp_path), str(Path(command.__file__).parents[1])])
    program = [sys.executable, "-m", "tools.data", "banking77", str(tmp_path / "sets")]
    options = {"env": os.environ | {"PYTHONPATH": path}, "text": True, "stderr": subprocess.PIPE}
    # What runs in the background of a shell ignores Ctrl-C, and so would what it starts.
    options["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(program, stdout=subprocess.PIPE, **options) as fetching:
        while "begun" not in fetching.stdout.readline():
            assert fetching.poll() is None
        fetching.send_signal(how)
        said = fetching.communicate(timeout=30)[1]
    assert fetching.returncode == 130
    assert said == "\nInterrupted. Run the same command again; it goes on from there.\n"
