"""What a package's front door may not do to the rooms behind it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "rollback_runner"
DOORS = sorted(ROOT.rglob("__init__.py"))


def shadowed(door: Path, package: str) -> set[str]:
    """Names that a package takes from elsewhere though a module of its own goes by them.

    Python keeps both in one place: `from package import name` then gives the one or the other, by what was imported
    first.
    """
    own = {each.stem for each in door.parent.iterdir() if each.suffix == ".py" or (each / "__init__.py").is_file()}
    taken = {
        name.asname or name.name
        for each in ast.walk(ast.parse(door.read_text()))
        if isinstance(each, ast.ImportFrom) and each.module != package
        for name in each.names
    }
    return own & taken


@pytest.mark.parametrize("door", DOORS, ids=lambda door: str(door.parent.relative_to(ROOT.parent)))
def test_no_module_is_hidden_by_its_package(door: Path) -> None:
    assert shadowed(door, ".".join(door.parent.relative_to(ROOT.parent).parts)) == set()


@pytest.mark.parametrize(
    ("line", "hidden"), [("from other import messages", {"messages"}), ("from a import messages", set())]
)
def test_a_hidden_module_is_seen(tmp_path: Path, line: str, hidden: set[str]) -> None:
    (tmp_path / "messages.py").touch()
    (tmp_path / "__init__.py").write_text(line + "\n")
    assert shadowed(tmp_path / "__init__.py", "a") == hidden
