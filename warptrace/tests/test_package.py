"""The package alone: what its wheel carries, and that it works where there is only NumPy."""

import email
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import warptrace

PACKAGE = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
NO_INDEX = re.compile("error sending request|dns error|Could not connect|Connection refused", re.I)


def uv(*arguments):
    """Run uv; skip the test, saying why, where it is missing or reaches no package index."""
    if not UV.exists():
        pytest.skip("NO uv HERE, SO THE PACKAGE IS NOT BUILT: install it beside Python")
    command = [str(part) for part in [UV, *arguments]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and NO_INDEX.search(done.stderr):
        pytest.skip("NO PACKAGE INDEX REACHED, SO THE PACKAGE IS NOT BUILT: " + done.stderr[-300:])
    assert done.returncode == 0, done.stderr


def built(folder, source, *options):
    uv("build", *options, "--out-dir", folder, source)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built(tmp_path_factory.mktemp("wheel"), PACKAGE, "--wheel")


def contents(wheel):
    """Return name → bytes of what a wheel installs, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {name: archive.read(name) for name in names}


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    files = [*PACKAGE.rglob("*.py"), PACKAGE / "py.typed"]
    files = {path.relative_to(PACKAGE): path for path in files}
    wanted = {path for path in files if path.parts[0] != "tests"}
    assert len(wanted) > 40
    assert set(contents(wheel)) == {f"warptrace/{path.as_posix()}" for path in wanted}


def test_the_source_distribution_gives_the_same_wheel(wheel, tmp_path):
    again = built(tmp_path, PACKAGE)  # the wheel is built from what the archive holds
    assert contents(again) == contents(wheel)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as held:
        names = {name.partition("/")[2] for name in held.getnames()}
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "__init__.py"} <= names


def test_the_metadata_ask_for_numpy_only_and_say_the_version(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
        assert [n for n in archive.namelist() if n.endswith("/licenses/LICENSE")]
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert needed == ["numpy>=2.0"]
    assert metadata.get_all("Provides-Extra") == ["numba"]
    assert metadata["Version"] == warptrace.__version__
    assert f"\n## {warptrace.__version__}\n" in (PACKAGE / "CHANGELOG.md").read_text()


PROGRAM = """
import importlib.util, json
import numpy as np
import warptrace
from warptrace import cuda

@cuda.jit
def double(a):
    i = cuda.grid(1)
    if i < a.size:
        a[i] *= 2

a = np.arange(40.0)
launched = double[2, 32](a)
print(json.dumps({
    "file": warptrace.__file__,
    "numba": importlib.util.find_spec("numba") is not None,
    "right": (a == 2 * np.arange(40.0)).all().item(),
    "where": str(launched),
    "stores": launched.trace.counters["global_store_requests"],
    "shown": len(launched.trace.show()._repr_html_()) > 1000,
}))
"""


@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
def test_it_works_where_there_is_only_numpy(wheel, tmp_path, editable):
    python = tmp_path / "venv" / "bin" / "python"
    uv("venv", "--python", sys.executable, python.parents[1])
    what = ["--editable", PACKAGE] if editable else [wheel]
    uv("pip", "install", "--python", python, f"numpy=={np.__version__}", *what)
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    done = subprocess.run([python, "-I", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    home = PACKAGE if editable else python.parents[1]
    assert Path(found.pop("file")).is_relative_to(home)
    assert found.pop("where").startswith("ran in the tracer: Numba is not installed")
    assert found == {"numba": False, "right": True, "stores": 2, "shown": True}
