"""The page of modules, from their documentation and its fragments. Nothing is imported: the texts are read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import yaml

from rollback_runner.reference import tables

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """# Modules

Generated from `plugins/modules` by `python -m rollback_runner.reference`; a test keeps it so. Each has an action
plugin of the same name, which does the work. `ansible-doc` shows the same, with examples and what is returned.
"""


def page(root: Path) -> str:
    """Write the page from the modules below `root`."""
    fragments: dict[str, dict[str, Any]] = {}
    for path in sorted((root / "plugins" / "doc_fragments").glob("*.py")):
        fragments |= {f"{path.stem}.{name.lower()}": found for name, found in _texts(path).items()}
    parts = [_HEAD]
    for path in sorted((root / "plugins" / "modules").glob("*.py")):
        found = _texts(path)["DOCUMENTATION"]
        options = dict(found.get("options") or {})
        for used in found.get("extends_documentation_fragment") or ():
            options |= fragments[used].get("options") or {}
        said = "\n".join(f"- {tables.text(one)}" for one in _list(found.get("description")))
        parts.append(f"## {path.stem}\n\n{tables.text(found['short_description'])}\n\n{said}\n")
        if options:
            parts.append(tables.options(options) + "\n")
    return "\n".join(parts)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _texts(path: Path) -> dict[str, dict[str, Any]]:
    """Read every text in capitals that a file assigns, at its top or in a class, as YAML."""
    found: dict[str, dict[str, Any]] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Constant):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Name) and target.id.isupper() and isinstance(node.value.value, str):
            content = yaml.safe_load(node.value.value)
            if isinstance(content, dict):
                found[target.id] = content
    return found
