"""Workflows, forms, dependency updates and the citation are valid, by their published schemas."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check
from click.testing import CliRunner

from tools import colab_cell, pdf

ROOT = Path(__file__).resolve().parents[1]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
SCHEMAS = [
    *((path, "github-workflows") for path in WORKFLOWS),
    (GITHUB / "dependabot.yml", "dependabot"),
    (GITHUB / "ISSUE_TEMPLATE" / "cell_fails.yml", "github-issue-forms"),
    (GITHUB / "ISSUE_TEMPLATE" / "config.yml", "github-issue-config"),
    (ROOT / "CITATION.cff", "citation-file-format"),
]


def validate(path, schema):
    options = ["--builtin-schema", f"vendor.{schema}", "--default-filetype", "yaml"]
    return CliRunner().invoke(check, [*options, str(path)])


@pytest.mark.parametrize(("path", "schema"), SCHEMAS, ids=[path.name for path, _ in SCHEMAS])
def test_file_is_valid(path, schema):
    done = validate(path, schema)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("schema", sorted({schema for _, schema in SCHEMAS}))
def test_the_schema_refuses_nonsense(schema, tmp_path):
    nonsense = tmp_path / "nonsense.yml"
    nonsense.write_text("jobs: 3\nversion: 9\nblank_issues_enabled: perhaps\n")
    assert validate(nonsense, schema).exit_code == 1


def jobs():
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            yield pytest.param(job, id=f"{path.stem}-{name}")


@pytest.mark.parametrize("job", list(jobs()))
def test_every_job_has_a_time_limit(job):
    assert job["timeout-minutes"] <= 90


def workflow(name):
    # YAML 1.1 reads the key `on` as true.
    return yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())


TEST = workflow("test")["jobs"]["test"]
CACHES = [s["with"] for s in TEST["steps"] if s.get("uses", "").startswith("actions/cache@")]
PUBLISH = workflow("test")["jobs"]["publish"]


def test_every_python_of_the_book_is_tested_and_macos_once():
    matrix = TEST["strategy"]["matrix"]
    project = (ROOT / "pyproject.toml").read_text()
    promised = re.findall(r"Python :: (3\.\d+)", project)
    assert matrix["python"] == promised
    others = [row["os"] for row in matrix["include"] if row["os"] not in matrix["os"]]
    assert others == ["macos-latest"]


def test_one_python_has_the_browser_and_is_one_of_those_tested():
    matrix = TEST["strategy"]["matrix"]
    (row,) = [row for row in matrix["include"] if row.get("browser")]
    assert row["os"] in matrix["os"] and row["python"] in matrix["python"]
    assert TEST["env"]["WITHOUT_BROWSER"] == "${{ !matrix.browser && '1' || '' }}"


def test_the_steps_are_those_of_make_test_by_their_names():
    parts = re.search(r"(?m)^test: ([a-z ]+) ##", (ROOT / "Makefile").read_text())[1].split()
    steps = {step["name"]: step["run"] for step in TEST["steps"] if "name" in step}
    assert {name: steps[name] for name in parts} == {name: f"make {name}" for name in parts}
    assert [name for name in steps if name in parts] == parts


def test_nothing_is_published_but_what_passed():
    publishers = [
        (path.stem, name)
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
        if any(step.get("uses", "").startswith("actions/deploy-pages") for step in job["steps"])
    ]
    assert publishers == [("test", "publish")]
    assert PUBLISH["needs"] == "test"
    assert "always" not in PUBLISH["if"] and "refs/heads/main" in PUBLISH["if"]
    *_, tests, wheel, artifact = TEST["steps"]
    assert tests["run"] == "make unit" and artifact["with"]["path"] == "_build/html"
    assert wheel["run"].endswith("_build/html/helpers.whl") and wheel["if"] == artifact["if"]
    assert "{site}helpers.whl" in colab_cell.SOURCE, "which names it to those who need it"
    assert "matrix.browser" in artifact["if"] and "always" not in artifact["if"]
    assert not any(step.get("continue-on-error") for step in TEST["steps"])


def test_the_data_sets_are_kept_where_the_book_looks_for_them():
    _, cache = CACHES
    assert TEST["env"]["BOOK_CACHE"] == "${{ github.workspace }}/" + cache["path"]
    assert "hashFiles('book/data/datasets.yml'" in cache["key"]
    assert cache["key"].startswith(cache["restore-keys"])


def test_what_was_built_is_kept_between_runs_of_the_same_packages():
    cache, _ = CACHES
    assert cache["path"] == "_build"
    assert cache["key"] == cache["restore-keys"] + "${{ github.sha }}"
    for part in ("matrix.os", "matrix.python", "hashFiles('constraints.txt')"):
        assert part in cache["restore-keys"]


def test_the_weekly_run_takes_nothing_from_an_earlier_one():
    job = workflow("weekly")["jobs"]["everything"]
    assert job["env"] == {"THOROUGH": "1"}
    assert {"run": ".ci/run"} in job["steps"]
    assert not any("actions/cache" in step.get("uses", "") for step in job["steps"])


def test_the_weekly_run_attaches_the_pdf_of_what_passed():
    *_, tests, font, printing, attached = workflow("weekly")["jobs"]["everything"]["steps"]
    assert tests == {"run": ".ci/run"} and printing == {"run": "make pdf"}
    assert "fonts-noto-cjk" in font["run"]
    assert attached["uses"].startswith("actions/upload-artifact@")
    assert attached["with"]["path"] == f"_build/html/{pdf.NAME}"


def test_workflows_call_only_targets_that_exist():
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    for path in [*WORKFLOWS, ROOT / ".ci/run"]:
        assert set(re.findall(r"(?m)(?:run: |^)make ([a-z-]+)", path.read_text())) <= targets


def test_the_issue_form_has_the_fields_that_pages_fill_in():
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE/cell_fails.yml").read_text())
    assert [field["id"] for field in form["body"]] == ["page", "environment", "gpu", "output"]


def test_ci_runs_the_two_commands():
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111, "not executable"
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    assert re.findall(r"(?m)^make (\w+)", script.read_text()) == ["book", "test"]
    assert re.search(r"(?m)^export CI=1$", script.read_text())
