"""What a module's page says of its options is what its plugin takes; the parts that pages share are in one place."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
NAMES = sorted(path.stem for path in (PLUGINS / "action").glob("*.py"))
_CONSTRAINTS = ("type", "elements", "choices", "required", "default")


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"contract_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks for its module there
    spec.loader.exec_module(module)
    return module


def documented(name: str) -> dict[str, dict[str, Any]]:
    """The options of the page, those of its fragments included."""
    page = yaml.safe_load(load(PLUGINS / "modules" / f"{name}.py").DOCUMENTATION)
    options = dict(page.get("options") or {})
    for used in page.get("extends_documentation_fragment") or ():
        file, _, part = used.partition(".")
        fragment = load(PLUGINS / "doc_fragments" / f"{file}.py").ModuleDocFragment
        options |= yaml.safe_load(getattr(fragment, part.upper())).get("options") or {}
    return options


def plain(options: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Only what limits a value; what is false or empty by default says nothing."""
    return {
        name: {key: option[key] for key in _CONSTRAINTS if option.get(key) not in (None, False, "", [], {})}
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_what_the_plugin_takes(name: str) -> None:
    assert plain(documented(name)) == plain(load(PLUGINS / "action" / f"{name}.py").ActionModule.ARGUMENTS)


def test_every_plugin_has_its_page_and_the_other_way_round() -> None:
    assert sorted(path.stem for path in (PLUGINS / "modules").glob("*.py")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_the_page_is_yaml(name: str) -> None:
    page = load(PLUGINS / "modules" / f"{name}.py")
    for part in ("DOCUMENTATION", "EXAMPLES", "RETURN"):
        assert yaml.safe_load(getattr(page, part)), f"{name}: {part}"
