"""Workflows, forms, dependency updates and the citation are valid, by their published schemas."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check
from click.testing import CliRunner

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


def test_every_python_of_the_book_is_tested_and_macos_once():
    matrix = yaml.safe_load((GITHUB / "workflows/test.yml").read_text())
    matrix = matrix["jobs"]["test"]["strategy"]["matrix"]
    project = (ROOT / "pyproject.toml").read_text()
    promised = re.findall(r"Python :: (3\.\d+)", project)
    assert matrix["python"] == promised
    assert [row["os"] for row in matrix["include"]] == ["macos-latest"]


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
