"""What the budgets of the site say of this build: `.venv/bin/python benchmarks/site.py`.

Prints the time of each notebook (from the last execution), the weight of each page as it travels
(compressed, its own figures left out, measured in a browser), how long kernels take in a page, and
the time of `make book` with nothing changed. Budgets: a notebook 60 s and 30 s on average, a page
300 KB, the warm build 10 s; after the press that loads Python the first answer within 8 s on two
cores, 4,096 threads within 1 s, a tiled product of 64 × 64 within 6 s.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
HTML = ROOT / "_build" / "html"


def notebook_seconds() -> dict[str, float]:
    """Return the seconds that each notebook took when it was last executed."""
    from tools.notebooks import notebooks

    runs = {notebook.path: notebook.run() for notebook in notebooks(ROOT)}
    return {path: run["seconds"] for path, run in runs.items() if run}


def page_kilobytes() -> dict[str, float]:
    """Return the weight of each page in kilobytes; needs Chromium or Chrome."""
    from playwright.sync_api import sync_playwright
    from site_browser import Visit, read_site

    from tools.browser import FLAGS, find_browser
    from tools.site_server import sent, serve

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


#: What is run in the playground after its first kernel: name, and the fields to fill in.
RUNS = {
    "4,096 threads that copy": ("copy", {"grid": "32", "shape0": "4096", "shape1": "4096"}),
    "a tiled product of 64 × 64": (
        "matmul_tiled",
        {"grid": "4, 4", "shape0": "64, 64", "shape1": "64, 64", "shape2": "64, 64"},
    ),
}


def kernel_seconds() -> dict[str, float]:
    """Return the seconds from the press to the playground's first answer, and of later runs."""
    from playwright.sync_api import sync_playwright

    from tools.browser import FLAGS, find_browser
    from tools.site_server import serve

    with sync_playwright() as playwright, serve(HTML) as site:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        page = browser.new_page()
        page.goto(f"{site}book/appendix/playground.html")

        def ran() -> float:
            began = time.perf_counter()
            if page.locator("gpu-live").count() == 0:
                page.locator("p.live button").click()
            page.locator("gpu-live [name=run]").click()
            page.wait_for_function("document.querySelector('gpu-live').done", timeout=120_000)
            return time.perf_counter() - began

        seconds = {"the press and the first answer": ran()}
        for name, (kernel, fields) in RUNS.items():
            page.locator("gpu-live [name=kernel]").select_option(label=kernel)
            for field, text in fields.items():
                page.locator(f"gpu-live [name={field}]").fill(text)
            seconds[name] = ran()
        browser.close()
    return seconds


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
    """Print the four measurements."""
    seconds = notebook_seconds()
    show("Notebooks, last execution", seconds, "s")
    print(f"{sum(seconds.values()) / len(seconds):8.1f} s  on average")
    show("Pages, as they travel", page_kilobytes(), "KB")
    show("Kernels in a page", kernel_seconds(), "s")
    print(f"\nmake book, nothing changed: {warm_build_seconds():.1f} s")


if __name__ == "__main__":
    main()
