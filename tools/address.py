"""Set the public address of the book everywhere: `make address URL=https://github.com/owner/name`.

`_config.yml` holds the address; the Colab cells, the READMEs and the packaging repeat it. All new
contents are prepared before the first file is replaced.
"""

import re
import sys
from pathlib import Path

from tools import ending, reading

ROOT = Path(__file__).resolve().parents[1]
REPEATED_IN = [
    "_config.yml",
    "pyproject.toml",
    "warptrace/pyproject.toml",
    "*.md",
    "warptrace/*.md",
    "CITATION.cff",
    ".github/**/*.yml",
    "book/**/*.md",
    "book/**/*.ipynb",
]
URL = re.compile(
    r"https://github\.com/(?P<owner>[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)/(?P<name>[A-Za-z0-9._-]+?)"
    r"(?:\.git)?/?"
)


def parse(url: str) -> tuple[str, str]:
    """Return owner and name of the repository at `url`.

    Raises:
        ValueError: `url` is not the address of a repository on GitHub.
    """
    found = URL.fullmatch(url.strip())
    if not found or len(found["owner"]) > 39 or found["name"] in {".", ".."}:
        raise ValueError(
            f"{url!r} is not the address of a repository on GitHub. "
            "It looks like this: make address URL=https://github.com/owner/name"
        )
    return found["owner"], found["name"]


def site_url(owner: str, name: str) -> str:
    """Return where GitHub Pages serves the site of a repository."""
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def replacements(root: Path, url: str) -> dict[re.Pattern, str]:
    """Return the patterns of the present address, each with what takes its place."""
    owner, name = parse(url)
    here, _, baseurl = reading.address(root)
    here = here.removeprefix("https://github.com/")
    end = r"(?![A-Za-z0-9_-])"
    return {
        re.compile(r"(https://github\.com/)" + re.escape(here) + end): rf"\g<1>{owner}/{name}",
        re.compile(r"(https://colab\.research\.google\.com/github/)" + re.escape(here) + end): (
            rf"\g<1>{owner}/{name}"
        ),
        re.compile(re.escape(baseurl)): site_url(owner, name),
    }


def changes(root: Path, url: str) -> dict[Path, str]:
    """Return the files that repeat the address, each with its new text, where it changes."""
    rules = replacements(root, url)
    changed = {}
    for path in sorted({path for pattern in REPEATED_IN for path in root.glob(pattern)}):
        old = new = reading.text(path)
        for pattern, text in rules.items():
            new = pattern.sub(text, new)
        if new != old:
            changed[path] = new
    return changed


def set_address(root: Path, url: str) -> list[Path]:
    """Write the address `url` wherever it is repeated; return the files that changed."""
    changed = changes(root, url)
    parts = {path: path.with_name(path.name + ".new") for path in changed}
    try:
        for path, part in parts.items():
            part.write_text(changed[path], "utf-8")
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return list(changed)


def main() -> int:
    """Set the address given on the command line and say what changed."""
    try:
        changed = set_address(ROOT, sys.argv[1] if len(sys.argv) > 1 else "")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path in changed:
        print("changed", path.relative_to(ROOT))
    print("Look at the changes, then commit them." if changed else "The address is already set.")
    return 0


if __name__ == "__main__":
    ending.end(main, reading.UnusableError)
