"""Each damage a backup can have is done to a real one and must be named; what only looks like damage must pass."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import shell_dump
from damages import DAMAGES, DIRECTORY_DAMAGES, WELL
from failback.restore.source import open_source
from failback.restore.verify import Expected, Verified, verify
from failback.restore.verify_manifest import Manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backup_origin import Origin

EXPECTED = Expected(("nasty",), "9.7.4")


def judged(path: Path, expected: Expected = EXPECTED) -> Verified:
    return verify(open_source(str(path)), expected)


def fatal(found: Verified) -> str:
    return "\n".join(f"{one.file}: {one.text}" for one in found.findings if one.severity == "fatal")


@pytest.fixture(scope="session")
def dump(origin: Origin) -> bytes:
    """A sound dump that quotes error messages and trailers in its data (table ``texts``)."""
    return origin.dump("sound.sql", "--routines", "--events", "--net-buffer-length=64K").read_bytes()


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_a_dump_is_named(dump: bytes, tmp_path: Path, damage: str) -> None:
    change, words = DAMAGES[damage]
    path = tmp_path / "backup"
    path.write_bytes(change(dump))
    found = judged(path)
    assert not found.sound
    assert words in fatal(found)


@pytest.mark.parametrize("text", ["no-utf8", "field-lost", "cut-in-a-row", "error-between"])
def test_damaged_packing_is_named_before_what_it_made_of_the_text(dump: bytes, tmp_path: Path, text: str) -> None:
    garbled = gzip.compress(DAMAGES[text][0](dump), 1)
    path = tmp_path / "backup"
    path.write_bytes(garbled[:-8] + gzip.compress(dump, 1)[-8:])  # the sound text's checksum: what a flipped byte does
    worst = next(one for one in judged(path).findings if one.severity == "fatal")
    assert "the gzip data is damaged" in worst.text


@pytest.mark.parametrize("how", WELL)
def test_what_is_well_passes(dump: bytes, tmp_path: Path, how: str) -> None:
    path = tmp_path / "backup"
    path.write_bytes(WELL[how](dump))
    found = judged(path)
    assert found.sound, fatal(found)
    assert found.rows["nasty.many"] == 30_000


def test_a_narrow_character_set_is_named(origin: Origin) -> None:
    path = origin.dump("latin1.sql", "--default-character-set=latin1")
    assert "were replaced by ?" in fatal(judged(path))


def test_age_is_named_and_refused_only_on_demand(dump: bytes, tmp_path: Path) -> None:
    (tmp_path / "b.sql").write_bytes(dump)
    later = datetime.now(UTC) + timedelta(days=3)
    named = judged(tmp_path / "b.sql", Expected(("nasty",), max_age=86400, now=later))
    assert named.sound
    assert any("3.0 days ago" in one.text for one in named.findings)
    assert not judged(tmp_path / "b.sql", Expected(("nasty",), max_age=86400, now=later, refuse_older=True)).sound


def test_a_manifest_finds_what_nothing_else_can(dump: bytes, tmp_path: Path) -> None:
    path, manifest = tmp_path / "b.sql", tmp_path / "b.sql.manifest.json"
    path.write_bytes(dump)
    rows = {"nasty.many": 30_000}
    write_manifest(open_source(str(path)), manifest, Manifest({}, rows, taken_at="2026-01-01T00:00:00+00:00"))
    found = judged(path)
    assert found.sound
    assert found.vouched
    assert found.backup is not None
    assert found.backup.taken_at == "2026-01-01T00:00:00+00:00"
    path.write_bytes(dump.replace(b"'row 15000'", b"'row 15001'", 1))
    assert "SHA-256 differs" in fatal(judged(path))
    start = dump.index(b"INSERT INTO `many`")
    path.write_bytes(dump[:start] + dump[dump.index(b"\n", start) + 1 :])
    write_manifest(open_source(str(path)), manifest, Manifest({}, rows))
    assert "says that nasty.many has 30000 rows" in fatal(judged(path))
    manifest.write_text("{")
    assert "is no manifest" in fatal(judged(path))


def test_a_manifest_vouches_for_a_compact_dump(origin: Origin) -> None:
    path = origin.dump("compact.sql", "--compact")
    assert "that it is whole" in fatal(judged(path))
    write_manifest(open_source(str(path)), origin.folder / "compact.sql.manifest.json")
    assert judged(path).sound
    (origin.folder / "compact.sql.manifest.json").unlink()


def test_tables_without_rows_but_with_a_counter_are_pointed_at(dump: bytes, tmp_path: Path) -> None:
    start = dump.index(b"INSERT INTO `texts`")
    (tmp_path / "b.sql").write_bytes(dump[:start] + dump[dump.index(b"\n", start) + 1 :])
    found = judged(tmp_path / "b.sql")
    assert any("nasty.texts has no rows, though its counter" in one.text for one in found.findings)


@pytest.fixture(scope="session")
def directories(origin: Origin) -> dict[str, Path]:
    """One sound directory of each kind."""
    return {
        "tab": origin.tab("damage-tab"),
        "mydumper": origin.mydumper("damage-mydumper", "-F", "1", "-s", "50000"),
        "shell": shell_dump.write(origin.server, origin.folder / "damage-shell", ["nasty"]),
    }


@pytest.mark.parametrize(("kind", "damage", "words"), DIRECTORY_DAMAGES)
def test_damage_to_a_directory_is_named(
    directories: dict[str, Path], tmp_path: Path, kind: str, damage: Callable[[Path], None], words: str
) -> None:
    folder = tmp_path / "backup"
    shutil.copytree(directories[kind], folder)
    damage(folder)
    found = judged(folder)
    assert not found.sound
    assert words in fatal(found)


def test_text_that_tab_does_not_escape_is_named(origin: Origin) -> None:
    assert "nasty.wide.u (utf16)" in fatal(judged(origin.tab("tab-wide", "")))


def test_an_empty_file_among_dumps_is_named(dump: bytes, tmp_path: Path) -> None:
    (tmp_path / "nasty.sql").write_bytes(dump)
    (tmp_path / "other.sql").write_bytes(b"")
    assert "other.sql: is empty" in fatal(judged(tmp_path))


def test_nothing_there(tmp_path: Path) -> None:
    assert "holds no file" in fatal(judged(tmp_path))
    assert "there is no backup" in fatal(judged(tmp_path / "missing"))
