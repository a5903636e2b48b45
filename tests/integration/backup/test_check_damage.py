"""TECH-02 finds every damage that the restore refuses: all of them in one look, each named in its source's finding."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from damages import DAMAGES, DIRECTORY_DAMAGES
from look_at import Looked, look_at

if TYPE_CHECKING:
    from pathlib import Path

DIRECTORIES = {f"{kind} {number}": (kind, act, words) for number, (kind, act, words) in enumerate(DIRECTORY_DAMAGES)}
WORDS = {name: words for name, (_, words) in DAMAGES.items()} | {n: words for n, (_, _, words) in DIRECTORIES.items()}


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory, dump: bytes, directories: dict[str, Path]) -> dict[str, Path]:
    """Each damage done to a sound backup of its own."""
    folder = tmp_path_factory.mktemp("damaged")
    made: dict[str, Path] = {}
    for name, (change, _) in DAMAGES.items():
        made[name] = folder / name
        made[name].write_bytes(change(dump))
    for name, (kind, act, _) in DIRECTORIES.items():
        made[name] = folder / name.replace(" ", "-")
        shutil.copytree(directories[kind], made[name])
        act(made[name])
    return made


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory, damaged: dict[str, Path]) -> Looked:
    """One look at all of them."""
    sources = [{"name": name, "url": str(path)} for name, path in damaged.items()]
    return look_at(tmp_path_factory.mktemp("site"), sources, played=True)


def test_a_look_at_nothing_but_damage_goes_on_and_blocks(looked: Looked) -> None:
    assert not looked.failed
    assert looked.result["after"] is None
    assert looked.keys("blocker") == {f"backup:{name}:damaged" for name in WORDS}


@pytest.mark.parametrize("name", WORDS)
def test_each_damage_is_named_with_the_next_step(looked: Looked, name: str) -> None:
    finding = looked.of(f"backup:{name}:damaged")
    assert WORDS[name].replace(": is", " is") in finding["sentence"]
    assert finding["next_step"]


def test_beside_a_sound_backup_damage_is_a_warning(damaged: dict[str, Path], dump: bytes, tmp_path: Path) -> None:
    (tmp_path / "sound.sql").write_bytes(dump)
    sources = [{"name": name, "url": str(damaged[name])} for name in ("gzip-cut", "shell 11", "tab 0")]
    found = look_at(tmp_path, [*sources, {"name": "sound", "url": str(tmp_path / "sound.sql")}])
    assert found.result["after"]["name"] == "sound"
    assert found.keys("blocker") == set()
    assert {f"backup:{one['name']}:damaged" for one in sources} <= found.keys("warning")
