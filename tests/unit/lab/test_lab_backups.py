"""The lab's backups, without a server: put back as they were, and seen by the database host alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lab import backups, hosts
from lab.images import Images
from lab.paths import LabPaths
from lab.topology import HOSTS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_reset_puts_back_what_a_drill_damaged(tmp_path: Path) -> None:
    pristine, live = tmp_path / "pristine", tmp_path / "live"
    (pristine / "nightly").mkdir(parents=True)
    (pristine / "nightly" / "shop.sql.gz").write_text("whole")
    backups.restore(pristine, live)
    (live / "nightly" / "shop.sql.gz").write_text("half")
    (live / "left").mkdir()
    (live / "stray").write_text("x")
    backups.restore(pristine, live)
    assert (live / "nightly" / "shop.sql.gz").read_text() == "whole"
    assert (pristine / "nightly" / "shop.sql.gz").read_text() == "whole"
    assert sorted(path.name for path in live.iterdir()) == ["nightly"]


def test_a_lab_from_before_there_were_backups_can_be_reset(tmp_path: Path) -> None:
    backups.restore(tmp_path / "nowhere", tmp_path / "live")
    assert not (tmp_path / "live").exists()


def test_the_listing_names_every_file_but_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(b"abc")
    (tmp_path / "manifest.json").write_text(json.dumps({}))
    assert backups._files(tmp_path) == [
        {
            "name": "sub/a.txt",
            "size": 3,
            "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        }
    ]


def test_only_the_database_host_sees_them(tmp_path: Path) -> None:
    paths = LabPaths(tmp_path)
    images = Images(host="h", mysql="m", users={})
    seeing = [
        host.name
        for host in HOSTS
        if any(target == backups.INSIDE for _, target, _ in hosts.host_spec(paths, images, host).mounts)
    ]
    assert seeing == ["idc-db1"]
