"""The server answers, refuses, batches, sheds and stops as promised; the load is as described."""

import json
import math
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from helpers import serving
from helpers.serving import clients, server

SHAPE = (2, 3)
IMAGE = [[1, 2, 3], [4, 5, 6]]


def sums(images):
    """Scores of which each request can tell that they are its own."""
    return np.stack([images.sum((1, 2)), -images.sum((1, 2))], 1)


class Gate:
    """A model that waits until it is let go, so that a test decides what queues up."""

    def __init__(self):
        self.open, self.entered = threading.Event(), threading.Event()

    def __call__(self, images):
        self.entered.set()
        assert self.open.wait(10)
        return sums(images)


class Client(threading.Thread):
    def __init__(self, server, image=IMAGE):
        super().__init__()
        self.url, self.body, self.met = server.url + "/predict", serving.body_of(image), None
        self.start()

    def run(self):
        self.met = serving.send(self.url, self.body)


def wait_until(holds):
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_it_answers_and_says_that_it_is_well():
    with serving.Server(sums, shape=SHAPE) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert serving.send(server.url + "/health") == (200, {"status": "ok"})
        status, answer = serving.send(server.url + "/predict", serving.body_of(np.array(IMAGE)))
        assert (status, answer) == (200, {"label": 0, "scores": [21.0, -21.0]})
    assert not server.running
    server.stop()  # a second time does no harm


BAD = {
    "nothing": (b"", "not JSON"),
    "cut off": (b'{"image": [[1, 2', "not JSON"),
    "not text": (b"\xff\xfe\x00", "not JSON"),
    "too deep": (b"[" * 20_000, "not JSON"),
    "a list": (b"[1]", "one key"),
    "another key": (b'{"picture": 1}', "one key"),
    "one key more": (b'{"image": 1, "x": 2}', "one key"),
    "shape": (b'{"image": [[1, 2]]}', r"shape is (1, 2), and must be (2, 3)"),
    "ragged": (b'{"image": [[1, 2, 3], [4]]}', "differ in length"),
    "words": (b'{"image": [["a", 2, 3], [4, 5, 6]]}', "else than numbers"),
    "null": (b'{"image": null}', "else than numbers"),
    "truth": (b'{"image": [[true, true, true], [true, true, true]]}', "else than numbers"),
    "NaN": (b'{"image": [[NaN, 2, 3], [4, 5, 6]]}', "between 0 and 255"),
    "infinite": (b'{"image": [[1e999, 2, 3], [4, 5, 6]]}', "between 0 and 255"),
    "negative": (b'{"image": [[-1, 2, 3], [4, 5, 6]]}', "between 0 and 255"),
}


@pytest.mark.parametrize("body, part", BAD.values(), ids=BAD)
def test_a_bad_body_is_refused_with_what_is_expected(body, part):
    with pytest.raises(serving.RefusedError) as refused:
        serving.image_of(body, SHAPE)
    assert refused.value.status == 400
    assert part in str(refused.value)


def test_a_good_body_becomes_an_array():
    image = serving.image_of(serving.body_of(IMAGE), SHAPE)
    assert image.dtype == np.float32
    assert image.tolist() == IMAGE


def test_the_server_refuses_and_goes_on():
    with serving.Server(sums, shape=SHAPE, most_bytes=200) as server:
        url = server.url + "/predict"
        status, answer = serving.send(url, b'{"image": [1]}')
        assert status == 400
        assert "must be (2, 3)" in answer["error"]
        status, answer = serving.send(url, b" " * 201)
        assert (status, answer["error"]) == (413, "The body is larger than 200 bytes.")
        assert serving.send(url, serving.body_of(IMAGE))[0] == 200


def test_requests_that_wait_share_a_batch_and_get_their_own_answers():
    gate = Gate()
    with serving.Server(gate, shape=SHAPE, most=3, wait_ms=0) as server:
        first = Client(server)
        assert gate.entered.wait(10)
        others = [Client(server, [[n, 0, 0], [0, 0, 0]]) for n in range(4)]
        wait_until(lambda: server.batcher.waiting == 4)
        gate.open.set()
        for client in [first, *others]:
            client.join()
        assert server.batcher.sizes == [1, 3, 1]
        assert server.accepted == 5
        assert [client.met[1]["scores"][0] for client in others] == [0, 1, 2, 3]


def test_overload_is_shed_not_queued():
    gate = Gate()
    with serving.Server(gate, shape=SHAPE, most=1, room=2) as server:
        clients = [Client(server)]
        assert gate.entered.wait(10)
        clients += [Client(server), Client(server)]
        wait_until(lambda: server.batcher.waiting == 2)
        status, answer = serving.send(server.url + "/predict", serving.body_of(IMAGE))
        assert status == 503
        assert "Too many" in answer["error"]
        # no work is spent on a request that has no place, not even reading it
        assert serving.send(server.url + "/predict", b"not JSON")[0] == 503
        gate.open.set()
        for client in clients:
            client.join()
        assert [client.met[0] for client in clients] == [200, 200, 200]


def test_a_refusal_for_want_of_room_says_when_to_try_again():
    assert server._refusal(503, "full").headers["Retry-After"] == "1"
    assert "Retry-After" not in server._refusal(400, "bad").headers


def test_a_graceful_stop_answers_the_queue_and_refuses_the_new():
    gate = Gate()
    server = serving.Server(gate, shape=SHAPE, most=1)
    clients = [Client(server)]
    assert gate.entered.wait(10)
    clients += [Client(server), Client(server)]
    wait_until(lambda: server.batcher.waiting == 2)
    server.close()
    status, answer = serving.send(server.url + "/predict", serving.body_of(IMAGE))
    assert status == 503
    assert "stopping" in answer["error"]
    assert serving.send(server.url + "/health")[0] == 503
    gate.open.set()
    server.stop()
    for client in clients:
        client.join()
    assert [client.met[0] for client in clients] == [200, 200, 200]
    with pytest.raises(OSError):
        serving.send(server.url + "/health")


def test_a_full_queue_does_not_keep_the_server_from_stopping():
    gate = Gate()
    server = serving.Server(gate, shape=SHAPE, most=1, room=1)
    clients = [Client(server)]
    assert gate.entered.wait(10)
    clients.append(Client(server))
    wait_until(lambda: server.batcher.waiting == 1)
    server.close()
    gate.open.set()
    server.stop()
    for client in clients:
        client.join()
    assert [client.met[0] for client in clients] == [200, 200]


@pytest.mark.parametrize("rows", ["raise", "too few"])
def test_a_model_that_fails_costs_an_answer_and_not_the_server(rows):
    def fails(images):
        if rows == "raise":
            raise RuntimeError("out of memory")
        return []

    with serving.Server(fails, shape=SHAPE) as server:
        status, answer = serving.send(server.url + "/predict", serving.body_of(IMAGE))
        assert status == 500
        assert "The model failed" in answer["error"]
        assert serving.send(server.url + "/health")[0] == 200


@pytest.mark.parametrize("limits", [{"most": 0}, {"room": 0}, {"wait_ms": -1}])
def test_limits_out_of_range_are_refused(limits):
    with pytest.raises(ValueError, match="at least"):
        serving.Batcher(sums, **{"most": 1, "room": 1, "wait_ms": 0, **limits})


def test_importing_it_imports_nothing_heavy():
    code = (
        "import sys, helpers.serving; print([m for m in ('torch', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_arrivals_are_poisson_repeatable_and_bounded():
    times = serving.arrivals(1000, 2, 0)
    gaps = np.diff(times)
    assert times == serving.arrivals(1000, 2, 0) != serving.arrivals(1000, 2, 1)
    assert 1800 < len(times) < 2200
    assert abs(gaps.mean() * 1000 - 1) < 0.1
    assert abs(gaps.std() / gaps.mean() - 1) < 0.1  # exponential: deviation and mean agree
    assert len(serving.arrivals(1e9, 1, 0)) == clients.MOST_REQUESTS


def test_a_load_counts_and_sums_up():
    met = serving.Load(10, 2.0, [1.0, 2.0, 3.0], shed=1, failed=0)
    assert (met.sent, met.throughput, met.shed_share) == (4, 1.5, 0.25)
    assert met.percentile(50) == 2
    assert math.isnan(serving.Load(10, 2.0, [], shed=1, failed=0).percentile(50))


def test_the_load_generator_meets_answers_and_refusals():
    body = serving.body_of(IMAGE)
    with serving.Server(sums, shape=SHAPE) as server:
        calm, busy = serving.under_load(server.url + "/predict", body, (20, 60), seconds=0.5)
        bad = serving.under_load(server.url + "/predict", b"{}", (20,), seconds=0.5)[0]
    for met, rate in ((calm, 20), (busy, 60)):
        assert met.sent == len(met.latencies_ms) == len(serving.arrivals(rate, 0.5, 0))
        assert min(met.latencies_ms) > 0
    assert (bad.failed, bad.shed, bad.latencies_ms) == (bad.sent, 0, [])


def test_load_is_for_this_machine_alone():
    with pytest.raises(ValueError, match="not for http://example"):
        serving.under_load("http://example.org/predict", b"{}", (1,), seconds=1)


def test_the_body_is_json():
    assert json.loads(serving.body_of(IMAGE)) == {"image": IMAGE}
