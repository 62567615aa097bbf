"""Send requests as users would, and keep what they met with."""

import asyncio
import json
import math
import sys
from dataclasses import dataclass, field

from helpers import processes
from helpers.serving.server import HOST

MOST_REQUESTS = 3000  # of one measurement, however high the rate
TIMEOUT_S = 20.0


def body_of(image) -> bytes:
    """Return the request's body for an image: a tensor, an array or nested lists."""
    return json.dumps({"image": image.tolist() if hasattr(image, "tolist") else image}).encode()


def send(url: str, body: bytes | None = None) -> tuple[int, dict]:
    """Send one request, a POST when it has a body; return its status and its JSON answer."""
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            status, said = error.code, error.read()
    try:
        return status, json.loads(said)
    except ValueError:  # what is no HTTP is not answered in JSON
        return status, {"error": said.decode(errors="replace")}


@dataclass(frozen=True)
class Load:
    """What one rate of requests met with. Latencies in milliseconds, of answered requests."""

    rate: float  # asked for, per second
    seconds: float  # from the first request to the last reply
    latencies_ms: list[float] = field(repr=False)
    shed: int  # answered with 503
    failed: int  # anything else

    @property
    def sent(self) -> int:
        """Return the number of requests."""
        return len(self.latencies_ms) + self.shed + self.failed

    @property
    def throughput(self) -> float:
        """Return the answers per second."""
        return len(self.latencies_ms) / self.seconds

    @property
    def shed_share(self) -> float:
        """Return the share of requests refused for want of room, between 0 and 1."""
        return self.shed / self.sent if self.sent else math.nan

    def percentile(self, share: float) -> float:
        """Return the latency in milliseconds below which `share` percent of the answers lie."""
        import numpy as np

        return float(np.percentile(self.latencies_ms, share)) if self.latencies_ms else np.nan


def under_load(url: str, body: bytes, rates, *, seconds: float, seed: int = 0) -> list[Load]:
    """Send requests from a process of its own, at each rate in turn; return what they met with.

    The loop is open: requests leave at random times (Poisson), whether or not earlier ones were
    answered, as those of independent users do. Latency counts from the time at which a request
    was due, so a client that falls behind does not hide it.

    Args:
        url: of the endpoint; on loopback only.
        body: of each request.
        rates: requests per second, one measurement each.
        seconds: how long to send at each rate; at most 3,000 requests.
        seed: of the arrival times.

    Raises:
        ValueError: the address is not on this machine, or a number not above 0.
        RuntimeError: the process failed; the message is its last line.
    """
    import yarl  # reads an address as aiohttp does, which goes there

    if (yarl.URL(url).scheme, yarl.URL(url).host) != ("http", HOST):
        raise ValueError(f"Load is for a server on {HOST}, not for {url}.")
    if not all(0 < number < math.inf for number in (*rates, seconds)):
        raise ValueError(f"Rates and seconds are numbers above 0, not {[*rates]} and {seconds}.")
    task = {"url": url, "body": body.decode(), "rates": [*rates], "seconds": seconds, "seed": seed}
    longest_s = len(task["rates"]) * (seconds + TIMEOUT_S) + 60
    program = ("-c", "from helpers.serving.clients import main; main()")
    done = processes.python(*program, given=json.dumps(task), timeout_s=longest_s)
    if done.returncode:
        raise RuntimeError(processes.last_line(done))
    return [Load(**result) for result in json.loads(done.stdout)]


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """Return the times, in seconds from 0, at which Poisson requests are due."""
    import random

    generator = random.Random(seed)
    times, now = [], generator.expovariate(rate)
    while now < seconds and len(times) < MOST_REQUESTS:
        times.append(now)
        now += generator.expovariate(rate)
    return times


async def _load(url, body, rates, seconds, seed) -> list[dict]:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0)  # an open loop waits for no free connection
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await _one(session, url, body, asyncio.get_running_loop().time())  # warm up
        return [await _at_rate(session, url, body, rate, seconds, seed) for rate in rates]


async def _at_rate(session, url, body, rate, seconds, seed) -> dict:
    loop = asyncio.get_running_loop()
    start = loop.time()
    tasks = []
    for due in arrivals(rate, seconds, seed):
        await asyncio.sleep(max(0.0, start + due - loop.time()))
        tasks.append(asyncio.create_task(_one(session, url, body, start + due)))
    met = await asyncio.gather(*tasks)
    statuses = [status for status, _ in met]
    shed = statuses.count(503)
    latencies = [1000 * late for status, late in met if status == 200]
    return {
        "rate": rate,
        "seconds": loop.time() - start,
        "latencies_ms": latencies,
        "shed": shed,
        "failed": len(met) - len(latencies) - shed,
    }


async def _one(session, url, body, due) -> tuple[int, float]:
    import aiohttp

    try:
        async with session.post(url, data=body, allow_redirects=False) as answer:
            await answer.read()
            status = answer.status
    except (aiohttp.ClientError, TimeoutError):
        status = 0
    return status, asyncio.get_running_loop().time() - due


def main():
    """Read a task from standard input, do it, and print what was met with, all as JSON."""
    task = json.load(sys.stdin)
    task["body"] = task["body"].encode()
    print(json.dumps(asyncio.run(_load(**task))))
