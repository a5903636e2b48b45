"""Does this standby fit? Every reason against it is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from failback import clone, clone_run
from failback.clone import Bounds, Side
from failback.errors import ConfigError
from failback.gtid import GtidSet

IDC, RDS, STANDBY = (f"{n * 8}-{n * 4}-4{n * 3}-8{n * 3}-{n * 12}" for n in "123")
VALUES = {
    "version": "9.7.4",
    "server_uuid": STANDBY,
    "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_0900_ai_ci",
    "innodb_page_size": "16384",
    "lower_case_table_names": "0",
    "version_compile_os": "Linux",
    "version_compile_machine": "x86_64",
    "max_allowed_packet": "67108864",
    "gtid_mode": "ON",
    "gtid_executed": f"{IDC}:1-10,{RDS}:1-5",
    "read_only": "1",
    "super_read_only": "1",
}
DONOR = Side(VALUES, frozenset({"auth_socket"}), {"shop": 3}, (), frozenset({"BACKUP_ADMIN"}), 1 << 20)
RECIPIENT = Side(
    VALUES | {"server_uuid": IDC, "gtid_executed": ""},
    frozenset({"auth_socket"}),
    {},
    (),
    frozenset({"CLONE_ADMIN", "SUPER"}),
    1,
)


def changed(side: Side, **values: str) -> Side:
    return replace(side, values={**side.values, **values})


def test_a_standby_that_fits() -> None:
    bounds = Bounds(GtidSet.parse(f"{IDC}:1-10,{RDS}:1-9"), GtidSet.parse(f"{IDC}:1-10"), ("shop",))
    assert clone.judge_donor(DONOR, bounds, "x", expected_uuid=STANDBY) == []
    assert clone.compare(DONOR, RECIPIENT, "x") == []


@pytest.mark.parametrize(
    ("side", "bounds", "words"),
    [
        (DONOR, Bounds(GtidSet.parse(f"{IDC}:1-10")), "5 transactions that must not come"),
        (DONOR, Bounds(schemas=("shop", "bank")), "does not hold bank"),
        (changed(DONOR, gtid_mode="OFF"), Bounds(), "without GTIDs"),
        (replace(DONOR, privileges=frozenset()), Bounds(), "cannot give itself to be cloned"),
        (replace(DONOR, outside=2), Bounds(), "outside of its data directory"),
        (changed(DONOR, server_uuid=RDS), Bounds(), "is meant"),
    ],
)
def test_what_forbids_a_donor(side: Side, bounds: Bounds, words: str) -> None:
    found = clone.judge_donor(side, bounds, "x", expected_uuid=STANDBY)
    assert [finding.severity for finding in found] == ["fatal"]
    assert words in found[0].text
    assert found[0].next_step


def test_an_older_donor_is_a_warning() -> None:
    found = clone.judge_donor(DONOR, Bounds(wanted=GtidSet.parse(f"{IDC}:1-12")), "x")
    assert [(f.severity, "2 transactions" in f.text) for f in found] == [("warning", True)]


@pytest.mark.parametrize(
    ("donor", "recipient", "words"),
    [
        ({"version": "9.6.0"}, {}, "CLONE needs the same version"),
        ({"version": "8.0.36"}, {"version": "8.0.35"}, "CLONE needs the same version"),
        ({"collation_server": "utf8mb4_bin"}, {}, "collation_server is utf8mb4_bin"),
        ({"innodb_page_size": "4096"}, {}, "innodb_page_size"),
        ({"version_compile_machine": "aarch64"}, {}, "version_compile_machine"),
        ({"max_allowed_packet": "1048576"}, {}, "below 2 MiB on the standby"),
        ({}, {"server_uuid": STANDBY}, "the same server"),
    ],
)
def test_what_does_not_fit_together(donor: dict[str, str], recipient: dict[str, str], words: str) -> None:
    found = clone.compare(changed(DONOR, **donor), changed(RECIPIENT, **recipient), "x")
    assert [words in finding.text for finding in found] == [True], found


def test_patches_of_one_series_fit_since_8_0_37() -> None:
    assert clone.compare(changed(DONOR, version="8.4.5"), changed(RECIPIENT, version="8.4.3"), "x") == []


def test_plugins_and_privileges_that_are_missing() -> None:
    found = clone.compare(replace(DONOR, plugins=frozenset({"clone", "audit"})), RECIPIENT, "x")
    assert [finding.text for finding in found] == ["IDC lacks plugins that the standby has: audit"]
    assert clone.compare(DONOR, replace(RECIPIENT, privileges=frozenset({"SUPER"})), "x")


def test_addresses_of_standbys() -> None:
    assert clone.parse_url("clone://db2.example.org") == ("db2.example.org", 3306)
    assert clone.parse_url("clone://192.0.2.5:3307/") == ("192.0.2.5", 3307)
    for wrong in ("db2", "clone://", "clone://h:port", "clone://h/path", "s3://h"):
        with pytest.raises(ConfigError):
            clone.parse_url(wrong)


def test_the_note_of_what_was_lent_is_read_back() -> None:
    class Noted:
        def __init__(self, text: str) -> None:
            self._text = text

        def text(self, _sql: str) -> str:
            return self._text

    server: Any
    for lent in (clone_run.Lent(begun=True), clone_run.Lent(begun=True, to_donor=True, to_idc=True, skip_start=True)):
        server = Noted(lent.text("192.0.2.5:3306"))
        assert clone_run.lent(server) == lent
    server = Noted("")
    assert clone_run.lent(server) == clone_run.Lent()


def test_what_a_clone_must_show() -> None:
    done = changed(DONOR, server_uuid=IDC)
    status = {"gtid_executed": done.values["gtid_executed"]}
    assert clone_run.not_proven(done, IDC, status, "OFF") == []
    wrong = replace(changed(done, super_read_only="0", gtid_executed=""), channels=("x",))
    assert len(clone_run.not_proven(wrong, RDS, status, "ON")) == 5
