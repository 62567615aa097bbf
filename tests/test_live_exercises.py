"""Exercises that are written and judged in the page: what it says is what Python says.

All answers are judged by what the page loads, in a Python without NumPy; of each exercise the
solution and one wrong answer in a real browser, too, and all of them with THOROUGH=1.
"""

import hashlib
import json
import re
import subprocess
import sys
from functools import cache
from html import escape

import pytest
import remembered
from exercise_answers import BOOK, answers, as_a_cell, cells, named
from live_page import assert_open_to_all, page_of
from site_browser import ROOT

from helpers import check
from helpers.files import write_atomically
from tools import live, live_kernels

REMEMBERED = ROOT / "_build" / "looked_at" / "exercises"
CELL = "document.querySelector('gpu-kernel')"
CHAPTERS = sorted(named(BOOK, "*.ipynb"))
ASKED = {
    one.exercise: one
    for chapter in CHAPTERS
    for one in live_kernels.kernels(BOOK / f"{chapter}.ipynb", chapter)
}
OWN_SHARE = "each thread should do its own share, and only that."
#: Judges, with nothing but the archive of the page, each (exercise, answer) that it is sent.
JUDGE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy, page
assert numpy.__file__.startswith(sys.argv[1])
def judged(told, answer, before):
    asked = {"held": told["held"], "kernel": told["kernel"], "source": answer, "before": before}
    found = json.loads(page.answer(json.dumps(asked)))
    if problem := found.get("problem"):
        before.append(problem)
    else:
        before.clear()
    return found
files, tried = json.load(sys.stdin)
before = {name: [] for name in files}
json.dump([judged(files[name], answer, before[name]) for name, answer in tried], sys.stdout)
"""


def parts(exercise: str) -> tuple[str, str]:
    """Return chapter and name of an exercise."""
    chapter, _, name = exercise.rpartition(".")
    return chapter, name


@cache
def solution(exercise: str) -> str:
    """Return the solution that the page of an exercise unfolds."""
    chapter, name = parts(exercise)
    return re.search(r"```python\n(.*?)```", cells(chapter)[f"solution-{name}"], re.S)[1]


def tried(exercise: str) -> list[str]:
    """Return every answer: the stub, the solution, the other right ones, the wrong ones."""
    chapter, name = parts(exercise)
    right, wrong = answers(chapter)
    given = [*right[name], *(code for code, _ in wrong[name])]
    return [ASKED[exercise].stub, solution(exercise), *given]


def some(exercise: str) -> list[str]:
    """Return the solution and a wrong answer, of each exercise another one."""
    chapter, name = parts(exercise)
    wrong = answers(chapter)[1][name]
    return [solution(exercise), wrong[list(ASKED).index(exercise) % len(wrong)][0]]


def in_python(exercise: str, answer: str, *, first: bool = True) -> str:
    """Return the verdict of the checker, with NumPy; `first` says that none came before."""
    if first:
        check.forget()
    defined = {}
    exec(ASKED[exercise].around, defined)
    exec(as_a_cell(answer), defined)
    return str(check.kernel(exercise, defined[ASKED[exercise].kernel]))


def alike(said: str, needed: str) -> bool:
    """Whether a page says what Python says, word for word but for two things.

    A page asks those who have not begun in its own words, since it has one cell and not two; and
    it gives up where threads do the work of others a thousand times, which Python counts.
    """
    if ": not attempted. " in needed:
        return said.startswith(needed.partition(". ")[0])
    if OWN_SHARE in said and "given up here" in said:
        return said.partition(": the")[0] == needed.partition(": W")[0] and OWN_SHARE in needed
    return said.strip() == needed.strip()


def from_page(exercise: str, answer: dict) -> str:
    """Return what page.py answered as the verdict that a page shows."""
    if "error" in answer:
        return f"not judged: {answer}"
    told = {name: answer.get(name, "") for name in ("status", "message", "hint")}
    return str(check.Verdict(parts(exercise)[1], **told))


# ---------------------------------------------------------------- what is remembered


@cache
def sources() -> str:
    """Return a digest of what judges in Python: the checker and the tracer."""
    folders = ROOT / "helpers" / "check", ROOT / "warptrace"
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    texts = [path.read_bytes() for path in files if "tests" not in path.parts]
    return hashlib.sha256(b"\0".join([*texts, live.tracer()])).hexdigest()


def place(exercise: str, codes: list[str], where: str):
    """Return the file that remembers that these answers were judged alike, as all is now."""
    about = [sources(), ASKED[exercise].text(), *codes, where]
    return REMEMBERED / hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]


def passed(file) -> bool:
    """Whether it was so before."""
    return file.exists() and not remembered.THOROUGH


# ---------------------------------------------------------------- all answers, without a browser


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Write what a page loads of Python's modules."""
    path = tmp_path_factory.mktemp("archive") / "tracer.zip"
    path.write_bytes(live.tracer())
    return path


@pytest.fixture(scope="module")
def without_numpy(archive):
    """Judge all answers that have not passed yet, in one process; return them by exercise."""
    places = {name: place(name, tried(name), "") for name in ASKED}
    fresh = [name for name in ASKED if not passed(places[name])]
    files = {name: json.loads(ASKED[name].text()) for name in fresh}
    pairs = [(name, answer) for name in fresh for answer in tried(name)]
    line = [sys.executable, "-I", "-c", JUDGE, str(archive)]
    text = json.dumps([files, pairs])
    done = subprocess.run(line, input=text, capture_output=True, encoding="utf-8", check=True)
    found = {name: [] for name in fresh}
    for (name, _), answer in zip(pairs, json.loads(done.stdout), strict=True):
        found[name].append(from_page(name, answer))
    return found, places


@pytest.mark.parametrize("exercise", ASKED)
def test_every_answer_is_judged_as_in_python(exercise, without_numpy):
    found, places = without_numpy
    if exercise not in found:
        return  # data, checker, tracer and answers are what they were when it passed
    check.forget()  # the answers are given one after another, and the hints as well
    for answer, said in zip(tried(exercise), found[exercise], strict=True):
        needed = in_python(exercise, answer, first=False)
        assert alike(said, needed), f"{answer}\n{said}\n{needed}"
    write_atomically(places[exercise], exercise)


def test_every_exercise_that_asks_for_a_kernel_is_one_of_a_page():
    data = [(c, name, one) for c in CHAPTERS for name, one in check.exercises(c).items()]
    kernels = {f"{c}.{name}" for c, name, one in data if isinstance(one, check.Kernel)}
    assert set(ASKED) == kernels and len(kernels) >= 10


def test_what_is_expected_cannot_be_read_at_a_glance():
    for one in ASKED.values():
        shown = json.loads(one.text())
        assert re.fullmatch(r"[\w+/=]+", shown.pop("held"))
        assert solution(one.exercise) not in json.dumps(shown)
        assert len(one.text()) < 128 << 10


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def site(served):
    """Return the served folder; what a page complains of fails the test."""
    served.complaints.clear()
    yield served
    assert served.complaints == []


def doors(site, engine, *exercises, before="", **options):
    """Show a page with these exercises, as the site would."""
    (site.folder / "kernels").mkdir(exist_ok=True)
    html = before
    for name in exercises:
        one = ASKED[name]
        (site.folder / "kernels" / one.file).write_text(one.text(), "utf-8")
        html += f'<div class="highlight"><pre>{escape(one.stub)}</pre></div>'
        html += f'<div data-kernel="{name}" data-file="{one.file}?v={one.version()}"></div>'
    site.open(page_of(html, engine=engine, **options))


def judged(site, answer, number=0):
    """Put an answer into an editor and check it; return the verdict as it is shown there."""
    return site.page.evaluate(
        """([number, answer]) => new Promise((done) => {
          const cell = document.querySelectorAll("gpu-kernel")[number];
          cell.before = [];
          cell.editor.text = answer;
          const said = () => [...cell.verdict.children].map((part) => part.textContent).join("\\n");
          cell.run().then(() => done(said() || cell.problem.textContent));
        })""",
        [number, answer],
    )


SHIFT = "appendix/failures.shift"
TRANSPOSE = "cuda/memory.transpose"
SUMS = "cuda/divergence.warp-sums"
#: The order in which the page below opens them: first those that it does more with.
OPEN = [SHIFT, TRANSPOSE, SUMS]
OPEN += [name for name in ASKED if name not in OPEN]
SHIFTED = "@cuda.jit\ndef differences(x, out):\n    i = cuda.grid(1)\n"
MINE = "# what I wrote yesterday\n"
#: What a reader wrote before, as progress.js offers it; and who listens to what is judged.
BEFORE = f"""<script>
const kept = {json.dumps({TRANSPOSE: MINE})};
window.bookProgress = {{ answer: (name) => kept[name] }};
window.heard = [];
document.addEventListener("exercise-judged", (event) => heard.push(event.detail));
</script>"""


@pytest.fixture(scope="module")
def first(served, engine):
    """Open all exercises, one after another, in one page; keep what was asked for at each step."""
    doors(served, engine, *OPEN, before=BEFORE)
    served.page.wait_for_timeout(200)
    served.doors = served.page.locator("p.live").all_inner_texts()
    served.asked = [served.requests[:]]
    for number, name in enumerate(OPEN):
        served.requests.clear()
        served.press()
        served.begun = [*getattr(served, "begun", []), text_of(served, number)]
        if number < 3:
            judged(served, solution(name), number)
        served.asked.append(served.requests[:])
    return served


@pytest.fixture
def cell(first, site):
    """Return the page; the first exercise is as it was at first."""
    first.page.evaluate(f"{CELL}.before = []; {CELL}.reset(); heard.length = 0")
    return first


def text_of(site, number=0) -> str:
    """Return what stands in an editor."""
    return site.page.evaluate(f"document.querySelectorAll('gpu-kernel')[{number}].editor.text")


@pytest.fixture(scope="module")
def fresh(engine, browser):
    """Return the answers to be looked at, and the file that remembers that they passed."""
    codes = {name: (tried if remembered.THOROUGH else some)(name) for name in ASKED}
    about = f"{engine.version}{browser.version}"
    places = {name: place(name, codes[name], about) for name in ASKED}
    return {name: (codes[name], places[name]) for name in ASKED if not passed(places[name])}


@pytest.mark.parametrize("exercise", ASKED)
def test_a_browser_judges_as_python_does(exercise, cell, fresh):
    if exercise not in fresh:
        return
    codes, file = fresh[exercise]
    for answer in codes:
        said = judged(cell, answer, OPEN.index(exercise))
        needed = in_python(exercise, answer).replace("`", "")
        assert alike(said, needed), f"{answer}\n{said}\n{needed}"
    write_atomically(file, exercise)


def marked(site, number=0) -> list[str]:
    """Return the lines that an editor marks."""
    marks = "gpu-kernel >> nth={} >> .cm-line.wrong"
    return site.page.locator(marks.format(number)).all_text_contents()


def test_a_stub_is_not_attempted_and_nobody_hears_of_it(cell):
    assert (
        judged(cell, ASKED[SHIFT].stub) == "shift: not attempted. Replace the ... and check again."
    )
    assert cell.page.evaluate("window.heard") == []
    judged(cell, solution(SHIFT))
    judged(cell, SHIFTED)
    answer = {"exercise": SHIFT, "answer": solution(SHIFT), "status": "correct"}
    wrong = {"exercise": SHIFT, "answer": SHIFTED, "status": "not yet"}
    assert cell.page.evaluate("window.heard") == [answer, wrong]


def test_a_kernel_without_end_is_stopped_and_text_and_hints_stay(cell):
    def hint(value):
        answer = f"{SHIFTED}    if i < x.size:\n        out[i] = x[i] + {value}\n"
        cell.page.evaluate(f"{CELL}.editor.text = {json.dumps(answer)}; {CELL}.run()")
        return cell.page.evaluate(f"{CELL}.judged.hint")

    needed = list(check.exercise(SHIFT).hints["value"])
    assert [hint(2), hint(2)] == [needed[0]] * 2, "the same answer earns no other hint"
    endless = SHIFTED + "    while True:\n        out[0] += 1\n"
    cell.page.evaluate(f"{CELL}.editor.text = {json.dumps(endless)}")
    cell.page.locator("gpu-kernel [name=run]").first.click()
    cell.page.wait_for_function(f"!{CELL}.stops.disabled")
    cell.page.wait_for_timeout(500)
    cell.page.locator("gpu-kernel [name=stop]").first.click()
    cell.page.wait_for_function(f"!{CELL}.running")
    assert cell.page.evaluate(f"{CELL}.problem.textContent").startswith("Stopped.")
    assert text_of(cell) == endless
    assert [hint(3), hint(4)] == [needed[1]] * 2
    assert judged(cell, solution(SHIFT)).startswith("shift: correct.")


def test_a_race_marks_both_lines_and_its_launch_is_shown(cell):
    answer = solution(TRANSPOSE).replace("    cuda.syncthreads()\n", "")
    assert "read-after-write tile" in judged(cell, answer, 1)
    starts = [line.strip().partition(" = ")[0] for line in marked(cell, 1)]
    assert starts == ["tile[y, x]", "target[left + y, top + x]"]
    traced = cell.page.locator("gpu-kernel .result > details").nth(0)
    traced.locator("summary").first.click()
    assert "read-after-write" in traced.inner_text()


READING = {
    "def differences(x, out)\n": ("line 1: SyntaxError: expected ':'", 1),
    "import math\n1 / 0\n": ("line 2: ZeroDivisionError: division by zero", 2),
    "x = 1\n": ("nothing here is called differences", 0),
    "differences = 3\n": ("a kernel is a function", 0),
    SHIFTED + "    out[i] = x[i]\n": ("out of bounds: ", 4),
    SHIFTED + "    out[i] = y\n": ("y", 4),
    SHIFTED.replace("@cuda.jit\n", "") + "    out[i] = 1\n": ("@cuda.jit is missing above", 0),
}


@pytest.mark.parametrize("answer", READING)
def test_what_python_cannot_read_or_run_is_said_with_its_line(cell, answer):
    words, line = READING[answer]
    said = judged(cell, answer)
    assert said.startswith("shift: not yet. ") and words in said
    assert marked(cell) == ([answer.split("\n")[line - 1]] if line else [])
    judged(cell, solution(SHIFT))
    assert marked(cell) == []


def test_what_the_notebook_defines_is_there(cell):
    assert {"np", "cuda", "warp_sum", "BLOCK"} <= set(ASKED[SUMS].names)
    inside = "document.querySelectorAll('gpu-kernel')[2].shadowRoot.textContent"
    shown = cell.page.evaluate(inside)
    assert "Defined as in the notebook: np" in shown and "warp_sum" in shown
    answer = (
        "@cuda.jit\ndef warp_sums(x, sums):\n    i = cuda.grid(1)\n"
        "    value = warp_sum(x[i] if i < x.size else np.float32(0))\n"
        "    if cuda.laneid == 0:\n        sums[i // 32] = value\n"
    )
    assert judged(cell, answer, 2).startswith("warp-sums: correct.")


# ---------------------------------------------------------------- before and after the press


def test_nothing_is_loaded_before_the_press_and_no_engine_twice(first, engine):
    size = f"{engine.transferred / 1e6:.1f} MB"
    assert all("Write it here" in text and size in text for text in first.doors)
    assert first.asked[0][1:] == [f"{first.address}site.js"]
    asked = [
        [url.removeprefix(first.address).partition("?")[0] for url in urls] for urls in first.asked
    ]
    files = {f"live/{name}" for name in set(engine.files) - {"licences.txt"}}
    assert set(asked[1]) == files | {f"kernels/{ASKED[SHIFT].file}"}
    assert asked[2:] == [[f"kernels/{ASKED[name].file}"] for name in OPEN[1:]]


def test_what_the_reader_wrote_before_is_in_the_editor(cell):
    assert cell.begun[:3] == [ASKED[SHIFT].stub, MINE, ASKED[SUMS].stub]
    cell.page.locator("gpu-kernel [name=reset]").nth(1).click()
    assert text_of(cell, 1) == ASKED[TRANSPOSE].stub


# ---------------------------------------------------------------- for every reader


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_in_the_way_of_anyone(cell, axe, width):
    cell.page.set_viewport_size({"width": width, "height": 900})
    for answer in (solution(SHIFT), SHIFTED + "    out[i] = x[i]\n"):
        judged(cell, answer)
        unfold = f"{CELL}.result.querySelectorAll('details').forEach((all) => all.open = true)"
        cell.page.evaluate(unfold)
        assert_open_to_all(cell.page, axe)
    cell.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_chinese_page_asks_in_chinese(cell):
    cell.page.evaluate("document.documentElement.lang = 'zh-CN'")
    cell.page.wait_for_function(f"{CELL}.runs.textContent === '检查'")
    assert judged(cell, SHIFTED).startswith("shift: 还不对.")
    cell.page.evaluate("document.documentElement.lang = 'en'")
    cell.page.wait_for_function(f"{CELL}.runs.textContent === 'Check'")
    assert text_of(cell) == SHIFTED, "what is written stays"


# Other pages, since the tests above share one


def test_the_keyboard_alone_solves_an_exercise(site, engine):
    doors(site, engine, SHIFT)
    page, keys = site.page, site.page.keyboard
    page.keyboard.press("Tab")
    while "Write it here" not in page.evaluate("document.activeElement.textContent"):
        keys.press("Tab")
    keys.press("Enter")
    inside = f"{CELL}?.shadowRoot.activeElement?.className ?? ''"
    page.wait_for_function(f"({inside}).includes('cm-content')")
    said = f"{CELL}.live.textContent"

    keys.press("Control+a")
    keys.type("@cuda.jit\ndef differences(x, out):\ni = cuda.grid(1)\n")
    keys.type("if i < x.size:\nout[i] = x[i + 1] - x[i]")
    keys.press("Control+Enter")
    page.wait_for_function(f"{said}.includes('shift: not yet.')", timeout=60_000)
    assert "out of bounds" in page.evaluate(said)
    assert "Two comparisons" in page.evaluate(said)
    for key in ("ArrowUp", "End"):
        keys.press(key)
    for _ in "x.size:":
        keys.press("Backspace")
    keys.type("x.size - 1:")
    keys.press("Control+End")
    keys.press("Enter")
    keys.press("Shift+Tab")
    keys.type("elif i < x.size:\nout[i] = 0")
    keys.press("Control+Enter")
    page.wait_for_function(f"{said}.includes('shift: correct.')", timeout=60_000)
    keys.press("Escape")
    keys.press("Tab")
    assert page.evaluate(f"{CELL}.shadowRoot.activeElement.name") == "run"


def test_without_javascript_or_an_engine_the_stub_stands_alone(browser, site, engine):
    page = browser.new_context(java_script_enabled=False).new_page()
    doors(site, engine, SHIFT)
    page.goto(site.page.url)
    assert "def differences" in page.locator("pre").inner_text()
    assert page.locator("button:not(.mode)").count() == 0
    page.context.close()
    doors(site, None, SHIFT)
    assert "built without a network" in site.page.locator("p.live").inner_text()


# ---------------------------------------------------------------- the built site


@pytest.mark.parametrize("exercise", ASKED)
def test_the_site_offers_it_below_its_stub(exercise):
    one, chapter = ASKED[exercise], parts(exercise)[0]
    html = (ROOT / "_build" / "html" / "book" / f"{chapter}.html").read_text("utf-8")
    place = f'<div data-kernel="{exercise}" data-file="{one.file}?v={one.version()}"></div>'
    assert html.count(place) == 1
    assert html.index(f">{one.kernel}<") < html.index(place)
    between = html[html.index(place) :]
    assert between.index("check") < between.index("Solution")
    made = ROOT / "_build" / "html" / "_static" / "kernels" / one.file
    assert made.read_text("utf-8") == one.text()
