"""The page of roles, from their argument specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from rollback_runner.reference import tables

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """# Roles

Generated from the roles' argument specs by `python -m rollback_runner.reference`; a test keeps it so. What a role
touches, whether it is safe to repeat and how it is taken back stands in its own README.
"""


def page(root: Path) -> str:
    """Write the page from `roles/*/meta/argument_specs.yml` below `root`."""
    parts = [_HEAD]
    for path in sorted(root.glob("roles/*/meta/argument_specs.yml")):
        role = path.parent.parent.name
        parts.append(f"## {role}\n\n[README](../../roles/{role}/README.md)\n")
        for name, spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].items():
            parts.append(f"### {role}: {name}\n\n{tables.text(spec.get('short_description'))}\n")
            if spec.get("options"):
                parts.append(tables.options(spec["options"]) + "\n")
    return "\n".join(parts)
