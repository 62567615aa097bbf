"""The bytes of operators, counted by hand and by the counter."""

import torch

from helpers import traffic

N = 1000
SIZE = 4 * N


def vector():
    return torch.arange(float(N))


def test_each_operator_reads_its_inputs_and_writes_its_output():
    found = traffic.count(lambda x, y: (x + y) * 2, vector(), vector())
    assert found.operators == (("add", 2 * SIZE, SIZE), ("mul", SIZE, SIZE))
    assert (found.read, found.written, found.moved) == (3 * SIZE, 2 * SIZE, 5 * SIZE)
    assert torch.equal(found.result, 4 * vector())


def test_a_view_moves_nothing_and_an_expanded_tensor_is_read_once():
    square = torch.ones(10, 10)
    found = traffic.count(lambda x: x.t()[2:].reshape(8, 10).unsqueeze(0), square)
    assert found.operators == ()
    found = traffic.count(lambda x, y: x.expand(10, 10) + y, torch.ones(10, 1), square)
    assert found.operators == (("add", 40 + 400, 400),)
    assert traffic.count(torch.clone, torch.ones(0, 5)).moved == 0


def test_an_array_that_is_given_twice_is_read_once():
    x = vector()
    assert traffic.count(lambda: x * x).operators == (("mul", SIZE, SIZE),)


def test_what_changes_in_place_is_written():
    x = vector()
    assert traffic.count(lambda: x.add_(1)).operators == (("add_", SIZE, SIZE),)
    assert traffic.count(lambda: x[:10].zero_()).operators == (("zero_", 40, 40),)


def test_an_empty_tensor_is_not_written():
    found = traffic.count(lambda: torch.empty(5).fill_(1))
    assert [name for name, *_ in found.operators] == ["fill_"]


def test_several_outputs_and_types_count_by_their_size():
    found = traffic.count(lambda x: x.double().sort(), vector())
    assert found.operators == (("_to_copy", SIZE, 2 * SIZE), ("sort", 2 * SIZE, 4 * SIZE))


def test_a_product_is_a_read_of_both_and_a_write():
    a, b = torch.ones(8, 16), torch.ones(16, 4)
    assert traffic.count(torch.matmul, a, b).operators == (("mm", 4 * (128 + 64), 4 * 32),)


def test_the_table_has_a_line_for_each_operator():
    lines = str(traffic.count(lambda x: x.exp().sum(), vector())).splitlines()
    assert lines[0].split() == ["operator", "bytes", "read", "written"]
    assert lines[1].split() == ["exp", "4,000", "4,000"]
    assert lines[2].split() == ["sum", "4,000", "4"]
