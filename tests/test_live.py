"""Kernels that run in the page: each live trace of the book counts what its notebook counted.

The page is one that this file makes, with the template, the script and the engine of the site.
"""

import hashlib
import json
import re
import runpy
from html import escape
from html.parser import HTMLParser

import pytest
import remembered
from live_page import CELL, Site, assert_open_to_all, page_of
from site_browser import ROOT, violations

import warptrace
from helpers.files import write_atomically
from tools import live
from tools.notebooks import EXECUTED
from warptrace import again, samples

REMEMBERED = ROOT / "_build" / "looked_at" / "live"


@pytest.fixture
def site(served):
    """Return the served folder; what a page complains of fails the test."""
    served.complaints.clear()
    yield served
    assert served.complaints == []


def show(name="copy", *changed):
    """Return the HTML of the trace of a sample."""
    kernel, grid, block, arguments, _ = samples.cases()[name]
    return warptrace.trace(kernel, grid, block, *(changed or arguments)).show()._repr_html_()


# ---------------------------------------------------------------- the book's traces


class Said(HTMLParser):
    """What a trace says: every text and every description of a picture, line numbers counted anew.

    A page numbers the lines of its own text, a notebook those of a cell; their order is the same.
    """

    def __init__(self, html):
        super().__init__()
        self.words, self.hidden = [], False
        self.feed(html.replace('<td class="muted">', "<td>line "))
        numbers = re.findall(r'<td class="muted">(?:\w+:)?(\d+)</td>', html)
        self.place = {number: str(place) for place, number in enumerate(numbers)}

    def handle_starttag(self, tag, attrs):
        self.hidden = tag == "style"
        if tag == "svg":
            self.words.append(dict(attrs)["aria-label"])

    def handle_data(self, data):
        if not self.hidden and data.strip():
            self.words.append(data)

    def lines(self):
        """Return the words; a line is named by its place."""
        named = re.compile(r"\bline (\d+)")
        return [named.sub(lambda m: f"line {self.place[m[1]]}", word) for word in self.words]


def book_traces():
    """Return (place, HTML) of each trace of the executed notebooks that a page can run."""
    found = []
    for path in sorted((ROOT / EXECUTED).rglob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                html = "".join(output.get("data", {}).get("text/html", []))
                if "data-launch=" in html:
                    name = f"{path.relative_to(ROOT / EXECUTED).with_suffix('')}-{cell['id']}"
                    found.append((name, html))
    return found


TRACES = book_traces()
CHAPTERS = ["first_kernel", "memory", "divergence", "matmul", "convolution", "tracer"]


def test_each_chapter_on_kernels_has_a_live_trace():
    for chapter in CHAPTERS:
        assert any(f"/{chapter}-" in name for name, _ in TRACES), f"{chapter}: run `make book`"


@pytest.fixture(scope="module")
def fresh(engine, browser):
    """Return for each trace that has not passed as it is now the file that will remember it."""
    about = f"{engine.version}{browser.version}"
    keys = {name: hashlib.sha256(f"{html}{about}".encode()).hexdigest() for name, html in TRACES}
    places = {name: REMEMBERED / key[:16] for name, key in keys.items()}
    passed = {name for name, place in places.items() if place.exists() and not remembered.THOROUGH}
    return {name: place for name, place in places.items() if name not in passed}


@pytest.fixture(scope="module")
def whole_book(served, engine, fresh):
    """Open one page with all those traces, so that Python starts once for them."""
    served.open(page_of(*(dict(TRACES)[name] for name in fresh), engine=engine))
    for _ in fresh:
        served.press()
    return served


@pytest.mark.parametrize("name", [name for name, _ in TRACES])
def test_a_page_counts_what_the_notebook_counted(name, whole_book, fresh):
    html = dict(TRACES)[name]
    assert "&quot;refused&quot;" not in html, html[:400]
    if name not in fresh:
        return  # kernel, data and engine are what they were when it passed
    answer = whole_book.ran(list(fresh).index(name))
    assert isinstance(answer, dict), answer
    assert Said(answer["html"]).lines() == Said(html).lines()
    write_atomically(fresh[name], name)


def test_a_count_that_differs_is_noticed():
    html = show()
    assert Said(html).lines() == Said(html).lines()
    assert Said(html).lines() != Said(html.replace(">3.91<", ">3.9<")).lines()
    assert Said(html).lines() != Said(html.replace("touch 4 sectors", "touch 5 sectors")).lines()


# ---------------------------------------------------------------- before and after the press


def test_nothing_is_loaded_before_the_press_and_nothing_foreign_after(site, engine):
    site.open(page_of(show(), engine=engine))
    site.page.wait_for_timeout(200)
    assert len(site.requests) == 2 and site.requests[1].endswith("/site.js")
    size = f"{engine.transferred / 1e6:.1f} MB"
    assert size in site.page.locator("p.live").inner_text()
    site.press()
    assert isinstance(site.ran(), dict)
    assert all(url.startswith(site.address) for url in site.requests)
    asked = {url.rpartition("/")[2].partition("?")[0] for url in site.requests[2:]}
    assert asked == set(engine.files) - {"licences.txt"}


def test_weights(engine):
    import gzip

    assert engine.transferred < 7_000_000
    assert len(gzip.compress(engine.files["cell.js"], 6)) < 150_000
    assert len(gzip.compress(engine.files["worker.js"], 6)) < 2_000


def test_a_launch_that_cannot_be_carried_says_why(site, engine):
    import numpy as np

    big = np.random.default_rng(0).random(1 << 16, np.float32)
    html = warptrace.trace(samples.copy, 1, 32, big, big.copy()).show()._repr_html_()
    site.open(page_of(html, engine=engine))
    said = site.page.locator("p.live").inner_text()
    assert "its arrays hold more than 256 KB" in said and "JupyterLab" in said
    assert site.page.locator("p.live button").count() == 0


def test_without_the_engine_the_page_says_so(site):
    site.open(page_of(show(), engine=None))
    assert "built without a network" in site.page.locator("p.live").inner_text()


def test_without_javascript_the_page_says_so(browser, engine):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.set_content(page_of(show(), engine=engine))
    assert "With JavaScript" in page.locator("p.live").inner_text()


def test_opened_from_disk_the_page_says_so(site, engine):
    path = site.folder / "disk.html"
    path.write_text(page_of(show(), engine=engine), "utf-8")
    site.page.goto(path.as_uri())
    assert "Opened from disk" in site.page.locator("p.live").inner_text()


# ---------------------------------------------------------------- a reader at work


def edited(site, old, new):
    """Replace a piece of the text in the editor."""
    site.page.evaluate(
        f"([a, b]) => {{ {CELL}.editor.text = {CELL}.editor.text.replace(a, b); }}",
        [old, new],
    )


@pytest.fixture(scope="module")
def first(served, engine):
    """Open one cell for the tests that only work in it."""
    served.open(page_of(show(), engine=engine))
    served.press()
    return served


@pytest.fixture
def cell(first):
    """Return the open cell, as it was at first."""
    first.page.evaluate(f"{CELL}.reset()")
    return first


def test_a_changed_line_changes_the_counts(cell):
    before = cell.ran()["counters"]
    edited(cell, "source[i]", "source[i * 3 % 997]")
    after = cell.ran()["counters"]
    assert after["global_load_sectors"] > 2 * before["global_load_sectors"]
    assert after["global_store_sectors"] == before["global_store_sectors"]
    assert "copy: 8 blocks of 128 threads, no fault. It took " in cell.says("status")


def test_sizes_and_contents_are_fields(cell):
    page = cell.page
    page.locator("gpu-live [name=grid]").fill("2")
    page.locator("gpu-live [name=block]").fill("16, 4")
    page.locator("gpu-live [name=content0]").select_option("random")
    page.locator("gpu-live [name=shape0]").fill("40")
    answer = cell.ran()
    assert "copy: 2 blocks of 64 threads" in answer["summary"]
    page.locator("gpu-live [name=shape0]").fill("4, 0")
    assert "source: this is no such number or size" in cell.ran()
    page.locator("gpu-live [name=content0]").select_option("given")
    shape = page.locator("gpu-live [name=shape0]")
    assert shape.is_disabled() and shape.input_value() == "997"


PROBLEMS = {
    "target[i] = ": ("target[i + 9] = ", "out of bounds", 9),
    "if i < source.size:": ("if i < source.size", "SyntaxError", 8),
    "source[i]\n": ("sauce[i]\n", "sauce", 9),
    "    i = cuda.grid(1)": ("    i = [1]", "not supported", 7),
    "import cuda": ("import cuda\n1 / 0", "ZeroDivisionError", 2),
}


@pytest.mark.parametrize("old", PROBLEMS)
def test_an_error_is_said_and_its_line_marked(cell, old):
    new, said, line = PROBLEMS[old]
    edited(cell, old, new)
    assert said in cell.ran()
    marked = f"{CELL}.shadowRoot.querySelector('.cm-line.wrong')?.textContent"
    text = cell.page.evaluate(f"{CELL}.editor.text").split("\n")[line - 1]
    assert cell.page.evaluate(marked) == text
    edited(cell, text, text + " ")
    assert cell.page.evaluate(marked) is None


def test_no_memory_left_is_said(cell):
    edited(cell, "import cuda", "import cuda\n\nall_of_it = [0] * 10**9")
    assert "no memory left" in cell.ran()
    cell.page.evaluate(f"{CELL}.reset()")
    assert isinstance(cell.ran(), dict)


def test_an_array_that_would_take_all_memory_is_refused(cell):
    cell.page.locator("gpu-live [name=content0]").select_option("zeros")
    cell.page.locator("gpu-live [name=shape0]").fill("2000, 2000")
    assert "source: at most 1,048,576 elements" in cell.ran()


def test_a_kernel_without_end_is_stopped_and_its_text_stays(cell):
    edited(cell, "target[i] = source[i]", "while True:\n            target[i] += 1")
    text = cell.page.evaluate(f"{CELL}.editor.text")
    cell.page.locator("gpu-live [name=run]").click()
    stop = cell.page.locator("gpu-live [name=stop]")
    cell.page.wait_for_function(f"!{CELL}.stops.disabled")
    cell.page.wait_for_timeout(500)
    stop.click()
    cell.page.wait_for_function(f"!{CELL}.running")
    assert cell.says("problem").startswith("Stopped.")
    assert cell.page.evaluate(f"{CELL}.editor.text") == text
    cell.page.evaluate(f"{CELL}.reset()")
    assert isinstance(cell.ran(), dict), "the next run starts Python again"


def test_an_address_holds_the_changed_kernel(cell, engine):
    edited(cell, "source[i]", "source[i] * 2")
    cell.page.locator("gpu-live [name=grid]").fill("1")
    cell.page.locator("gpu-live [name=share]").click()
    cell.page.wait_for_function("location.hash.startsWith('#run=copy:')")
    fragment = cell.page.evaluate("location.hash")
    assert len(fragment) < 600
    cell.open(page_of(show(), engine=engine), fragment)
    cell.press()
    cell.page.wait_for_function(f"{CELL}.editor?.text.includes('source[i] * 2')")
    cell.page.wait_for_function(f"{CELL}.status.textContent.includes('It has not run')")
    assert cell.says("result") == ""
    answer = cell.ran()
    assert answer["counters"]["flops_fp64"] == 128 and "1 block of" in answer["summary"]


def test_what_an_address_brings_can_neither_act_nor_ask(cell, engine):
    attack = """
      from warptrace import cuda
      import js, pyodide
    """.replace("      ", "")
    edited(cell, "from warptrace import cuda", attack.strip() + "\njs.fetch('https://x.invalid/')")
    assert "AttributeError" in cell.ran()
    nodes = """html => {
      const box = document.createElement("div");
      window.acted = false;
      box.append(...%s.constructor.inert(html));
      document.body.append(box);
      const left = box.innerHTML;
      box.remove();
      return [left, window.acted];
    }"""
    bad = (
        "<p onclick='acted = 1' style='background: url(https://x.invalid/)'>A</p>"
        "<script>acted = 1</script><img src=x onerror='acted = 1'><a href='javascript:1'>B</a>"
        "<svg onload='acted = 1'><a xlink:href='https://x.invalid/'>C</a></svg>"
    )
    left, acted = cell.page.evaluate(nodes % CELL, bad)
    assert not acted and not re.search("acted|invalid|script|<img", left) and ">A<" in left


# ---------------------------------------------------------------- for every reader


def test_the_keyboard_alone_opens_edits_runs_and_leaves(site, engine):
    site.open(page_of(show(), engine=engine))
    keys = site.page.keyboard
    site.page.locator("p.live button").focus()
    keys.press("Enter")
    inside = f"{CELL}?.shadowRoot.activeElement?.className ?? ''"
    site.page.wait_for_function(f"({inside}).includes('cm-content')")
    keys.press("Control+End")
    keys.type("# mine")
    assert site.page.evaluate(f"{CELL}.editor.text").endswith("# mine")
    keys.press("Control+Enter")
    site.page.wait_for_function(f"{CELL}.result.textContent.includes('no fault')", timeout=60_000)
    keys.press("Tab")
    assert "cm-content" in site.page.evaluate(inside), "Tab indents"
    keys.press("Escape")
    keys.press("Tab")
    assert site.page.evaluate(f"{CELL}.shadowRoot.activeElement.name") == "grid"
    site.page.wait_for_function(f"{CELL}.live.textContent.includes('It took')")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_in_the_way_of_anyone(cell, axe, width):
    cell.page.set_viewport_size({"width": width, "height": 900})
    assert isinstance(cell.ran(), dict)
    assert violations(cell.page, axe) == []
    edited(cell, "target[i] = ", "target[i + 9] = ")
    assert isinstance(cell.ran(), str)
    assert_open_to_all(cell.page, axe)
    cell.page.set_viewport_size({"width": 1280, "height": 900})


def test_the_texts_are_there_in_both_languages():
    source = (live.SOURCES / "strings.js").read_text("utf-8")
    strings = json.loads(re.search(r"const ABOUT = (\{.*?^\});", source, re.S | re.M)[1])["strings"]
    english, chinese = strings["en"], strings["zh_CN"]
    assert english.keys() == chinese.keys() and all(chinese.values())
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key


# ---------------------------------------------------------------- the front page


def test_the_two_lines_of_the_front_page_change_what_is_said_there():
    said = runpy.run_path(str(live.SOURCES / "front.py"))["trace"]().launch.described()

    def counted(old="", new=""):
        assert old in said["source"]
        return again.run(said | {"source": said["source"].replace(old, new)}).counters

    before = counted()
    wide, fewer = counted("place = i ", "place = 8 * i "), counted("i < target.size", "i % 2 == 0")
    assert wide["global_load_sectors"] == 8 * before["global_load_sectors"]
    assert (before["divergent_branches"], fewer["divergent_branches"]) == (0, 2)


# ---------------------------------------------------------------- the playground


@pytest.fixture(scope="module")
def playground(served, engine):
    """Open the playground's cell."""
    kernels = [live.BEGINNING, *live.sample_launches()]
    first, every = (escape(json.dumps(one)) for one in (live.BEGINNING, kernels))
    place = f'<div data-launch="{first}" data-kernels="{every}"></div>'
    served.open(page_of(place, engine=engine))
    served.press()
    return served


def chosen(site, name):
    """Begin with a kernel of the playground."""
    site.page.locator("gpu-live [name=kernel]").select_option(label=name)


@pytest.mark.parametrize("name", ["scale", *samples.cases()])
def test_each_kernel_to_begin_with_runs(playground, name):
    chosen(playground, name)
    answer = playground.ran()
    assert isinstance(answer, dict) and answer["summary"].startswith(f"{name}: "), answer
    assert answer["faults"] == []


def test_arguments_come_go_and_change_their_type(playground):
    chosen(playground, "scale")
    page = playground.page
    assert playground.ran()["counters"]["flops_fp64"] == 0
    page.locator("gpu-live [name=type0]").select_option("float64")
    page.locator("gpu-live [name=content0]").select_option("random")
    page.locator("gpu-live [name=seed0]").fill("7")
    page.locator("gpu-live [name=number]").click()
    assert "takes 3 arguments, 4 given" in playground.ran()
    assert page.locator("gpu-live [name=seed0]").input_value() == "7", "fields are kept"
    page.locator("gpu-live [name=less]").click()
    assert playground.ran()["counters"]["flops_fp64"] == 1000
    page.locator("gpu-live [name=array]").click()
    edited(playground, "factor):", "factor, more):")
    edited(playground, "factor * x[i]", "factor * x[i] + more[i]")
    assert playground.ran()["counters"]["flops_fp64"] == 2000


def test_a_kernel_of_the_playground_travels_in_an_address(playground, engine):
    chosen(playground, "mandelbrot")
    playground.page.locator("gpu-live [name=value1]").fill("7")
    playground.page.locator("gpu-live [name=share]").click()
    playground.page.wait_for_function("location.hash.startsWith('#run=scale:')")
    held = playground.page.evaluate("location.href")
    playground.page.goto("about:blank")
    playground.page.goto(held)
    playground.press()
    playground.page.wait_for_function(f"{CELL}.editor?.text.includes('def mandelbrot')")
    assert playground.page.locator("gpu-live [name=value1]").input_value() == "7"


def test_the_playground_explains_every_counter():
    page = (ROOT / "book" / "appendix" / "playground.md").read_text("utf-8")
    assert [name for name in warptrace.METRICS if f"`{name}`" not in page] == []


# ---------------------------------------------------------------- where the engine fails


def fails(site, engine, url, answer):
    """Open a cell with one file of the engine answered otherwise; return the problem it shows."""
    context = site.page.context.browser.new_context()
    page = context.new_page()
    page.route(url, answer)
    other = Site(site.folder, site.address, page)
    other.open(page_of(show(), engine=engine))
    other.press()
    problem = other.ran()
    static = page.locator(".warptrace").first.is_visible()
    context.close()
    return problem, static


def test_offline_the_cell_says_so_and_the_trace_stays(site, engine):
    problem, static = fails(site, engine, "**/python_stdlib.zip", lambda route: route.abort())
    assert problem.startswith("Python could not be loaded: is there a network?") and static


def test_where_webassembly_is_blocked_the_cell_says_so(site, engine):
    def strict(route):
        answer = route.fetch()
        policy = {"Content-Security-Policy": "script-src 'self'"}
        route.fulfill(response=answer, headers=answer.headers | policy)

    problem, static = fails(site, engine, "**/worker.js", strict)
    assert "does not run WebAssembly" in problem and static


# ---------------------------------------------------------------- how the engine is made


def test_the_lock_names_a_hash_for_each_file_and_no_registry():
    lock = json.loads(live.LOCK.read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert not any("resolved" in one for one in packages.values())
    wanted = json.loads(live.LOCK.with_name("package.json").read_text("utf-8"))["dependencies"]
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}


def test_without_a_network_there_is_no_engine_and_in_ci_that_is_an_error(
    monkeypatch, capsys, tmp_path
):
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path))
    monkeypatch.setenv("BOOK_OFFLINE", "1")
    monkeypatch.delenv("CI", raising=False)
    assert live.found.__wrapped__() is None
    assert "built without kernels that run in the page" in capsys.readouterr().err
    monkeypatch.setenv("CI", "1")
    with pytest.raises(live.EngineError):
        live.found.__wrapped__()


def test_a_file_that_is_not_what_the_lock_names_is_refused(monkeypatch, tmp_path, engine):
    (tmp_path / "book").mkdir()
    lock = live.LOCK.read_text("utf-8")
    changed = re.sub(r'(node_modules/crelt".*?sha512-)....', r"\1AAAA", lock, count=1, flags=re.S)
    assert changed != lock
    (tmp_path / "book" / "package-lock.json").write_text(changed)
    (tmp_path / "book" / "package.json").write_text(live.LOCK.with_name("package.json").read_text())
    monkeypatch.setattr(live, "LOCK", tmp_path / "book" / "package-lock.json")
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BOOK_OFFLINE", raising=False)
    with pytest.raises(live.EngineError, match="npm"):
        live.packages()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_lost_a_file_is_fetched_anew(monkeypatch, tmp_path, engine):
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path))
    monkeypatch.delenv("BOOK_OFFLINE", raising=False)
    fetched = []

    def npm(folder):
        fetched.append(folder)
        for name in (*live.PYODIDE, *live.PACKED.values()):
            (folder / "node_modules/pyodide").mkdir(parents=True, exist_ok=True)
            (folder / "node_modules/pyodide" / name).write_text(name)
        (folder / "node_modules/esbuild/bin").mkdir(parents=True)
        (folder / "node_modules/esbuild/bin/esbuild").write_text("")

    monkeypatch.setattr(live, "_npm", npm)
    kept = live.packages()
    assert live.packages() == kept and len(fetched) == 1
    (kept / "pyodide" / "pyodide.mjs").unlink()
    assert live.packages() == kept and len(fetched) == 2
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


def test_the_same_sources_make_the_same_engine(engine):
    again = live.made(live.packages())
    assert again.version == engine.version


def test_the_notices_name_every_part_with_its_licence(engine):
    text = engine.files["licences.txt"].decode()
    for part in live.parts():
        assert f"{part.name} {part.version}, {part.licence}" in text
    for words in (
        "Mozilla Public License Version 2.0",
        "PYTHON SOFTWARE FOUNDATION LICENSE",
        "MIT",
    ):
        assert words in text
    assert {"pyodide", "CPython", "@codemirror/view"} <= {part.name for part in live.parts()}


def test_types_of_numpy_stand_in(engine):
    import zipfile
    from io import BytesIO

    with zipfile.ZipFile(BytesIO(engine.files["tracer.zip"])) as archive:
        names = set(archive.namelist())
    assert {"numpy.py", "page.py", "warptrace/again.py", "warptrace/reference/launch.py"} <= names
    assert not any("compiler" in name or "machine" in name or "tests" in name for name in names)
