"""Exercises on the site: a page judges as Python does, word for word, and forgets nothing.

The answers are those of `answers/`. The pages are small ones that this file makes with the forms,
the scripts and the styles of the site, opened from disk, where a reader may have them as well.
"""

import ast
import itertools
import json
import random
import re
import subprocess
from functools import cache

import exercise_answers
import pytest
import site_exercises
import site_style
from exercise_answers import BOOK, answers, cells
from explorable_page import document
from remembered import digest
from site_browser import ROOT, violations
from test_exercises import CHAPTERS, MEASURED

from helpers import check
from helpers.check import compare
from helpers.check.carried import TYPE, carried
from helpers.check.exercises import Exercise
from tools import node
from tools.notebooks import EXECUTED

LIVE = BOOK / "live"
KEY = "gpus-and-ai progress"


def in_node(code, given):
    """Run a module that finds `given`, and return what it gives back."""
    module = f"""
      import {{ Judge, decoded }} from {json.dumps((LIVE / "verdicts.js").as_uri())};
      import {{ general, numberIn }} from {json.dumps((LIVE / "numbers.js").as_uri())};
      const given = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
      console.log(JSON.stringify({code}));"""
    line = [node.NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--input-type=module"]
    options = {"capture_output": True, "encoding": "utf-8", "check": True}
    return json.loads(
        subprocess.run([*line, "-e", module], input=json.dumps(given), **options).stdout
    )


# ---------------------------------------------------------------- the same verdicts


@cache
def asked_of(chapter):
    """Return what the cells of a chapter ask, by name."""
    notebook = json.loads((BOOK / f"{chapter}.ipynb").read_text("utf-8"))
    return {asked.name: asked for _, asked in site_exercises.exercises(notebook)}


def in_fields():
    """Return (chapter, name, exercise) of each value and choice, for all that may be measured."""
    found = []
    for chapter in CHAPTERS:
        for name, asked in asked_of(chapter).items():
            if asked.kind in ("value", "choice"):
                exercise = check.exercise(f"{chapter}.{name}")
                measured = MEASURED.get(chapter, [{}]) if name == "prediction" else [{}]
                if asked.measures and isinstance(exercise, check.Value):
                    count = len(exercise.names)
                    measured = [{"expected": tuple(range(7, 7 + count)) if count else 2.5}]
                found += [(chapter, name, exercise.given(one)) for one in measured]
    return found


def value_of(chapter, name, code):
    """Run `code` in the stub's place and return what it hands to the checker."""
    namespace = {}
    try:  # most need nothing of the chapter, whose setup takes time
        exec(code, namespace)
    except NameError:
        namespace = dict(exercise_answers.after_setup(chapter))
        exec(exercise_answers.as_a_cell(code), namespace)
    parts = [namespace[variable] for variable in asked_of(chapter)[name].variables]
    return parts[0] if len(parts) == 1 else tuple(parts)


def answers_to(chapter, name, exercise: Exercise):
    """Return right and wrong answers to an exercise, as Python has them."""
    right, wrong = (by_name.get(name, ()) for by_name in answers(chapter))
    right, wrong = ([*right], [code for code, _ in wrong])
    if f"solution-{name}" in cells(chapter):
        right += re.findall(r"```python\n(.*?)```", cells(chapter)[f"solution-{name}"], re.S)[:1]
    right, wrong = ([value_of(chapter, name, code) for code in codes] for codes in (right, wrong))
    if isinstance(exercise, check.Choice):
        return [*right, exercise.correct], [
            *wrong,
            *(w for w in exercise.reasons if w != exercise.correct),
        ]
    expected = exercise.expected
    parts = expected if isinstance(expected, (tuple, list)) else [expected]
    for place, part in enumerate(parts):
        off = ["nothing like it"] if isinstance(part, str) else [not part]
        if not isinstance(part, (str, bool)):
            off = [part + 1, 0.5, -part, *exercise.mistakes]
        for each in off:
            changed = [*parts[:place], each, *parts[place + 1 :]]
            wrong.append(changed if isinstance(expected, (tuple, list)) else each)
    return [*right, expected], wrong


def typed(exercise, answer):
    """Return the texts with which a reader gives this answer on a page; None if no reader can."""
    if isinstance(exercise, check.Choice):
        picked = answer.strip().casefold() if isinstance(answer, str) else ""
        return [picked] if picked in exercise.reasons else None
    many = isinstance(exercise.expected, (tuple, list))
    expected = exercise.expected if many else [exercise.expected]
    parts = compare.to_parts(answer, len(expected)) if many else [answer]
    if parts is None:
        return None
    texts = [as_text(part, wanted) for part, wanted in zip(parts, expected, strict=True)]
    return None if None in texts else texts


def as_text(part, wanted):
    if isinstance(wanted, str) or isinstance(part, str):
        return part if isinstance(part, str) and isinstance(wanted, str) else None
    number = compare.to_number(part)
    if isinstance(wanted, bool):
        return str(number) if isinstance(number, bool) else None
    plain = isinstance(number, (int, float)) and not isinstance(number, bool)
    return repr(number) if plain and abs(number) < float("inf") else None


#: What Python says of an answer that no field takes.
UNTYPED = re.compile(r"is needed here|are needed here|Choose one of|is not the answer|True|nan")


@pytest.fixture(scope="module")
def judged():
    """Return what was answered and what Python says, and what the page says, in one order."""
    asked, labels = [], []
    for chapter, name, exercise in in_fields():
        right, wrong = answers_to(chapter, name, exercise)
        assert all(typed(exercise, answer) for answer in right), (chapter, name, right)
        texts = [(answer, typed(exercise, answer)) for answer in wrong]
        for answer, _ in (pair for pair in texts if pair[1] is None):
            assert UNTYPED.search(str(check.judged(name, exercise, answer))), (
                chapter,
                name,
                answer,
            )
        wrong = [answer for answer, text in texts if text]
        # Each wrong answer, one of them again, the right ones, and that the first hints come again.
        order = [*wrong, *wrong[-1:], *wrong[:1], *right, *wrong[:2]]
        check.forget()
        verdicts = [str(check.judged(name, exercise, answer)) for answer in order]
        labels += [
            (f"{chapter}.{name}", answer, verdict)
            for answer, verdict in zip(order, verdicts, strict=True)
        ]
        asked.append([carried(exercise), [typed(exercise, answer) for answer in order]])
    found = in_node(
        """given.flatMap(([told, answers]) => {
          const judge = new Judge(decoded(told));
          return answers.map((texts) => judge.verdict(texts));
        })""",
        asked,
    )
    return list(zip(labels, found, strict=True))


def test_a_page_says_of_every_answer_what_python_says(judged):
    for (exercise, answer, python), page in judged:
        text = f"{exercise.split('.')[-1]}: {page['status']}. {page['message']}".rstrip()
        text += f"\nHint: {page['hint']}" if page["hint"] else ""
        assert text == python, (exercise, answer)


def test_all_kinds_of_verdict_are_among_those(judged):
    said = [python for (_, _, python), _ in judged]
    assert len(said) > 800
    for part in (
        "too large",
        "too small",
        "is wrong.",
        "is not the answer.",
        "Hint: ",
        ": correct. ",
    ):
        assert sum(part in one for one in said) > 10, part


def test_hints_come_one_at_a_time_and_begin_again():
    asked = check.Value(8, hints=["one", "two", "three"])
    texts = [["1"], ["1"], ["2"], ["3"], ["4"], ["8"], ["4"]]
    found = in_node(
        "((judge) => given[1].map((t) => judge.verdict(t).hint))(new Judge(decoded(given[0])))",
        [carried(asked), texts],
    )
    assert found == ["one", "one", "two", "three", "three", "", "one"]


# ---------------------------------------------------------------- numbers

UNDERSTOOD = [
    *("1024", "1,024", "12,345,678.5", "1e3", "1E-3", ".5", "5.", "0.1", "1/3", "2**20"),
    *("40 * 1024", "1_000", "-7", "+3", "- 2", "2 ** -1", "-2 ** 2", "2 ** 3 ** 2", "7 // 2"),
    *("-7 // 2", "-(-1000 // 32)", "(1 + 2) * 3", "0.1 + 0.2", "10 - 4 - 3", "64 / 4 / 2"),
    *("3 * -2", "2 ** 0.5", "7.5 // 2", "123456789 * 987654321", "1e300 * 10"),
]
REFUSED = {
    **dict.fromkeys(
        ["1024 bytes", "12,34", "1,0244", "2^10", "25%", "alert(1)", "((1)", "0x10", "1 2"],
        "unread",
    ),
    **dict.fromkeys(
        ["1..2", "1e", "__proto__", "()", "2 **", "0,5", "1" * 300, "Infinity"], "unread"
    ),
    **dict.fromkeys(["1/0", "1 // 0", "1 / (2 - 2)"], "byzero"),
    **dict.fromkeys(["2 ** 9999", "1e308 * 10", "9 ** 9 ** 9"], "toobig"),
}


def test_numbers_are_read_as_python_reads_them():
    found = in_node(
        "given.map(numberIn).map((n) => [typeof n === 'bigint', String(n)])", UNDERSTOOD
    )
    for text, (whole, number) in zip(UNDERSTOOD, found, strict=True):
        wanted = eval(re.sub(r"(?<=\d),(?=\d)", "", text))
        assert whole == isinstance(wanted, int), text
        assert (int if whole else float)(number) == wanted, text


def test_signs_of_print_are_understood():
    assert in_node("given.map((t) => String(numberIn(t)))", ["3 × 4", "3 · 4", "−5"]) == [
        "12",
        "12",
        "-5",
    ]


def test_what_is_no_number_is_refused_with_its_reason():
    attempt = (
        "given.map((t) => { try { return String(numberIn(t)); } catch (e) { return e.message; } })"
    )
    assert dict(zip(REFUSED, in_node(attempt, [*REFUSED]), strict=True)) == REFUSED


def test_numbers_are_written_as_python_writes_them():
    dice = random.Random(0)
    numbers = [
        0.0,
        -0.0,
        0.5,
        100000.5,
        100001.5,
        1e16,
        1e-5,
        0.0001,
        999999.5,
        123456.5,
        5e-324,
        1.7e308,
    ]
    numbers += [dice.uniform(-1, 1) * 10 ** dice.randint(-12, 24) for _ in range(2000)]
    found = in_node("given.map((n) => [6, 9, 17].map((d) => general(n, d)))", numbers)
    for number, texts in zip(numbers, found, strict=True):
        assert texts == [f"{number:.{digits}g}" for digits in (6, 9, 17)]


# ---------------------------------------------------------------- what the build puts on the pages


def test_every_exercise_has_one_form_or_an_editor_of_its_own(monkeypatch):
    monkeypatch.setattr(site_exercises, "data_of", lambda *_: None)  # takes time, and is above
    assert set(site_exercises.by_chapter(ROOT)) == {c for c in CHAPTERS if asked_of(c)}
    for chapter in filter(asked_of, CHAPTERS):
        notebook = json.loads((BOOK / f"{chapter}.ipynb").read_text("utf-8"))
        shown = site_exercises.with_forms(notebook, notebook, f"book/{chapter}")
        forms = [cell["id"] for cell in shown["cells"] if cell["id"].startswith("form-")]
        wanted = [name for name, asked in asked_of(chapter).items() if asked.kind != "kernel"]
        assert sorted(forms) == sorted(f"form-{name}" for name in wanted)
        for before, cell in itertools.pairwise(shown["cells"]):
            if cell["id"] in forms:
                assert "..." in "".join(before["source"]) or before["id"] in forms


MEASURING = [c for c in CHAPTERS for asked in asked_of(c).values() if asked.measures]


@pytest.mark.parametrize("chapter", MEASURING)
def test_what_a_page_measured_comes_with_its_outputs(chapter):
    executed = json.loads((ROOT / EXECUTED / "book" / f"{chapter}.ipynb").read_text("utf-8"))
    for number, asked in site_exercises.exercises(executed):
        if asked.measures:
            outputs = executed["cells"][number]["outputs"]
            assert site_exercises.data_of(asked, chapter, outputs), f"{asked.name}: run `make book`"


@pytest.mark.parametrize("chapter", MEASURING)
def test_the_verdict_on_what_a_page_measured_is_shown(chapter):
    """What is neither the last line of a cell nor given to `display` never reaches its outputs."""
    for source in cells(chapter).values():
        for asked in site_exercises.asked_in(source):
            *_, last = ast.parse(source).body
            shown = [last, *(n for n in ast.walk(ast.parse(source)) if is_display(n))]
            assert any(f".{asked.name}'" in ast.unparse(node) for node in shown), asked


def is_display(part):
    return isinstance(part, ast.Call) and ast.unparse(part.func) == "display"


def test_a_stub_carries_what_was_measured_and_shows_only_its_words():
    from IPython.core.interactiveshell import InteractiveShell

    asked = check.Value(reason="{expected} it is")
    verdict = check.judged("x", asked, ..., {"expected": 3})
    data, _ = InteractiveShell.instance().display_formatter.format(verdict)
    assert data.keys() == {"text/plain", TYPE}
    assert data["text/plain"].startswith("x: not attempted.")
    assert data[TYPE]["carried"] == carried(asked.given({"expected": 3}))
    assert "it is" not in str(data)
    assert verdict._repr_mimebundle_().keys() == {TYPE}
    assert check.judged("x", check.Value(3), ...)._repr_mimebundle_() == {}


def test_what_is_not_plain_data_is_not_carried():
    assert carried(check.Value(object())) is None
    assert carried(check.Value(3, mistakes={"x": 3, object(): ""})) is None
    assert carried(check.Function(len, [])) is None
    assert check.judged("x", check.Value(), ..., {"expected": object()})._repr_mimebundle_() == {}


def test_without_what_was_measured_a_form_says_where_to_do_it():
    (asked,) = site_exercises.asked_in('check.value("memory.prediction", factor, expected=x)')
    assert site_exercises.data_of(asked, "cuda/memory", []) is None
    assert (
        'data-elsewhere="unmeasured"' in site_exercises.form(asked, "cuda/memory", None)["source"]
    )


def test_the_answer_is_not_read_in_the_source():
    (asked,) = site_exercises.asked_in('check.choice("divergence.prediction", prediction)')
    data = site_exercises.data_of(asked, "cuda/divergence", [])
    source = site_exercises.form(asked, "cuda/divergence", data)["source"]
    assert "reasons" not in source and "correct" not in source


def test_another_exercise_makes_no_page_to_be_looked_at_again(tmp_path, monkeypatch):
    def digest_of(names, more=""):
        monkeypatch.setattr(site_exercises, "by_chapter", lambda _: {"cuda/memory": names})
        text = site_exercises.script("progress.js", ROOT) + more
        (tmp_path / "progress.js").write_text(text, "utf-8")
        return digest(tmp_path / "progress.js")

    assert digest_of(["one"]) == digest_of(["one", "two"])
    assert digest_of(["one"]) != digest_of(["one"], " ")
    page = tmp_path / "page.html"
    versions = []
    for version in ("progress.js?v=1a", "progress.js?v=2b", "site.js?v=2b"):
        page.write_text(version, "utf-8")
        versions.append(digest(page))
    assert versions[0] == versions[1] != versions[2]


@pytest.mark.parametrize("name", ["fields_strings", "progress_strings"])
def test_the_texts_are_there_in_both_languages(name):
    source = (LIVE / f"{name}.js").read_text("utf-8")
    strings = json.loads(re.search(r"const \w+ = (\{.*?^\});", source, re.S | re.M)[1])["strings"]
    english, chinese = strings["en"], strings["zh_CN"]
    assert english.keys() == chinese.keys() and all(chinese.values())
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key


# ---------------------------------------------------------------- a reader at work

CALLS = {
    "cuda/memory": ["prediction", "sectors", "ways"],
    "cuda/divergence": ["prediction", "which"],
    "background/anatomy": ["registers"],
}
COLAB = "https://colab.research.google.com/github/x"


def form_of(chapter, name):
    asked = asked_of(chapter)[name]
    outputs = [{"data": {TYPE: {"carried": carried(check.Value(8.0, hints=["Sectors."]))}}}]
    data = site_exercises.data_of(asked, chapter, outputs)
    return site_exercises.form(asked, chapter, data)["source"]


def page_of(body, inside):
    """Return a page as the site has one: contents, text, the site's styles and scripts."""
    links = "".join(f'<li><a href="../{c}.html">{c}</a></li>' for c in [*CALLS, "cuda/matmul"])
    frame = (
        '<div class="frame"><nav id="contents" popover aria-label="Contents">'
        f'<ul>{links}</ul></nav><main id="main-content"><ul class="tools"><li>'
        f'<a class="colab" href="{COLAB}">Open in Colab</a></li></ul>'
        f"<article>{body}</article></main></div>"
    )
    scripts = "".join(f'<script defer src="../{name}"></script>' for name in site_exercises.SCRIPTS)
    page = re.sub(r"<body>.*</body>", "", document(""))
    page = page.replace("<html ", '<html data-mode="auto" data-content_root="../../" ')
    page = page.replace("</head>", f"<style>{site_style.stylesheet()}</style>{scripts}</head>")
    return page.replace("</html>", f'<body class="{inside}">{frame}</body></html>')


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write the pages of a small book."""
    book = tmp_path_factory.mktemp("site") / "book"
    for name in site_exercises.SCRIPTS:
        book.mkdir(exist_ok=True)
        (book / name).write_text(site_exercises.script(name, ROOT), "utf-8")
    for chapter, names in CALLS.items():
        forms = "".join(
            f'<section id="part-{name}"><h2>Part {name}</h2>{form_of(chapter, name)}'
            '<p style="height: 900px">Text.</p></section>'
            for name in names
        )
        path = book / f"{chapter}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(page_of(f"<h1>On {chapter}</h1>{forms}", "inner"), "utf-8")
    (book / "appendix").mkdir()
    panel = "<h1>Your progress</h1><h2>All</h2><gpu-progress></gpu-progress>"
    (book / "appendix" / "progress.html").write_text(page_of(panel, "inner"), "utf-8")
    front = '<h1>The book</h1><div class="pitch"><p>Read.</p></div><h2>Parts</h2>'
    (book / "appendix" / "front.html").write_text(page_of(front, "front"), "utf-8")
    return book


class Reader:
    """One reader's browser, which opens pages from disk; `window` is another tab of it."""

    def __init__(self, context, folder):
        self.context, self.folder, self.complaints = context, folder, []
        self.page = self.tab()

    def tab(self):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith("http") and self.complaints.append(r.url))
        return page

    def open(self, name, page=None):
        page = page or self.page
        page.goto(f"{(self.folder / name).as_uri()}.html")
        return page

    def form(self, exercise, page=None):
        return Form((page or self.page).locator(f'gpu-exercise[data-exercise="{exercise}"]'))

    def stored(self):
        return json.loads(self.page.evaluate(f"localStorage.getItem('{KEY}')") or "null")

    def said(self):
        return self.page.locator("gpu-progress .said").inner_text()


class Form:
    """The form of one exercise."""

    def __init__(self, place):
        self.place = place

    def answer(self, *texts):
        """Fill the fields, press the button and return what is said."""
        for number, text in enumerate(texts):
            self.place.locator(f"[name=part{number}]").fill(text)
        self.place.locator("[name=check]").click()
        return self.says()

    def says(self):
        return self.place.locator(".verdict").text_content()

    def values(self):
        return self.place.locator("input").evaluate_all("all => all.map((one) => one.value)")


@pytest.fixture
def reader(browser, folder):
    """Return a reader who has done nothing yet; an error on a page or a request fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    found = Reader(context, folder)
    yield found
    context.close()
    assert found.complaints == []


RIGHT_SECTORS = ["8", "12", "4", "1", "1"]


def test_a_number_is_judged_and_kept(reader):
    reader.open("cuda/memory")
    form = reader.form("cuda/memory.prediction")
    assert form.answer("1,024 bytes").startswith("predicted_factor: “1,024 bytes” is no number")
    assert form.answer("") == "predicted_factor: write an answer first."
    assert reader.stored() is None
    assert form.answer("1/3") == "prediction: not yet. 0.333333 is too small.\nHint: Sectors."
    live = "document.querySelector('gpu-exercise').live.textContent"
    reader.page.wait_for_function(f"{live}.includes('too small')")
    assert form.answer("2**3") == "prediction: correct."
    entry = reader.stored()["exercises"]["cuda/memory.prediction"]
    assert (entry["answer"], entry["status"]) == ("2**3", "correct")
    reader.page.reload()
    assert form.says() == "prediction: correct." and form.values()[:1] == ["2**3"]


def test_several_numbers_have_a_field_each(reader):
    reader.open("cuda/memory")
    form = reader.form("cuda/memory.sectors")
    assert form.place.locator(".field").all_inner_texts() == ["(a)", "(b)", "(c)", "(d)", "(e)"]
    said = form.answer(*RIGHT_SECTORS[:4], "7")
    assert said == "sectors: not yet. (e): 7 is wrong.\nHint: 32 lanes, one byte each."
    assert form.answer(*RIGHT_SECTORS).startswith("sectors: correct.")
    assert reader.stored()["exercises"]["cuda/memory.sectors"]["answer"] == RIGHT_SECTORS
    assert reader.page.evaluate("bookProgress.answer('cuda/memory.sectors')") == RIGHT_SECTORS
    assert reader.page.evaluate("bookProgress.status('cuda/memory.sectors')") == "correct"


def test_a_prediction_is_answered_with_the_keyboard_alone(reader):
    page = reader.open("cuda/divergence")
    heard = (
        "new Promise((done) => document.addEventListener('exercise-judged', (e) => done(e.detail)))"
    )
    page.evaluate(f"void (window.heard = {heard})")
    focused = "document.activeElement.shadowRoot?.activeElement?.name"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "word":
            break
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "check"
    page.keyboard.press("Enter")
    detail = page.evaluate("window.heard")
    asked = check.exercise("cuda/divergence.prediction")
    assert detail["answer"] == [*asked.reasons][1]
    assert asked.reasons[detail["answer"]] in reader.form("cuda/divergence.prediction").says()


def test_a_slash_in_a_field_stays_there(reader):
    """The site's own script listens for it, to go to the search field."""
    page = reader.open("cuda/memory")
    script = (BOOK / "_static" / "site.js").read_text("utf-8")
    part = re.search(r"document.addEventListener\(\"keydown\".*?\n\}\);", script, re.S)[0]
    page.evaluate(
        "(script) => { document.body.insertAdjacentHTML('beforeend', "
        "'<div class=find><input aria-label=Search></div>'); (0, eval)(script); }",
        part,
    )
    form = reader.form("cuda/memory.prediction")
    form.place.locator("[name=part0]").click()
    page.keyboard.type("16/2")
    assert form.values()[0] == "16/2"
    page.locator("h1").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.ariaLabel") == "Search"


def test_code_is_done_elsewhere_and_ticked_by_hand(reader):
    page = reader.open("cuda/memory")
    form = reader.form("cuda/memory.ways")
    assert "NumPy or torch" in form.place.locator("p").inner_text()
    assert form.place.locator("a").get_attribute("href") == COLAB
    form.place.locator("[name=done]").check()
    page.reload()
    assert form.place.locator("[name=done]").is_checked()
    form.place.locator("[name=done]").uncheck()
    assert reader.stored()["exercises"]["cuda/memory.ways"]["status"] == "not yet"


def test_the_contents_show_what_is_done(reader):
    page = reader.open("background/anatomy")
    marks = page.locator("#contents .mark")
    assert marks.count() == 0
    reader.form("background/anatomy.registers").answer("32", "40")
    count = len(asked_of("background/anatomy"))
    link = page.locator("#contents a", has_text="background/anatomy")
    number = link.locator("[aria-hidden]").inner_text()
    assert re.fullmatch(rf"[01]/{count}", number)
    for name in asked_of("background/anatomy"):
        announce(page, f"background/anatomy.{name}", "correct")
    assert link.locator("[aria-hidden]").inner_text() == "✓"
    assert link.evaluate("e => e.textContent") == "background/anatomy✓ (all exercises done)"
    announce(page, "background/anatomy.registers", "not yet")
    assert link.locator("[aria-hidden]").inner_text() == f"{count - 1}/{count}"
    reader.open("cuda/memory")
    assert page.locator("#contents .mark").count() == 1
    assert f"{count - 1} of {count} exercises done" in link.evaluate("e => e.textContent")


def announce(page, exercise, status):
    """Tell the page of a verdict, as a form of another kind does."""
    page.evaluate(
        """(detail) => document.body.dispatchEvent(new CustomEvent("exercise-judged",
        { bubbles: true, composed: true, detail }))""",
        {"exercise": exercise, "answer": "x", "status": status},
    )


def test_a_reader_goes_on_where_they_stopped(reader):
    page = reader.open("cuda/memory")
    page.locator("#part-sectors").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('part-sectors').scrollIntoView()")
    page.wait_for_function(f"localStorage.getItem('{KEY}')?.includes('part-sectors')")
    reader.open("appendix/front")
    line = page.locator("p.stopped")
    assert line.inner_text() == "You stopped at “Part sectors” in “On cuda/memory”. Go on there"
    assert line.locator("a").get_attribute("href") == "../../book/cuda/memory.html#part-sectors"
    line.locator("a").click()
    page.wait_for_url("**/cuda/memory.html#part-sectors")


def saved(reader):
    """Save the progress as a file, and return its path."""
    with reader.page.expect_download() as found:
        reader.page.locator("gpu-progress [name=export]").click()
    return found.value.path()


def take(reader, text):
    """Take in a file; return what is said."""
    file = {"name": "p.json", "mimeType": "application/json", "buffer": text.encode()}
    reader.page.evaluate("document.querySelector('gpu-progress').said.textContent = ''")
    reader.page.locator("gpu-progress [name=file]").set_input_files(file)
    reader.page.wait_for_function("document.querySelector('gpu-progress').said.textContent")
    return reader.said()


def test_progress_is_saved_cleared_and_taken_in_again(reader):
    page = reader.open("cuda/memory")
    reader.form("cuda/memory.sectors").answer(*RIGHT_SECTORS)
    reader.open("appendix/progress")
    rows = page.locator("gpu-progress tbody tr")
    assert rows.nth(0).inner_text().split() == ["cuda/memory", f"1/{len(asked_of('cuda/memory'))}"]
    assert "You have done 1 of " in page.locator("gpu-progress section").inner_text()
    before = reader.stored()
    text = saved(reader).read_text("utf-8")
    assert json.loads(text) == before
    page.locator("gpu-progress [name=clear]").click()
    page.keyboard.press("Enter")  # the focus is on what keeps
    assert reader.stored() == before
    page.locator("gpu-progress [name=clear]").click()
    page.locator("gpu-progress [name=really]").click()
    assert reader.said().startswith("Cleared") and reader.stored()["exercises"] == {}
    assert take(reader, text).startswith("Answers taken in: 1. Yours that")
    assert reader.stored() == before
    reader.open("cuda/memory")
    assert reader.form("cuda/memory.sectors").says().startswith("sectors: correct.")


def test_a_newer_answer_stays_when_an_old_file_is_taken_in(reader):
    page = reader.open("appendix/progress")
    old = {"answer": "old", "status": "not yet", "at": 5}
    announce(page, "cuda/memory.transpose", "correct")
    exercises = {
        "cuda/memory.transpose": old,
        "cuda/memory.ways": old,
        "x": old,
        "a/b.c": {"at": 1},
    }
    file = {"book": "gpus-and-ai", "format": 1, "exercises": exercises, "stopped": None}
    said = take(reader, json.dumps(file))
    assert said.startswith("Answers taken in: 1.") and "and stay: 1." in said
    assert said.endswith("left out: 2.")
    assert reader.stored()["exercises"]["cuda/memory.transpose"]["status"] == "correct"
    assert reader.stored()["exercises"]["cuda/memory.ways"] == old


FILES = {
    '{"book": "gpus-and-ai", "format": 1, "exerc': "cannot be read",
    "": "cannot be read",
    "[]": "no file of progress in this book",
    "null": "no file of progress in this book",
    '{"book": "another", "format": 1, "exercises": {}}': "no file of progress in this book",
    '{"book": "gpus-and-ai", "exercises": {}}': "no file of progress in this book",
    '{"book": "gpus-and-ai", "format": 2, "exercises": {}}': "newer edition",
}


def test_a_file_that_cannot_be_taken_in_changes_nothing(reader):
    page = reader.open("appendix/progress")
    announce(page, "cuda/memory.ways", "correct")
    before = reader.stored()
    for text, said in FILES.items():
        found = take(reader, text)
        assert said in found and "Nothing was taken in" in found, text
        assert reader.stored() == before


def test_two_tabs_lose_nothing(reader):
    first = reader.open("cuda/memory")
    second = reader.open("cuda/divergence", reader.tab())
    announce(first, "cuda/memory.ways", "correct")
    announce(second, "cuda/divergence.which", "correct")
    announce(first, "cuda/memory.transpose", "correct")
    assert len(reader.stored()["exercises"]) == 3
    done = "bookProgress.count('cuda/memory').done"
    second.wait_for_function(f"{done} === 2")
    assert second.locator("#contents .mark").count() == 2


def opened_with(reader, script, name="appendix/progress"):
    """Open a page in whose window `script` runs before all others."""
    reader.page.add_init_script(script)
    return reader.open(name)


BLOCKED = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } });"
)
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"


@pytest.mark.parametrize(("script", "said"), [(BLOCKED, "store nothing"), (FULL, "no room left")])
def test_where_nothing_can_be_stored_the_page_works_and_says_so(reader, script, said):
    page = opened_with(reader, script, "cuda/memory")
    form = reader.form("cuda/memory.sectors")
    assert form.answer(*RIGHT_SECTORS).startswith("sectors: correct.")
    assert said in form.place.locator("section").inner_text()
    assert page.locator("#contents .mark").count() == 1
    assert page.evaluate("bookProgress.answer('cuda/memory.sectors')") == RIGHT_SECTORS
    assert "cuda/memory.sectors" in page.evaluate("bookProgress.text()")
    reader.open("appendix/progress")
    announce(page, "cuda/memory.ways", "correct")
    page.evaluate("bookProgress.tell()")
    assert said in page.locator("gpu-progress .problem").inner_text()


def test_what_is_stored_and_cannot_be_read_is_put_aside(reader):
    reader.open("cuda/memory")
    reader.page.evaluate(f"localStorage.setItem('{KEY}', '{{spoilt')")
    page = reader.open("cuda/divergence")
    announce(page, "cuda/memory.ways", "correct")
    assert [*reader.stored()["exercises"]] == ["cuda/memory.ways"]
    reader.open("appendix/progress")
    problem = page.locator("gpu-progress .problem")
    assert "put aside" in problem.inner_text()
    assert "{spoilt" in page.evaluate("Object.values(localStorage)")
    page.locator("gpu-progress [name=clear]").click()
    page.locator("gpu-progress [name=really]").click()
    assert problem.text_content() == ""
    assert "{spoilt" not in page.evaluate("Object.values(localStorage)")


def test_the_progress_of_a_newer_edition_is_left_alone(reader):
    newer = json.dumps({"book": "gpus-and-ai", "format": 9, "exercises": {"a/b.c": 1}})
    reader.open("cuda/memory")
    reader.page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, newer])
    page = reader.open("appendix/progress")
    assert "newer edition" in page.locator("gpu-progress .problem").inner_text()
    announce(page, "cuda/memory.ways", "correct")
    assert reader.stored() == json.loads(newer)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_nothing_is_in_the_way_of_anyone(reader, axe, width, theme):
    page = reader.page
    page.set_viewport_size({"width": width, "height": 900})
    reader.open("cuda/memory")
    reader.form("cuda/memory.sectors").answer(*RIGHT_SECTORS[:4], "7")
    reader.form("cuda/memory.prediction").answer("8")
    for name in ("cuda/memory", "cuda/divergence", "appendix/progress"):
        reader.open(name)
        if name == "appendix/progress":
            page.locator("gpu-progress [name=clear]").click()
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert violations(page, axe) == []
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0


def test_without_javascript_there_is_no_form(browser, folder):
    page = browser.new_context(java_script_enabled=False).new_page()
    # The site's pages get data-mode from a script.
    text = (folder / "cuda" / "memory.html").read_text("utf-8").replace('data-mode="auto" ', "")
    page.set_content(text)
    assert page.locator("gpu-exercise").count() == 3
    assert page.locator("gpu-exercise:visible").count() == 0
    assert page.locator("#contents .mark").count() == 0
