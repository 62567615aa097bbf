"""The table of features says what is so: of the tracer, and of Numba's own compiler."""

import importlib
import re

import pytest

from warptrace import feature_list, features
from warptrace.feature_list import FEATURES, NAMES

#: What a way out is said with.
WAYS = r"\b(write|use|fill|give|name|leave|ask|compute|compare|convert|dynamic)\b"


@pytest.fixture(scope="module")
def table():
    return features.table()


def test_what_the_tracer_refuses_is_what_numba_refuses_and_a_few_more(table):
    for feature, refused in table.rows:
        here = feature.group not in ("not here", "nowhere")
        assert (refused == "") == here, (feature.text, refused)


def test_a_refusal_names_what_was_found_and_the_way_out(table):
    for feature, refused in table.rows:
        if refused:
            assert re.search(WAYS, refused), (feature.text, refused)


def test_the_page_holds_every_row_and_every_name(table):
    html, text = table._repr_html_(), repr(table)
    for feature, refused in table.rows:
        assert feature.text in text and (refused or "traces") in text
    for name in (
        "atomic.cas",
        "cg.this_grid",
        "complex64",
        "arctan2",
        "frexp",
        "polar",
        "uniform_float32",
    ):
        assert name in text and name in html  # in the lists below the table
    assert html.count("<tr>") == len(FEATURES) + 1


@pytest.fixture(scope="module")
def compiled():
    """A function that compiles a kernel for its arguments, by Numba and without a GPU."""
    numba = pytest.importorskip("numba", reason="numba is missing: its compiler is not asked")
    dispatcher = pytest.importorskip("numba.cuda.dispatcher", reason="numba-cuda is missing")
    from numba import cuda

    for name in ("libdevice", "random", "cg"):
        importlib.import_module(f"numba.cuda.{name}")

    class Device:
        compute_capability = (9, 0)

    def compile_it(kernel, arguments):
        kinds = tuple(numba.typeof(argument) for argument in arguments)
        cuda.compile_ptx(kernel, kinds, cc=(9, 0))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatcher, "get_current_device", Device)
        for name in ("halved", "down"):
            patch.setattr(feature_list, name, cuda.jit(device=True)(NAMES[name]))
        yield cuda, compile_it


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Numba's of itself
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.text)
def test_numba_compiles_what_the_table_says(compiled, feature):
    cuda, compile_it = compiled
    kernel, arguments = features.kernel_of(feature, cuda)
    for name in ("halved", "down"):
        kernel.__globals__[name] = getattr(feature_list, name)
    if feature.numba:
        compile_it(kernel, arguments)
        return
    try:
        compile_it(kernel, arguments)
    except Exception as error:  # each of Numba's passes has a kind of its own
        assert str(error)
    else:
        pytest.fail("Numba compiles it")
