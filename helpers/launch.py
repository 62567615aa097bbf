"""Start several processes that work together, from a notebook: `torchrun`, without forking.

A notebook that has computed with torch must not fork: threads and a GPU's state do not survive
it. So torchrun starts new Pythons, and what the notebook defines is sent to them in a file.
"""

import contextlib
import inspect
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

from helpers.files import write_atomically

# What torchrun says of the process that failed first.
_FIRST = re.compile(
    r"Root Cause.*?rank\s*: (?P<rank>\d+).*?exitcode\s*: (?P<status>-?\d+)"
    r".*?traceback : (?P<signal>Signal \d+ \(\w+\))?",
    re.DOTALL,
)
# What torchrun logs, and with which line it begins to speak of a failure.
_LOGGED = re.compile(r"[EWI]\d{4} ")
_FAILED = re.compile(r"^E\d{4} .* failed \(exitcode", re.MULTILINE)
_STOPPING_S = 15.0
_WORK = "work.pickle"


class LaunchError(RuntimeError):
    """A process failed; the message says which one, and how it ended."""


@dataclass(frozen=True)
class Launched:
    """What the processes of one launch gave back."""

    results: list  # what the function returned, by rank
    seconds: float  # of the whole launch, starting Python and importing torch included
    output: str  # what the processes and torchrun printed

    def lines(self, *words: str) -> list[str]:
        """Return the lines of the output that hold one of the `words`."""
        return [line for line in self.output.splitlines() if any(word in line for word in words)]


def torchrun(
    main: Callable, *, processes: int = 2, restarts: int = 0, timeout_s: float = 120.0, **arguments
) -> Launched:
    """Run `main(**arguments)` in several processes that torchrun starts, and return the results.

    What `main` uses of its notebook or file goes with it by value, as it is now: functions,
    classes, arrays, tensors. Modules are imported anew in each process. What a process changes,
    it changes for itself alone.

    Args:
        main: a function, also a lambda or one with a closure.
        processes: how many, on this machine.
        restarts: how often torchrun may start all of them anew after one has failed.
        timeout_s: after so many seconds all processes are ended.
        arguments: given to `main`. They, and what it returns, may be anything that cloudpickle
            takes; a tensor should be on the CPU, since a GPU's returns to that GPU.

    Raises:
        LaunchError: a process failed, was killed or took too long. None is left behind, nor what
            they have started themselves.
        TypeError: something cannot be sent, such as an open file or a lock.
        ValueError: a number is out of range or not whole.
    """
    whole = isinstance(processes, Integral) and isinstance(restarts, Integral)
    if not (whole and processes >= 1 and restarts >= 0 and timeout_s > 0):
        asked = f"{processes!r} processes, {restarts!r} restarts and {timeout_s!r} seconds"
        raise ValueError(f"{asked} make no launch.")
    work = _pickled(main, arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / _WORK).write_bytes(work)
        began = time.perf_counter()
        status, output = _run(_command(folder, processes, restarts), timeout_s, processes, folder)
        seconds = time.perf_counter() - began
        answers = [_answer(folder / f"rank{rank}") for rank in range(processes)]
    if status == 0 and all(answer and "result" in answer for answer in answers):
        return Launched([answer["result"] for answer in answers], seconds, output)
    raise LaunchError(_how_it_ended(status, answers, output, timeout_s))


def _pickled(main: Callable, arguments: dict) -> bytes:
    """Pickle by value what stands beside `main`, and what is imported there by its name."""
    import cloudpickle

    home = sys.modules.get(main.__module__) if inspect.isfunction(main) else None
    if home:
        cloudpickle.register_pickle_by_value(home)
    try:
        return cloudpickle.dumps((main, arguments))
    except (TypeError, pickle.PicklingError) as error:
        name = getattr(main, "__name__", repr(main))
        raise TypeError(
            f"{name} cannot be sent to other processes: {error}. Make that inside the function."
        ) from error
    finally:
        if home:
            cloudpickle.unregister_pickle_by_value(home)


def _command(folder: Path, processes: int, restarts: int) -> list[str]:
    return [
        *(sys.executable, "-m", "torch.distributed.run"),
        *("--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", str(processes)),
        *("--max-restarts", str(restarts), "--module", "helpers.launch", str(folder)),
    ]


def _environment(processes: int) -> dict[str, str]:
    """One share of the cores for each process, and talk over the loopback alone."""
    threads = max(1, (os.cpu_count() or 1) // processes)
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "OMP_NUM_THREADS": str(threads),
        "GLOO_SOCKET_IFNAME": loopback,
        "PYTHONUNBUFFERED": "1",
        # In a store shared with torchrun, a restart finds addresses of the processes before it:
        # https://github.com/pytorch/pytorch/issues/135712
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
    }


def _run(command: list[str], timeout_s, processes: int, folder: Path) -> tuple[int | None, str]:
    """Run torchrun; return its status, None if it took too long, and all that was printed.

    The processes inherit one end of a pipe and end when the other end, held here, is closed: so
    none of them outlives this call, nor the notebook itself. What they print goes to a file, for
    whose end nobody waits.
    """
    printed = folder / "printed"
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.STDOUT, "env": _environment(processes)}
    with printed.open("wb") as file, subprocess.Popen(command, stdout=file, **pipes) as agent:
        try:
            agent.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pass
        finally:
            late = agent.poll() is None
            agent.stdin.close()
            if late:
                _stop(agent)
            for group in folder.glob("group*"):  # what a process started and left
                with contextlib.suppress(OSError):
                    os.killpg(int(group.name.removeprefix("group")), signal.SIGKILL)
    return (None if late else agent.returncode), printed.read_text("utf-8", errors="replace")


def _stop(agent: subprocess.Popen) -> None:
    agent.terminate()
    try:
        agent.wait(_STOPPING_S)
    except subprocess.TimeoutExpired:
        agent.kill()


def _answer(path: Path) -> dict | None:
    """Return what a process left, None if nothing. One that nobody can read is an error of it."""
    try:
        return pickle.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever the class of a result does
        return {"error": f"what it returned cannot be read: {_line(error)}", "time": time.time()}


def _line(error: BaseException) -> str:
    return " ".join("".join(traceback.format_exception_only(error)).split())


def _how_it_ended(status, answers, output: str, timeout_s: float) -> str:
    """Return one sentence about the process that failed first."""
    silent = [rank for rank, answer in enumerate(answers) if answer is None]
    if status is None:
        return f"After {timeout_s:g} s, ranks {silent} had not ended: all were stopped."
    failed = {rank: answer for rank, answer in enumerate(answers) if answer and "error" in answer}
    if failed:
        rank = min(failed, key=lambda rank: failed[rank]["time"])
        return f"Rank {rank} failed: {failed[rank]['error']}"
    if status == 0:
        return f"Ranks {silent} left with status 0 before they had returned, as os._exit(0) does."
    first, last = _FIRST.search(output), _last_line(output)
    if first is None:
        return f"torchrun ended with status {status}: {last}"
    if first["signal"]:
        return f"Rank {first['rank']} was killed: {first['signal']}."
    return f"Rank {first['rank']} ended with status {first['status']}: {last}"


def _last_line(output: str) -> str:
    """Return the last line that came from a process and not from torchrun."""
    lines = _FAILED.split(output)[0].splitlines()
    printed = [line for line in lines if re.search(r"\w", line) and not _LOGGED.match(line)]
    return printed[-1] if printed else "it printed nothing."


def take_part(folder: Path) -> None:
    """Do the work that lies in `folder` inside one of the processes, and leave the result there."""
    import cloudpickle

    if os.getpgrp() != os.getpid():
        os.setpgrp()
    (folder / f"group{os.getpid()}").touch()
    threading.Thread(target=_end_with_the_notebook, daemon=True).start()
    target = folder / f"rank{os.environ['RANK']}"
    target.unlink(missing_ok=True)  # of an attempt before a restart
    try:
        main, arguments = pickle.loads((folder / _WORK).read_bytes())
        write_atomically(target, cloudpickle.dumps({"result": main(**arguments)}))
    except BaseException as error:
        write_atomically(target, pickle.dumps({"error": _line(error), "time": time.time()}))
        raise


def _end_with_the_notebook() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    take_part(Path(sys.argv[1]))
