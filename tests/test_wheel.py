"""The helpers' wheel carries what it needs, works anywhere, and changes nothing on Colab."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from remembered import THOROUGH

from tools import colab, colab_cell, install

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
BOOK, TESTS = (ROOT / name for name in install.REQUIREMENTS)
LINUX, MACOS = "x86_64-manylinux_2_28", "aarch64-apple-darwin"
#: Where the lock must resolve; all but the first is left to the weekly run, since each takes long.
SYSTEMS = [("3.13", LINUX), ("3.11", LINUX), ("3.12", LINUX), ("3.12", MACOS)]
NO_INDEX = re.compile("error sending request|dns error|Could not connect|Connection refused", re.I)


def uv(*arguments, **options):
    """Run uv; skip the test, saying why, where uv reaches no package index."""
    command = [str(part) for part in [UV, *arguments]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **options)
    if done.returncode and NO_INDEX.search(done.stderr):
        pytest.skip("NO PACKAGE INDEX REACHED, SO THE WHEEL IS NOT TESTED: " + done.stderr[-300:])
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = uv("build", "--wheel", "--out-dir", folder)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """A Python with the wheel, and of the rest only third-party packages: not the checkout."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    assert uv("venv", "--python", sys.executable, folder).returncode == 0
    python = folder / "bin" / "python"
    done = uv("pip", "install", "--no-deps", "--python", python, wheel)
    assert done.returncode == 0, done.stderr
    ask = [python, "-Ic", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.check_output(ask, text=True).strip())
    # The path that a .pth file adds is searched; its own .pth files, the checkout's, are not read.
    (packages / "third_party.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def run(python, folder, source):
    done = subprocess.run([python, "-c", source], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def here(pattern):
    return sorted(path.name for path in (ROOT / "book").glob(pattern))


def modules(package):
    """Return the source files of a package and of all packages in it, without its tests."""
    files = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py")}
    return {path.as_posix() for path in files if "tests" not in path.parts}


def checks():
    folder = ROOT / "book" / "checks"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))


def test_the_wheel_holds_both_packages_and_the_kinds_of_files_beside_them(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    sources = {name for name in names if name.endswith(".py") and "/_book/" not in name}
    assert sources == modules("helpers") | modules("warptrace")
    assert {"helpers/codegen/__init__.py", "warptrace/compiler/__init__.py"} <= sources
    others = {name for name in names if name.startswith("warptrace/")} - sources
    assert others == {"warptrace/py.typed"}, "nor its tests, README and metadata"
    for pattern in ["explorables/*.js", "recorded/*.json", "recorded/*.py", "data/*.yml"]:
        folder = pattern.split("/")[0]
        suffix = Path(pattern).suffix
        carried = [Path(n) for n in names if n.startswith(f"helpers/_book/{folder}/")]
        assert sorted(p.name for p in carried if p.suffix == suffix) == here(pattern)
        assert here(pattern), pattern
    folder = "helpers/_book/checks/"
    assert sorted(n.removeprefix(folder) for n in names if n.startswith(folder)) == checks()
    assert not [n for n in names if n.split("/")[0] in {"tests", "tools", "book", "benchmarks"}]
    assert not [n for n in names if n.endswith(".pyc")]


def test_the_wheel_uploaded_on_colab_serves_a_notebook_without_a_network(wheel, tmp_path):
    shutil.copy(wheel, tmp_path / "helpers.whl")
    cell = colab_cell.SOURCE.format(url="https://127.0.0.1:9/x", branch="main", site="x")
    program = (
        "import importlib.metadata, sys; sys.modules['google.colab'] = sys\n"
        "importlib.metadata.distributions = lambda **_: ()\n"
        f"{cell}\n"
        "from helpers import resources; print(resources.root())"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(tmp_path / "uploaded" / "helpers" / "_book")


def test_one_installation_brings_the_helpers_and_the_tracer(python, tmp_path):
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "import json, helpers, warptrace\n"
        "from warptrace import cuda, samples\n"
        "trace = warptrace.trace(samples.copy, 1, 32, *samples.cases()['copy'][3])\n"
        "print(json.dumps([helpers.__file__, warptrace.__file__, trace.counters['barriers']]))"
    )
    *files, barriers = run(python, tmp_path, f"exec(open({str(kernel)!r}).read())")
    assert all(Path(file).is_relative_to(python.parents[1]) for file in files), files
    assert barriers == 0


def test_helpers_uploaded_alone_say_that_the_book_is_missing(tmp_path):
    shutil.copytree(ROOT / "helpers", tmp_path / "helpers")
    for use in ("recorded.load('x')", "explore.explorables()", "check.exercises('x')"):
        module = use.partition(".")[0]
        done = subprocess.run(
            [sys.executable, "-P", "-c", f"from helpers import {module}; {use}"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        last = done.stderr.strip().splitlines()[-1]
        assert "FileNotFoundError: The book's folder `book` is missing" in last, done.stderr
        assert last.endswith(str(tmp_path / "book"))


@pytest.mark.parametrize("folder", [".", "book/cuda"])
def test_the_tracer_is_found_where_the_checkout_is_installed(folder):
    """As notebooks run: in the folder of their part, with the checkout on the path."""
    done = subprocess.run(
        [sys.executable, "-c", "from warptrace import cuda; import warptrace as w; print(w)"],
        cwd=ROOT / folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(ROOT / "warptrace/__init__.py") in done.stdout, "and no namespace without contents"


def test_explorables_records_registry_and_checks_work_far_from_the_checkout(python, tmp_path):
    found = run(
        python,
        tmp_path,
        """
import json
from helpers import check, explore, recorded, resources
from helpers.facts import registry
name = explore.explorables()[0]
page = explore.explorable(name)._repr_html_()
records = sorted(path.stem for path in (resources.root() / "recorded").glob("*.json"))
print(json.dumps({
    "root": str(resources.root()),
    "page": page,
    "name": name,
    "records": records,
    "caption": recorded.load(records[0]).caption(),
    "gpus": [gpu.name for gpu in registry.load()],
    "verdict": str(check.value("template.traffic", 12_000)),
}))
""",
    )
    assert Path(found["root"]).is_relative_to(python.parents[1])
    assert not Path(found["root"]).is_relative_to(ROOT)
    source = (ROOT / "book/explorables" / f"{found['name']}.js").read_text()
    assert "customElements" in source and "customElements" in found["page"]
    assert found["records"] == [name.removesuffix(".json") for name in here("recorded/*.json")]
    assert found["caption"]
    assert "T4" in " ".join(found["gpus"])
    assert found["verdict"] == "traffic: correct."


def test_torch_is_imported_only_by_what_defines_networks(python, tmp_path):
    found = [*modules("helpers"), *modules("warptrace")]
    names = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in found}
    light = sorted(name for name in names if not name.startswith("helpers.models"))
    source = f"""
import importlib, json, sys
for name in {light}:
    importlib.import_module(name)
print(json.dumps(sorted({{"torch", "torchvision", "transformers"}} & set(sys.modules))))
"""
    assert run(python, tmp_path, source) == []


def resolve(project):
    """Resolve the wheel's dependencies among Colab's versions."""
    return uv(
        *["pip", "compile", project, "--constraint", colab.constraints()],
        *["--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_28"],
        *["--no-annotate", "--no-header", "--quiet"],
    )


def colab_versions():
    lines = colab.constraints().read_text().splitlines()
    pins = [line.lower().partition(";")[0] for line in lines if not line.startswith("#")]
    return dict(pin.split("==") for pin in pins if pin)


def test_installing_on_colab_replaces_nothing():
    done = resolve(ROOT / "pyproject.toml")
    assert done.returncode == 0, done.stderr
    resolved = dict(line.split("==") for line in done.stdout.split())
    colabs = colab_versions()
    names = (
        "torch",
        "torchvision",
        "numpy",
        "matplotlib",
        "scikit-learn",
        "cloudpickle",
        "aiohttp",
    )
    for name in names:
        assert resolved[name].startswith(colabs[name].removesuffix("*")), name


def test_a_range_that_colab_does_not_satisfy_is_noticed(tmp_path):
    text = (ROOT / "pyproject.toml").read_text()
    tight = tmp_path / "pyproject.toml"
    tight.write_text(text.replace('"numpy>=2.0"', '"numpy>=2.2"'))
    assert tight.read_text() != text
    done = resolve(tight)
    assert done.returncode != 0
    assert "numpy" in done.stderr


def pins_of(path):
    """Return the version of each package that a requirements file pins."""
    lines = path.read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    return {one.name.lower(): next(iter(one.specifier)).version for one in wanted}


def test_the_pinned_requirements_fit_the_ranges():
    pins = pins_of(BOOK)
    ranges = re.findall(
        r'^  "([A-Za-z-]+)>=([\d.]+)",$', (ROOT / "pyproject.toml").read_text(), re.M
    )
    assert len(ranges) > 5
    for name, oldest in ranges:
        pinned = [int(part) for part in pins[name.lower()].split(".")]
        assert pinned >= [int(part) for part in oldest.split(".")], name


def test_a_package_is_pinned_once_and_as_it_is_locked():
    book, tests = pins_of(BOOK), pins_of(TESTS)
    assert not book.keys() & tests.keys()
    locked = (ROOT / install.CONSTRAINTS).read_text().lower()
    for name, version in (book | tests).items():
        assert re.search(rf"(?m)^{re.escape(name)}=={re.escape(version)}( ;|$)", locked), name


@pytest.mark.parametrize(("python", "platform"), SYSTEMS if THOROUGH else SYSTEMS[:1])
def test_the_lock_resolves_on_linux_and_macos(python, platform):
    done = uv(
        *["pip", "compile", *install.REQUIREMENTS, "--constraint", install.CONSTRAINTS],
        *["--python-version", python, "--python-platform", platform, "--no-annotate", "--quiet"],
        env=os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0"},  # the oldest that torch supports
    )
    assert done.returncode == 0, done.stderr
    locked = set(re.findall(r"(?m)^([\w.-]+==[^\s;]+)", (ROOT / "constraints.txt").read_text()))
    wanted = set(re.findall(r"(?m)^([\w.-]+==[^\s;]+)", done.stdout))
    assert wanted <= locked, wanted - locked
