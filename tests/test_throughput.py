"""Inputs per second by batch: operations and bytes as counted by hand, times as they are."""

import pytest
import torch

from helpers import throughput

CPU = torch.device("cpu")


def test_operations_and_bytes_of_a_layer_are_those_by_hand():
    layer = torch.nn.Linear(30, 20, bias=False)
    flops, moved = throughput.counted(layer, torch.rand(5, 30))
    assert flops == 2 * 5 * 30 * 20
    assert moved == 4 * (5 * 30 + 30 * 20 + 5 * 20)


def test_each_batch_is_counted_and_timed():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU()).eval()
    found = throughput.by_batch(model, torch.rand(1, 1, 16, 16), (1, 6), device=CPU)
    assert list(found) == [1, 6] == [batch.size for batch in found.values()]
    assert found[1].flops == 2 * 16 * 16 * 9 * 4 and found[6].flops == 6 * found[1].flops
    assert found[1].moved < found[6].moved < 6 * found[1].moved  # the weights are moved once
    for batch in found.values():
        assert batch.rate == pytest.approx(batch.size / batch.seconds) and batch.seconds > 0
        intensity, speed = batch.point
        assert intensity == pytest.approx(batch.flops / batch.moved)
        assert speed == pytest.approx(batch.flops / batch.seconds)


def test_the_one_input_is_repeated_and_nothing_is_learnt():
    seen = []

    class Model(torch.nn.Module):
        def forward(self, x):
            seen.append((x.shape, x.std(0).sum().item(), torch.is_grad_enabled()))
            return x

    throughput.by_batch(Model(), torch.rand(1, 3), (4,), device=CPU)
    assert {shape for shape, *_ in seen} == {(4, 3)}
    assert all(spread == 0 and not learns for _, spread, learns in seen)
