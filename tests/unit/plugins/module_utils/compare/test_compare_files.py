"""The files a comparison keeps: ledger, manifest, signature; and what people read."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from failback.compare import signature
from failback.compare.chunks import Chunk
from failback.compare.definitions import Definition
from failback.compare.digests import Sums
from failback.compare.ledger import Ledger
from failback.compare.manifest import ChunkEntry, Manifest, TableEntry
from failback.compare.model import Comparison, RowDifference, TableResult
from failback.compare.options import Options
from failback.compare.progress import Progress, Snapshot
from failback.compare.render import readable
from failback.compare.tables import Table
from failback.errors import ConfigError, DamagedError
from failback.row_digest import Column

if TYPE_CHECKING:
    from pathlib import Path

ID = Column("id", "int", "int", nullable=False, collation="", default="NULL", extra="", generated="")
TABLE = Table("s", "t", (ID,), ("id",), "PRIMARY", 10, 10)
SUMS = Sums(3, "AB" * 32)


def test_a_ledger_remembers_what_was_equal(tmp_path: Path) -> None:
    path = tmp_path / "compare" / "ledger.jsonl"
    first = Ledger(path, {"plan": 1})
    first.keep_equal(Chunk(TABLE, None, ("5",)), SUMS)
    first.keep_bounds("s.t", [("5",)])
    first.close()
    again = Ledger(path, {"plan": 1})
    assert again.proven(Chunk(TABLE, None, ("5",))) == SUMS
    assert again.proven(Chunk(TABLE, ("5",), None)) is None
    assert again.bounds("s.t") == [("5",)]


def test_a_ledger_of_another_plan_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path, {"positions": "a"}).keep_equal(Chunk(TABLE), SUMS)
    assert Ledger(path, {"positions": "b"}).proven(Chunk(TABLE)) is None
    assert Ledger(path, {"positions": "a"}).proven(Chunk(TABLE)) is None, "the other plan has replaced it"


def test_a_line_cut_short_counts_as_not_written_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    first = Ledger(path, {})
    first.keep_equal(Chunk(TABLE, None, ("5",)), SUMS)
    first.keep_equal(Chunk(TABLE, ("5",), None), SUMS)
    first.close()
    path.write_bytes(path.read_bytes()[:-20])
    second = Ledger(path, {})
    assert second.proven(Chunk(TABLE, None, ("5",))) == SUMS
    assert second.proven(Chunk(TABLE, ("5",), None)) is None
    second.keep_equal(Chunk(TABLE, ("5",), None), SUMS)
    second.close()
    assert Ledger(path, {}).proven(Chunk(TABLE, ("5",), None)) == SUMS


def a_manifest() -> Manifest:
    definition = Definition("table", "s.t", {("column", "id"): "`id` int"})
    chunks = (ChunkEntry(None, ("5",), SUMS), ChunkEntry(("5",), None, Sums()))
    entry = TableEntry("s.t", ("id",), "PRIMARY", chunks)
    return Manifest(
        "uuid", "9.7.4", "u:1-5", "2026-01-01T00:00:00+00:00", ("s",), {("table", "s.t"): definition}, {"s.t": entry}
    )


def test_a_manifest_comes_back_as_it_was() -> None:
    assert Manifest.from_json(a_manifest().to_json()) == a_manifest()
    assert a_manifest().rows == 3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[:-40], "cut short"),
        (lambda text: text[:0] + "{}", "is missing"),
        (lambda text: text.replace('"rows": 3', '"rows": 4'), "contradicts itself about s.t"),
        (lambda text: text.replace("`id` int", "`id` bigint"), "the definition of s.t was changed"),
        (lambda text: text.replace('"position"', '"positron"'), "lacks a part"),
    ],
)
def test_a_spoiled_manifest_is_refused(spoil: object, said: str) -> None:
    with pytest.raises(DamagedError, match=said):
        Manifest.from_json(spoil(a_manifest().to_json()))  # type: ignore[operator]


@pytest.fixture(name="signed")
def _signed(tmp_path: Path) -> Path:
    for name in ("key", "other"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(argv, check=True, timeout=20)
    public = (tmp_path / "key.pub").read_text()
    (tmp_path / "signers").write_text(f'backup@example.org namespaces="{signature.NAMESPACE}" {public}')
    path = tmp_path / "manifest.json"
    path.write_text("{}")
    signature.sign(path, tmp_path / "key")
    return path


def test_a_signature_holds_and_names_the_signer(signed: Path) -> None:
    assert signature.verify(signed, signed.parent / "signers") == "backup@example.org"


def test_a_changed_file_a_foreign_key_and_a_missing_signature_are_told_apart(signed: Path) -> None:
    signers = signed.parent / "signers"
    signed.write_text("{ }")
    with pytest.raises(DamagedError, match="changed after it was signed"):
        signature.verify(signed, signers)
    signature.sign(signed, signed.parent / "other")
    with pytest.raises(DamagedError, match="does not name"):
        signature.verify(signed, signers)
    signature.signature_of(signed).unlink()
    with pytest.raises(DamagedError, match="is not signed"):
        signature.verify(signed, signers)
    with pytest.raises(ConfigError, match="no signing key"):
        signature.sign(signed, signed.parent / "absent")


def content(idc: object, aws: object) -> list[str]:
    images = ({"id": 1, "v": value} for value in (idc, aws))
    return readable(RowDifference("s.t", "content", ("1",), ("id",), *images))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("idc", "aws", "line"),
    [
        (None, "", "s.t id=1: v: IDC NULL | RDS ''"),
        (0.0, -0.0, "s.t id=1: v: IDC 0.0 | RDS -0.0"),
        (b"\xff", b"", "s.t id=1: v: IDC 0xff | RDS 0x"),
        ("a\n", "a", "s.t id=1: v: IDC 'a\\n' | RDS 'a'"),
        (dt.date(2026, 1, 2), dt.date(2026, 1, 1), "s.t id=1: v: IDC 2026-01-02 | RDS 2026-01-01"),
    ],
)
def test_values_that_look_alike_are_told_apart(idc: object, aws: object, line: str) -> None:
    assert content(idc, aws) == [line]


def test_long_values_are_cut_around_the_difference() -> None:
    (line,) = content("x" * 5000 + "A" + "y" * 5000, "x" * 5000 + "B" + "y" * 5000)
    assert "xxxA" in line
    assert "xxxB" in line
    assert "(10001 characters)" in line
    assert len(line) < 300


def test_equal_means_that_everything_was_compared() -> None:
    assert not Comparison([], [], {}).equal
    assert not Comparison([TableResult("s.t", "m")], [], {}).equal
    assert Comparison([TableResult("s.t", "m", compared=True)], [], {}).equal
    assert not Comparison([TableResult("s.t", "m", compared=True, content=1)], [], {}).equal
    assert Comparison([TableResult("s.t", "m", compared=True, content=1, explained=1)], [], {}).equal


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="FINAL"):
        Options(mode="explained")
    with pytest.raises(ConfigError, match="workers"):
        Options(workers=0)


def test_progress_is_a_file_that_is_always_whole(tmp_path: Path) -> None:
    seen: list[Snapshot] = []
    progress = Progress(budget=0.000001, file=tmp_path / "progress.json", tell=seen.append)
    progress.begin("rows", 100)
    progress.add(60, earlier=True)
    progress.begin("done")
    told = json.loads((tmp_path / "progress.json").read_text())
    assert (told["stage"], told["done"], told["total"], told["breach"]) == ("done", 60, 100, True)
    assert [snapshot.stage for snapshot in seen] == ["rows", "done"]
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]
