"""What every chapter has in common, as rules: `python -m tools.anatomy [notebook ...]`.

Each rule returns complaints that name the cell and the cure. The tests run all of them; a writer
runs them on one chapter.
"""

import ast
import re
import statistics
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import nbformat

from tools import colab_cell, ending, markers, reading
from tools.notebooks import parse, toc

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES, MAX_KERNEL_LINES, MAX_MEDIAN_LINES, MAX_SETUP_LINES = 25, 35, 8, 6
MIN_WORDS = 1200
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u26ff\u2705\u274c\u2728\u2b50\ufe0f]")
MYST = re.compile(r"```\{|:::|(?m:^\([\w-]+\)=$)|\{[a-z]+(?::[a-z]+)*\}`")
FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
SECTIONS = ["Where this breaks", "Summary", "Exercises", "Next"]


def prose(notebook) -> str:
    """Return all Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook) -> list:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def hides_code(cell) -> bool:
    """Tell whether the site shows a cell without its code."""
    return bool({"remove-cell", "hide-input"} & set(cell.metadata.get("tags", [])))


def headings(text: str) -> list[str]:
    """Return the headings of Markdown `text`, those in code left out."""
    return re.findall(r"(?m)^#{1,6}\s+(.+?)\s*#*$", FENCED.sub("", text))


def check_format(notebook, path):
    """The file is a valid notebook without outputs, and an error in it stops the book."""
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {error.message}"
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield "nbformat is not 4.5"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernelspec is not `python3`"
    if "execution" in notebook.metadata:
        yield "metadata `execution` would change time limits or allow errors; remove it"
    for cell in code(notebook):
        if "raises-exception" in cell.metadata.get("tags", []):
            yield f"cell {cell.id} may raise; show a failure through a subprocess instead"
        if not cell.source.strip():
            yield f"cell {cell.id} is empty"


def check_setup(notebook, path):
    """The second code cell imports, and does nothing else."""
    cell = [*code(notebook), None, None][1]
    if cell is None or cell.id != "setup":
        yield "the second code cell is not the one with id `setup`"
        return
    tree = parse(cell.source)
    if tree is None or not all(isinstance(n, ast.Import | ast.ImportFrom) for n in tree.body):
        yield "the setup cell does more than import"
    if len(list(filter(str.strip, cell.source.splitlines()))) > MAX_SETUP_LINES:
        yield f"the setup cell has more than {MAX_SETUP_LINES} lines"


def check_hiding(notebook, path):
    """A hidden cell is hidden on the site, in JupyterLab and on Colab alike."""
    for cell in code(notebook):
        site = hides_code(cell)
        lab = bool(cell.metadata.get("jupyter", {}).get("source_hidden"))
        colab = cell.metadata.get("cellView") == "form"
        if len({site, lab, colab}) > 1:
            yield f"cell {cell.id} is hidden in one place and shown in another"
        elif site and not cell.source.startswith("# @title "):
            yield f"hidden cell {cell.id} does not begin with `# @title`"


def check_language(notebook, path):
    """Markdown is plain, without emoji and without `simply`."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := MYST.search(cell.source)):
            yield f"cell {cell.id} has MyST markup, which Colab shows raw: {found[0]}"
        if found := EMOJI.search(cell.source):
            yield f"cell {cell.id} has an emoji: {found[0]}"
        if re.search(r"\bsimply\b", cell.source, re.IGNORECASE):
            yield f"cell {cell.id} says `simply`"


def check_opening(notebook, path):
    """Title and promise, meta line, what the reader will be able to do, a prediction."""
    first, text = notebook.cells[0], prose(notebook)
    lines = [line for line in first.source.splitlines() if line.strip()]
    if first.cell_type != "markdown" or not lines or not lines[0].startswith("# "):
        yield "the first cell does not begin with `# Title`"
    elif "?" not in " ".join(lines[1:4]):
        yield "no question opens the promise under the title"
    if sum(heading.startswith("# ") for heading in FENCED.sub("", text).splitlines()) != 1:
        yield "there is not exactly one `# ` title"
    meta = re.search(r"(?m)^(\d+) minutes to read, (\d+) for the exercises · .*$", text)
    times = minutes(notebook)
    asked = "{} minutes to read, {} for the exercises".format(*times)
    if not meta or not re.search(r"(?i)CPU is enough|better with a GPU", meta[0]):
        yield f"no meta line: {asked} · CPU is enough (or better with a GPU) · prerequisites"
    elif any(abs(int(n) - m) > 5 for n, m in zip(meta.groups(), times, strict=True)):
        yield f"its length asks for {asked}"
    if "You will be able to" not in text:
        yield "no `You will be able to`"
    if "Predict" not in text:
        yield "nothing to predict before running"


def check_sections(notebook, path):
    """A takeaway, and the closing sections in their order."""
    text = prose(notebook)
    if "**Takeaway" not in text:
        yield "no `> **Takeaway.**`"
    named = headings(text)
    at = [next((n for n, h in enumerate(named) if h.startswith(s)), None) for s in SECTIONS]
    for section in (s for s, n in zip(SECTIONS, at, strict=True) if n is None):
        yield f"no section `{section}`"
    present = [n for n in at if n is not None]
    if present != sorted(present):
        yield f"the closing sections are not in the order {', '.join(SECTIONS)}"


def check_exercises(notebook, path):
    """Three or more exercises, each a stub, its checker and its folded solution, in that order."""
    at = {cell.id: number for number, cell in enumerate(notebook.cells)}
    cells = {cell.id: cell for cell in notebook.cells}
    names = [name.removeprefix("exercise-") for name in at if name.startswith("exercise-")]
    if len(names) < 3:
        yield f"{len(names)} exercises; three to five are asked for"
    for kind in ["check", "solution"]:
        for name in (i.removeprefix(f"{kind}-") for i in at if i.startswith(f"{kind}-")):
            if name not in names:
                yield f"{kind}-{name} has no exercise-{name}"
    for name in names:
        trio = [f"exercise-{name}", f"check-{name}", f"solution-{name}"]
        if missing := [part for part in trio if part not in at]:
            yield f"exercise {name} lacks {', '.join(missing)}"
            continue
        stub, checker, solution = (cells[part] for part in trio)
        if [at[part] for part in trio] != sorted(at[part] for part in trio):
            yield f"exercise {name}: stub, checker and solution are not in this order"
        if (stub.cell_type, checker.cell_type) != ("code", "code") or "..." not in stub.source:
            yield f"exercise {name}: the stub is not a code cell with `...` and a checker after it"
        if complaint := about_checker(checker.source, f"{path.stem}.{name}"):
            yield f"check-{name} {complaint}"
        if "<details><summary>" not in solution.source or "```python" not in solution.source:
            yield f"exercise {name}: the solution is not folded Python"


def about_checker(source: str, exercise: str) -> str:
    """Say what is wrong with a check cell, which calls `check.<kind>("<exercise>", answer)`."""
    tree = parse(source)
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return "is not one call: its data belongs into book/checks"
    call = tree.body[0].value
    if not isinstance(call, ast.Call) or not ast.unparse(call.func).startswith("check."):
        return 'does not call a checker, as in `check.value("chapter.name", answer)`'
    name, *answer = call.args or [ast.Constant(None)]
    if not isinstance(name, ast.Constant) or str(name.value).rpartition("/")[-1] != exercise:
        return f"does not name its exercise, {exercise!r}, first"
    named = [part for node in answer for part in getattr(node, "elts", [node])]
    if len(answer) != 1 or call.keywords or not all(isinstance(part, ast.Name) for part in named):
        return "takes more than the reader's answer: what is expected belongs into book/checks"
    return ""


def check_code_length(notebook, path):
    """Cells hold one thought each; a drawing, which hides its code, may be as long as a kernel."""
    own = [cell for cell in code(notebook) if not hides_code(cell)]
    for cell in code(notebook):
        length = len(cell.source.splitlines())
        drawn = hides_code(cell) and "style.show" in cell.source
        if drawn and length > MAX_KERNEL_LINES:
            yield f"cell {cell.id} draws in {length} lines; the limit is {MAX_KERNEL_LINES}"
    lengths = [len(cell.source.splitlines()) for cell in own]
    for cell, length in zip(own, lengths, strict=True):
        limit = MAX_KERNEL_LINES if re.search(r"(?m)^@\S*jit\b", cell.source) else MAX_LINES
        if length > limit:
            yield f"cell {cell.id} has {length} lines; the limit is {limit}"
    if lengths and statistics.median(lengths) > MAX_MEDIAN_LINES:
        yield f"the median cell has {statistics.median(lengths)} lines, not {MAX_MEDIAN_LINES}"


def check_words(notebook, path):
    """A chapter is long enough to explain; the appendix may be short."""
    if "appendix" not in path.parts and (count := words(notebook)) < MIN_WORDS:
        yield f"{count} words; a chapter has {MIN_WORDS} at least"


def words(notebook) -> int:
    """Count the words of a notebook's prose."""
    return len(re.findall(r"[^\W_][\w'’-]*", FENCED.sub("", prose(notebook))))


def minutes(notebook) -> tuple[int, int]:
    """Return how long a chapter takes to read and its exercises to do, in steps of five minutes.

    A hundred words a minute, a quarter of a minute for each cell, eight minutes an exercise: what
    readers took who did all of twelve chapters.
    """
    cells = [cell.id for cell in notebook.cells if cell.cell_type == "code"]
    exercises = sum(name.startswith("exercise-") for name in cells)
    return tuple(5 * round(m / 5) for m in (words(notebook) / 100 + len(cells) / 4, 8 * exercises))


def check_name(notebook, path):
    """Order lives in `_toc.yml` alone."""
    if re.match(r"\d", path.stem):
        yield "the file name carries a number"
    page = path.relative_to(ROOT).with_suffix("").as_posix() if path.is_relative_to(ROOT) else ""
    if page and page not in toc(ROOT).pages:
        yield "the notebook is not in _toc.yml"


def check_links(notebook, path):
    """Images say what they show, and links to headings work in JupyterLab as on the site."""
    yield from picture_complaints(prose(notebook))
    yield from jupyter_complaints(prose(notebook), path)


def check_markers(notebook, path):
    """A number that cites a record is the recorded one."""
    yield from markers.wrong(prose(notebook))


def picture_complaints(text: str):
    """Yield a complaint where an image of Markdown `text` has no alternative text."""
    text = without_code(text)
    if re.search(r"!\[\s*\]\(", text) or re.search(r"<img(?![^>]*\balt=\"[^\"]+\")", text):
        yield "an image has no alternative text"


def without_code(text: str) -> str:
    """Return Markdown `text` without what is code in it."""
    return re.sub(r"`[^`\n]+`", "", FENCED.sub("", text))


def targets(text: str, path: Path):
    """Yield each relative link of Markdown `text`: as written, the file, the anchor."""
    text = without_code(text)
    found = LINK.findall(text) + re.findall(r"!\[[^\]]*\]\(([^)\s]+)", text)
    for target in found + re.findall(r"(?:href|src)=\"([^\"]+)\"", text):
        if not re.match(r"[a-z][a-z0-9+.-]*:|//", target):
            file, _, anchor = unquote(target).partition("#")
            yield target, (path.parent / file).resolve() if file else path, anchor


def jupyter_complaints(text: str, path: Path):
    """Yield a complaint for each link to a heading that JupyterLab would not find.

    The site's build looks at the rest of a link.
    """
    for target, other, anchor in targets(text, path):
        if not anchor or not (other == path or other.exists()):
            continue
        if anchor not in jupyter_anchors(text if other == path else text_of(other)):
            yield (
                f"link to an anchor that JupyterLab does not know: {target}. "
                f'Put <a id="{anchor}"></a> and an empty line above the heading'
            )


def link_complaints(text: str, path: Path):
    """Yield a complaint for each link of a document that leads nowhere; no build looks at those."""
    for target, other, anchor in targets(text, path):
        if not other.exists():
            yield f"link to a file that is not there: {target}"
        elif anchor and anchor not in anchors(other):
            yield f"link to an anchor that is not there: {target}"


@cache
def text_of(path: Path) -> str:
    """Return the Markdown of a page or a notebook."""
    if path.suffix == ".ipynb":
        return prose(nbformat.read(path, nbformat.NO_CONVERT))
    return path.read_text("utf-8")


@cache
def anchors(path: Path) -> set[str]:
    """Return the anchors that the page at `path` offers on the site and on GitHub."""
    text = text_of(path)
    named = set(re.findall(r"(?m)^\(([\w-]+)\)=$", text))
    return {slug(heading) for heading in headings(text)} | named | explicit_anchors(text)


@cache
def jupyter_anchors(text: str) -> set[str]:
    """Return the anchors that Markdown `text` offers in JupyterLab and the classic notebook.

    They keep capitals and punctuation of a heading: only spaces become hyphens.
    """
    return {plain(heading).replace(" ", "-") for heading in headings(text)} | explicit_anchors(text)


def explicit_anchors(text: str) -> set[str]:
    """Return the ids that Markdown `text` gives by hand, which every reader of notebooks knows."""
    return set(re.findall(r"\bid=\"([\w-]+)\"", text))


def slug(heading: str) -> str:
    """Return the anchor of a heading, made as the site and GitHub make it."""
    return re.sub(r"[^\w\- ]", "", plain(heading).lower()).replace(" ", "-")


def plain(heading: str) -> str:
    """Return a heading without its markup."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return text.replace("`", "").replace("*", "").strip()


RULES = [rule for name, rule in globals().items() if name.startswith("check_")]


def complaints(notebook, path: Path) -> list[str]:
    """Return what the notebook at `path` breaks of all the rules."""
    return [line for rule in RULES for line in rule(notebook, path)]


def main() -> int:
    """Report on the notebooks named on the command line, or on all."""
    named = [Path(name).resolve() for name in sys.argv[1:]]
    broken = 0
    for path in named or colab_cell.paths(ROOT):
        notebook = reading.document(path)
        cells, found = len(code(notebook)), complaints(notebook, path)
        print(f"{path.name}: {words(notebook)} words, {cells} code cells, {len(found)} complaints")
        print(*(f"  {line}\n" for line in found), sep="", end="")
        broken += bool(found)
    return 1 if broken else 0


if __name__ == "__main__":
    ending.end(main, reading.UnusableError)
