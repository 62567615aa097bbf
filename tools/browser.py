"""Find the browser that looks at pages: Chromium or Chrome.

`python -m tools.browser` prints where it is. Where there is none, it says in one sentence what is
not looked at and how to mend that, and ends with 1.
"""

import os
import shutil
import sys

# The same browser without windows, which draws a page in half the time; Debian has it apart.
SHELL = "chromium-headless-shell"
WHOLE = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
#: With which it is started by itself: no window, and nothing asked of any other machine.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NONE = (
    "NO BROWSER: no page and no explorable was looked at; install Chromium or Chrome (for example "
    "`apt-get install chromium`), or name one with CHROME_PATH, and run `make test` again."
)
LEFT_OUT = "No page and no explorable was looked at: WITHOUT_BROWSER is set."


def find_browser(names=(SHELL, *WHOLE)) -> str | None:
    """Return the path of the browser that CHROME_PATH names, else of the first of `names` here."""
    named = os.environ.get("CHROME_PATH")
    return next(filter(None, map(shutil.which, [named] if named else names)), None)


def main() -> int:
    """Say which browser looks at the pages, or what is not looked at."""
    path = find_browser()
    left_out = bool(os.environ.get("WITHOUT_BROWSER"))
    print(LEFT_OUT if left_out else path or NONE)
    return 0 if path or left_out else 1


if __name__ == "__main__":
    sys.exit(main())
