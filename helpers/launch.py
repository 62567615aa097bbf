"""Start several processes that work together, from a notebook: `torchrun`, without forking.

A notebook that has computed with torch must not fork: threads and a GPU's state do not survive
it. So functions of the notebook are written into a module in a temporary folder, with what they
use, and torchrun starts new Pythons with it.
"""

import builtins
import dis
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MODULE = """{sources}

if __name__ == "__main__":
    from helpers import launch

    launch.report({name})
"""
# What torchrun says of the process that failed first.
_KILLED = re.compile(
    r"Root Cause.*?rank\s*: (?P<rank>\d+).*?(?P<signal>Signal \d+ \(\w+\))", re.DOTALL
)
_STOPPING_S = 15.0


class LaunchError(RuntimeError):
    """A process failed; the message says which one, and how it ended."""


@dataclass(frozen=True)
class Launched:
    """What the processes of one launch gave back.

    Attributes:
        results: what the first function returned, by rank.
        seconds: of the whole launch, starting Python and importing torch included.
        output: what the processes and torchrun printed.
    """

    results: list
    seconds: float
    output: str

    def lines(self, *words: str) -> list[str]:
        """Return the lines of the output that hold one of the `words`."""
        return [line for line in self.output.splitlines() if any(word in line for word in words)]


def torchrun(
    main: Callable,
    *,
    processes: int = 2,
    restarts: int = 0,
    timeout_s: float = 120.0,
    **arguments,
) -> Launched:
    """Run `main(**arguments)` in several processes that torchrun starts, and return the results.

    Args:
        main: a function written in a notebook or a file; what it returns must fit into JSON.
            It may use what it was defined beside: imports, numbers, texts, and functions.
        processes: how many, on this machine.
        restarts: how often torchrun may start all of them anew after one has failed.
        timeout_s: after so many seconds all processes are ended.
        arguments: given to `main`; they must fit into JSON.

    Raises:
        LaunchError: a process failed, was killed or took too long; none is left behind.
        OSError: a function has no source, since it was not typed into a cell or a file.
        TypeError: a function uses something that cannot be written down, such as a tensor.
    """
    if processes < 1 or restarts < 0:
        raise ValueError(f"{processes} processes and {restarts} restarts make no launch.")
    sources = "\n\n".join(_sources(main).values())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "program.py"
        program.write_text(_MODULE.format(sources=sources, name=main.__name__))
        (folder / "arguments.json").write_text(json.dumps(arguments))
        began = time.perf_counter()
        status, output = _run(_command(program, processes, restarts), timeout_s, processes)
        seconds = time.perf_counter() - began
        said = [_read(folder / f"rank{rank}.json") for rank in range(processes)]
    if status == 0 and all(answer and "result" in answer for answer in said):
        return Launched([answer["result"] for answer in said], seconds, output)
    raise LaunchError(_how_it_ended(status, said, output, timeout_s))


def _sources(function: Callable, known: dict[str, str] | None = None) -> dict[str, str]:
    """Return a line of source for each name that `function` uses, and its own source, in order."""
    known = {} if known is None else known
    known[function.__name__] = ""  # it may call itself
    for name in sorted(_global_names(function.__code__)):
        if name in known or name not in function.__globals__:
            continue
        value = function.__globals__[name]
        if inspect.isfunction(value) and value.__module__ == function.__module__:
            _sources(value, known)
        else:
            known[name] = _definition(name, value, function)
    del known[function.__name__]
    known[function.__name__] = inspect.getsource(function)
    return known


def _global_names(code) -> set[str]:
    loads = {"LOAD_GLOBAL", "LOAD_NAME"}
    names = {i.argval for i in dis.get_instructions(code) if i.opname in loads}
    inner = [part for part in code.co_consts if inspect.iscode(part)]
    return names.union(*map(_global_names, inner)) - set(dir(builtins))


def _definition(name: str, value, function: Callable) -> str:
    if inspect.ismodule(value):
        return f"import {value.__name__} as {name}"
    home, known_as = getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
    if known_as and getattr(sys.modules.get(home), known_as, None) is value:
        return f"from {home} import {known_as} as {name}"
    try:
        json.dumps(value)
    except TypeError as error:
        kind = f"{name}, a {type(value).__name__}"
        raise TypeError(f"{function.__name__} uses {kind}: give it as an argument.") from error
    return f"{name} = {value!r}"


def _command(program: Path, processes: int, restarts: int) -> list[str]:
    return [
        *(sys.executable, "-m", "torch.distributed.run"),
        *("--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", str(processes)),
        *("--max-restarts", str(restarts), str(program)),
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


def _run(command: list[str], timeout_s: float, processes: int) -> tuple[int | None, str]:
    """Run torchrun; return its status, None if it took too long, and all that was printed.

    The processes inherit one end of a pipe and end when the other end, held here, is closed: so
    none of them outlives this call, nor the notebook itself.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(processes),
        text=True,
        errors="replace",
    ) as agent:
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(agent.stdout), daemon=True)
        reader.start()
        try:
            agent.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pass
        finally:
            late = agent.poll() is None
            agent.stdin.close()
            if late:
                _stop(agent)
            reader.join(_STOPPING_S)
    return (None if late else agent.returncode), "".join(lines)


def _stop(agent: subprocess.Popen) -> None:
    agent.terminate()
    try:
        agent.wait(_STOPPING_S)
    except subprocess.TimeoutExpired:
        agent.kill()


def _read(path: Path) -> dict | None:
    return json.loads(path.read_text()) if path.exists() else None


def _how_it_ended(status, said, output: str, timeout_s: float) -> str:
    """Return one sentence about the process that failed first."""
    if status is None:
        silent = [rank for rank, answer in enumerate(said) if answer is None]
        return f"After {timeout_s:g} s, ranks {silent} had not ended: all were stopped."
    failed = {rank: answer for rank, answer in enumerate(said) if answer and "error" in answer}
    if failed:
        rank = min(failed, key=lambda rank: failed[rank]["time"])
        return f"Rank {rank} failed: {failed[rank]['error']}"
    if killed := _KILLED.search(output):
        return f"Rank {killed['rank']} was killed: {killed['signal']}."
    last = [line for line in output.splitlines() if line.strip()]
    return f"torchrun ended with status {status}: {last[-1] if last else 'it said nothing'}"


def report(main: Callable) -> None:
    """Run `main` inside one of the processes, and leave its result beside the program."""
    threading.Thread(target=_end_with_the_notebook, daemon=True).start()
    folder, rank = Path(sys.argv[0]).resolve().parent, os.environ["RANK"]
    target = folder / f"rank{rank}.json"
    target.unlink(missing_ok=True)  # of an attempt before a restart
    try:
        answer = {"result": main(**json.loads((folder / "arguments.json").read_text()))}
        target.write_text(json.dumps(answer))
    except BaseException as error:
        last = " ".join("".join(traceback.format_exception_only(error)).split())
        target.write_text(json.dumps({"error": last, "time": time.time()}))
        raise


def _end_with_the_notebook() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)
