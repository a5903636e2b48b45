from __future__ import annotations

from dataclasses import replace

import pytest
from failback import gate, grants
from failback.gate import SideFacts
from failback.gtid import GtidSet
from failback.observe import Identity

IDC = "11111111-1111-4111-8111-111111111111"
RDS = "22222222-2222-4222-8222-222222222222"
CUTOVER = GtidSet.parse(f"{IDC}:1-10")
HISTORY = CUTOVER | GtidSet.parse(f"{RDS}:1-50")


def identity(uuid: str, executed: GtidSet, *, server_id: int, super_read_only: bool) -> Identity:
    return Identity(
        uuid=uuid,
        server_id=server_id,
        version="8.4.5",
        hostname="h",
        read_only=super_read_only,
        super_read_only=super_read_only,
        executed=executed,
        purged=GtidSet(),
        gtid_mode="ON",
        scheduler="ON",
    )


SETTINGS = {
    "log_bin": "ON",
    "binlog_format": "ROW",
    "binlog_row_image": "full",
    "binlog_row_value_options": "",
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "log_replica_updates": "ON",
    "lower_case_table_names": "0",
}
RDS_SIDE = SideFacts(
    who=identity(RDS, HISTORY, server_id=51, super_read_only=False),
    expected_uuid=RDS,
    settings=SETTINGS,
    privileges={"SELECT", "PROCESS", "CREATE USER", "EVENT", "REPLICATION CLIENT", "REPLICATION SLAVE", "EXECUTE"}
    | {"XA_RECOVER_ADMIN"},
    open_accounts=("shop@%",),
)
IDC_SIDE = SideFacts(
    who=identity(IDC, CUTOVER, server_id=11, super_read_only=True),
    expected_uuid=IDC,
    settings=SETTINGS,
    privileges={"ALL PRIVILEGES", "SYSTEM_VARIABLES_ADMIN", "REPLICATION_SLAVE_ADMIN", "CONNECTION_ADMIN"},
)


def texts(rds: SideFacts = RDS_SIDE, idc: SideFacts = IDC_SIDE) -> list[str]:
    return [finding.text for finding in gate.findings(rds, idc, CUTOVER)]


def idc_with(**changes: object) -> SideFacts:
    return replace(IDC_SIDE, who=replace(IDC_SIDE.who, **changes))  # type: ignore[arg-type]


def rds_with(**changes: object) -> SideFacts:
    return replace(RDS_SIDE, who=replace(RDS_SIDE.who, **changes))  # type: ignore[arg-type]


GRANTS = [
    "GRANT USAGE ON *.* TO `shop_app`@`%`",
    "GRANT PROCESS ON *.* TO `shop_app`@`%`",
    "GRANT SELECT, INSERT, UPDATE ON `shop`.* TO `shop_app`@`%`",
    "GRANT DELETE ON `shop\\_two`.* TO `shop_app`@`%`",
    "GRANT TRIGGER ON `sh_p`.* TO `shop_app`@`%`",
    "GRANT INDEX, ALTER (`a`, `b`) ON `shop`.`orders` TO `shop_app`@`%`",
    "REVOKE UPDATE ON `shop`.* FROM `shop_app`@`%`",
    "GRANT `role`@`%` TO `shop_app`@`%`",
]


@pytest.mark.parametrize(
    ("schema", "table", "expected"),
    [
        ("shop", "", {"PROCESS", "SELECT", "INSERT", "TRIGGER"}),
        ("shop", "orders", {"PROCESS", "SELECT", "INSERT", "TRIGGER", "INDEX", "ALTER"}),
        ("shop", "items", {"PROCESS", "SELECT", "INSERT", "TRIGGER"}),
        ("shop_two", "", {"PROCESS", "DELETE"}),
        ("shopXtwo", "", {"PROCESS"}),
        ("other", "orders", {"PROCESS"}),
    ],
)
def test_privileges_on_a_table(schema: str, table: str, expected: set[str]) -> None:
    assert grants.privileges_on(GRANTS, schema, table) == expected


def test_what_is_lacking_later_is_said_before_anything_is_touched() -> None:
    found = texts(
        idc=replace(IDC_SIDE, lacks=("raise counters in shop: GRANT ALTER ON `shop`.*",), app_lacks="INSERT on s.m")
    )
    assert "cannot raise counters in shop: GRANT ALTER ON `shop`.* to it" in found[0]
    assert "lacks INSERT on s.m on IDC" in found[1]


def test_a_sound_pair_passes() -> None:
    assert texts() == []


@pytest.mark.parametrize(
    ("rds", "idc", "words"),
    [
        (RDS_SIDE, idc_with(super_read_only=False), "accepts writes while RDS serves"),
        (RDS_SIDE, idc_with(executed=CUTOVER | GtidSet.parse(f"{IDC}:11-12")), "written since the cut-over: 2"),
        (RDS_SIDE, idc_with(executed=HISTORY | GtidSet.parse(f"{RDS}:51")), "that RDS does not know: 1"),
        (RDS_SIDE, idc_with(executed=GtidSet.parse(f"{IDC}:1-7")), "lacks 3 transactions of the recorded cut-over"),
        (rds_with(purged=GtidSet.parse(f"{RDS}:1-20")), IDC_SIDE, "purged 20 transactions"),
        (rds_with(uuid="3" + RDS[1:]), IDC_SIDE, "the inventory means"),
        (RDS_SIDE, idc_with(server_id=51), "both servers have server_id 51"),
        (rds_with(version="9.7.1"), IDC_SIDE, "does not replicate into the older"),
        (replace(RDS_SIDE, settings=SETTINGS | {"binlog_format": "MIXED"}), IDC_SIDE, "binlog_format=MIXED on RDS"),
        (RDS_SIDE, replace(IDC_SIDE, settings=SETTINGS | {"gtid_mode": "OFF"}), "gtid_mode=OFF on IDC"),
        (replace(RDS_SIDE, settings=SETTINGS | {"lower_case_table_names": "1"}), IDC_SIDE, "names would not match"),
        (replace(RDS_SIDE, privileges=set()), IDC_SIDE, "cannot lock accounts: GRANT CREATE USER"),
        (RDS_SIDE, replace(IDC_SIDE, privileges=set()), "GRANT SYSTEM_VARIABLES_ADMIN or SUPER"),
        (replace(RDS_SIDE, running_channels=("dms",)), IDC_SIDE, "still replicates from elsewhere (dms)"),
        (replace(RDS_SIDE, prepared=2), IDC_SIDE, "2 prepared XA transactions"),
        (replace(RDS_SIDE, prepared=None), IDC_SIDE, "XA_RECOVER_ADMIN"),
        (replace(RDS_SIDE, app_login="no"), IDC_SIDE, "does not get in on RDS"),
        (replace(RDS_SIDE, bypassing=("dba@%",)), IDC_SIDE, "dba@%"),
        (replace(RDS_SIDE, foreign_events=("shop.e",)), IDC_SIDE, "SET_ANY_DEFINER"),
        (RDS_SIDE, replace(IDC_SIDE, missing_schemas=("shop",)), "no schema shop"),
    ],
)
def test_each_fault_has_its_sentence(rds: SideFacts, idc: SideFacts, words: str) -> None:
    found = texts(rds, idc)
    assert any(words in text for text in found), found
    assert len(found) == 1 or "GRANT" in words


def test_the_same_server_on_both_sides_is_said_and_nothing_else() -> None:
    same = replace(IDC_SIDE, expected_uuid="")
    assert "the same server" in " ".join(texts(same, same))
    assert len(texts(same, same)) == 1


def test_after_promotion_the_gate_lets_the_run_go_on() -> None:
    fenced = replace(RDS_SIDE, open_accounts=(), marked_accounts=("shop@%",))
    opened = idc_with(super_read_only=False, executed=HISTORY | GtidSet.parse(f"{IDC}:11-30"))
    assert gate.maybe_promoted(fenced, opened)
    assert gate.findings(fenced, opened, CUTOVER, promoted=True) == []


def test_an_open_idc_without_our_fence_is_no_promotion() -> None:
    opened = idc_with(super_read_only=False, executed=HISTORY | GtidSet.parse(f"{IDC}:11-30"))
    assert not gate.maybe_promoted(RDS_SIDE, opened)
    assert len(texts(RDS_SIDE, opened)) == 2


@pytest.mark.parametrize(
    ("source", "replica", "allowed"),
    [
        ("8.0.36", "8.0.28", True),
        ("8.4.5", "8.0.36", True),
        ("8.0.36", "8.4.1", True),
        ("5.7.44", "8.0.36", True),
        ("9.7.4-2", "9.7.1", True),
        ("8.4.5", "9.5.0", True),
        ("8.4.5", "9.7.0", True),
        ("5.7.44", "8.4.1", False),
        ("8.0.36", "9.7.0", False),
        ("8.0.36", "5.7.44", False),
        ("9.7.4", "8.4.5", False),
        ("9.5.0", "8.4.5", False),
    ],
)
def test_versions(source: str, replica: str, *, allowed: bool) -> None:
    assert (gate.replication_allowed(source, replica) == "") is allowed


def test_grants_are_read_from_what_the_server_prints() -> None:
    lines = [
        "GRANT SELECT, CREATE USER, PROCESS ON *.* TO `a`@`%` WITH GRANT OPTION",
        "GRANT XA_RECOVER_ADMIN,ROLE_ADMIN ON *.* TO `a`@`%`",
        "REVOKE INSERT ON `mysql`.* FROM `a`@`%`",
        "GRANT ALL PRIVILEGES ON `shop`.* TO `a`@`%`",
    ]
    assert grants.global_privileges(lines) == {"SELECT", "CREATE USER", "PROCESS", "XA_RECOVER_ADMIN", "ROLE_ADMIN"}
    assert grants.global_privileges(["GRANT USAGE ON *.* TO `a`@`%`"]) == set()


def test_what_a_restore_of_idc_does_not_put_right_is_told_apart() -> None:
    empty = replace(idc_with(executed=GtidSet()), missing_schemas=("shop",), app_login="refused")
    purged = rds_with(purged=GtidSet.parse(f"{IDC}:1-10"))
    assert len(gate.findings(purged, empty, CUTOVER)) == 4
    assert gate.lasting(gate.findings(purged, empty, CUTOVER)) == []
    mixed = replace(purged, settings=SETTINGS | {"binlog_format": "MIXED", "lower_case_table_names": "1"}, prepared=1)
    told = gate.lasting(gate.findings(mixed, empty, CUTOVER))
    assert [text.split()[0] for text in told] == ["binlog_format=MIXED", "lower_case_table_names", "1"]
