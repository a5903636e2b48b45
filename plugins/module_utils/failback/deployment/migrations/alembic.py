"""Alembic's revisions at a commit, read without running them. Pure.

The table keeps the newest revisions only (one per branch), so what is applied is they and all their ancestors
(``down_revision``, ``depends_on``) in the files that know them. Alembic keeps no hash of a file. What a revision does
is Python; the plain calls are turned into SQL by operations.py, everything else is unknown.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from failback.deployment.migrations.files import File, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMES = ("revision", "down_revision", "depends_on")


def shelf(commit: str, directory: str, files: Mapping[str, bytes]) -> Shelf:
    """Read a commit's revisions; ``files`` by their path inside the directory. Ancestors come first."""
    found: dict[str, File] = {}
    odd: list[str] = []
    for path, content in sorted(files.items()):
        if not path.endswith(".py") or path.rsplit("/", 1)[-1] in {"__init__.py", "env.py"}:
            continue
        said = assigned(content)
        if said is None:
            odd.append("unreadable")
            continue
        name = next(iter(_names(said.get("revision"))), "")
        if not name:
            continue
        if name in found:
            odd.append("twice")
        parents = (*_names(said.get("down_revision")), *_names(said.get("depends_on")))
        found[name] = File(name, f"{directory}/{path}", content, frozenset({meaning(content)}), parents=parents)
    ordered = _sorted(found)
    return Shelf(commit, ordered, "alembic" if ordered else "", tuple(dict.fromkeys(odd)))


def ancestors(heads: Iterable[str], files: Mapping[str, File]) -> set[str]:
    """Return the revisions that are applied when these are the newest; names that no file knows are left out."""
    seen: set[str] = set()
    todo = [name for name in heads if name in files]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(parent for parent in files[name].parents if parent in files)
    return seen


def assigned(content: bytes) -> dict[str, object] | None:
    """Return the module's literal assignments of interest, None when it is no Python."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return None
    found: dict[str, object] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name) and target.id in _NAMES]
        try:
            found |= dict.fromkeys(names, ast.literal_eval(node.value) if names else None)
        except ValueError:
            return None
    return found


def meaning(content: bytes) -> str:
    """Return what ``upgrade`` does as text: comments, layout and the docstring of the module are left out."""
    function = upgrade(content)
    return ast.dump(function) if function is not None else ""


def upgrade(content: bytes) -> ast.FunctionDef | None:
    """Return the function that applies the revision."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return None
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    return found[0] if len(found) == 1 else None


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(one) for one in value) if isinstance(value, tuple | list | set) else ()


def _sorted(found: Mapping[str, File]) -> tuple[File, ...]:
    """Order by ancestry, then by name."""
    done: dict[str, File] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done or name in path or name not in found:
            return
        for parent in found[name].parents:
            visit(parent, (*path, name))
        done[name] = found[name]

    for name in sorted(found):
        visit(name, ())
    return tuple(done.values())
