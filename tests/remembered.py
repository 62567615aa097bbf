"""What was looked at and found in order, so that it is not looked at again until it changes.

A page is remembered with a digest of each file that it is made of, and of all that looks at it.
What cannot be read counts as not remembered. THOROUGH=1 remembers nothing: everything is checked.
"""

import hashlib
import json
import os
import re
from pathlib import Path

THOROUGH = os.environ.get("THOROUGH") == "1"
#: The link to report a problem names the commit, which changes when the page does not; nor does it
#: with the version of a script that is looked into itself.
COMMIT = re.compile(rb"environment=[^&\"]*|progress\.js\?v=\w+")
#: A script of every page names all exercises, which only a reader who has done some sees.
EXERCISES = re.compile(rb"const EXERCISES = .*")


def digest(path: Path) -> str:
    """Return a digest of a file but for what changes though pages look as before."""
    passing = {".html": COMMIT, ".js": EXERCISES}.get(path.suffix)
    content = path.read_bytes()
    return hashlib.sha256(passing.sub(b"", content) if passing else content).hexdigest()


class Memory:
    """The pages of one site that passed, one small file for each, so that workers can share it."""

    def __init__(self, folder: Path, site: Path, checker: str):
        """Keep in `folder` which pages of `site` passed under `checker`, which names all of it."""
        self.folder, self.site, self.checker = folder, site, checker

    def place(self, page: str) -> Path:
        """Return the file that remembers a page."""
        return self.folder / f"{page}.json"

    def digests(self, files) -> dict[str, str]:
        """Return the digest of each file, by its place in the site."""
        return {file.relative_to(self.site).as_posix(): digest(file) for file in sorted(files)}

    def holds(self, page: str) -> bool:
        """Tell whether the page passed as it is now."""
        if THOROUGH:
            return False
        try:
            known = json.loads(self.place(page).read_text("utf-8"))
            files = [self.site / name for name in known["files"]]
            now = {"checker": self.checker, "files": self.digests(files)}
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return known == now and page in known["files"]

    def keep(self, page: str, files) -> None:
        """Remember that the page passed; `files` are those that it asked for, itself included."""
        place = self.place(page)
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name(f"{place.name}.{os.getpid()}")
        new.write_text(json.dumps({"checker": self.checker, "files": self.digests(files)}), "utf-8")
        new.replace(place)
