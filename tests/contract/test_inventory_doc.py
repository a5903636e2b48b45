"""The page about the inventory names every variable of a site, and the example uses none that nobody knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "inventory.md").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads(
    (PROJECT / "rollback_runner" / "schema" / "site.schema.json").read_text(encoding="utf-8")
)
EXAMPLE = PROJECT / "inventories" / "example"
# As the command judges a site: rollback_runner/site/site.py.
FREE = ("x_", "ansible_")


def named(word: str) -> bool:
    """Whether the page shows this very word, in code or in an example of it."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", PAGE) is not None


def properties(part: object) -> Iterator[str]:
    """Every property of a part of the schema, those inside of others too."""
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for inside in part.values():
            yield from properties(inside)
    elif isinstance(part, list):
        for inside in part:
            yield from properties(inside)


def role_defaults() -> dict[str, object]:
    """The public knobs of all roles."""
    found: dict[str, object] = {}
    for path in sorted(PROJECT.glob("roles/*/defaults/main.yml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return found


def role_options() -> set[str]:
    """What the roles take as arguments."""
    found: set[str] = set()
    for path in PROJECT.glob("roles/*/meta/argument_specs.yml"):
        for spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found |= set(spec.get("options") or {})
    return found


@pytest.mark.parametrize("name", sorted(set(properties(SCHEMA))))
def test_every_property_of_the_schema_is_on_the_page(name: str) -> None:
    assert named(name), f"docs/inventory.md does not name {name}"


@pytest.mark.parametrize(("name", "value"), list(role_defaults().items()))
def test_every_knob_of_a_role_is_on_the_page_with_its_default(name: str, value: object) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `") and f"`{name}`" in line.split(" | ")[0]]
    assert rows, f"docs/inventory.md has no row for {name}"
    if isinstance(value, int | float):
        shown = str(value).lower()
        assert any(re.search(rf"(?<![\w.]){re.escape(shown)}(?![\w.])", row) for row in rows), f"{name} is {shown}"


@pytest.mark.parametrize("path", sorted(EXAMPLE.glob("group_vars/*.yml")), ids=lambda path: path.stem)
def test_every_variable_of_the_example_is_known_to_the_schema(path: Path) -> None:
    of_group = set(SCHEMA["properties"][path.stem]["properties"])
    elsewhere = {name for part in SCHEMA["properties"].values() for name in part["properties"]}
    known = of_group | (role_options() - elsewhere)
    variables = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [name for name in variables if name not in known and not name.startswith(FREE)] == []


def test_the_example_sets_every_variable_that_must_be_set() -> None:
    for group, part in SCHEMA["properties"].items():
        path = EXAMPLE / "group_vars" / f"{group}.yml"
        variables = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        assert [name for name in part["required"] if name not in variables] == [], group


def test_the_lines_that_hold_requests_are_those_of_a_file_that_works() -> None:
    text = (PROJECT / "lab" / "templates" / "haproxy.cfg").read_text(encoding="utf-8").replace("$hold_limit", "30")
    needed = [
        line.strip() for line in text.splitlines() if re.search("rr_hold|rr_maintenance", line) and "#" not in line
    ]
    assert len(needed) == 5
    assert [line for line in needed if line not in PAGE] == []
