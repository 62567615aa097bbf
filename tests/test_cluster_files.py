"""The launch files: the training they start, and what their own systems say of them."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from helpers import resources

FILES = resources.path("cluster")
#: The options of sbatch that the file uses, each with what Slurm's manual allows for it.
SBATCH = {
    "job-name": r"[\w-]+",
    "nodes": r"[1-9]\d*",
    "ntasks-per-node": r"[1-9]\d*",
    "gpus-per-node": r"(?:\w+:)?[1-9]\d*",
    "cpus-per-task": r"[1-9]\d*",
    "mem": r"\d+[KMGT]?",
    "exclusive": None,
    "time": r"(?:\d+-)?\d{1,2}:\d{2}:\d{2}",
    "signal": r"(?:B:)?[A-Z]+@\d+",
    "requeue": None,
    "open-mode": r"append|truncate",
    "output": r"[\w%./-]+",
}
LOSS = re.compile(r"steps (\d+) to (\d+) on (\d+) ranks: loss ([\d.]+)")


def text(name: str) -> str:
    return (FILES / name).read_text(encoding="utf-8")


# --- the training -----------------------------------------------------------------------------


#: On the CPU, each rank with one thread.
ALONE = os.environ | {
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
}


class Torchrun:
    """Starts one training after the other as torchrun does, each with ranks of its own."""

    def __init__(self, folder: Path):
        """Start with the training in `folder`, which the ranks share once it is imported."""
        command = [sys.executable, Path(__file__).with_name("ranks.py")]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        environment = ALONE | {"PYTHONPATH": str(folder)}
        self.agent = subprocess.Popen(command, env=environment, text=True, **pipes)

    def train(self, folder: Path, *, ranks: int, restarts: int = 0) -> dict[str, str]:
        """Train to step 20; return what the ranks `wrote`, and of a `failure` what was said."""
        asked = {"ranks": ranks, "steps": 20, "restarts": restarts, "folder": str(folder)}
        print(json.dumps(asked), file=self.agent.stdin, flush=True)
        answer = self.agent.stdout.readline()
        assert answer, self.agent.communicate()[1][-2000:]
        return json.loads(answer)

    def end(self):
        """Ask for no further training, and wait for the end."""
        self.agent.communicate(timeout=60)


def last_loss(wrote: str) -> tuple[int, int, int, float]:
    """Return first step, last step, ranks and loss that a training printed."""
    first, last, ranks, loss = LOSS.findall(wrote)[-1]
    return int(first), int(last), int(ranks), float(loss)


def dying(folder: Path) -> Path:
    """Return a copy of the training in which rank 1 is killed once, at step 14."""
    shutil.copytree(FILES, folder)
    program = folder / "train.py"
    source = program.read_text()
    line = "        optimiser.zero_grad()\n"
    assert source.count(line) == 1
    death = (
        "        died = Path(__file__ + '.died')\n"
        "        if step == 14 and dist.get_rank() == 1 and not died.exists():\n"
        "            died.write_text('yes')\n"
        "            os.kill(os.getpid(), 9)\n"
    )
    program.write_text(source.replace(line, death + line))
    return program


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> float:
    """Return the loss of a training that nobody interrupts, on one rank, started by hand."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    given |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1"}
    folder = tmp_path_factory.mktemp("whole")
    command = [sys.executable, FILES / "train.py", "--steps=20", f"--folder={folder}"]
    done = subprocess.run(command, env=ALONE | given, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-2000:]
    first, last, ranks, loss = last_loss(done.stdout)
    assert (first, last, ranks) == (0, 20, 1)
    return loss


def test_a_killed_rank_resumes_and_another_number_of_ranks_goes_on(whole, tmp_path):
    folder = tmp_path / "checkpoints"
    torchrun = Torchrun(dying(tmp_path / "launch").parent)
    done = torchrun.train(folder, ranks=2, restarts=1)
    assert last_loss(done["wrote"]) == (10, 20, 2, pytest.approx(whole, abs=2e-5))
    assert not done["failure"]
    assert sorted(path.name for path in folder.iterdir()) == ["step10", "step20"]
    again = torchrun.train(folder, ranks=1)
    assert "holds step 20: ask for more than 20 steps" in again["failure"]
    shutil.rmtree(folder / "step20")
    (folder / "unfinished").mkdir()
    done = torchrun.train(folder, ranks=1)
    assert last_loss(done["wrote"]) == (10, 20, 1, pytest.approx(whole, 1e-4))
    torchrun.end()
    assert (tmp_path / "launch" / "train.py.died").exists()


def test_ray_starts_it_and_goes_on_after_a_kill(whole, tmp_path):
    pytest.importorskip("ray")
    dying(tmp_path / "launch")
    program = (
        "import ray, ray_train; from pathlib import Path\n"
        "for last in (False, False, True):\n"  # on a busy machine its 30 s may be too few
        "    try:\n"
        "        ray.init(num_cpus=2, num_gpus=0, include_dashboard=False)\n"
        "        break\n"
        "    except Exception as error:\n"
        "        if last or 'timed out during startup' not in str(error):\n"
        "            raise\n"
        "        ray.shutdown()\n"
        "loss = ray_train.start(2, Path('checkpoints').resolve(), gpu=False, steps=20)\n"
        "print(f'came back: {loss:.6f}')\n"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "launch"), *filter(None, sys.path)]),
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
        "OMP_NUM_THREADS": "1",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        **{"cwd": tmp_path, "env": environment, "timeout": 400, "text": True},
        capture_output=True,
        check=False,
    )
    found = re.search(r"came back: ([\d.]+)", done.stdout)
    assert found, done.stderr[-3000:]
    assert float(found[1]) == pytest.approx(whole, abs=2e-5)
    assert (tmp_path / "launch" / "train.py.died").exists()


# --- the files --------------------------------------------------------------------------------


def accepted_by_torchrun(command: list[str]):
    """Return what torchrun makes of its options; it exits where one is unknown."""
    from torch.distributed.run import get_args_parser

    assert command[0] == "torchrun"
    return get_args_parser().parse_args(command[1:])


def accepted_by_the_training(arguments: list[str]) -> set[str]:
    """Return the options that the training is given, each of which it must know."""
    known = set(re.findall(r'add_argument\("(--\w+)"', text("train.py")))
    given = {argument.split("=")[0] for argument in arguments if argument.startswith("--")}
    assert given <= known
    return given


def test_slurm_gets_options_that_exist_and_a_script_that_parses():
    script = text("slurm.sbatch")
    assert script.startswith("#!/bin/bash\n")
    head, _, rest = script.partition("\nset -euo pipefail\n")
    assert "#SBATCH" not in rest, "Slurm reads no option below the first command"
    options = dict(re.findall(r"(?m)^#SBATCH --([\w-]+)(?:=(\S+))?$", head))
    assert len(options) == head.count("#SBATCH")
    for name, value in options.items():
        pattern = SBATCH[name]
        assert re.fullmatch(pattern, value) if pattern else value == "", name
    assert options["ntasks-per-node"] == "1", "one torchrun on each node"
    subprocess.run(["bash", "-n", FILES / "slurm.sbatch"], check=True)
    joined = rest.replace("\\\n", " ")
    command = next(line for line in joined.splitlines() if line.startswith("srun"))
    words = re.findall(r'"[^"]*"|\S+', command)
    words = [re.sub(r'"?\$\{?\w+(?::-1)?\}?"?', "2", word).strip('"') for word in words]
    start = words.index("torchrun")
    asked = accepted_by_torchrun(words[start:])
    assert (asked.nnodes, asked.rdzv_backend, asked.training_script) == ("2", "c10d", "train.py")
    assert accepted_by_the_training(asked.training_script_args) == {"--steps", "--folder"}


def test_slurm_itself_accepts_the_job():
    if not shutil.which("sbatch") or subprocess.run(["sinfo"], capture_output=True).returncode:
        pytest.skip("no Slurm here")
    command = ["sbatch", "--test-only", FILES / "slurm.sbatch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Job \d+ to start at", done.stderr)


def test_kubernetes_accepts_the_objects_and_refuses_broken_ones():
    validator = pytest.importorskip("kubernetes_validate")
    objects = list(yaml.safe_load_all(text("kubernetes.yaml")))
    version = validator.latest_version()
    for thing in objects:
        validator.validate(thing, version, strict=True)
    broken = dict(objects[1], spec=objects[1]["spec"] | {"completion": 2})
    with pytest.raises(validator.ValidationError):
        validator.validate(broken, version, strict=True)


def test_the_pods_find_each_other():
    service, job = yaml.safe_load_all(text("kubernetes.yaml"))
    template = job["spec"]["template"]
    (container,) = template["spec"]["containers"]
    asked = accepted_by_torchrun(container["command"])
    gpus = container["resources"]["limits"]["nvidia.com/gpu"]
    port = service["spec"]["ports"][0]["port"]
    name = service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    assert template["spec"]["subdomain"] == name
    assert asked.rdzv_endpoint == f"{job['metadata']['name']}-0.{name}:{port}"
    assert job["spec"]["completionMode"] == "Indexed"
    assert int(asked.nnodes) == job["spec"]["completions"] == job["spec"]["parallelism"]
    assert asked.nproc_per_node == gpus
    assert accepted_by_the_training(asked.training_script_args) == {"--folder"}
    folder = asked.training_script_args[-1].split("=")[1]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
    assert "persistentVolumeClaim" in volumes[mounts[folder]]
    assert set(mounts.values()) == set(volumes)
