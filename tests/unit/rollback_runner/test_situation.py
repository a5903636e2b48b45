"""Looks are kept for a while, and nothing that is wrong with this machine's disk keeps anybody from looking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.site import situation

if TYPE_CHECKING:
    from pathlib import Path


def test_a_look_is_kept_beside_the_runs(tmp_path: Path) -> None:
    with situation._place(tmp_path, "shop", ()) as (directory, kept):
        assert kept
        assert directory.parent == tmp_path / "looks"
    assert directory.is_dir()
    assert not (tmp_path / "runs").exists()


def test_where_nothing_can_be_kept_it_is_looked_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "looks").write_text("in the way")
    with situation._place(tmp_path, "shop", ()) as (directory, kept):
        assert not kept
        assert directory.is_dir()
    assert not directory.exists()


def test_only_the_newest_looks_stay_and_what_is_not_ours_too(tmp_path: Path) -> None:
    shelf = tmp_path / "looks"
    for day in range(1, 29):
        for hour in (1, 2):
            (shelf / f"202601{day:02d}T{hour:02d}0000Z-shop-situation").mkdir(parents=True)
    (shelf / "mine").mkdir()
    with situation._place(tmp_path, "shop", ()) as (directory, _):
        pass
    left = sorted(path.name for path in shelf.iterdir())
    assert len(left) == 31
    assert {"mine", directory.name} <= set(left)
    assert "20260101T010000Z-shop-situation" not in left
