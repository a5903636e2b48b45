from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from failback.compare.explain import Explained, explain
from failback.compare.model import Image, RowDifference

KEY = ("id",)


@dataclass(frozen=True)
class Change:
    schema: str
    table: str
    kind: str
    before: Image | None
    after: Image | None
    gtid: str = "u:1"
    statement: str = ""


def change(before: Image | None, after: Image | None, table: str = "t") -> Change:
    kind = "insert" if before is None else "delete" if after is None else "update"
    return Change("s", table, kind, before, after)


def row(number: int, value: object = "a") -> Image:
    return {"id": number, "v": value}  # type: ignore[dict-item]


def differs(idc: Image | None, aws: Image | None) -> RowDifference:
    kind = "only_idc" if aws is None else "only_aws" if idc is None else "content"
    image = idc or aws or {}
    return RowDifference("s.t", kind, (str(image["id"]),), KEY, idc, aws)  # type: ignore[arg-type]


def reasons(found: Explained) -> list[str]:
    return [reason for _, reason in found.unexplained]


@pytest.mark.parametrize(
    ("difference", "changes"),
    [
        (differs(row(1, "b"), row(1, "a")), [change(row(1, "a"), row(1, "b"))]),
        (differs(row(1, "c"), row(1, "a")), [change(row(1, "a"), row(1, "b")), change(row(1, "b"), row(1, "c"))]),
        (differs(row(2), None), [change(None, row(2))]),
        (differs(None, row(3)), [change(row(3), None)]),
        (differs(None, row(3)), [change(row(3), row(3, "x")), change(row(3, "x"), None)]),
        (differs(None, row(3)), [change(row(3), row(9))]),
        (differs(row(9), None), [change(row(3), row(9))]),
        (differs(row(1, "b"), row(1, "a")), [change(row(1, "a"), None), change(None, row(1, "b"))]),
        (
            differs(row(1, Decimal("2.50")), row(1, Decimal("1.0"))),
            [change(row(1, Decimal(1)), row(1, Decimal("2.5")))],
        ),
    ],
)
def test_a_chain_from_rds_to_idc_explains(difference: RowDifference, changes: list[Change]) -> None:
    found = explain([difference], [change(None, row(77), table="other"), *changes])
    assert found.unexplained == []
    assert found.by_table == {"s.t": 1}


@pytest.mark.parametrize(
    ("difference", "changes", "reason"),
    [
        (differs(row(1, "b"), row(1, "a")), [], "does not mention this row"),
        (differs(row(1, "b"), row(1, "a")), [change(row(2, "a"), row(2, "b"))], "does not mention this row"),
        (differs(row(1, "b"), row(1, "a")), [change(row(1, "A"), row(1, "b"))], "at FINAL is not what RDS has"),
        (differs(row(1, "b"), row(1, "a")), [change(None, row(1, "b"))], "it was missing there at FINAL"),
        (differs(row(1, "b"), None), [change(row(1, "a"), row(1, "b"))], "IDC had this row at FINAL, RDS has not"),
        (differs(row(1, "z"), row(1, "a")), [change(row(1, "a"), row(1, "b"))], "no change in IDC's binary log left"),
        (differs(None, row(1, "a")), [change(row(1, "a"), row(1, "b"))], "does not say that this row was deleted"),
        (differs(row(1, 1.0), row(1, 0)), [change(row(1, 0), row(1, 1))], "no change in IDC's binary log left"),
    ],
)
def test_what_breaks_the_chain_is_named(difference: RowDifference, changes: list[Change], reason: str) -> None:
    found = explain([difference], changes)
    assert len(found.unexplained) == 1
    assert reason in reasons(found)[0]


def test_partial_images_explain_as_far_as_they_go_and_are_counted_apart() -> None:
    found = explain([differs(row(1, "b"), row(1, "a"))], [change({"id": 1}, {"v": "b"})])
    assert found.unexplained == []
    assert found.partial == 1


def test_a_statement_is_named_where_a_row_stays_unexplained() -> None:
    shape = Change("s", "", "shape", None, None, statement="TRUNCATE\n t")
    assert "TRUNCATE t" in reasons(explain([differs(None, row(1))], [shape]))[0]


def test_changed_back_while_we_looked_is_no_difference() -> None:
    same = RowDifference("s.t", "content", ("1",), KEY, row(1), row(1), same_by_now=True)
    assert explain([same], []).unexplained == []


def keyless(times: tuple[int, int]) -> RowDifference:
    return RowDifference("s.t", "count", ("D",), (), row(1), row(1), times)


def test_rows_without_a_key_are_explained_by_arithmetic() -> None:
    insert, delete = change(None, row(1)), change(row(1), None)
    assert explain([keyless((4, 2))], [insert, delete, insert, insert]).by_table == {"s.t": 2}
    assert explain([keyless((0, 1))], [change(row(1), row(2))]).unexplained == []
    assert "accounts for +1 of this row, the difference is +2" in reasons(explain([keyless((4, 2))], [insert]))[0]
