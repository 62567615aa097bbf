"""Full sets from their publishers, and the command that lists and fetches them."""

import hashlib
import re
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from helpers.data import fetch, packages
from helpers.data.catalogue import datasets
from helpers.facts import Source
from tools import data as command
from tools.data import Published, published

CONTENT = bytes(range(256)) * 2000


def begin(wanted):
    """Return where the range that a request asks for begins."""
    return int(re.findall(r"\d+", wanted or "0")[0])


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    """A publisher of one file, who may be cut off, and may be unable to go on."""
    state = SimpleNamespace(content=CONTENT, cuts=0, asked=[], goes_on=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            state.asked.append(self.headers["Range"])
            at = begin(self.headers["Range"]) * state.goes_on
            if at >= len(state.content):
                self.send_error(416)
                return
            rest = state.content[at:]
            self.send_response(206 if at else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            state.cuts -= 1
            self.wfile.write(rest[: len(rest) // 2 if state.cuts >= 0 else None])

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/train.csv"
    file = {"url": url, "sha256": hashlib.sha256(CONTENT).hexdigest(), "bytes": len(CONTENT)}
    state.set = Published(
        name="rows",
        title="rows",
        files=(file,),
        licence="CC0",
        terms="share-alike",
        terms_note="pass it on",
        attribution="nobody",
        items="rows",
        languages=("en",),
        traps="none",
        source=Source("x", "https://example.org", date(2026, 1, 1), ""),
    )
    monkeypatch.setattr(command, "published", lambda: published() | {"rows": state.set})
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path / "cache"))
    yield state
    server.shutdown()
    server.server_close()


def test_a_set_is_fetched_once(publisher, tmp_path):
    home = publisher.set.fetch(tmp_path)
    assert home == tmp_path / "rows" and (home / "train.csv").read_bytes() == CONTENT
    assert publisher.set.fetched(tmp_path)
    publisher.set.fetch(tmp_path)
    assert publisher.asked == [None]
    assert list((tmp_path / "cache" / "partial").iterdir()) == []


def test_a_download_that_was_cut_off_goes_on_where_it_was(publisher, tmp_path):
    publisher.cuts = 2
    home = publisher.set.fetch(tmp_path)
    first, second, third = map(begin, publisher.asked)
    assert 0 == first < second < third < len(CONTENT)
    assert (home / "train.csv").read_bytes() == CONTENT


def test_it_goes_on_in_the_next_call_too_and_meanwhile_nothing_is_there(publisher, tmp_path):
    publisher.cuts = 4
    with pytest.raises(fetch.DataError, match="Check the network"):
        publisher.set.fetch(tmp_path)
    assert list((tmp_path / "rows").iterdir()) == [] and not publisher.set.fetched(tmp_path)
    publisher.set.fetch(tmp_path)
    assert begin(publisher.asked[4]) > len(CONTENT) / 2
    assert publisher.set.fetched(tmp_path)


def test_a_publisher_who_cannot_go_on_begins_anew(publisher, tmp_path):
    publisher.cuts, publisher.goes_on = 1, False
    home = publisher.set.fetch(tmp_path)
    assert (home / "train.csv").read_bytes() == CONTENT


def test_a_changed_file_is_refused_and_not_gone_on_with(publisher, tmp_path):
    publisher.content = CONTENT[::-1]
    with pytest.raises(fetch.DataError, match="could not be fetched"):
        publisher.set.fetch(tmp_path)
    assert list((tmp_path / "rows").iterdir()) == []
    publisher.content = CONTENT
    assert publisher.set.fetch(tmp_path)


def test_a_part_that_is_longer_than_the_file_is_dropped(publisher, tmp_path):
    part = fetch.cache_folder() / "partial"
    part.mkdir(parents=True)
    url = publisher.set.files[0]["url"]
    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    (part / name).write_bytes(CONTENT + b"more")
    assert publisher.set.fetch(tmp_path)


def test_the_command_lists_every_set_with_its_size_and_terms(publisher, tmp_path):
    said = command.answer([])
    for name, one in (datasets() | published()).items():
        line = next(line for line in said.splitlines() if line.startswith(f"{name} "))
        assert f"{one.bytes / 1e6:.1f} MB" in line and one.terms in line and one.licence in line
    publisher.set.fetch(tmp_path)
    assert re.search(r"rows .* here ", command._listed(tmp_path))
    assert re.search(r"pairs .* -  ", command._listed(tmp_path))


def test_the_command_fetches_says_the_terms_and_reports_failures(
    publisher, tmp_path, capsys, monkeypatch
):
    said = command.answer(["rows", str(tmp_path)])
    assert said == f"rows is here: {tmp_path / 'rows'}"
    assert "Share-alike: pass it on." in capsys.readouterr().out, "before it is fetched"
    with pytest.raises(fetch.DataError, match=r"no set nothing\. There are cifar10, enc.* rows"):
        command.answer(["nothing"])
    monkeypatch.setenv("BOOK_OFFLINE", "1")
    with pytest.raises(fetch.DataError, match=r"0\.9 MB.*BOOK_OFFLINE.*make data SET=pairs"):
        command.answer(["pairs"])
    monkeypatch.setattr(packages, "_kept", lambda one: one.kept())
    assert "sentences.json" in command.answer(["pairs"])
