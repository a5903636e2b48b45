"""What is added to a definition so that it builds without a registry, and that ansible-builder takes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from execution.base import ENVIRONMENTS
from execution.definition import OF_THE_BUILDER, WHEELS, offline, requirements

if TYPE_CHECKING:
    from execution.base import Environment

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: one.name)
def test_ansible_builder_makes_a_context_of_it(environment: Environment, tmp_path: Path) -> None:
    definition = yaml.safe_load((PROJECT / environment.definition).read_text())
    house = tmp_path / "house"
    house.mkdir()
    (house / "x-1.0-py3-none-any.whl").write_bytes(b"x")
    own = tmp_path / environment.definition
    own.write_text(yaml.safe_dump(offline(definition, str(house))))
    builder = str(Path(sys.executable).parent / "ansible-builder")
    argv = [builder, "create", "-f", str(own), "-c", str(tmp_path / "context"), "--output-filename", "Dockerfile"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    written = (tmp_path / "context" / "Dockerfile").read_text()
    assert f'ARG EE_BASE_IMAGE="{environment.base_tag}"' in written
    assert (tmp_path / "context" / "_build" / "wheels" / "x-1.0-py3-none-any.whl").is_file()
    # In the base, so that every stage installs from them; gone from what is finished.
    assert written.index(f"COPY _build/wheels/ {WHEELS}/") < written.index("AS builder")
    assert written.index(f"RUN rm -rf {WHEELS}") > written.index("AS final")


def test_every_package_is_asked_for_once() -> None:
    definition = yaml.safe_load((PROJECT / "execution-environment.yml").read_text())
    asked = requirements(definition)
    assert len(asked) == len(set(asked))
    assert {"ansible-core>=2.19,<2.20", "ansible-runner>=2.4.3,<3"} <= set(asked)
    assert not set(OF_THE_BUILDER) & set(asked)


def test_the_definition_itself_is_left_as_it_is() -> None:
    definition = yaml.safe_load((PROJECT / "execution-environment.yml").read_text())
    before = yaml.safe_dump(definition)
    offline(definition, "/somewhere")
    assert yaml.safe_dump(definition) == before
