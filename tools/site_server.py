"""Serve `_build/html` as GitHub Pages does: under the book's path, compressed, cached, with a 404.

`python -m tools.site_server` serves until it is interrupted; tests and Lighthouse use `serve`.
"""

import gzip
import re
import sys
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
PACKED = {".html", ".css", ".js", ".svg", ".xml", ".txt", ".json", ".ipynb", ".md", ".ico"}


def base_path() -> str:
    """Return the path under which the book is published, such as `/gpus-and-ai/`."""
    address = re.search(r"^\s+baseurl:\s*(\S+)", (ROOT / "_config.yml").read_text("utf-8"), re.M)
    return urlsplit(address[1]).path


@cache
def packed(path: Path, changed: float) -> bytes:
    """Return a file as it is sent; `changed` keeps an old version out of the cache."""
    content = path.read_bytes()
    return gzip.compress(content, 6) if path.suffix in PACKED else content


def sent(path: Path) -> bytes:
    """Return the bytes that travel for a file, compressed where that helps."""
    return packed(path, path.stat().st_mtime)


class Handler(BaseHTTPRequestHandler):
    """Answer GET and HEAD from one folder under one path."""

    protocol_version = "HTTP/1.1"
    folder, base = HTML, "/"

    def do_GET(self):
        """Send a file, the index of a folder, or the 404 page."""
        path = unquote(urlsplit(self.path).path)
        inside = path.startswith(self.base)
        file = (self.folder / path.removeprefix(self.base)).resolve() if inside else self.folder
        file = file / "index.html" if file.is_dir() and inside else file
        found = file.is_file() and file.is_relative_to(self.folder)
        file = file if found else self.folder / "404.html"
        body = sent(file) if file.is_file() else b"not found"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", guess_type(file.name)[0] or "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if body[:2] == b"\x1f\x8b":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args):
        """Keep quiet."""


@contextmanager
def serve(folder: Path = HTML, base: str | None = None, port: int = 0):
    """Serve `folder` in the background; give the address of its root, with a slash at the end."""
    base = base_path() if base is None else base
    handler = type("Served", (Handler,), {"folder": folder.resolve(), "base": base})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{base}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    if not HTML.exists():
        sys.exit("There is no site yet. Run `make book`.")
    with serve(port=8000) as address:
        print(f"Serving the book at {address} (Ctrl+C ends it)")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
