"""What is wrong with a source, from what is known of it: no file, no server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from failback.backup import chain, sizes, survey
from failback.backup.judge import judge, unfit
from failback.backup.model import Chain, Fault, Look, Wishes
from failback.backup.proof import Proof
from failback.gtid import GtidSet

IDC, AWS, OTHER = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "129")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LOOK = Look(
    "nightly",
    "/b",
    format="mysqldump",
    digest="d1",
    bytes=1000,
    rows={"shop.orders": 5000, "shop.stock": 2000},
    taken_at="2026-11-22T00:00:00+00:00",
    gtid=f"{IDC}:1-100",
    vouched=True,
)
WISHES = Wishes(NOW, rpo=86400, least_share=0.7, proof_age=604800, budget=3600, cutover=GtidSet.parse(f"{IDC}:1-120"))
CHAIN = Chain(20, 2, 999)
PROOF = Proof(
    host="shop-db",
    source="nightly",
    url="/b",
    digest="d0",
    format="mysqldump",
    bytes=500,
    taken_at="",
    gtid="",
    proven_at="2026-11-20T12:00:00+00:00",
    run="r",
    by="ops@here",
    place="here",
    server_version="9.7.4",
    passed=True,
    rows=3500,
    seconds={"restore": 10.0},
)


def kinds(look: Look = LOOK, wishes: Wishes = WISHES, chain: Chain | None = CHAIN, **more: Any) -> dict[str, Fault]:
    known = {"usual": None, "proof": PROOF, "forecast": None, **more}
    faults = judge(look, wishes, known["usual"], chain, known["proof"], known["forecast"])
    return {one.kind: one for one in faults}


def test_what_is_well_has_no_fault() -> None:
    assert kinds() == {}


@pytest.mark.parametrize(
    ("gtid", "kind", "fatal"),
    [
        (f"{OTHER}:1-100", "other_server", True),
        (f"{IDC}:1-100,{OTHER}:1-3", "other_server", True),
        (f"{IDC}:1-120,{AWS}:1-5", "after_cutover", False),
        (f"{IDC}:1-125", "after_cutover", False),
        ("", "no_position", True),
        ("rubbish", "no_position", True),
    ],
)
def test_the_server_it_was_made_by(gtid: str, kind: str, *, fatal: bool) -> None:
    found = kinds(replace(LOOK, gtid=gtid), replace(WISHES, aws_uuid=AWS.upper()))
    assert found[kind].fatal is fatal


@pytest.mark.parametrize(
    ("taken_at", "kind"),
    [
        ("2026-11-20T00:00:00+00:00", "too_old"),
        ("2026-11-21T11:00:00", "too_old"),
        ("2026-11-22T19:00:00+00:00", "future"),
        ("", "age_unknown"),
        ("2026-11-21T13:00:00+00:00", ""),
    ],
)
def test_age(taken_at: str, kind: str) -> None:
    assert list(kinds(replace(LOOK, taken_at=taken_at))) == ([kind] if kind else [])


def test_age_is_of_the_dumping_hosts_zone_and_nothing_where_all_is_held() -> None:
    look = replace(LOOK, taken_at="2026-11-21T20:00:00")  # 11:00 in UTC
    assert "too_old" in kinds(look, replace(WISHES, time_zone="Asia/Seoul"))
    assert "too_old" not in kinds(look, replace(WISHES, time_zone="UTC"))
    old = replace(LOOK, taken_at="2026-01-01T00:00:00", gtid=f"{IDC}:1-120")
    assert kinds(old) == {}
    assert kinds(replace(old, gtid=f"{IDC}:1-119"), replace(WISHES, refuse_older=3600))["too_old"].fatal


def usual(total: float, count: int = 1, **tables: float) -> sizes.Usual:
    return sizes.Usual(1000, total, {f"shop.{name}": rows for name, rows in tables.items()}, count)


def test_size() -> None:
    assert "small" in kinds(usual=usual(14_000))
    assert "small" not in kinds(usual=usual(9_900))
    assert "large" in kinds(usual=usual(3_000))
    assert "tables_small" in kinds(usual=usual(7_000, orders=5_000, stock=5_000))
    assert "tables_small" not in kinds(usual=usual(7_000, orders=5_000, stock=900, gone=999))
    uncounted = replace(LOOK, rows={}, bytes=400, uncounted=("shop.orders",))
    assert "400 bytes, 40% of what is usual" in kinds(uncounted, usual=usual(7_000))["small"].sentence


def test_what_is_usual_never_comes_of_itself_or_of_another_format() -> None:
    same = [{"digest": "d1", "bytes": 9, "rows": {}}]
    assert sizes.usual(LOOK, same, [LOOK]) is None
    tab = replace(LOOK, name="tab", format="tab", bytes=77)
    found = sizes.usual(LOOK, same, [LOOK, tab])
    assert found == sizes.Usual(0.0, 7000.0, {}, 1, siblings=True)
    earlier = [{"digest": f"e{n}", "bytes": n, "rows": {"shop.orders": n}} for n in (100, 300, 200)]
    assert sizes.usual(LOOK, earlier, [LOOK, tab]) == sizes.Usual(200, 200, {"shop.orders": 200}, 3)


def test_the_last_proof() -> None:
    assert "no_proof" in kinds(proof=None)
    assert "proof_old" in kinds(proof=replace(PROOF, proven_at="2026-11-10T00:00:00+00:00"))
    failed = kinds(proof=replace(PROOF, passed=False, differences=("shop.orders: 1 rows",)))["proof_failed"]
    assert "shop.orders: 1 rows" in failed.sentence
    assert failed.next_step == 'rollback-runner drill backup --source "nightly"'
    assert kinds(wishes=replace(WISHES, proof_age=0), proof=None) == {}


def test_the_same_bytes_that_broke_off_when_they_were_restored_are_unusable() -> None:
    broke = replace(PROOF, passed=False, digest="d1", problem="table shop.orders: no such engine")
    for wishes in (WISHES, replace(WISHES, proof_age=0)):
        (fault,) = kinds(wishes=wishes, proof=broke).values()
        assert (fault.kind, fault.fatal) == ("proof_failed", True)
        assert "no such engine" in fault.sentence
    assert not kinds(proof=replace(broke, digest="d0"))["proof_failed"].fatal  # another backup of the same name
    differs = replace(broke, problem="", differences=("shop.orders: the digest ...; it has JSON",))
    assert not kinds(proof=differs)["proof_failed"].fatal
    other = replace(LOOK, name="weekly", digest="d2")
    found = survey.survey([LOOK, other], WISHES, {"nightly": CHAIN, "weekly": CHAIN}, {}, [broke])
    assert found.chosen is found.sources[1]


@pytest.mark.parametrize(
    ("look", "kind"),
    [
        (LOOK, ""),
        (replace(LOOK, gtid=f"{OTHER}:1-100"), "other_server"),
        (replace(LOOK, gtid=""), "no_position"),
        (replace(LOOK, gtid=f"{IDC}:1-125"), ""),
        (replace(LOOK, digest="d7"), "proof_failed"),
        (Look("nightly", "/b", "damaged", "is cut short"), "damaged"),
    ],
)
def test_the_choice_before_a_restore_goes_by_the_same_judgement(look: Look, kind: str) -> None:
    broke = replace(PROOF, passed=False, digest="d7", problem="it broke off")
    assert [one.kind for one in unfit(look, WISHES, broke)] == ([kind] if kind else [])
    whole = survey.survey([look], WISHES, {}, {}, [broke]).sources[0]
    assert whole.usable is not bool(kind)


@pytest.mark.parametrize(
    ("purged", "executed", "fatal"),
    [
        (f"{IDC}:1-100", f"{IDC}:1-120,{AWS}:1-9", False),
        (f"{IDC}:1-101", f"{IDC}:1-120,{AWS}:1-9", True),
        (f"{IDC}:1-100", f"{IDC}:1-119,{AWS}:1-9", True),
    ],
)
def test_without_an_archive_the_binary_logs_of_rds_may_lead_there(purged: str, executed: str, *, fatal: bool) -> None:
    positions = {"nightly": LOOK.gtid}
    alone = chain.look(None, positions, WISHES.cutover)
    assert kinds(chain=alone["nightly"])["binlogs_missing"].fatal
    told = chain.by_rds(alone, positions, WISHES.cutover, GtidSet.parse(purged), GtidSet.parse(executed))
    (fault,) = kinds(chain=told["nightly"]).values()
    assert (fault.kind, fault.fatal) == ("binlogs_missing" if fatal else "binlogs_of_rds", fatal)
    kept = survey.fact(survey.survey([LOOK], WISHES, told, {}, [PROOF]), WISHES, [], "")
    assert kept["sources"][0]["binlogs"]["unbroken"] is not fatal


def test_the_forecast_against_the_budget_and_its_basis() -> None:
    found = survey.survey([LOOK], replace(WISHES, budget=25), {"nightly": CHAIN}, {}, [PROOF])
    ahead = found.sources[0].forecast
    assert ahead is not None
    assert (ahead.p50, ahead.p90, ahead.proofs) == (20.0, 30.0, 1)  # twice the bytes; half as much again on top
    assert "1 proof of this source, the last on 2026-11-20 at 0.0 MB/s" in ahead.basis["en"]
    assert "이 백업의 복원 증명 1건" in ahead.basis["ko"]
    assert [one.kind for one in found.sources[0].faults] == ["over_budget"]
    other = survey.survey([replace(LOOK, name="weekly")], WISHES, {}, {}, [PROOF]).sources[0].forecast
    assert other is not None
    assert "of the format mysqldump" in other.basis["en"]
    assert survey.survey([replace(LOOK, name="w", format="tab")], WISHES, {}, {}, [PROOF]).sources[0].forecast is None
    many = [replace(PROOF, seconds={"restore": seconds}) for seconds in (9.0, 10.0, 11.0)]
    ahead = survey.survey([LOOK], WISHES, {}, {}, many).sources[0].forecast
    assert ahead is not None
    assert (ahead.p50, ahead.p90) == (20.0, 22.0)


BAD = Look("bad", "/bad", "damaged", "is cut short")


@pytest.mark.parametrize(
    ("looks", "relied_on", "blockers"),
    [
        ([LOOK, BAD], {}, set()),
        ([BAD, LOOK], {}, set()),
        ([BAD], {}, {"backup:bad:damaged"}),
        ([BAD, LOOK], {"name": "bad", "digest": "x"}, {"backup:bad:damaged"}),
        ([LOOK], {"name": "bad", "digest": "x"}, {"backup:bad:gone"}),
        ([], {}, {"backup:no_source"}),
    ],
)
def test_what_blocks(looks: list[Look], relied_on: dict[str, str], blockers: set[str]) -> None:
    found = survey.survey(looks, WISHES, {"nightly": CHAIN}, {}, [PROOF])
    told = survey.findings(found, relied_on, restores=True)
    assert {one.key for one in told if one.severity == "blocker"} == blockers
    assert [one.severity for one in told] == sorted((one.severity for one in told), key="blocker warning note".index)
    aside = survey.findings(found, relied_on, restores=False)
    assert {one.key for one in aside} == {one.key for one in told}
    assert {one.severity for one in aside} <= {"warning", "note"}  # a way that restores nothing is not held up


def test_the_fact_says_it_in_both_languages_when_nothing_is_usable() -> None:
    for looks in ([], [BAD]):
        found = survey.survey(looks, WISHES, {}, {}, [])
        kept = survey.fact(found, WISHES, survey.findings(found, None, restores=True), "")
        assert kept["verdict"] == "none"
        assert kept["chosen"] is None
        assert kept["sentence"]["en"].endswith(".")
        assert kept["sentence"]["ko"].endswith("니다.")
    assert (
        timedelta(hours=12).total_seconds()
        == survey.fact(survey.survey([LOOK], WISHES, {}, {}, []), WISHES, [], "")["sources"][0]["age_seconds"]
    )
