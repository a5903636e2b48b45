"""The judge of quarantined changes, without a server: order, overlay, all or none; and the word that lets them in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from failback.binlog import table_map as tm
from failback.binlog.rows import Image, Side
from failback.binlog.transactions import Change
from failback.errors import RefusedError
from failback.quarantine import approval
from failback.quarantine.judge import Judge, Key, Transaction, same
from failback.quarantine.shape import Cascade, Shape, Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

ID = Stored("id", tm.LONG, b"", False, "", (), False, False, "int")  # noqa: FBT003 - a column in one line
N = Stored("n", tm.LONG, b"", False, "", (), True, False, "int", given=False)  # noqa: FBT003
SHAPE = Shape("s", "t", (ID, N), ("id",))
LOOSE = Shape("s", "loose", (ID, N), ())


def named(table: str = "t", *names: str) -> tm.TableMap:
    columns = tuple(tm.ColumnType(tm.LONG, b"", name=name) for name in names or ("id", "n"))
    return tm.TableMap(1, "s", table, columns, named=True)


@dataclass
class Rows:
    """IDC with these rows."""

    rows: Mapping[int, Image] = field(default_factory=dict)
    loose: list[Image] = field(default_factory=list)
    children: int = 0

    def row(self, _shape: Shape, key: Key) -> Image | None:
        return self.rows.get(int(str(key[0])))

    def count(self, _shape: Shape, image: Image) -> int:
        return self.loose.count(image)

    def carried(self, _cascade: Cascade, _image: Image) -> int:
        return self.children


def change(before: Image | None, after: Image | None, table: str = "t") -> Change:
    kind = "insert" if before is None else "delete" if after is None else "update"
    sides = [None if image is None else Side(image, {}) for image in (before, after)]
    return Change("u:1", 0, named(table), kind, sides[0], sides[1])


def row(key: int, n: int | None = None) -> Image:
    return {"id": key, "n": n}


def judge(present: Rows, *groups: list[Change], **more: Any) -> list[list[tuple[str, str]]]:
    shape = more.pop("shape", SHAPE)
    one = Judge(present, {"s.t": shape, "s.loose": LOOSE}, **more)
    return [
        [(item.state, item.why) for item in one.judge(Transaction(f"u:{number}", 0, group))]
        for number, group in enumerate(groups, 1)
    ]


def test_a_chain_of_changes_of_one_row_is_clean_as_a_whole() -> None:
    verdicts = judge(Rows(), [change(None, row(1, 1))], [change(row(1, 1), row(1, 2))], [change(row(1, 2), None)])
    assert verdicts == [[("clean", "")]] * 3


def test_what_follows_a_conflict_conflicts_too() -> None:
    present = Rows({1: row(1, 9)})
    verdicts = judge(present, [change(row(1, 1), row(1, 2))], [change(row(1, 2), row(1, 3))])
    assert verdicts == [[("conflict", "IDC's row differs in n")]] * 2


def test_one_conflict_sets_its_whole_transaction_aside_and_leaves_no_trace() -> None:
    present = Rows({2: row(2, 0)})
    verdicts = judge(present, [change(None, row(1, 1)), change(None, row(2, 1))], [change(None, row(1, 5))])
    assert verdicts == [
        [
            ("set aside", "another row of its transaction conflicts"),
            ("conflict", "IDC already has a row with this key"),
        ],
        [("clean", "")],
    ]


def test_a_key_that_moves_frees_its_old_place() -> None:
    present = Rows({1: row(1, 1)})
    assert judge(present, [change(row(1, 1), row(2, 1))], [change(None, row(1, 7))]) == [[("clean", "")]] * 2


def test_rows_without_a_key_are_counted() -> None:
    present = Rows(loose=[row(1, 1), row(1, 1)])
    delete = change(row(1, 1), None, "loose")
    verdicts = judge(present, [delete], [delete], [delete], [change(None, row(1, 1), "loose")], [delete])
    assert [group[0][0] for group in verdicts] == ["clean", "clean", "conflict", "clean", "clean"]


def test_what_a_foreign_key_would_carry_on_needs_a_word() -> None:
    shape = Shape("s", "t", (ID, N), ("id",), (Cascade("`s`.`c`", "s.c", (("thing", "id"),)),))
    present = Rows({1: row(1, 1)}, children=2)
    delete = [change(row(1, 1), None)]
    assert judge(present, delete, shape=shape)[0][0][0] == "set aside"
    assert judge(present, delete, shape=shape, cascades=True)[0][0][0] == "clean"
    # An update that leaves the key alone carries nothing on.
    assert judge(present, [change(row(1, 1), row(1, 2))], shape=shape)[0][0][0] == "clean"


def test_tables_not_chosen_or_done_before_do_not_hold_the_others_up() -> None:
    group = [change(None, row(1, 1)), change(None, row(1, 1), "loose")]
    assert [item[0] for item in judge(Rows(), group, chosen=lambda label: label == "s.t")[0]] == ["clean", "set aside"]
    done = judge(Rows(), group, applied=frozenset({("u:1", "s.loose")}))[0]
    assert [item[0] for item in done] == ["clean", "already"]


def test_another_shape_is_named() -> None:
    assert SHAPE.differs(named("t", "id", "n")) == ""
    assert "colour is on RDS only" in SHAPE.differs(named("t", "id", "n", "colour"))
    assert SHAPE.differs(named("t", "id")) == ""
    assert "id is on IDC only" in SHAPE.differs(named("t", "n"))
    wide = tm.TableMap(1, "s", "t", (tm.ColumnType(tm.LONGLONG, b"", name="id"),), named=True)
    assert "another type" in SHAPE.differs(wide)


def test_json_is_compared_by_content() -> None:
    assert same('{"a": 8.9770}', '{"a": 8.977}', "json")
    assert not same('{"a": 8.9770}', '{"a": 8.977}', "text")
    assert not same('{"a": 1}', '{"a": 2}', "json")


WORD = {
    "run": "r1",
    "digest": "d" * 64,
    "approved_by": "Kim",
    "reason": "looked at it",
    "tables": ["s.t"],
    "classes": ["insert_only"],
}


def test_an_approval_takes_what_it_says() -> None:
    found = approval.check(WORD, "a.json", run="r1", digest="d" * 64, tables=["s.t", "s.loose"])
    assert found.takes("s.t", insert_only=True)
    assert not found.takes("s.t", insert_only=False)
    assert not found.takes("s.loose", insert_only=True)
    assert not found.cascades


@pytest.mark.parametrize("missing", sorted(set(WORD)))
def test_an_approval_that_lacks_something_is_refused(missing: str) -> None:
    with pytest.raises(RefusedError, match=missing):
        approval.check({**WORD, missing: ""}, "a.json", run="r1", digest="d" * 64, tables=["s.t"])
