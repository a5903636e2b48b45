"""Wheel and sdist hold everything, and nothing that is not the project's; the version is the tag."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import made_package

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = ("docs", "inventories", "lab", "playbooks", "plugins", "roles")


def _wheel_names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_has_every_file_of_the_project(tree: Path, wheel: Path) -> None:
    packed = _wheel_names(wheel)
    wanted = {f"rollback_runner/{name}" for name in _names(tree / "rollback_runner")}
    for part in CONTENT:
        wanted |= {f"rollback_runner/_content/{part}/{name}" for name in _names(tree / part)}
    wanted |= {f"rollback_runner/_content/{name}" for name in ("ansible.cfg", "CHANGELOG.md", "LICENSE", "README.md")}
    assert wanted - packed == set()
    assert {"rollback_runner/_content/playbooks/emergency.yml"} <= packed
    strangers = {name for name in packed - wanted if ".dist-info/" not in name}
    assert strangers <= {"rollback_runner/_content/README.ko.md"}


def test_a_site_of_ones_own_never_travels_with_a_package(tree: Path, tmp_path: Path) -> None:
    mine = tmp_path / "project"
    shutil.copytree(tree, mine)
    (mine / "inventories" / "shop").mkdir()
    (mine / "inventories" / "shop" / "hosts.yml").write_text("my: own\n")
    (mine / "runs").mkdir()
    (mine / "runs" / "journal.jsonl").write_text("{}\n")
    wheel = made_package.build(mine, tmp_path / "dist", "wheel")
    assert not [name for name in _wheel_names(wheel) if "inventories/shop" in name or "/runs/journal" in name]
    with tarfile.open(made_package.build(mine, tmp_path / "dist", "sdist")) as sdist:
        assert not [name for name in sdist.getnames() if "inventories/shop" in name or "/runs/journal" in name]


def test_the_sdist_has_the_whole_tree_and_builds_the_same_wheel(
    tree: Path, wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    subprocess.run(["tar", "-xf", str(sdist), "-C", str(tmp_path)], check=True)
    unpacked = next(tmp_path.iterdir())
    assert _names(tree) - _names(unpacked) == set()
    again = made_package.build(unpacked, tmp_path / "again", "wheel")
    assert again.name == wheel.name
    assert _wheel_names(again) == _wheel_names(wheel)


def test_the_version_is_the_tag_and_without_one_it_still_builds(tree: Path, sdist: Path, tmp_path: Path) -> None:
    assert sdist.name == "rollback_runner-0.1.0.dev0.tar.gz"
    mine = tmp_path / "project"
    shutil.copytree(tree, mine)
    git = ["git", "-C", str(mine), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], check=True)
    assert "-0.1.0.dev1+g" in made_package.build(mine, tmp_path / "no-tag", "sdist").name
    subprocess.run([*git, "tag", "v0.7.0"], check=True)
    assert made_package.build(mine, tmp_path / "tag", "sdist").name == "rollback_runner-0.7.0.tar.gz"
