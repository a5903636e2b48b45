"""Cells of a Markdown table. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MARKUP = re.compile(r"\b[COVMIB]\(([^)]*)\)")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def text(value: object) -> str:
    """Write sentences as one cell; Ansible's own markup becomes code."""
    parts = value if isinstance(value, list) else [value]
    joined = " ".join(str(part).strip() for part in parts if part is not None)
    return _MARKUP.sub(r"`\1`", joined).replace("|", r"\|").replace("\n", " ")


def code(value: object) -> str:
    """Write a value as code, "" for none."""
    if value is None or value == "":
        return ""
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, ensure_ascii=False)}`"


def kind(option: Mapping[str, Any]) -> str:
    """Say the type of an option: `list of str`, `str: idc, aws`."""
    name = str(option.get("type") or "str")
    if option.get("elements"):
        name += f" of {option['elements']}"
    choices = option.get("choices")
    return f"{name}: {', '.join(str(one) for one in choices)}" if choices else name


def options(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the options of a role's entry point or of a module."""
    rows = [
        (
            f"`{name}`",
            kind(one),
            "must be set" if one.get("required") else code(one.get("default")),
            text(one.get("description")),
        )
        for name, one in sorted(found.items())
    ]
    return table(("option", "type", "default", "what it is"), rows)
