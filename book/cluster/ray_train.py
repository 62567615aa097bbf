"""The same training, started by Ray, which takes the place of torchrun.

On a cluster: `ray job submit --working-dir . -- python ray_train.py --workers 16`.
On one machine: `python ray_train.py --workers 2 --no-gpu`.
"""

import argparse
import os
import socket
from pathlib import Path

import ray
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

TRIES = 4  # the first, and three after a failure


def meeting_place() -> tuple[str, int]:
    """Return this worker's address and a free port: here rank 0 will wait for the others."""
    with socket.socket() as free:
        free.bind(("", 0))
        return ray.util.get_node_ip_address(), free.getsockname()[1]


def work(rank: int, workers: int, place: tuple[str, int], asked: dict) -> float:
    """Train as one rank; Ray shows each worker the GPU that is its own, and no other."""
    import train

    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    values = (rank, workers, 0, 1, *place)
    os.environ |= {name: str(value) for name, value in zip(names, values, strict=True)}
    if not asked["gpu"]:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    try:
        return train.train(asked["steps"], asked["every"], Path(asked["folder"]))
    finally:
        if train.dist.is_initialized():
            train.dist.destroy_process_group()


def start(workers: int, folder: Path, *, gpu: bool, steps: int = 40, every: int = 10) -> float:
    """Run the training on `workers` workers, all or none of them; return the loss.

    Args:
        workers: how many, each with a GPU of its own if `gpu`.
        folder: for checkpoints; all workers must see it.
        gpu: whether to ask for GPUs.
        steps: how long to train.
        every: steps between checkpoints.

    Raises:
        ray.exceptions.RayError: a worker failed in each of the tries.
    """
    asked = {"steps": steps, "every": every, "folder": str(folder), "gpu": gpu}
    group = placement_group([{"CPU": 1, "GPU": int(gpu)}] * workers, strategy="PACK")
    ray.get(group.ready())

    def on(rank: int, function):
        place = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=rank)
        options = {"num_cpus": 1, "num_gpus": int(gpu), "max_retries": 0, "max_calls": 1}
        return ray.remote(**options)(function).options(scheduling_strategy=place).remote

    try:
        for left in reversed(range(TRIES)):
            place = ray.get(on(0, meeting_place)())
            ranks = [on(rank, work)(rank, workers, place, asked) for rank in range(workers)]
            try:
                return ray.get(ranks)[0]  # fails with the first rank that does
            except ray.exceptions.RayError:
                for rank in ranks:
                    ray.cancel(rank, force=True)
                if not left:
                    raise
    finally:
        remove_placement_group(group)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description="Train a small network on workers of Ray.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-gpu", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("checkpoints"), help="seen by all")
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    ray.init()
    loss = start(asked.workers, asked.folder.resolve(), gpu=not asked.no_gpu)
    print(f"loss {loss:.6f}")
