"""The page of report.json, from its schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollback_runner.content import PACKAGE
from rollback_runner.reference import tables
from rollback_runner.reference.variables import shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEAD = """# report.json

Generated from `rollback_runner/schema/report.schema.json` by `python -m rollback_runner.reference`; a test keeps it
so. What the words mean to a reader: [reading the report](../reading-the-report.md). A field that is gone or means
something else gets a new `schema_version`; a new field does not. Times are UTC, lengths are seconds.
"""


def page() -> str:
    """Write the page."""
    schema = json.loads((PACKAGE / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    rows = list(_rows(schema, schema["$defs"], ""))
    return f"{_HEAD}\n{tables.table(('field', 'form', 'always there', 'what it is'), rows)}\n"


def _rows(part: Mapping[str, Any], defs: Mapping[str, Any], above: str) -> Iterator[tuple[str, str, str, str]]:
    required = frozenset(part.get("required", ()))
    for name, found in (part.get("properties") or {}).items():
        path = f"{above}{name}"
        always = "yes" if name in required else ""
        yield f"`{path}`", _short(found, defs), always, tables.text(found.get("description", ""))
        items = found.get("items")
        if isinstance(items, dict) and items.get("properties"):
            yield from _rows(items, defs, f"{path}[].")
        elif found.get("properties"):
            yield from _rows(found, defs, f"{path}.")


def _short(found: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    if "const" in found:
        return f"`{found['const']}`"
    if found.get("properties"):
        return "mapping"
    if isinstance(found.get("items"), dict) and found["items"].get("properties"):
        return "list of mappings"
    return shape(found, defs)
