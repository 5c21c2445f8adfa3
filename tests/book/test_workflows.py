"""What a job runs is what a person runs: a command that the README or the Makefile names, in a step with a name."""

import re

import pytest
import yaml

from tools import ROOT

TARGETS = re.findall(r"(?m)^([a-z]+): *##", (ROOT / "Makefile").read_text(encoding="utf-8"))
WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
COMMANDS = (
    rf"(?:make|\.ci/run)(?: (?:{'|'.join(TARGETS)}|\$\{{\{{ matrix\.command \}}\}}))?",
    r"python tools/env.py -m tools\.\w+[\w ./-]*",
)


def problems(text):
    """What a newcomer would stumble over in a job file, one line each."""
    found = []
    for job, content in yaml.safe_load(text)["jobs"].items():
        if "timeout-minutes" not in content:
            found.append(f"{job}: no timeout")
        for command in content.get("strategy", {}).get("matrix", {}).get("command", []):
            if command not in TARGETS:
                found.append(f"{job}: make has no target {command}")
        for step in content["steps"]:
            if "name" not in step:
                found.append(f"{job}: a step without a name: {step.get('run') or step.get('uses')}")
            if "run" in step and not any(re.fullmatch(command, step["run"]) for command in COMMANDS):
                found.append(f"{job}: no command of the README or the Makefile: {step['run']}")
    return found


def unknown(readme, targets):
    """The targets that the README does not name, and the names in it that are no targets."""
    named = set(
        re.findall(r"\bmake ([a-z]+)\b(?=[`\s]|$)", "\n".join(re.findall(r"`[^`]*`|^    .*$", readme, re.MULTILINE)))
    )
    return sorted(f"make {name}" for name in named ^ set(targets))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_job_runs_what_a_person_runs(name):
    assert problems(WORKFLOWS[name]) == []


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        ("run: .ci/run\n", "run: apt-get install chromium\n", "book: no command of the README or the Makefile: apt-get install chromium"),
        ("run: .ci/run\n", "run: make books\n", "book: no command of the README or the Makefile: make books"),
        ("name: Get the repository\n        uses", "uses", "book: a step without a name: actions/checkout@v4"),
        ("    timeout-minutes: 15\n", "", "deploy: no timeout"),
    ],
)  # fmt: skip
def test_another_step_is_red(there, instead, problem):
    assert there in WORKFLOWS["publish.yml"]
    assert problem in problems(WORKFLOWS["publish.yml"].replace(there, instead))


def test_a_matrix_of_commands_names_targets():
    text = WORKFLOWS["canary.yml"].replace("[test, latest]", "[test, newest]")
    assert problems(text) == ["tests: make has no target newest"]


def test_the_readme_names_every_target():
    assert unknown((ROOT / "README.md").read_text(encoding="utf-8"), TARGETS) == []


def test_a_target_that_the_readme_does_not_name_is_red():
    assert unknown("`make book` and `make cake`", ["book", "tidy"]) == ["make cake", "make tidy"]
