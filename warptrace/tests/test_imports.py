"""What imports what: no circle, nothing of the book, and no NumPy where it is not needed."""

import ast
import graphlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1]
SOURCES = {
    ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]): path
    for path in PACKAGE.rglob("*.py")
}
MODULES = {
    name.removesuffix(".__init__"): path
    for name, path in SOURCES.items()
    if not name.startswith("warptrace.tests.")
}
#: What needs no NumPy, so that an engine in plain Python can share it.
PLAIN = [
    *("warptrace", "warptrace.again", "warptrace.counters", "warptrace.faults"),
    *("warptrace.footprints", "warptrace.launches", "warptrace.limits"),
    *("warptrace.launcher", "warptrace.maps", "warptrace.names", "warptrace.occupancy"),
    *("warptrace.palette", "warptrace.probe", "warptrace.results", "warptrace.source"),
    *("warptrace.stand_in", "warptrace.tracer", "warptrace.views"),
    *(name for name in MODULES if name.startswith("warptrace.reference")),
]


def imports(text: str, package: str) -> set[tuple[str, str]]:
    """Return (module, name taken from it) of every import of the source, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            found |= {(base, alias.name) for alias in node.names}
    return found


def graph(texts: dict[str, str]) -> dict[str, set[str]]:
    """Return each module with those that it imports."""
    edges = {}
    for name, text in texts.items():
        is_package = any(other.startswith(f"{name}.") for other in texts)
        found = imports(text, name if is_package else name.rpartition(".")[0])
        named = {f"{base}.{taken}" if f"{base}.{taken}" in texts else base for base, taken in found}
        edges[name] = named & texts.keys()
    return edges


def test_imports_form_no_circle():
    texts = {name: path.read_text() for name, path in MODULES.items()}
    edges = graph(texts)
    assert len(edges) > 30 and "warptrace.engine" in edges["warptrace.tracer"], "in a function"
    graphlib.TopologicalSorter(edges).prepare()


@pytest.mark.parametrize("line", ["from . import a", "from . import f", "import p.a", "import p"])
def test_a_circle_through_a_function_is_noticed(line):
    texts = {"p": "from .a import f", "p.a": "from .b import g", "p.b": f"def g():\n    {line}"}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(graph(texts)).prepare()


def test_nothing_but_numpy_and_numba_is_imported_and_nothing_of_the_book():
    allowed = set(sys.stdlib_module_names) | {"warptrace", "numpy", "numba"}
    for name, path in SOURCES.items():
        found = {one.split(".")[0] for one, _ in imports(path.read_text(), name.rpartition(".")[0])}
        if name.startswith("warptrace.tests."):
            assert not found & {"helpers", "tools", "book"}, name
        else:
            assert found <= allowed, name


def run(source: str):
    """Run `source` in a Python of its own that finds this package; return the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


BLOCKED = """
import importlib, json, sys
sys.modules["numpy"] = None  # an import of it fails
failed = {}
for name in %r:
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed[name] = str(error)
print(json.dumps(failed))
"""


def test_results_faults_counters_and_views_need_no_numpy():
    assert run(BLOCKED % PLAIN) == {}
    assert run(BLOCKED % ["warptrace.engine"]), "the block works"


def test_a_result_is_shown_without_numpy():
    shown = run("""
import json, sys
sys.modules["numpy"] = None
import warptrace
from warptrace.footprints import Sample
counters = dict.fromkeys(warptrace.METRICS, 1) | {"active_lanes": 32.0}
thread = warptrace.Thread((0, 0, 0), (1, 0, 0))
fault = warptrace.Fault("write-write", "a", (3,), (7, 7), (thread, thread))
sample = Sample("a", "shared", 4, "load", 7, 0, tuple(range(0, 128, 4)))
trace = warptrace.Trace(
    "k", (1, 1, 1), (32, 1, 1), counters, {7: counters}, [fault], {7: "a[0] = 1"}, [sample], 0
)
print(json.dumps([trace.table(), trace.show()._repr_html_()]))
""")
    assert "write-write a[3]" in shown[0] and "<svg" in shown[1]


def test_tab_completion_and_star_import_know_the_public_names():
    names = run("import json, warptrace; print(json.dumps([dir(warptrace), warptrace.__all__]))")
    assert set(names[1]) <= set(names[0])
