"""Formulas become HTML at build time, so that a page needs no script and no server to show them."""

import socket
import subprocess
import time

from sphinxcontrib import katex

from tools import node

PATIENCE_S = 60.0


def start_renderer(cls, rundir, timeout):
    """Start KaTeX's renderer and connect to it; return the process and the socket.

    The library connects once, as soon as the socket's file exists, which on a busy machine is
    before anyone listens; it then gives up and leaves the renderer running. This one tries again.

    Raises:
        katex.KaTeXError: the renderer ended, or did not answer in `PATIENCE_S` seconds.
    """
    address = rundir / "katex.sock"
    command = cls.build_command(socket=address)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rundir)
    give_up = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < give_up:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            client.connect(str(address))
        except OSError:
            client.close()
            time.sleep(0.01)
        else:
            return process, client
    process.kill()
    raise katex.KaTeXError("The renderer of formulas did not start: is Node broken? Try again.")


def setup(app):
    """Take Node from its wheel, and make a formula that KaTeX refuses an error."""
    katex.NODEJS_BINARY = node.NODE
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    katex.RENDER_TIMEOUT = PATIENCE_S
    katex.KaTeXServer.start_server_process = classmethod(start_renderer)
    app.setup_extension("sphinxcontrib.katex")
    return {"parallel_read_safe": True, "parallel_write_safe": False}
