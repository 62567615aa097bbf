"""An HTTP server on loopback that answers in batches."""

import asyncio
import json
import logging
import math
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral

HOST = "127.0.0.1"  # nobody outside this machine can reach it


class RefusedError(Exception):
    """A request that gets no answer: the HTTP status, and a message that names the cure."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def image_of(body: bytes, shape: tuple[int, ...]):
    """Return the image in a request's body as a float32 array of `shape`, checked.

    The body is JSON such as `{"image": [[[0, 255, …]]]}` with pixels from 0 to 255.

    Raises:
        RefusedError: with status 400 and what is expected instead.
    """
    import numpy as np

    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, 'The body is not JSON. Send {"image": …}.') from error
    if not isinstance(request, dict) or set(request) != {"image"}:
        raise RefusedError(400, 'The body must be an object with one key: {"image": …}.')
    try:
        image = np.asarray(request["image"])
    except ValueError as error:
        raise RefusedError(400, f"The rows differ in length. The shape must be {shape}.") from error
    if image.dtype.kind not in "iuf":
        raise RefusedError(400, "The image holds something else than numbers.")
    if image.shape != shape:
        raise RefusedError(400, f"The shape is {image.shape}, and must be {shape}.")
    if not ((image >= 0) & (image <= 255)).all():  # false for NaN as well
        raise RefusedError(400, "Pixels must lie between 0 and 255.")
    return image.astype(np.float32)


class Batcher:
    """A queue with limited room, and one worker that answers what waits in batches."""

    def __init__(self, predict: Callable, *, most: int, wait_ms: float, room: int):
        """Prepare; `run` does the work. What the arguments mean, `Server` says."""
        whole = isinstance(most, Integral) and isinstance(room, Integral)
        if not (whole and most >= 1 and room >= 1 and 0 <= wait_ms < math.inf):
            raise ValueError("most and room must be at least 1, and whole; wait_ms at least 0.")
        self.predict, self.most, self.wait_s = predict, most, wait_ms / 1000
        self.sizes: list[int] = []  # of the batches so far
        self.closing = False
        self._waiting: asyncio.Queue = asyncio.Queue(room)
        self._worker = ThreadPoolExecutor(1, "predict")  # so that the loop goes on listening

    @property
    def waiting(self) -> int:
        """Return how many requests are in the queue."""
        return self._waiting.qsize()

    def check_room(self):
        """Refuse, before any work is spent on a request, if there is no room or the end is near."""
        if self.closing:
            raise RefusedError(503, "The server is stopping. Ask another.")
        if self._waiting.full():
            raise RefusedError(503, "Too many requests are waiting. Try again later.")

    async def ask(self, image):
        """Queue one image, if there is room, and return its row of scores."""
        self.check_room()
        answer = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((image, answer))
        return await answer

    async def run(self):
        """Answer batch after batch until `close`, and then what still waits."""
        last = False
        while not last:
            batch, last = await self._collect()
            if batch:
                await self._answer(batch)
        self._worker.shutdown()

    async def close(self):
        """Take no further request; `run` ends when the queue is empty."""
        self.closing = True
        await self._waiting.put(None)

    async def _collect(self):
        """Return a batch, and whether it is the last."""
        item = await self._waiting.get()
        deadline = asyncio.get_running_loop().time() + self.wait_s
        batch = []
        while item is not None:
            batch.append(item)
            if len(batch) == self.most:
                return batch, False
            try:
                async with asyncio.timeout_at(deadline):  # what waits already comes at once
                    item = await self._waiting.get()
            except TimeoutError:
                return batch, False
        return batch, True

    async def _answer(self, batch):
        import numpy as np

        images = np.stack([image for image, _ in batch])
        self.sizes.append(len(batch))
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._worker, _answers, self.predict, images)
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if waiting.done():  # whoever asked has gone
                continue
            if isinstance(answer, RefusedError):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)


def _answers(predict: Callable, images) -> list:
    """Return for each image its scores, or in their place the refusal that it gets."""
    try:
        rows = list(predict(images))
        if len(rows) != len(images):
            raise ValueError(f"{len(rows)} rows of scores for {len(images)} images")
    except BaseException as error:  # the model's fault, even exit(), is not the server's end
        return [_failed(error) for _ in images]
    return [_scores(row) for row in rows]


def _scores(row) -> list[float] | RefusedError:
    try:
        scores = [float(score) for score in row]
        if not scores or not all(map(math.isfinite, scores)):
            raise ValueError(f"{scores} are no finite scores")
    except Exception as error:
        return _failed(error)
    return scores


def _failed(error: BaseException) -> RefusedError:
    last = traceback.format_exception_only(error)[-1].strip()
    return RefusedError(500, f"The model failed: {last}")


class Server:
    """An HTTP server on loopback, in a thread with an event loop of its own.

    `POST /predict` takes one image, `GET /health` says how it is. Use it in a `with` block, or
    call `stop`: it answers what is queued, refuses what is new, and ends.
    """

    def __init__(
        self,
        predict: Callable,
        *,
        shape: tuple[int, ...],
        most: int = 8,
        wait_ms: float = 2.0,
        room: int = 64,
        most_bytes: int = 2**17,
    ):
        """Start, and return when the server listens.

        Args:
            predict: from a float32 array (n, *shape) to n rows of scores.
            shape: of one image.
            most: images in a batch.
            wait_ms: how long the first of a batch waits for others.
            room: requests that may wait; further ones get 503.
            most_bytes: of a request's body; larger ones get 413.

        Raises:
            ValueError: a limit is out of range.
        """
        if not most_bytes >= 1:
            raise ValueError("most_bytes must be at least 1.")
        self.batcher = Batcher(predict, most=most, wait_ms=wait_ms, room=room)
        self.shape, self.most_bytes, self.url = tuple(shape), most_bytes, ""
        self._ready = threading.Event()
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="server", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._problem:
            raise self._problem

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    @property
    def running(self) -> bool:
        """Tell whether the server still listens or still answers."""
        return self._thread.is_alive()

    @property
    def accepted(self) -> int:
        """Return how many requests were put into a batch or wait for one."""
        return sum(self.batcher.sizes) + self.batcher.waiting

    def close(self):
        """Begin to stop, without waiting for the end."""
        if self.running and not self.batcher.closing:
            self.batcher.closing = True  # at once, not at the loop's next turn
            asyncio.run_coroutine_threadsafe(self.batcher.close(), self._loop)

    def stop(self):
        """Answer what is queued, refuse what is new, and end. A second call does nothing."""
        self.close()
        self._thread.join()

    def _main(self):
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._problem = error
        finally:
            self._ready.set()

    async def _serve(self):
        from aiohttp import web

        self._loop = asyncio.get_running_loop()
        application = web.Application(client_max_size=self.most_bytes, middlewares=[_in_json()])
        application.add_routes(
            [web.post("/predict", self._predict), web.get("/health", self._health)]
        )
        quiet = {"access_log": None, "logger": _log()}
        runner = web.AppRunner(application, shutdown_timeout=5, **quiet)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, 0)  # port 0: any that is free
            await site.start()
            self.url = "http://{}:{}".format(*runner.addresses[0][:2])
            self._ready.set()
            await self.batcher.run()
        finally:
            await runner.cleanup()  # stops listening, and lets the last answers leave

    async def _predict(self, request):
        from aiohttp import web

        self.batcher.check_room()
        try:
            image = image_of(await request.read(), self.shape)
        except web.HTTPRequestEntityTooLarge as error:
            message = f"The body is larger than {self.most_bytes:,} bytes."
            raise RefusedError(413, message) from error
        scores = await self.batcher.ask(image)
        return web.json_response({"label": scores.index(max(scores)), "scores": scores})

    async def _health(self, request):
        from aiohttp import web

        if self.batcher.closing:
            raise RefusedError(503, "The server is stopping. Ask another.")
        return web.json_response({"status": "ok"})


def _in_json():
    """Return what turns everything that a request can meet with into an answer in JSON."""
    from aiohttp import web

    @web.middleware
    async def answered(request, handler):
        try:
            return await handler(request)
        except RefusedError as refused:
            return _refusal(refused.status, str(refused))
        except web.HTTPException as error:
            return _refusal(error.status, f"{error.reason}: POST /predict, or GET /health.")
        except (web.RequestPayloadError, ConnectionError):  # a client that leaves reads no answer
            return _refusal(400, "The body cannot be unpacked or ends too soon. Send all of it.")

    return answered


def _log() -> logging.Logger:
    """Return a log of the server's own faults: those of a client are answered, no more."""
    from aiohttp import http_exceptions, web

    theirs = (http_exceptions.HttpProcessingError, web.RequestPayloadError, ConnectionError)
    log = logging.getLogger(__name__)
    log.addFilter(lambda record: not isinstance((record.exc_info or [0, 0])[1], theirs))
    return log


def _refusal(status: int, message: str):
    from aiohttp import web

    headers = {"Retry-After": "1"} if status == 503 else None
    return web.json_response({"error": message}, status=status, headers=headers)
