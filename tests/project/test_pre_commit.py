"""The hooks of pre-commit, ours and those we offer, use the versions that pyproject.toml states, and run what CI runs."""

from __future__ import annotations

import re
import tomllib

from tests.project.test_hygiene import ROOT

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
OURS = (ROOT / ".pre-commit-config.yaml").read_text()
OFFERED = (ROOT / ".pre-commit-hooks.yaml").read_text()
LISTED = re.compile(r"additional_dependencies: \[([^]]*)\]")


def requirements(hooks: str) -> list[str]:
    return [requirement for found in LISTED.finditer(hooks) for requirement in re.findall(r'"([^"]+)"', found[1])]


def test_our_hooks_pin_what_the_project_pins():
    pinned = requirements(OURS)
    assert pinned
    assert set(pinned) <= {requirement for requirement in EXTRAS["dev"] if "==" in requirement}


def test_each_hook_that_is_no_command_of_make_states_its_version():
    hooks = OURS.split("- id: ")[1:]
    assert len(hooks) == OURS.count("entry: ")
    assert [hook for hook in hooks if "entry: make " not in hook and "==" not in hook] == []


def test_our_hooks_run_each_command_of_make_lint():
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.search(r"^lint:.*\n\t(.*)", makefile, re.MULTILINE)
    assert recipe is not None
    commands = re.findall(r"-m (ruff (?:check|format))((?: --(?!check)\S+(?: [A-Z]\w+)?)*)", recipe[1])
    assert len(commands) == 3
    for command, options in commands:
        assert f"entry: {command} --force-exclude{options}\n" in OURS


def test_the_hook_that_we_offer_installs_the_extra_it_needs():
    assert requirements(OFFERED) == EXTRAS["lint"]
