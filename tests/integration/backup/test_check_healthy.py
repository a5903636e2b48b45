"""What is well passes TECH-02, whatever tool and options it was made with: one look at all of them, no finding."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import shell_dump
import zstandard
from damages import WELL
from failback.restore.source import open_source
from failback.restore.verify_manifest import Manifest, write_manifest
from look_at import Looked, look_at
from test_backup_reading import as_mydumper_load_data

if TYPE_CHECKING:
    from pathlib import Path

    from backup_origin import Origin

DUMPS = {
    "usual": ("--routines", "--events"),
    "source data": ("--source-data=2", "--routines", "--events"),
    "hex": ("--hex-blob",),
    "hex single": ("--hex-blob", "--skip-extended-insert"),
    "complete": ("--complete-insert", "--order-by-primary", "--net-buffer-length=16K"),
    "single": ("--skip-extended-insert",),
    "replace": ("--replace",),
    "binary": ("--default-character-set=binary",),
    "no locks": ("--skip-add-locks", "--skip-disable-keys"),
    "no drop": ("--skip-add-drop-table", "--skip-tz-utc"),
    "insert ignore": ("--insert-ignore", "--no-autocommit"),
}
PACKED = {"gzip": "gzip -1", "zstd": "zstd -1 -q"}


@pytest.fixture(scope="module")
def healthy(origin: Origin, dump: bytes, position: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Backups of all formats, each made with its own options."""
    folder = tmp_path_factory.mktemp("healthy")
    made = {f"mysqldump, {name}": origin.dump(f"h {name}.sql".replace(" ", "-"), *o) for name, o in DUMPS.items()}
    for name, pipe in PACKED.items():
        made[f"mysqldump, {name}"] = origin.dump(f"h.{name}", "--routines", "--events", pipe=pipe)
    for number, (name, change) in enumerate(WELL.items()):
        made[name] = folder / f"well-{number}"
        made[name].write_bytes(change(dump))
    (origin.folder / "h-each").mkdir()
    origin.dump("h-each/nasty.sql.gz", pipe="gzip -1")
    origin.dump("h-each/other.sql.gz", database="'we`ird-db.1'", pipe="gzip -1")
    made["a file for each database"] = origin.folder / "h-each"
    made["tab"] = origin.tab("h-tab")
    made["mydumper"] = origin.mydumper("h-mydumper", "-c", "-t", "2")
    made["mydumper, rows cut"] = origin.mydumper("h-mydumper-rows", "-r", "5000")
    made["mydumper, load data"] = as_mydumper_load_data(origin, made["tab"], origin.folder / "h-load-data")
    text = (made["mydumper, load data"] / "metadata").read_text()
    text = text.replace("22222222-2222-4222-8222-222222222222:1-5", position)
    (made["mydumper, load data"] / "metadata").write_text(text)
    made["shell"] = shell_dump.write(origin.server, origin.folder / "h-shell", ["nasty"])
    made["shell, packed again"] = packed_again(made["shell"], folder / "shell")
    for name in ("mydumper", "mydumper, rows cut"):  # 0.10 cannot read the position of a server this new
        write_manifest(open_source(str(made[name])), made[name] / "manifest.json", Manifest({}, gtid=position))
    return made


def packed_again(shell: Path, target: Path) -> Path:
    """Unpack a chunk and pack it harder, as somebody saves room by hand: other bytes, the same rows."""
    shutil.copytree(shell, target)
    for path in target.glob("*many@*.zst"):
        text = zstandard.decompress(path.read_bytes(), max_output_size=1 << 26)
        path.write_bytes(zstandard.ZstdCompressor(level=9).compress(text))
    return target


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory, healthy: dict[str, Path], position: str) -> Looked:
    """One look at all of them, asked for everything but proofs."""
    sources = [{"name": name, "url": str(path)} for name, path in healthy.items()]
    folder = tmp_path_factory.mktemp("site")
    return look_at(folder, sources, played=True, db_cutover_gtid=position, backup_rpo=86400, site_timezone="UTC")


def test_at_least_twenty_are_looked_at(healthy: dict[str, Path]) -> None:
    assert len(healthy) >= 20


def test_all_are_usable_and_nothing_is_a_blocker(looked: Looked, healthy: dict[str, Path]) -> None:
    assert looked.keys("blocker") == set()
    verdicts = {name: looked.source(name)["verdict"] for name in healthy}
    assert [name for name, verdict in verdicts.items() if verdict != "usable"] == []
    assert looked.result["after"]["name"] == next(iter(healthy))
    assert looked.result["evidence"]["verdict"] == "usable"


def test_what_is_said_of_them_is_true(looked: Looked) -> None:
    """Only what the tools themselves left out, or did not say, may be pointed at."""
    said = {one["key"].rsplit(":", 1)[0]: one for one in looked.findings if one["severity"] == "warning"}
    assert {key.rsplit(":", 1)[1] for key in looked.keys("warning")} <= {"remarks"}
    expected = {"backup:mydumper", "backup:mydumper, rows cut", "backup:mysqldump, no drop"}
    expected |= {"backup:a warning about the password first", "backup:two dumps behind each other"}
    expected |= {"backup:a file for each database"}
    assert set(said) <= expected | {"backup:tab"}, said
