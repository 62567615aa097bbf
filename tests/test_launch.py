"""Processes that torchrun starts from functions: results, failures, and nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist

from helpers import launch

WAIT_S = 60


def rank():
    return int(os.environ["RANK"])


def greet(word, times):
    print(f"rank {rank()} speaks")
    return {"said": [word] * times, "rank": rank(), "of": int(os.environ["WORLD_SIZE"])}


def fail_on_one(folder):
    Path(folder, str(rank())).write_text(str(os.getpid()))
    if rank() == 1:
        raise ValueError("no\nnumber 7")
    time.sleep(WAIT_S)


def die_once(folder):
    Path(folder, f"pid{rank()}").write_text(str(os.getpid()))
    mark = Path(folder, "died")
    if rank() == 1 and not mark.exists():
        mark.write_text("yes")
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.3)
    return os.environ["TORCHELASTIC_RESTART_COUNT"]


def die_once_together(folder):
    sum_over_all(3)
    return die_once(folder)


def sleep_long(folder):
    Path(folder, str(rank())).write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(WAIT_S)


def sum_over_all(n):
    dist.init_process_group("gloo")
    numbers = torch.arange(n) * (dist.get_rank() + 1)
    dist.all_reduce(numbers)
    dist.destroy_process_group()
    return numbers.tolist()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def ended(folder: Path) -> bool:
    """Tell whether every process that left its number in `folder` comes to an end."""
    pids = [int(path.read_text()) for path in folder.iterdir() if path.read_text().isdigit()]
    assert pids
    for _ in range(100):
        if not any(map(alive, pids)):
            return True
        time.sleep(0.1)
    return False


def test_a_failure_names_the_rank_and_its_last_line_and_leaves_nothing(tmp_path):
    with pytest.raises(launch.LaunchError, match=r"^Rank 1 failed: ValueError: no number 7$"):
        launch.torchrun(fail_on_one, folder=str(tmp_path))
    assert ended(tmp_path)


def test_a_killed_process_is_named_with_its_signal(tmp_path):
    with pytest.raises(launch.LaunchError, match=r"^Rank 1 was killed: Signal 9 \(SIGKILL\)\.$"):
        launch.torchrun(die_once, folder=str(tmp_path))
    assert ended(tmp_path)


def test_a_restart_starts_all_anew_and_they_meet_again(tmp_path):
    done = launch.torchrun(die_once_together, restarts=1, folder=str(tmp_path))
    assert done.results == ["1", "1"]


def test_a_launch_that_takes_too_long_is_stopped_whatever_it_does(tmp_path):
    with pytest.raises(launch.LaunchError, match=r"After 20 s, ranks \[0, 1\] had not ended"):
        launch.torchrun(sleep_long, timeout_s=20, folder=str(tmp_path))
    assert ended(tmp_path)


def test_processes_end_when_the_notebook_does(tmp_path):
    program = (
        "import signal, os, sys\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}\n"
        "import test_launch as t\n"
        f"t.launch.torchrun(t.sleep_long, folder={str(tmp_path)!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as notebook:
        for _ in range(600):
            if len(list(tmp_path.iterdir())) == 2:
                break
            time.sleep(0.1)
        notebook.send_signal(signal.SIGKILL)
    assert ended(tmp_path)


NOTEBOOK = """
import enum
import os
from dataclasses import dataclass

import numpy as np
import torch


class Colour(enum.Enum):
    RED = 1


class Scale(torch.nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(factor))

    def forward(self, x):
        return self.factor * x


@dataclass
class Found:
    rank: int
    values: object


OFFSET, SETTING = np.arange(3.0), {1, 2}
WEIGHT = torch.tensor([1.0, 2.0, 3.0])


def rank():
    return int(os.environ["RANK"])


def with_class(): return Found(rank(), Scale(2.0)(WEIGHT).tolist())
def with_default(colour=Colour.RED, offset=OFFSET): return colour, offset + rank()
def with_annotation(x: Found = None) -> Colour: return sorted(SETTING)
def with_recursion(n=3): return [n, *with_recursion(n - 1)] if n else []
def with_tensor(x, model): return model(x) + rank()


def closure(times):
    return lambda: times * rank() + len(WEIGHT)
"""


@pytest.fixture(scope="module")
def notebook():
    """What a notebook holds after its cells ran: names of a `__main__` that nobody can import."""
    names = {"__name__": "__main__"}
    exec(NOTEBOOK, names)
    return SimpleNamespace(**names)


@pytest.fixture(scope="module")
def together(notebook):
    """Call functions of many kinds in one launch, since the processes of each import torch."""
    names = ("class", "default", "annotation", "recursion", "tensor")
    functions = {name: getattr(notebook, f"with_{name}") for name in names}
    functions |= {"closure": notebook.closure(10), "lambda": lambda: notebook.WEIGHT.sum().item()}
    functions |= {"greet": greet, "sum": sum_over_all}
    arguments = {
        "tensor": {"x": torch.arange(3.0), "model": notebook.Scale(5.0)},
        "greet": {"word": "hello", "times": 2},
        "sum": {"n": 4},
    }

    def all_of_them(functions, arguments):
        return {name: call(**arguments.get(name, {})) for name, call in functions.items()}

    return launch.torchrun(all_of_them, processes=3, functions=functions, arguments=arguments)


def test_results_come_by_rank_and_the_output_is_kept(together):
    greetings = [found["greet"] for found in together.results]
    assert greetings == [{"said": ["hello"] * 2, "rank": r, "of": 3} for r in range(3)]
    assert sorted(together.lines("speaks")) == [f"rank {r} speaks" for r in range(3)]
    assert 0 < together.seconds < 120


def test_processes_talk_to_each_other(together):
    assert [found["sum"] for found in together.results] == [[0, 6, 12, 18]] * 3


def test_what_a_function_uses_of_the_notebook_goes_with_it(notebook, together):
    for number, found in enumerate(together.results):
        assert found["class"] == notebook.Found(number, [2.0, 4.0, 6.0])
        colour, array = found["default"]
        assert colour is notebook.Colour.RED and array.tolist() == [number, number + 1, number + 2]
        assert found["annotation"] == [1, 2] and found["recursion"] == [3, 2, 1]
        assert found["tensor"].tolist() == [number, number + 5, number + 10]
        assert found["closure"] == 10 * number + 3 and found["lambda"] == 6.0


def leave(status, word=""):
    print(word, flush=True)
    os._exit(status)


def test_a_process_that_leaves_is_named_with_its_status_and_its_last_word(monkeypatch):
    ran = []
    run = launch._run
    monkeypatch.setattr(launch, "_run", lambda *given: ran.append(run(*given)) or ran[-1])
    with pytest.raises(launch.LaunchError, match=r"^Rank 0 ended with status 3: farewell$"):
        launch.torchrun(leave, processes=1, status=3, word="farewell")
    ((status, output),) = ran
    silent = launch._how_it_ended(status, [None], output.replace("farewell\n", ""), timeout_s=9)
    assert silent == "Rank 0 ended with status 3: it printed nothing."


def test_the_last_line_of_a_process_that_could_not_begin_is_reported(monkeypatch):
    real = launch._command
    monkeypatch.setattr(
        launch,
        "_command",
        lambda *given: [w.replace("s.launch", "s.nothing") for w in real(*given)],
    )
    with pytest.raises(
        launch.LaunchError, match=r"^Rank 0 ended with status 1: .*helpers\.nothing"
    ):
        launch.torchrun(leave, processes=1, status=0)


def test_what_cannot_be_launched_is_said():
    with pytest.raises(ValueError, match="0 processes"):
        launch.torchrun(greet, processes=0)
    with pytest.raises(TypeError, match=r"greet cannot be sent .*lock.* inside the function"):
        launch.torchrun(greet, word=threading.Lock(), times=1)
    with pytest.raises(launch.LaunchError, match=r"^Rank 0 failed: TypeError: .*lock"):
        launch.torchrun(threading.Lock, processes=1)


def test_importing_launch_needs_no_torch():
    code = "import sys; from helpers import launch; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
