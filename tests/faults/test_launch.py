"""Faults of processes that work together: what a launch says of each, and that nothing is left."""

import os
import pickle
import signal
import subprocess
import time
from pathlib import Path

import pytest

from helpers import launch


class Unreadable:
    """What can be sent and not be made again."""

    def __init__(self, one, two):
        self.both = one, two

    def __reduce__(self):
        return Unreadable, (1,)


class UnspeakableError(Exception):
    def __str__(self):
        raise ValueError("not even its message can be made")


def leave(folder):
    os._exit(0)


def answer_what_nobody_can_read(folder):
    return Unreadable(1, 2)


def be_killed_while_answering(folder):
    os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)


def fail_without_words(folder):
    raise UnspeakableError


def be_killed_with_a_child(folder):
    start_a_child(folder)
    os.kill(os.getpid(), signal.SIGKILL)


def start_a_child(folder):
    """Leave a child that holds whatever the process has open."""
    child = subprocess.Popen(["sleep", "600"])
    Path(folder, "child").write_text(str(child.pid))
    return "and an answer"


FAULTS = {
    "leaves without a word": (leave, r"^Ranks \[0\] left with status 0 before they had returned"),
    "answers what nobody can read": (
        answer_what_nobody_can_read,
        r"^Rank 0 failed: what it returned cannot be read: TypeError: .*__init__",
    ),
    "is killed while it answers": (be_killed_while_answering, r"^Rank 0 was killed: Signal 9"),
    "fails without words": (fail_without_words, r"^Rank 0 failed: .*UnspeakableError"),
    "is killed, and had a child": (be_killed_with_a_child, r"^Rank 0 was killed: Signal 9"),
}


def gone(folder) -> bool:
    """Tell whether the child that was left, if any, comes to its end."""
    pid = Path(folder, "child")
    for _ in range(100 if pid.exists() else 0):
        done = subprocess.run(["ps", "-o", "stat=", "-p", pid.read_text()], capture_output=True)
        if done.stdout.strip()[:1] in (b"", b"Z"):
            return True
        time.sleep(0.1)
    return not pid.exists()


@pytest.mark.parametrize("name", FAULTS)
def test_a_process_that_gives_no_answer_is_named(name, tmp_path):
    fault, said = FAULTS[name]
    with pytest.raises(launch.LaunchError, match=said):
        launch.torchrun(fault, processes=1, folder=str(tmp_path))
    assert gone(tmp_path)


def test_a_child_that_is_left_is_not_waited_for(tmp_path):
    done = launch.torchrun(start_a_child, processes=1, folder=str(tmp_path))
    assert done.results == ["and an answer"]
    assert gone(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"half", pickle.dumps({"result": 1})[:-3]], ids=["empty", "text", "cut off"]
)
def test_an_answer_that_is_not_whole_is_none(content, tmp_path):
    (tmp_path / "rank0").write_bytes(content)
    assert "cannot be read" in launch._answer(tmp_path / "rank0")["error"]
    assert launch._answer(tmp_path / "rank1") is None


@pytest.mark.parametrize(
    "asked",
    [
        {"processes": 0},
        {"processes": 1.5},
        {"processes": float("nan")},
        {"processes": "2"},
        {"restarts": -1},
        {"restarts": lambda: 1},
        {"timeout_s": float("nan")},
        {"timeout_s": -1},
    ],
    ids=lambda asked: "-".join(asked),
)
def test_numbers_that_make_no_launch_are_refused_at_once(asked):
    with pytest.raises(ValueError, match="make no launch"):
        launch.torchrun(leave, **asked)


def test_a_ruler_is_no_last_word():
    assert launch._last_line(f"farewell\n{'=' * 60}\n\n") == "farewell"
