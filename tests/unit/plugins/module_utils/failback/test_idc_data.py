"""What state IDC's data is in, without a server."""

from __future__ import annotations

import pytest
from failback import idc_data
from failback.gtid import GtidSet

IDC = "11111111-1111-4111-8111-111111111111"
CUTOVER = GtidSet.parse(f"{IDC}:1-100")


@pytest.mark.parametrize(
    ("executed", "tables", "writable", "usable", "serving", "why"),
    [
        ("1-100", {"shop": 12}, False, True, False, "it holds all of the cut-over"),
        ("1-140", {"shop": 12}, True, True, True, "it holds all of the cut-over and takes writes"),
        ("1-99", {"shop": 12}, True, False, False, "it lacks 1 transactions from before the cut-over"),
        ("1-100", {"shop": 0}, True, False, False, "it has no table in shop"),
        ("1-100", {}, False, False, False, "it has no table in shop"),
    ],
)
def test_the_verdict(  # noqa: PLR0913 - one column each
    executed: str, tables: dict[str, int], *, writable: bool, usable: bool, serving: bool, why: str
) -> None:
    found = idc_data.judge(GtidSet.parse(f"{IDC}:{executed}"), CUTOVER, tables, ["shop"], writable=writable)
    assert (found.usable, found.serving, found.why) == (usable, serving, why)


def test_what_cannot_be_asked_is_not_usable() -> None:
    found = idc_data.silent("no answer")
    assert (found.reachable, found.usable, found.serving) == (False, False, False)
