"""The page of a site's variables: type and whether it must be set, from the schema, and the roles' own defaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from rollback_runner.content import PACKAGE
from rollback_runner.reference import tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEAD = """# Variables

Generated from the site's schema and the roles' defaults by `python -m rollback_runner.reference`; a test keeps it so.
What each one means, its unit and an example stand in [the inventory](../inventory.md).
"""


def page(root: Path) -> str:
    """Write the page."""
    schema = json.loads((PACKAGE / "schema" / "site.schema.json").read_text(encoding="utf-8"))
    parts = [_HEAD]
    for group, part in schema["properties"].items():
        if part["properties"]:
            required = frozenset(part.get("required", ()))
            rows = [
                (f"`{name}`", shape(found, schema["$defs"]), "yes" if name in required else "")
                for name, found in part["properties"].items()
            ]
            parts.append(f"## {group}\n\n{tables.table(('variable', 'form', 'must be set'), rows)}\n")
    parts.append("## Knobs of the roles\n\nA site may set them in any group that holds the role's hosts.\n")
    rows = []
    for path in sorted(root.glob("roles/*/defaults/main.yml")):
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        rows += [(f"`{name}`", path.parent.parent.name, _default(value)) for name, value in sorted(found.items())]
    parts.append(tables.table(("variable", "role", "default"), rows) + "\n")
    return "\n".join(parts)


def shape(found: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    """Say in some words what a value looks like: `one of a, b`, `list of text`, `{host, port}`."""
    if "$ref" in found:
        name = str(found["$ref"]).rpartition("/")[2]
        inner = defs.get(name, {})
        return f"{name}: {shape(inner, defs)}" if inner.get("properties") else name
    if "enum" in found:
        return "one of " + ", ".join(f"`{one}`" for one in found["enum"])
    for several in ("anyOf", "oneOf"):
        if several in found:
            return " or ".join(dict.fromkeys(shape(one, defs) for one in found[several]))
    if found.get("properties"):
        return "{" + ", ".join(f"`{name}`" for name in found["properties"]) + "}"
    kind = found.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if kind == "array" and isinstance(found.get("items"), dict):
        return f"list of {shape(found['items'], defs)}"
    return {"object": "mapping", "array": "list", "string": "text"}.get(kind, kind)


def _default(value: object) -> str:
    if isinstance(value, str) and "{{" in value:
        return "worked out"
    return tables.code(value if value != "" else '""').replace("|", r"\|")
