"""Create `.venv` and install what the book and its tests require, once; later runs return at once.

Runs under the Python that the machine has, so it uses the standard library only and is written so
that an older Python can read it far enough to say that it is too old.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST, NEWEST = (3, 11), (3, 13)
DISK_GB = 7
STAMP = "installed"
REQUIREMENTS = ["requirements.txt", "requirements-test.txt"]
CONSTRAINTS = "constraints.txt"


class PrerequisiteError(Exception):
    """A prerequisite that is not there; the message says how to get it."""


def check_python(version):
    """Raise when `version`, a tuple such as (3, 12), is not one that the book runs on."""
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        raise PrerequisiteError(
            "Python {}.{} cannot run the book; it needs 3.{} to 3.{}.\n"
            "Install one of them and name it: make book PYTHON=python3.{}".format(
                version[0], version[1], OLDEST[1], NEWEST[1], NEWEST[1]
            )
        )


def check_venv():
    """Raise when this Python cannot make a virtual environment with pip in it."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise PrerequisiteError(
            "This Python has no venv module, which keeps the book's packages in one folder.\n"
            "On Debian and Ubuntu: apt install python3-venv"
        )


def check_disk(root):
    """Raise when the disk of `root` has less room than the packages need."""
    free_gb = shutil.disk_usage(str(root)).free / 1e9
    if free_gb < DISK_GB:
        raise PrerequisiteError(
            "{:.1f} GB are free on the disk of {}; the packages need {} GB.\n"
            "Free some space, or clone the book onto another disk.".format(free_gb, root, DISK_GB)
        )


def identity(root):
    """Return the line that says which environment this is: its folder and its Python.

    The folder matters because the programs in a virtual environment hold their own path.
    """
    return "{} with Python {}.{}\n".format(root, *sys.version_info)


def fingerprint(root):
    """Return the identity and a digest of all that decides what is installed."""
    digest = hashlib.sha256()
    for name in REQUIREMENTS + [CONSTRAINTS, "pyproject.toml"]:
        digest.update((root / name).read_bytes())
    return identity(root) + digest.hexdigest()


def stamped(root):
    """Return the fingerprint that the last complete install left, or an empty text."""
    stamp = root / ".venv" / STAMP
    return stamp.read_text() if stamp.is_file() else ""


def index_answers(python):
    """Tell whether pip reaches a package index; one short question, no retries."""
    ask = [python, "-m", "pip", "--retries", "0", "--timeout", "15", "index", "versions", "pip"]
    return subprocess.run(ask, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def run_with_clock(command, **options):
    """Run `command`, its output on the screen, and the time twice a minute; return its status.

    pip is silent for minutes while it unpacks.
    """
    began = time.time()
    with subprocess.Popen(command, **options) as process:
        while True:
            try:
                return process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                print("  ... {:.0f} s".format(time.time() - began), flush=True)
            except BaseException:
                process.kill()
                raise


def pip_install(python, arguments, root):
    """Run `pip install`, its progress on the screen; raise with the cure if it fails."""
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    command = [python, "-m", "pip", "install"] + arguments
    if run_with_clock(command, cwd=str(root), env=environment) == 0:
        return
    if not index_answers(python):
        raise PrerequisiteError(
            "pip reaches no package index. Check the network; behind a proxy set HTTPS_PROXY,\n"
            "with a mirror of your own set PIP_INDEX_URL. Then run the same command again."
        )
    raise PrerequisiteError(
        "pip could not install the packages; its last lines above say which and why."
    )


def make_venv(root):
    """Create `.venv` anew, unless a complete one is there that only has to be updated.

    Without a stamp an earlier install was cut off, and what it left cannot be trusted.
    """
    folder = root / ".venv"
    if stamped(root).startswith(identity(root)):
        (folder / STAMP).unlink()
        return
    check_venv()
    check_disk(root)
    print("Creating .venv", flush=True)
    base = getattr(sys, "_base_executable", sys.executable)
    if subprocess.run([base, "-m", "venv", "--clear", str(folder)]).returncode != 0:
        raise PrerequisiteError(
            "Python could not create .venv. On Debian and Ubuntu: apt install python3-venv"
        )


def install(root):
    """Bring `.venv` up to date; the stamp is written last, so a cut-off install has none."""
    check_python(sys.version_info)
    wanted = fingerprint(root)
    if stamped(root) == wanted:
        return
    make_venv(root)
    python = str(root / ".venv" / "bin" / "python")
    print("Installing the packages: some 5 GB, a few minutes", flush=True)
    wanted_files = [part for name in REQUIREMENTS for part in ("-r", name)]
    pip_install(python, wanted_files + ["-c", CONSTRAINTS], root)
    pip_install(python, ["--no-deps", "--editable", "."], root)
    new = root / ".venv" / (STAMP + ".new")
    new.write_text(wanted)
    new.replace(root / ".venv" / STAMP)


def main():
    """Install into the folder given by --root, by default the book's own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT)
    try:
        install(parser.parse_args().root.resolve())
    except PrerequisiteError as missing:
        sys.exit("\n" + str(missing))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Run the same command again; it starts the install anew.")


if __name__ == "__main__":
    main()
