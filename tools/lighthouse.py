"""Score the built site with Lighthouse: `.venv/bin/python -m tools.lighthouse`.

The front page and a chapter, on a phone and on a desk, each five times; the table shows medians.
Lighthouse is installed into `_build/lighthouse` by npm the first time; it is no part of the book's
requirements. The site is served compressed and cached, as GitHub Pages serves it.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from tools import ending
from tools.browser import WHOLE, find_browser
from tools.node import NODE, NPM
from tools.site_server import HTML, ROOT, serve

VERSION = "12.8.2"
HOME = ROOT / "_build" / "lighthouse"
PAGES = ("book/index.html", "book/cnn/model.html")
FORMS = {"mobile": [], "desktop": ["--preset=desktop"]}
SCORES = ("performance", "accessibility", "best-practices", "seo")
TIMES = {
    "FCP s": "first-contentful-paint",
    "LCP s": "largest-contentful-paint",
    "TBT ms": "total-blocking-time",
    "CLS": "cumulative-layout-shift",
}


def find_node() -> str:
    """Return the path of Node: the one on PATH, or the one in the environment's wheel."""
    return shutil.which("node") or NODE


def install(node: str) -> Path:
    """Install Lighthouse where it is missing; return its program.

    Raises:
        SystemExit: npm could not install it.
    """
    program = HOME / "node_modules" / "lighthouse" / "cli" / "index.js"
    marker = HOME / VERSION
    if not (program.exists() and marker.exists()):
        command = [node, NPM, "install", "--prefix", str(HOME), "--no-audit", "--no-fund"]
        HOME.mkdir(parents=True, exist_ok=True)
        if subprocess.run([*command, f"lighthouse@{VERSION}"]).returncode:
            sys.exit("lighthouse: npm could not install it. Is the npm registry within reach?")
        marker.touch()
    return program


def measure(command: list[str], address: str, form: list[str], env: dict) -> dict:
    """Run Lighthouse once and return its report.

    Raises:
        SystemExit: Lighthouse failed; the message ends with its own.
    """
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    options = ["--quiet", "--output=json", f"--only-categories={','.join(SCORES)}"]
    run = subprocess.run(
        [*command, address, *form, *options, f"--chrome-flags={flags}"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=env,
    )
    if run.returncode:
        sys.exit(f"lighthouse: failed on {address}\n{run.stderr[-2000:]}")
    return json.loads(run.stdout)


def row(reports: list[dict]) -> list[float]:
    """Return the medians of the scores and times of several runs."""
    median = statistics.median
    scores = [median(r["categories"][name]["score"] for r in reports) for name in SCORES]
    times = [median(r["audits"][name]["numericValue"] for r in reports) for name in TIMES.values()]
    return [*scores, times[0] / 1000, times[1] / 1000, times[2], times[3]]


def main() -> int:
    """Measure, print the table, and keep the last reports."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("pages", nargs="*", default=PAGES)
    options = parser.parse_args()
    if not (HTML / PAGES[0]).exists():
        sys.exit("lighthouse: there is no site yet. Run `make book`.")
    chrome, node = find_browser(WHOLE), find_node()
    if chrome is None:
        sys.exit("lighthouse: no Chrome or Chromium found. Install one, or set CHROME_PATH.")
    command = [node, str(install(node))]
    env = os.environ | {"CHROME_PATH": chrome}
    head = [*SCORES, *TIMES]
    print(f"{'page':28}{'form':9}" + "".join(f"{name:>16}" for name in head), flush=True)
    with serve() as site:
        for page in options.pages:
            for name, form in FORMS.items():
                reports = [measure(command, site + page, form, env) for _ in range(options.runs)]
                kept = HOME / f"{Path(page).stem}-{name}.json"
                kept.write_text(json.dumps(reports[-1]), "utf-8")
                values = "".join(f"{value:16.2f}" for value in row(reports))
                print(f"{page:28}{name:9}{values}", flush=True)
    print(f"medians of {options.runs}; the last report of each stands in {HOME}")
    return 0


if __name__ == "__main__":
    ending.end(main)
