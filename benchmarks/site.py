"""What the budgets of the site say of this build: `.venv/bin/python benchmarks/site.py`.

Prints the time of each notebook (from the last execution), the weight of each page as it travels
(compressed, its own figures left out, measured in a browser), and the time of `make book` with
nothing changed. Budgets: a notebook 60 s and 30 s on average, a page 300 KB, the warm build 10 s.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tools")]
HTML = ROOT / "_build" / "html"


def notebook_seconds() -> dict[str, float]:
    """Return the seconds that each notebook took when it was last executed."""
    report = json.loads((ROOT / "_build" / "executed" / "report.json").read_text())
    return {entry["path"]: entry["seconds"] for entry in report["notebooks"]}


def page_kilobytes() -> dict[str, float]:
    """Return the weight of each page in kilobytes; needs Chromium or Chrome."""
    from playwright.sync_api import sync_playwright
    from site_browser import FLAGS, Visit, read_site
    from site_server import sent, serve

    from tools.browser import find_browser

    weights = {}
    with sync_playwright() as playwright, serve(HTML) as site:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for file in read_site(HTML):
            name = file.relative_to(HTML).as_posix()
            context = browser.new_context()
            weights[name] = Visit(context, site + name, site).weight(HTML, sent) / 1024
            context.close()
        browser.close()
    return weights


def warm_build_seconds() -> float:
    """Return the seconds that a second `make book` takes, when the first has left it no work."""
    for _ in range(2):
        start = time.perf_counter()
        subprocess.run(["make", "-s", "book"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def show(title: str, rows: dict[str, float], unit: str) -> None:
    """Print rows, the largest first."""
    print(f"\n{title}")
    for name, number in sorted(rows.items(), key=lambda row: -row[1]):
        print(f"{number:8.1f} {unit}  {name}")


def main() -> None:
    """Print the three measurements."""
    seconds = notebook_seconds()
    show("Notebooks, last execution", seconds, "s")
    print(f"{sum(seconds.values()) / len(seconds):8.1f} s  on average")
    show("Pages, as they travel", page_kilobytes(), "KB")
    print(f"\nmake book, nothing changed: {warm_build_seconds():.1f} s")


if __name__ == "__main__":
    main()
