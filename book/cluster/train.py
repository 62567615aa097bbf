"""A sharded training for `torchrun`, Slurm, Kubernetes or Ray, that goes on where it was stopped.

On one machine: `torchrun --standalone --nproc-per-node 2 train.py --folder checkpoints`.

Each rank writes its own shard of a checkpoint, and any number of ranks can read it back. The
network learns handwritten digits, so that the whole runs anywhere, on CPUs too.
"""

import argparse
import os
import shutil
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from sklearn.datasets import load_digits
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn import functional as F

WIDTH, BLOCKS, BATCH = 64, 2, 240


def meet() -> torch.device:
    """Join the other ranks; return this rank's GPU if each has one, else the CPU."""
    local = int(os.environ["LOCAL_RANK"])
    on_gpus = torch.cuda.device_count() >= int(os.environ["LOCAL_WORLD_SIZE"])
    if on_gpus:
        torch.cuda.set_device(local)
    if not dist.is_initialized():  # Ray has joined the ranks already
        dist.init_process_group("nccl" if on_gpus else "gloo")
    return torch.device("cuda", local) if on_gpus else torch.device("cpu")


def network(device: torch.device) -> nn.Module:
    """Return the network, the same on all ranks, sharded block by block."""
    torch.manual_seed(0)
    blocks = [
        nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.GELU())
        for _ in range(BLOCKS)
    ]
    model = nn.Sequential(nn.Linear(64, WIDTH), *blocks, nn.Linear(WIDTH, 10)).to(device)
    mesh = init_device_mesh(device.type, (dist.get_world_size(),))
    for block in model[1:-1]:
        fully_shard(block, mesh=mesh)
    return fully_shard(model, mesh=mesh)


def share_of_batch(step: int, device: torch.device):
    """Return this rank's images and labels: drawn by the step alone, so a resumed run agrees."""
    images, labels = load_digits(return_X_y=True)
    drawn = torch.randperm(len(labels), generator=torch.Generator().manual_seed(step))[:BATCH]
    own = drawn[dist.get_rank() :: dist.get_world_size()].numpy()
    images = torch.tensor(images[own] / 16, dtype=torch.float32, device=device)
    return images, torch.tensor(labels[own], device=device)


def save(model: nn.Module, optimiser, step: int, folder: Path) -> None:
    """Write a checkpoint: it counts once it has its last name, and it replaces the older ones."""
    parameters, moments = get_state_dict(model, optimiser)
    unfinished = folder / "unfinished"
    dcp.save({"model": parameters, "optimiser": moments}, checkpoint_id=unfinished)
    if dist.get_rank() == 0:
        unfinished.rename(folder / f"step{step}")
        for old in steps_saved(folder)[:-2]:
            shutil.rmtree(folder / f"step{old}")
    dist.barrier()


def steps_saved(folder: Path) -> list[int]:
    """Return the steps after which a whole checkpoint was written, in order."""
    return sorted(int(path.name.removeprefix("step")) for path in folder.glob("step*"))


def resume(model: nn.Module, optimiser, folder: Path) -> int:
    """Load the newest checkpoint, if there is one; return the step to go on with."""
    if dist.get_rank() == 0:
        shutil.rmtree(folder / "unfinished", ignore_errors=True)
    dist.barrier()
    saved = steps_saved(folder)
    if not saved:
        return 0
    parameters, moments = get_state_dict(model, optimiser)
    dcp.load({"model": parameters, "optimiser": moments}, checkpoint_id=folder / f"step{saved[-1]}")
    set_state_dict(model, optimiser, model_state_dict=parameters, optim_state_dict=moments)
    return saved[-1]


def train(steps: int, every: int, folder: Path) -> float:
    """Train up to step `steps`, saving after each `every`; return the last loss over all ranks.

    Raises:
        ValueError: a checkpoint in `folder` has as many steps already.
    """
    device = meet()
    folder.mkdir(parents=True, exist_ok=True)
    model = network(device)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3)
    first = resume(model, optimiser, folder)
    if first >= steps:
        raise ValueError(f"{folder} holds step {first}: ask for more than {steps} steps.")
    for step in range(first, steps):
        images, labels = share_of_batch(step, device)
        optimiser.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimiser.step()
        if (step + 1) % every == 0:
            save(model, optimiser, step + 1, folder)
    total = loss.detach().clone()
    dist.all_reduce(total)
    mean = total.item() / dist.get_world_size()
    if dist.get_rank() == 0:
        print(f"steps {first} to {steps} on {dist.get_world_size()} ranks: loss {mean:.6f}")
    return mean


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description="Train a small network, sharded over all ranks.")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--every", type=int, default=10, help="steps between checkpoints")
    parser.add_argument("--folder", type=Path, default=Path("checkpoints"), help="seen by all")
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    train(asked.steps, asked.every, asked.folder)
    dist.destroy_process_group()
