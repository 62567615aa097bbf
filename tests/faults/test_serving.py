"""Faults of a served model and its clients: each costs one answer, in JSON, and not the server."""

import contextlib
import gzip
import http.client
import json
import re
import socket
import sys
import threading
import time

import numpy as np
import pytest

from helpers import serving

SHAPE = (2, 3)
BODY = serving.body_of([[1, 2, 3], [4, 5, 6]])


def sums(images):
    return images.sum((1, 2))[:, None] * np.ones(2)


class Served:
    """A server with a model that can be changed while it runs."""

    def __init__(self):
        self.model = sums
        self.server = serving.Server(lambda images: self.model(images), shape=SHAPE)

    def post(self, body=BODY, **headers):
        """Return the status and the answer, which has to be JSON as its standard has it."""
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", "/predict", body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read(), parse_constant=pytest.fail)

    @property
    def address(self):
        host, port = self.server.url.removeprefix("http://").split(":")
        return host, int(port)


@pytest.fixture(scope="module")
def running():
    served = Served()
    yield served
    served.server.stop()


@pytest.fixture
def served(running, capfd):
    """The server, which must be well after each fault and must not have printed a traceback."""
    running.model = sums
    yield running
    running.model = sums
    assert running.post() == (200, {"label": 0, "scores": [21.0, 21.0]})
    assert capfd.readouterr().err == ""


def raising(error):
    def model(images):
        raise error

    return model


class UnspeakableError(Exception):
    def __str__(self):
        raise ValueError("not even its message can be made")


MODELS = {
    "NaN": (lambda images: np.full((len(images), 2), np.nan), "nan.* are no finite scores"),
    "infinite": (lambda images: [[1.0, np.inf]] * len(images), "inf.* are no finite scores"),
    "scalar rows": (lambda images: np.zeros(len(images)), "not iterable"),
    "empty rows": (lambda images: np.zeros((len(images), 0)), "are no finite scores"),
    "nested rows": (lambda images: np.zeros((len(images), 2, 2)), "TypeError"),
    "words": (lambda images: ["ab"] * len(images), "could not convert"),
    "nothing": (lambda images: None, "not iterable"),
    "one row more": (lambda images: np.zeros((len(images) + 1, 2)), "2 rows of scores for 1"),
    "error": (raising(ZeroDivisionError("by zero")), "ZeroDivisionError: by zero"),
    "exit": (sys.exit, "SystemExit"),
    "end": (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
    "StopIteration": (raising(StopIteration()), "StopIteration"),
    "GeneratorExit": (raising(GeneratorExit()), "GeneratorExit"),
    "without words": (raising(UnspeakableError()), "UnspeakableError"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_fails_costs_its_answer(name, served):
    served.model, said = MODELS[name]
    status, answer = served.post()
    assert status == 500 and answer.keys() == {"error"}
    assert answer["error"].startswith("The model failed: ")
    assert re.search(said, answer["error"])


def test_a_row_that_is_wrong_costs_no_other_its_answer():
    gate, entered, met = threading.Event(), threading.Event(), {}

    def model(images):
        entered.set()
        assert gate.wait(10)
        return [[np.nan if image[0, 0] == 0 else 1.0] for image in images]

    with serving.Server(model, shape=SHAPE, most=3) as server:

        def ask(first):
            body = serving.body_of([[first, 0, 0], [0, 0, 0]])
            met[first] = serving.send(server.url + "/predict", body)[0]

        asked = [threading.Thread(target=ask, args=[first]) for first in (9, 0, 1)]
        asked[0].start()
        assert entered.wait(10)
        for one in asked[1:]:
            one.start()
        while server.accepted < 3:
            time.sleep(0.005)
        gate.set()
        for one in asked:
            one.join()
    assert met == {9: 200, 0: 500, 1: 200}


BODIES = {
    "no gzip": (BODY, "gzip"),
    "gzip cut off": (gzip.compress(BODY)[:20], "gzip"),
    "no deflate": (BODY, "deflate"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_unpacked_is_the_clients(name, served):
    body, coding = BODIES[name]
    status, answer = served.post(body, **{"Content-Encoding": coding})
    assert status == 400 and answer.keys() == {"error"}


def test_gzip_that_is_whole_is_read_and_bounded(served):
    assert served.post(gzip.compress(BODY), **{"Content-Encoding": "gzip"})[0] == 200
    bomb = gzip.compress(b" " * 10_000_000)
    assert served.post(bomb, **{"Content-Encoding": "gzip"})[0] == 413


HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\n"
LEAVES = {
    "before the body": HEAD + b"Content-Length: 100\r\n\r\n",
    "within the body": HEAD + b'Content-Length: 100\r\n\r\n{"image',
    "within a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "without HTTP": b"hello\r\n\r\n",
    "with no length": HEAD + b"Content-Length: abc\r\n\r\n",
}


@pytest.mark.parametrize("name", LEAVES)
def test_a_client_that_leaves_is_no_traceback(name, served):
    with socket.create_connection(served.address, timeout=10) as client:
        client.sendall(LEAVES[name])
        client.shutdown(socket.SHUT_WR)
        while client.recv(1000):
            pass


@pytest.mark.parametrize("path", ["/", "/nothing", "/predict"])
def test_another_address_is_answered_in_json(path, served):
    status, answer = serving.send(served.server.url + path)
    assert status in (404, 405) and "POST /predict, or GET /health" in answer["error"]


LIMITS = [{"most": 2.5}, {"most": "3"}, {"room": float("nan")}, {"wait_ms": float("nan")}]
LIMITS += [{"wait_ms": float("inf")}, {"most_bytes": 0}, {"most_bytes": float("nan")}]


@pytest.mark.parametrize("limits", LIMITS, ids=repr)
def test_limits_that_are_none_are_refused(limits):
    with pytest.raises(ValueError, match="at least"):
        serving.Server(sums, shape=SHAPE, **limits)


ELSEWHERE = ["http://127.0.0.1:80@elsewhere/", "http://127.0.0.1:80\\@elsewhere/", "http://::1/"]
ELSEWHERE += ["http://127.0.0.1.elsewhere/", "https://127.0.0.1:80/", "http://127.0.0.1:abc/", ""]


@pytest.fixture
def nobody_sends(monkeypatch):
    def sends(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(serving.clients.processes, "python", sends)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_load_for_elsewhere_is_refused_whatever_the_address_begins_with(url, nobody_sends):
    with pytest.raises(ValueError):
        serving.under_load(url, BODY, (1,), seconds=1)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_rates_and_seconds_are_above_0(rate, nobody_sends):
    for asked in ({"rates": (5, rate), "seconds": 1}, {"rates": (5,), "seconds": rate}):
        with pytest.raises(ValueError, match="numbers above 0"):
            serving.under_load("http://127.0.0.1:80/", BODY, **asked)


def test_no_request_at_all_is_no_share_of_them():
    assert np.isnan(serving.Load(5, 0.1, [], shed=0, failed=0).shed_share)


def test_load_follows_no_redirection(monkeypatch):
    from aiohttp import web

    async def elsewhere(_, request):
        seen.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    seen = []
    monkeypatch.setattr(serving.Server, "_predict", elsewhere)
    with serving.Server(sums, shape=SHAPE) as server:
        (met,) = serving.under_load(server.url + "/predict", BODY, (20,), seconds=0.3)
    assert met.failed == met.sent and set(seen) == {"/predict"}
