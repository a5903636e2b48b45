"""The execution environments hold what the project needs, and what their pages say."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.requirements import Requirement

from execution.base import ENVIRONMENTS

if TYPE_CHECKING:
    from execution.base import Environment

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
APART = {"ansible-core", "ansible-runner"}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: one.name)
def test_it_has_the_dependencies_of_the_project(environment: Environment) -> None:
    asked = yaml.safe_load((PROJECT / environment.definition).read_text(encoding="utf-8"))["dependencies"]
    wanted = [one for one in PACKAGE["dependencies"] if Requirement(one).name not in APART]
    assert asked["python"] == [*wanted, *PACKAGE["optional-dependencies"]["postgresql"]]
    ours = next(Requirement(one) for one in PACKAGE["dependencies"] if Requirement(one).name == "ansible-core")
    lowest = next(iter(sorted(str(one.version) for one in Requirement(asked["ansible_core"]["package_pip"]).specifier)))
    assert ours.specifier.contains(f"{lowest}.1")
    assert asked["ansible_runner"]["package_pip"] in PACKAGE["dependencies"]


def test_both_ask_for_the_same_but_for_python_and_ansible() -> None:
    first, second = (yaml.safe_load((PROJECT / one.definition).read_text(encoding="utf-8")) for one in ENVIRONMENTS)
    for one in (first, second):
        del one["images"], one["dependencies"]["ansible_core"]
    assert first == second


def test_the_page_names_each_of_them() -> None:
    page = (PROJECT / "docs" / "execution-environment.md").read_text(encoding="utf-8")
    for environment in ENVIRONMENTS:
        assert environment.definition in page
        assert environment.tag in page
        assert environment.python in page
