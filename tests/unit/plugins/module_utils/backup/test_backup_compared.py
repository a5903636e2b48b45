"""What a restored backup is compared with: its manifest's digests and rows, what was counted, an earlier proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.backup.model import Look
from failback.backup.prove import _compared, _explained
from failback.compare.digests import Sums
from failback.compare.manifest import ChunkEntry, TableEntry
from failback.restore.verify_manifest import Manifest
from test_backup_judge import PROOF

if TYPE_CHECKING:
    from failback.backup.proof import Proof

LOOK = Look("nightly", "/b", rows={"s.a": 2, "s.b": 3}, uncounted=("s.b",))


def entry(label: str, rows: int, digest: str = "a") -> TableEntry:
    return TableEntry(label, (), "", (ChunkEntry(None, None, Sums(rows, digest * 64)),))


def compared(manifest: Manifest | None, earlier: Proof | None = None, **rows: int) -> Proof:
    entries = {f"s.{name}": entry(f"s.{name}", count) for name, count in rows.items()}
    return _compared(PROOF, LOOK, manifest, entries, earlier)


def test_without_a_manifest_what_was_counted_counts() -> None:
    assert compared(None, a=2, b=99).passed
    assert compared(None, a=1, b=3).differences == ("s.a: 1 rows were restored, the backup holds 2",)
    lost = compared(None, b=3)
    assert lost.differences == ("s.a: 0 rows were restored, the backup holds 2", "s.a: was not restored")


def test_a_manifest_knows_better_and_digests_best() -> None:
    assert compared(Manifest({}, {"s.b": 3}), a=2, b=3).compared == "manifest"
    assert compared(Manifest({}, {"s.b": 4}), a=2, b=3).differences == (
        "s.b: 3 rows were restored, its manifest says 4",
    )
    good = {"s.a": ("a" * 64)}
    assert compared(Manifest({}, {}, good), a=2, b=3).compared == "digests"
    assert compared(Manifest({}, {}, good), a=2, b=3).passed
    wrong = compared(Manifest({}, {}, {"s.a": "b" * 64, "s.b": "a" * 64}), a=2, b=3)
    assert wrong.differences == ("s.a: the digest of its rows is not that of the manifest",)
    assert "8.9770 as 8.977" in _explained(wrong, {"s.a"}).differences[0]
    assert _explained(wrong, {"s.b"}) == wrong


def test_two_backups_of_one_position_hold_the_same_rows() -> None:
    first = compared(None, a=2, b=3)
    assert compared(None, first, a=2, b=3).passed
    second = _compared(PROOF, LOOK, None, {"s.a": entry("s.a", 2, "b"), "s.b": entry("s.b", 3)}, first)
    assert second.differences == ("s.a: its rows are not those of nightly, which was taken at the same position",)
