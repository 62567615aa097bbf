"""Start trainings as torchrun does, quickly: ranks fork from one process that has imported it all.

`python ranks.py` finds the module `train` on PYTHONPATH. It reads a training on each line, as JSON
with the `ranks`, the `steps`, the `restarts` and the `folder`, and answers with what the ranks
wrote and how it ended.
"""

import json
import logging
import multiprocessing
import sys
import tempfile
from pathlib import Path

from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch


def trained(*given):
    """Train, in a rank; the agent itself does not import the training."""
    import train

    return train.train(*given)


def start(ranks: int, steps: int, restarts: int, folder: str) -> dict[str, str]:
    """Train with that many ranks; return what they wrote and what was said of those that failed."""
    with tempfile.TemporaryDirectory() as logs:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=ranks,
            max_restarts=restarts,
            rdzv_backend="c10d",
            rdzv_endpoint="127.0.0.1:0",
            local_addr="127.0.0.1",
            start_method="forkserver",
            logs_specs=DefaultLogsSpecs(log_dir=logs, redirects=Std.ALL),
        )
        failure = ""
        try:
            elastic_launch(config, trained)(steps, 10, Path(folder))
        except ChildFailedError as error:
            failure = str(error)
        wrote = "".join(path.read_text() for path in sorted(Path(logs).rglob("std*.log")))
    return {"wrote": wrote, "failure": failure}


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr)
    # The last one is what torch imports when an optimiser takes its first step.
    shared = ["train", "torch.distributed.launcher.api", "torch._dynamo"]
    multiprocessing.set_forkserver_preload(shared)
    for line in sys.stdin:
        print(json.dumps(start(**json.loads(line))), flush=True)
