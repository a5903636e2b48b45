"""The page that leads to a first site says what `init` writes, and what it calls harmless is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = PROJECT / "inventories" / "example"
PAGE = (PROJECT / "docs" / "my-first-site.md").read_text(encoding="utf-8")
FILES = sorted(str(path.relative_to(EXAMPLE)) for path in EXAMPLE.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", FILES)
def test_every_file_that_init_writes_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


def test_the_phases_that_change_nothing_are_rehearsals() -> None:
    block = re.search(r"still change nothing:\n\n```console\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    phases = [line.partition("#")[0].strip() for line in block[1].splitlines() if " phase " in line]
    assert len(phases) == 2
    assert all(line.endswith(" --check") for line in phases)


def test_secrets_are_put_where_the_site_looks_for_them() -> None:
    assert "mkdir -p ~/rollback && export RR_HOME=~/rollback" in PAGE
    assert not re.search(r"^\$ install .* secrets", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", ["incidents", "rr-home", "runs", "secrets"])
def test_what_lies_below_rr_home_is_never_committed(name: str) -> None:
    assert f"/{name}/" in (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_example_names_haproxy_with_its_path() -> None:
    said = yaml.safe_load((EXAMPLE / "group_vars" / "load_balancers.yml").read_text(encoding="utf-8"))
    commands = [said["lb_validate_command"], *(file["validate"] for file in said["baseline_files"])]
    assert [command[0] for command in commands] == ["/usr/sbin/haproxy"] * 2


def test_the_pages_that_haproxy_is_given_are_named_and_there() -> None:
    page = (PROJECT / "docs" / "inventory.md").read_text(encoding="utf-8")
    part = page.partition("### HAProxy: the lines that hold requests")[2].partition("\n### ")[0]
    for name in re.findall(r"/etc/haproxy/([a-z_.]+\.(?:html|lua))", part):
        assert f"`lab/templates/{name}`" in part
        assert (PROJECT / "lab" / "templates" / name).is_file()
