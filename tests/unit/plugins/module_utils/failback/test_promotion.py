from __future__ import annotations

from typing import Any

import pytest
from failback.gtid import GtidSet
from failback.promotion import AwsView, Cut, IdcView, broken_on_aws, broken_on_idc

IDC = "11111111-1111-4111-8111-111111111111"
RDS = "22222222-2222-4222-8222-222222222222"
THIRD = "33333333-3333-4333-8333-333333333333"
CUT = Cut(GtidSet.parse(f"{IDC}:1-4"), GtidSet.parse(f"{IDC}:1-4,{RDS}:1-9"))


def an_aws(**changes: Any) -> AwsView:
    closed = {
        "uuid": RDS,
        "executed": CUT.final,
        "open_accounts": (),
        "sessions": (),
        "events": (),
        "read_only": False,
        "beyond_final": "",
    }
    return AwsView(**(closed | changes))


def an_idc(executed: str = f"{IDC}:1-4,{RDS}:1-9", **changes: Any) -> IdcView:
    values: dict[str, Any] = {
        "uuid": IDC,
        "read_only": True,
        "super_read_only": True,
        "executed": GtidSet.parse(executed),
        "running_channels": (),
        "settings": {"sync_binlog": 1, "innodb_flush_log_at_trx_commit": 1},
    }
    return IdcView(**(values | changes))


def test_all_holds() -> None:
    assert broken_on_aws(an_aws(), []) == []
    assert broken_on_idc(an_idc(), CUT) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"open_accounts": ("report@%",)}, "I1: accounts can log in to RDS: report@%"),
        ({"sessions": ("shop_app (Query)",)}, "I1: sessions are left"),
        ({"events": ("shop.tick",)}, "I1: scheduled events"),
        ({"beyond_final": "shop.orders"}, "I4: RDS was written after FINAL: shop.orders"),
    ],
)
def test_every_hole_in_the_fence_is_named(changes: dict[str, Any], told: str) -> None:
    assert told in broken_on_aws(an_aws(**changes), [])[0]


def test_rds_out_of_sight_counts_as_open() -> None:
    assert "counts as open" in broken_on_aws(None, [])[0]


def test_read_only_is_asked_for_only_where_the_site_does() -> None:
    assert broken_on_aws(an_aws(), ["read_only"])
    assert not broken_on_aws(an_aws(read_only=True), ["read_only"])


@pytest.mark.parametrize(
    ("executed", "told"),
    [
        (f"{IDC}:1-4,{RDS}:1-8", "I3: IDC lacks 1 transactions of FINAL"),
        (f"{IDC}:1-5,{RDS}:1-9", "I5: IDC was written"),
        (f"{IDC}:1-4,{RDS}:1-9,{THIRD}:1", f"I5: IDC was written by someone else since the cut-over: {THIRD}:1"),
    ],
)
def test_positions_that_do_not_fit(executed: str, told: str) -> None:
    assert told in broken_on_idc(an_idc(executed), CUT)[0]


def test_no_final_no_promotion() -> None:
    assert any("I2" in text for text in broken_on_idc(an_idc(), Cut(CUT.cutover, GtidSet())))


def test_an_open_idc_may_have_written_but_no_third_server() -> None:
    opened = {"read_only": False, "super_read_only": False}
    assert broken_on_idc(an_idc(f"{IDC}:1-50,{RDS}:1-9", **opened), CUT) == []
    assert broken_on_idc(an_idc(f"{IDC}:1-50,{RDS}:1-9,{THIRD}:7", **opened), CUT)


def test_a_heartbeat_that_came_over_after_final_is_not_errant() -> None:
    late = an_idc(f"{IDC}:1-4,{RDS}:1-10")
    assert "I5" in broken_on_idc(late, CUT)[0]
    assert broken_on_idc(late, Cut(CUT.cutover, CUT.final, GtidSet.parse(f"{IDC}:1-4,{RDS}:1-10"))) == []


def test_half_open_is_not_open() -> None:
    assert not an_idc(super_read_only=False).writable
    assert broken_on_idc(an_idc(f"{IDC}:1-5,{RDS}:1-9", super_read_only=False), CUT)


def test_a_running_channel_and_relaxed_durability_are_refused() -> None:
    found = broken_on_idc(an_idc(running_channels=("x",), settings={"sync_binlog": 0}), CUT)
    assert "replicates through x" in found[0]
    assert "SET GLOBAL sync_binlog = 1" in found[1]
    assert "innodb_flush_log_at_trx_commit" in found[2]
