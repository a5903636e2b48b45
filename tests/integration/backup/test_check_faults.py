"""What a whole backup can still be: too old, too small, of another server, locked, or cut off from the cut-over."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import chains
import pytest
from failback.restore.source import open_source
from failback.restore.verify_manifest import Manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chains import Past
    from look_at import Looked

    Check = Callable[..., Looked]

SHOP = {"db_schemas": ["shop"]}


def source(name: str, path: Path) -> dict[str, Any]:
    return {"name": name, "url": str(path)}


def archived(past: Past, folder: Path) -> Path:
    shutil.copytree(past.binlogs, folder / "binlogs")
    return folder / "binlogs"


def taken(path: Path, ago: timedelta, target: Path) -> Path:
    """Copy a dump that says it was taken a while ago."""
    moment = datetime.now(UTC) - ago
    text = path.read_bytes()
    start = text.rindex(b"-- Dump completed on ")
    target.write_bytes(text[:start] + f"-- Dump completed on {moment:%Y-%m-%d %H:%M:%S}\n".encode())
    return target


def test_a_backup_that_is_well_passes_with_its_chain(past: Past, check: Check) -> None:
    sources = [source("new", past.new), source("old", past.old)]
    more = {"db_cutover_gtid": past.cutover, "backup_binlogs": {"url": str(past.binlogs)}}
    found = check(sources, played=True, **more, **SHOP)
    assert not found.failed
    assert found.keys("blocker", "warning") == set()
    assert found.result["changed"] is False
    assert found.result["after"]["name"] == "new"
    assert found.source("new")["binlogs"] == {**found.source("new")["binlogs"], "unbroken": True, "transactions": 5}
    assert found.source("old")["binlogs"]["transactions"] == 15
    assert found.source("old")["rows"] == 6000


def test_too_old_is_a_warning_and_refused_on_demand(past: Past, check: Check, tmp_path: Path) -> None:
    sources = [source("nightly", taken(past.new, timedelta(hours=30), tmp_path / "b.sql"))]
    more = {**SHOP, "db_cutover_gtid": past.cutover, "backup_binlogs": {"url": str(past.binlogs)}}
    found = check(sources, backup_rpo=86400, site_timezone="UTC", **more)
    assert found.keys("warning") == {"backup:nightly:too_old"}
    assert (
        "30.0 hours ago; the recovery point objective is 24.0 hours" in found.of("backup:nightly:too_old")["sentence"]
    )
    found = check(sources, backup_rpo=200_000, site_timezone="UTC", **more)
    assert found.keys("warning") == set()
    found = check(sources, backup_refuse_older=True, backup_max_age=86400, site_timezone="UTC", **more)
    assert found.keys("blocker") == {"backup:nightly:too_old"}


def halved(path: Path, target: Path) -> Path:
    """Leave out the second half of a table's rows, as a dump with --where does; whole in every other way."""
    text = path.read_bytes()
    start = text.index(b"INSERT INTO `orders`")
    end = text.index(b";\n", start)
    target.write_bytes(text[: text.index(b"),(1501,", start) + 1] + text[end:])
    return target


def test_half_the_usual_size_is_found_by_history(past: Past, check: Check, tmp_path: Path) -> None:
    backup = tmp_path / "b.sql"
    shutil.copyfile(past.old, backup)
    assert check([source("nightly", backup)], **SHOP).keys("warning") == set()
    shutil.copyfile(past.new, backup)
    assert check([source("nightly", backup)], **SHOP).keys("warning") == set()
    halved(past.new, backup)
    found = check([source("nightly", backup)], rehearse=True, **SHOP)
    assert found.keys("warning") == {"backup:nightly:small", "backup:nightly:tables_small"}
    assert "58% of what is usual (6,005, by 2 earlier backups)" in found.of("backup:nightly:small")["sentence"]
    assert "shop.orders has 1,500 of 4,005 rows" in found.of("backup:nightly:tables_small")["sentence"]
    known = json.loads((tmp_path / "proofs" / "shop-db.sizes.json").read_text())
    assert len(known["sources"]["nightly"]) == 2  # a rehearsal remembers nothing
    assert (tmp_path / "proofs" / "shop-db.sizes.json").stat().st_mode & 0o777 == 0o600


def test_half_the_usual_size_is_found_by_siblings(past: Past, check: Check, tmp_path: Path) -> None:
    small = halved(past.new, tmp_path / "small.sql")
    found = check([source("small", small), source("whole", past.new)], **SHOP)
    assert found.keys("warning") == {"backup:small:small"}
    assert "by 1 other source" in found.of("backup:small:small")["sentence"]


def test_sizes_that_cannot_be_read_are_said_and_learned_again(past: Past, check: Check, tmp_path: Path) -> None:
    (tmp_path / "proofs").mkdir()
    (tmp_path / "proofs" / "shop-db.sizes.json").write_text("{")
    assert check([source("n", past.new)], **SHOP).keys("warning") == {"backup:sizes_unreadable"}
    assert check([source("n", past.new)], **SHOP).keys("warning") == set()


OTHER = "99999999-9999-4999-8999-999999999999"


def test_another_servers_backup_is_unusable(past: Past, check: Check, tmp_path: Path) -> None:
    other = tmp_path / "other.sql"
    other.write_bytes(past.new.read_bytes().replace(past.uuid.encode(), OTHER.encode()))
    strayed = tmp_path / "strayed.sql"
    text = past.new.read_bytes()
    start = text.index(past.uuid.encode())
    strayed.write_bytes(text[:start] + f"{OTHER}:1-7,\n".encode() + text[start:])
    more = {**SHOP, "db_cutover_gtid": past.cutover, "backup_binlogs": {"url": str(past.binlogs)}}
    found = check([source("other", other), source("copy", strayed), source("own", past.new)], **more)
    assert found.result["after"]["name"] == "own"
    assert found.source("other")["verdict"] == found.source("copy")["verdict"] == "unusable"
    assert f"its history is of {OTHER}, that of IDC of {past.uuid}" in found.of("backup:other:other_server")["sentence"]
    assert "holds 7 transactions IDC never had" in found.of("backup:copy:other_server")["sentence"]
    alone = check([source("other", other)], **more)
    assert "backup:other:other_server" in alone.keys("blocker")


def test_a_backup_from_after_the_cut_over_is_named(past: Past, check: Check) -> None:
    found = check([source("late", past.late)], db_cutover_gtid=past.cutover, **SHOP)
    assert found.keys("warning") == {"backup:late:after_cutover"}
    assert "holds 3 transactions that IDC did not have" in found.of("backup:late:after_cutover")["sentence"]


def gap(binlogs: Path) -> None:
    sorted(binlogs.glob("binlog.*"))[1].unlink()
    chains.index(binlogs)


def first(binlogs: Path) -> None:
    min(binlogs.glob("binlog.*")).unlink()
    chains.index(binlogs)


def last(binlogs: Path) -> None:
    max(binlogs.glob("binlog.*")).unlink()
    chains.index(binlogs)


def cut(binlogs: Path) -> None:
    path = sorted(binlogs.glob("binlog.*"))[1]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    chains.index(binlogs)


def renumbered(binlogs: Path) -> None:
    """Leave no gap in the names where a file is missing: the sets of transactions still tell."""
    path = sorted(binlogs.glob("binlog.*"))
    path[1].unlink()
    path[2].rename(path[1])
    chains.index(binlogs)


def changed(binlogs: Path) -> None:
    path = sorted(binlogs.glob("binlog.*"))[1]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)


CHAIN: list[tuple[Callable[[Path], None], str]] = [
    (gap, "1 file(s) between"),
    (first, "the archive begins too late"),
    (last, "the archive ends too early"),
    (cut, "is cut"),
    (renumbered, "transactions that"),
    (changed, "checksum"),
]


@pytest.mark.parametrize(("damage", "words"), CHAIN, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_chain_is_found(
    past: Past, check: Check, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    binlogs = archived(past, tmp_path)
    damage(binlogs)
    sources = [source("old", past.old)]
    found = check(sources, db_cutover_gtid=past.cutover, backup_binlogs={"url": str(binlogs)}, **SHOP)
    finding = found.of("backup:old:binlog_chain")
    assert finding["severity"] == "blocker"
    assert words in finding["sentence"]
    assert found.source("old")["binlogs"]["unbroken"] is False


def test_a_newer_backup_needs_less_of_the_chain(past: Past, check: Check, tmp_path: Path) -> None:
    binlogs = archived(past, tmp_path)
    first(binlogs)
    sources = [source("old", past.old), source("new", past.new)]
    found = check(sources, db_cutover_gtid=past.cutover, backup_binlogs={"url": str(binlogs)}, **SHOP)
    assert found.result["after"]["name"] == "new"
    assert found.of("backup:old:binlog_chain")["severity"] == "warning"


def test_no_archive_one_that_is_gone_and_no_position(past: Past, check: Check, tmp_path: Path) -> None:
    found = check([source("old", past.old)], db_cutover_gtid=past.cutover, **SHOP)
    assert "15 transactions lie between" in found.of("backup:old:binlogs_missing")["sentence"]
    gone = {"url": str(tmp_path / "gone")}
    found = check([source("old", past.old)], db_cutover_gtid=past.cutover, backup_binlogs=gone, **SHOP)
    assert found.of("backup:old:binlog_chain")["severity"] == "blocker"
    plain = tmp_path / "plain.sql"
    text = past.old.read_bytes()
    start = text.index(b"SET @@GLOBAL.GTID_PURGED")
    plain.write_bytes(text[:start] + text[text.index(b";\n", start) + 2 :])
    found = check([source("plain", plain)], db_cutover_gtid=past.cutover, **SHOP)
    assert found.of("backup:plain:no_position")["severity"] == "blocker"
    write_manifest(open_source(str(plain)), tmp_path / "plain.sql.manifest.json", Manifest({}, gtid=past.cutover))
    assert check([source("plain", plain)], db_cutover_gtid=past.cutover, **SHOP).keys("blocker") == set()


def test_nothing_there_and_out_of_reach_end_no_play(past: Past, check: Check, tmp_path: Path) -> None:
    sources = [
        source("gone", tmp_path / "gone"),
        {"name": "far", "url": "ssh://nowhere.invalid/backups"},
        {"name": "bucket", "url": "s3://bucket/prefix"},
        source("new", past.new),
    ]
    s3 = {"region": "ap-northeast-2", "endpoint_url": "http://127.0.0.1:1", "credentials_file": "", "profile": ""}
    found = check(sources, backup_s3=s3, **SHOP)
    assert not found.failed
    assert {"backup:gone:missing", "backup:far:unreachable"} <= found.keys("warning")
    assert any(key.startswith("backup:bucket:") for key in found.keys("warning"))
    assert found.result["after"]["name"] == "new"


def test_no_source_blocks_where_the_strategy_restores(check: Check) -> None:
    assert check([], **SHOP).keys("blocker") == {"backup:no_source"}
    assert check([], site_strategy="switch-first", **SHOP).keys("warning") == {"backup:no_source"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"sources": [{"name": "x"}]}, "must have name and url"),
        ({"sources": [{"name": "x", "url": "ftp://a/b"}]}, "no such kind of source"),
        ({"db_cutover_gtid": "not-a-set"}, "not a GTID set"),
        ({"backup_decrypt": {"pgp": {}}}, "backup_decrypt.pgp is not known"),
        ({"backup_decrypt": {"age": {"password_file": "/x"}}}, "age takes key_file"),
    ],
)
def test_bad_input_is_one_sentence(check: Check, variables: dict[str, Any], words: str) -> None:
    given = dict(variables)
    found = check(given.pop("sources", []), **{**SHOP, **given})
    assert words in found.failed
