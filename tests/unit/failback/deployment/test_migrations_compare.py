"""The table against the files: every tool's own way, without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from failback.deployment.migrations import alembic, drizzle, flyway
from failback.deployment.migrations.compare import compare
from failback.deployment.migrations.table import rows_of
from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.deployment.migrations.compare import Compared
    from failback.deployment.migrations.files import Shelf
    from failback.deployment.migrations.gate import Row

MATERIAL = Path(__file__).resolve().parents[3] / "fixtures" / "migrations"
TARGET, LIVE, OTHER = "a" * 40, "b" * 40, "c" * 40


def flyway_row(rank: int, version: str | None, content: bytes, told: str = "", **more: object) -> dict[str, object]:
    """Return a row as Flyway writes it."""
    row: dict[str, object] = {"installed_rank": rank, "version": version, "description": told, "type": "SQL"}
    return row | {"checksum": flyway.checksum(content), "installed_on": "2026-11-22 10:00:00", "success": 1} | more


def flyway_shelf(commit: str, files: Mapping[str, bytes]) -> Shelf:
    """Return a commit's shelf."""
    return flyway.shelf(commit, "db", files)


ONE, TWO, TEN = b"CREATE TABLE a (i int);\n", b"ALTER TABLE a ADD j int;\n", b"DROP TABLE a;\n"
OLD = {"V1__one.sql": ONE, "V2__two.sql": TWO}
NEW = {**OLD, "V10__ten.sql": TEN}


def test_drizzle_material_is_read_as_the_migrators_wrote_it() -> None:
    """Hash and time of every real row are those of the file it came from."""
    rows = json.loads((MATERIAL / "rows.json").read_text(encoding="utf-8"))
    for name, kept in rows.items():
        place = MATERIAL / name
        files = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
        shelf = drizzle.shelf(TARGET, "drizzle", files)
        assert [one["hash"] in file.digests for one, file in zip(kept, shelf.files, strict=True)] == [True] * 3
        if "upgraded" not in name:
            assert [one["created_at"] for one in kept] == [file.when for file in shelf.files]
        found = compare("drizzle", rows_of("drizzle", kept), [shelf])
        assert found.newest is not None
        assert (found.newest.file, found.ahead, found.unknown, found.pending) == (shelf.files[2], (), (), ())


def test_drizzle_refuses_a_journal_it_cannot_read() -> None:
    """What cannot be read is no empty list."""
    for content in (b"no", b"[]", b'{"entries": [{"idx": 0}]}'):
        with pytest.raises(RefusedError, match="look at it before going on"):
            drizzle.shelf(TARGET, "drizzle", {drizzle.JOURNAL: content})


def test_drizzle_tells_a_lost_file_and_a_forked_chain() -> None:
    """The journal names a file that is not there; two branches made snapshots beside each other."""
    entries = [{"idx": number, "when": number + 1, "tag": f"000{number}_x"} for number in range(2)]
    snapshots = [json.dumps({"id": name, "prevId": before}).encode() for name, before in (("b", "a"), ("c", "a"))]
    files = {
        drizzle.JOURNAL: json.dumps({"entries": entries}).encode(),
        "0000_x.sql": ONE,
        "meta/0000_snapshot.json": snapshots[0],
        "meta/0001_snapshot.json": snapshots[1],
    }
    assert drizzle.shelf(TARGET, "drizzle", files).odd == ("lost_file", "chain")


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        # Values computed by java.util.zip.CRC32 over the lines without their ends.
        (b"", 0),
        (b"a", -390611389),
        (b"a\r\nb\n", -1635563411),
        (b"ab", -1635563411),
        (b"\xef\xbb\xbfab", -1635563411),
        (b"a\rb", -1635563411),
        ("\n\na\u2028b\u00e9".encode(), -694803631),
    ],
)
def test_flyway_checksum(content: bytes, wanted: int) -> None:
    """A signed CRC-32 that does not know line ends and byte order marks."""
    assert flyway.checksum(content) == wanted


def test_flyway_versions() -> None:
    """They are numbers, not text."""
    assert flyway.version("1.10") > flyway.version("1.9")
    assert flyway.version("1.0") == flyway.version("1") == flyway.version("001")
    assert flyway.name_of("2_1", "x") == flyway.name_of("2.1", "y") == "V2.1"


def run_flyway(rows: list[dict[str, object]], target: Mapping[str, bytes], live: Mapping[str, bytes]) -> Compared:
    """Compare rows as Flyway writes them."""
    return compare("flyway", rows_of("flyway", rows), [flyway_shelf(TARGET, target), flyway_shelf(LIVE, live)])


def test_flyway_ahead_edited_unknown_and_failed() -> None:
    """A version that only the live code has; one with another checksum; one that nobody has; one that broke off."""
    rows = [flyway_row(1, "1", ONE), flyway_row(2, "2", TWO), flyway_row(3, "10", TEN)]
    found = run_flyway(rows, OLD, NEW)
    assert ([one.file.name for one in found.ahead], found.unknown, found.edited) == (["V10"], (), ())
    assert found.ahead[0].rows[0].key == {"installed_rank": 3}
    edited = run_flyway([rows[0], flyway_row(2, "2", b"other"), rows[2]], OLD, NEW)
    assert [at.file.name for _, at in edited.edited] == ["V2"]
    unknown = run_flyway([*rows, flyway_row(4, "11", b"x")], OLD, NEW)
    assert [row.name for row in unknown.unknown] == ["V11"]
    failed = run_flyway([*rows[:2], flyway_row(3, "10", TEN, success=0)], OLD, NEW)
    assert [(row.name, at is not None) for row, at in failed.failed] == [("V10", True)]
    assert failed.ahead == ()


def test_flyway_pending_skipped_baseline_and_undone() -> None:
    """Newer than everything is pending, older is passed over; a baseline covers what is below; an undo takes back."""
    files = {**OLD, "V1.5__half.sql": b"x"}
    found = run_flyway([flyway_row(1, "1", ONE), flyway_row(2, "2", TWO)], {**files, "V3__c.sql": b"c"}, files)
    assert ([one.name for one in found.pending], [one.name for one in found.skipped]) == (["V3"], ["V1.5"])
    baseline = flyway_row(1, "1.5", b"", type="BASELINE", checksum=None)
    covered = run_flyway([baseline, flyway_row(2, "2", TWO)], files, files)
    assert (covered.pending, covered.skipped, covered.unknown, covered.unrecorded) == ((), (), (), ())
    undone = run_flyway(
        [flyway_row(1, "1", ONE), flyway_row(2, "2", TWO), flyway_row(3, "2", b"", type="UNDO_SQL")], OLD, OLD
    )
    assert [one.name for one in undone.pending] == ["V2"]


def test_flyway_repeatable_ones() -> None:
    """A repeatable one whose newer text ran is ahead; one with placeholders has a checksum nobody can compute."""
    old, new = (
        {**OLD, "R__view.sql": b"CREATE VIEW v AS SELECT 1"},
        {**OLD, "R__view.sql": b"CREATE VIEW v AS SELECT 2"},
    )
    rows = [flyway_row(1, "1", ONE), flyway_row(2, "2", TWO)]
    found = run_flyway([*rows, flyway_row(3, None, old["R__view.sql"], "view")], old, new)
    assert (found.ahead, found.unknown) == ((), ())
    newer = run_flyway([*rows, flyway_row(3, None, new["R__view.sql"], "view")], old, new)
    assert [one.file.name for one in newer.ahead] == ["R view"]
    held = {**OLD, "R__view.sql": b"CREATE VIEW v AS SELECT ${x}"}
    ran = [*rows, flyway_row(3, None, b"any", "view")]
    assert run_flyway(ran, held, held).edited == ()
    assert [at.file.name for _, at in run_flyway(ran, held, new).edited] == ["R view"]


def revision(name: str, *parents: str, body: str = "pass") -> bytes:
    """Return a revision file."""
    down = repr(parents if len(parents) > 1 else parents[0] if parents else None)
    return f"revision: str = {name!r}\ndown_revision = {down}\n\ndef upgrade() -> None:\n    {body}\n".encode()


def alembic_shelf(commit: str, *files: bytes) -> Shelf:
    """Return a commit's revisions."""
    return alembic.shelf(commit, "versions", {f"{number}.py": content for number, content in enumerate(files)})


def heads(*names: str) -> tuple[Row, ...]:
    """Return what the table holds."""
    return rows_of("alembic", [{"version_num": name} for name in names])


A, B, C = revision("a"), revision("b", "a"), revision("c", "b")


def test_alembic_ahead_and_what_the_table_names_afterwards() -> None:
    """The table names the newest alone: the rest follows from the files."""
    found = compare("alembic", heads("c"), [alembic_shelf(TARGET, A), alembic_shelf(LIVE, A, B, C)])
    assert [one.file.name for one in found.ahead] == ["b", "c"]
    assert [one.rows[0].key for one in found.ahead] == [{}, {"version_num": "c"}]
    assert found.rows_after == ("a",)
    same = compare("alembic", heads("b"), [alembic_shelf(TARGET, A, B, C), alembic_shelf(LIVE, A, B)])
    assert ([one.name for one in same.pending], same.ahead) == (["c"], ())


def test_alembic_branches_and_merges() -> None:
    """Two heads, a merge of both, a merge that the target does not know."""
    side, merge = revision("s", "a"), revision("m", "b", "s")
    known = [alembic_shelf(TARGET, A, B, side), alembic_shelf(LIVE, A, B, side, merge)]
    assert compare("alembic", heads("b", "s"), known).ahead == ()
    found = compare("alembic", heads("m"), known)
    assert [one.file.name for one in found.ahead] == ["m"]
    assert found.rows_after == ("b", "s")


def test_alembic_unknown_and_edited() -> None:
    """A head that no file knows; a revision that does something else at the two commits."""
    known = [alembic_shelf(TARGET, A), alembic_shelf(LIVE, A, B)]
    assert [row.name for row in compare("alembic", heads("z"), known).unknown] == ["z"]
    changed = revision("a", body="op.drop_table('x')")
    found = compare("alembic", heads("b"), [alembic_shelf(TARGET, changed), alembic_shelf(LIVE, A, B)])
    assert [at.file.name for _, at in found.edited] == ["a"]
    commented = A.replace(b"pass", b"pass  # as it was")
    assert compare("alembic", heads("b"), [alembic_shelf(TARGET, commented), alembic_shelf(LIVE, A, B)]).edited == ()


def test_a_row_of_a_commit_that_never_served() -> None:
    """What another known commit explains is ahead, and its commit is told."""
    shelves = [flyway_shelf(TARGET, OLD), flyway_shelf(LIVE, OLD), flyway_shelf(OTHER, NEW)]
    rows = rows_of("flyway", [flyway_row(1, "1", ONE), flyway_row(2, "2", TWO), flyway_row(3, "10", TEN)])
    assert [one.commit for one in compare("flyway", rows, shelves).ahead] == [OTHER]
