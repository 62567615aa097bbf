"""Create `.venv` and install what the book and its tests require, once; later runs return at once.

Runs under the Python that the machine has, so it uses the standard library only and is written so
that an older Python can read it far enough to say that it is too old.
"""

import argparse
import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.ending import end, stop, turn

ROOT = Path(__file__).resolve().parents[1]
OLDEST, NEWEST = (3, 11), (3, 13)
DISK_GB = 7
STAMP = "installed"
PACKAGES = "packages"  # the names that the last complete install left, to see that none is lost
REQUIREMENTS = ["requirements.txt", "requirements-test.txt"]
CONSTRAINTS = "constraints.txt"
#: What pip calls a setting, and uv an option.
OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}


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
    return read(root / ".venv" / STAMP)


def read(path):
    """Return the text of a file that an install left; one that cannot be read counts as none."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def write(path, text):
    """Write a file whole or not at all, without the packages that are only now installed."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def package_names(folder):
    """Return what can be imported from the environment in `folder`, by its names on disk."""
    found = (path.name for path in folder.glob("lib/python3.*/site-packages/*"))
    own = ("__pycache__", "~")  # of Python and of pip: they come and go
    return sorted(n for n in found if not n.startswith(own) and not n.endswith(".dist-info"))


def lost(root):
    """Return in words what a complete install has lost since, or an empty text."""
    folder = root / ".venv"
    if not (folder / "bin" / "python").exists():  # follows the link to the Python it is made with
        return "its Python is gone"
    gone = set(read(folder / PACKAGES).splitlines()) - set(package_names(folder))
    return "{} is gone".format(min(gone)) if gone else ""


def check_place(root):
    """Raise when `.venv` cannot stand in `root`, or when what stands there is somebody's own.

    It is emptied before an install, and only what an install made may be.
    """
    folder = root / ".venv"
    if os.pathsep in str(root):
        raise PrerequisiteError(
            "A virtual environment cannot stand in {}: its path holds {!r}.\n"
            "Move the book to a folder without it.".format(root, os.pathsep)
        )
    if folder.is_symlink():
        print("{} is a link: it is removed, what it leads to is left as it is.".format(folder))
        folder.unlink()
    if folder.exists() and not ours(folder):
        raise PrerequisiteError(
            "{} was not made by `make`, and the book's packages belong there.\n"
            "Move it away: mv .venv .venv.old".format(folder)
        )


def ours(folder):
    """Tell whether an install made what is at `folder`, be it in its first second."""
    if not folder.is_dir():
        return False
    settings = read(folder / "pyvenv.cfg")  # holds the command that made it
    inside = {path.name for path in folder.iterdir()}
    begun = inside <= {"bin", "lib", "lib64", "include", "pyvenv.cfg"} and not settings
    return STAMP in inside or "venv --clear" in settings or begun


def note_git():
    """Say what is left out where there is no git."""
    if shutil.which("git") is None:
        print(
            "git is not here: pages will not name their commit, and `make test` needs it.\n"
            "On Debian and Ubuntu: apt install git",
            flush=True,
        )


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
        try:
            while True:
                try:
                    return process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    print("  ... {:.0f} s".format(time.time() - began), flush=True)
        except BaseException:
            stop(process)
            raise


def pip_install(python, arguments, root, holds=()):
    """Run `pip install`, its progress on the screen; raise with the cure if it fails.

    pip inherits the handles `holds`: where this process is killed and pip goes on, others wait.
    """
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONUTF8="1")
    command = [python, "-m", "pip", "install"] + arguments
    if run_with_clock(command, cwd=str(root), env=environment, pass_fds=holds) == 0:
        return
    if not index_answers(python):
        raise PrerequisiteError(
            "pip reaches no package index. Check the network; behind a proxy set HTTPS_PROXY,\n"
            "with a mirror of your own set PIP_INDEX_URL. Then run the same command again."
        )
    raise PrerequisiteError(
        "pip could not install the packages; its last lines above say which and why."
    )


def settings(python):
    """Return pip's settings, of its files and of the environment, by name; the last one counts."""
    ask = [python, "-m", "pip", "config", "list"]
    options = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    lines = subprocess.run(ask, **options).stdout.splitlines()
    pairs = [line.split("=", 1) for line in lines if "=" in line]
    known = [(name, value) for name, value in pairs if name.startswith(("global.", "install."))]
    known += [(name, value) for name, value in pairs if name.startswith(":env:.")]
    return {name.rsplit(".", 1)[1]: str(ast.literal_eval(value)) for name, value in known}


def uv_install(python, arguments, root, holds=()):
    """Run `uv pip install` as pip would, from the same indexes; return whether it succeeded."""
    told = settings(python)
    environment = dict(os.environ)
    for name, variable in (("cert", "SSL_CERT_FILE"), ("proxy", "HTTPS_PROXY")):
        if name in told:
            environment.setdefault(variable, told[name])
    options = [
        part
        for name, option in OPTIONS.items()
        for one in told.get(name, "").split()
        for part in (option, one)
    ]
    uv = str(Path(python).with_name("uv"))
    command = [uv, "pip", "install", "--python", python, "--index-strategy", "unsafe-best-match"]
    command += options + arguments
    try:
        return run_with_clock(command, cwd=str(root), env=environment, pass_fds=holds) == 0
    except OSError as error:
        print("uv does not start here: {}".format(error), flush=True)
        return False


def install_packages(python, root, holds=()):
    """Install all that the book needs: with uv, a fifth of pip's time, or with pip where it fails.

    pip knows settings that uv does not, and it has the words for what a reader must mend.
    """
    pip_install(python, ["--quiet", "uv", "-c", CONSTRAINTS], root, holds)
    wanted = [part for name in REQUIREMENTS for part in ("-r", name)] + ["-c", CONSTRAINTS]
    if not uv_install(python, wanted, root, holds):
        print("uv could not install the packages. pip tries, which takes longer.", flush=True)
        pip_install(python, wanted, root, holds)


def create(folder):
    """Make an environment in `folder`, which is emptied before."""
    base = getattr(sys, "_base_executable", sys.executable)
    if subprocess.run([base, "-m", "venv", "--clear", str(folder)]).returncode != 0:
        raise PrerequisiteError("Python could not create .venv; its lines above say why.")


def make_venv(root):
    """Create `.venv` anew, unless a complete one is there that only has to be updated.

    Without a stamp an earlier install was cut off, and what it left cannot be trusted.
    """
    folder = root / ".venv"
    complete = stamped(root).startswith(identity(root))
    damage = lost(root) if complete else ""
    if damage:
        print("{}: {}, so it is made anew.".format(folder, damage), flush=True)
    if complete and not damage:
        (folder / STAMP).unlink()
        return
    check_venv()
    check_place(root)
    check_disk(root)
    print("Creating .venv", flush=True)
    create(folder)


def install(root):
    """Bring `.venv` up to date; the stamp is written last, so a cut-off install has none."""
    check_python(sys.version_info)
    with turn(root / CONSTRAINTS, "installs packages into .venv") as held:
        wanted = fingerprint(root)
        if stamped(root) == wanted and not lost(root):
            return
        note_git()
        make_venv(root)
        folder = root / ".venv"
        print("Installing the packages: some 5 GB, a few minutes", flush=True)
        install_packages(str(folder / "bin" / "python"), root, (held,))
        write(folder / PACKAGES, "\n".join(package_names(folder)))
        write(folder / STAMP, wanted)


def main():
    """Install into the folder given by --root, by default the book's own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT)
    install(parser.parse_args().root.resolve())


if __name__ == "__main__":
    end(main, PrerequisiteError, "Run the same command again; it starts the install anew.")
