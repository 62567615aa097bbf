"""How a tool ends: with its status, or with one sentence about what was in its way.

`install` runs before `.venv` exists, so this takes the standard library only.
"""

import errno
import signal
import subprocess
import sys
from contextlib import contextmanager

AGAIN = "Run the same command again; it goes on from there."
CURES = {
    errno.ENOSPC: "Free some space, then run the same command again.",
    errno.EDQUOT: "Free some space, then run the same command again.",
    errno.EROFS: "Clone the book to where it can be written.",
    errno.EACCES: "See to whom it belongs: sudo may have made it.",
    errno.EPERM: "See to whom it belongs: sudo may have made it.",
    errno.EISDIR: "A file belongs there: move the folder away.",
    errno.EEXIST: "A folder belongs there: move the file away.",
    errno.ENOTDIR: "A folder belongs there: move the file away.",
}


def sentence(error):
    """Return what an OSError says, with the file and, where one is known, the cure."""
    where = " ({})".format(error.filename) if error.filename else ""
    said = "{}{}. {}".format(error.strerror or error, where, CURES.get(error.errno, ""))
    return said.strip()


def interrupt(*_):
    """End politely on SIGTERM as on Ctrl-C, so that children are ended and files removed."""
    raise KeyboardInterrupt


def end(main, spoken=(), again=AGAIN):
    """Run `main` and leave Python with its status; what stops it is said in a sentence.

    The messages of the exceptions `spoken` are such sentences already.
    """
    signal.signal(signal.SIGTERM, interrupt)
    try:
        status = main()
    except KeyboardInterrupt:
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, signal.SIG_IGN)  # a second one finds nothing left to do
        print("\nInterrupted. {}".format(again), file=sys.stderr)
        status = 130
    except spoken as error:
        print("\n{}".format(error), file=sys.stderr)
        status = 1
    except OSError as error:
        print("\n{}".format(sentence(error)), file=sys.stderr)
        status = 1
    sys.exit(status)


def stop(process):
    """End a child and wait for it: politely, so that it ends its own, and then not."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()


def child(command, **options):
    """Run `command` and return its status; where this process is ended, so is the child."""
    with subprocess.Popen(command, **options) as process:
        try:
            return process.wait()
        except BaseException:
            stop(process)
            raise


@contextmanager
def turn(path, what):
    """Wait until no other run, such as one whose `make` was killed, holds the file `path`.

    Gives the handle that holds it; a child that inherits it holds it, too.
    """
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another run {}; waiting for its end.".format(what), flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks
        yield file.fileno()
