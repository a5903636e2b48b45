"""approve, approvals and revoke, with real keys: files, passphrases typed on a terminal, an agent, and elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from asked import as_site, code
from click.testing import CliRunner
from failback.approval import record, signing
from signed import SITE

from rollback_runner.cli import root
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.people import approvals

if TYPE_CHECKING:
    from pathlib import Path

    from asked import Commands


def test_shows_the_head_of_the_plan_before_it_signs(commands: Commands) -> None:
    result = commands.approve("technical-lead", "lee", "--condition", "after 22:00")
    assert code(result) == 0, result.exception
    for words in (
        "You are about to approve, as the technical lead, on shop:",
        "Way through: switch-first",
        "At stake on shop-db: 37 orders All can be saved.",
        "Open findings: 1 blockers, 0 warnings, 1 notes",
        "blocker: the backup is too old",
        "Made by kim at",
        f"Digest: {commands.signed.subject.plan}",
        "Conditions: after 22:00",
    ):
        assert words in result.stderr
    assert re.search(r"^lee approved plan [0-9a-f]{12} as the technical lead, until ", result.stdout)


def test_says_who_signed_and_what_is_missing_and_how_it_ends(commands: Commands) -> None:
    commands.approve("technical_lead", "lee", "--condition", "after 22:00")
    result = commands("approvals")
    assert code(result) == 4
    assert re.search(r"  the technical lead: lee at \S+Z, until \S+Z\n    on condition: after 22:00", result.stdout)
    assert (
        "  the operations manager has not signed this plan\n    Next: park signs: rollback-runner approve --role"
        in result.stdout
    )
    commands.approve("operations_manager", "park")
    result = commands("approvals")
    assert code(result) == 0
    assert "Everyone whose word is needed has signed." in result.stdout


def test_as_json(commands: Commands) -> None:
    commands.approve("technical_lead", "lee")
    found = json.loads(commands("approvals", "--json").stdout)
    assert (found["plan"], found["granted"], found["required"]) == (
        commands.signed.subject.plan,
        False,
        ["technical_lead", "operations_manager"],
    )
    assert [(one["item"], one["by"]) for one in found["approvals"]] == [("APPROVE-01", "lee")]
    assert found["problems"][0]["sentence"]["ko"] == "운영 책임자의 서명이 없습니다"


@pytest.mark.usefixtures("commands")
def test_in_korean() -> None:
    result = CliRunner().invoke(root, ["approvals", "--lang", "ko"], standalone_mode=False)
    assert (
        "  기술 책임자의 서명이 없습니다\n    다음: lee 님이 서명합니다: rollback-runner approve --role technical_lead"
        in result.stdout
    )


def test_what_would_not_hold_is_not_put_on_record(commands: Commands) -> None:
    for role, name, key, words in (
        ("technical_lead", "lee", "park", "was signed with a key that is not lee's"),
        ("technical_lead", "kim", "kim", "kim signed as the technical lead and may not"),
        ("executive", "lee", "lee", "lee signed as an executive and may not"),
    ):
        result = commands("approve", "--role", role, "--as", name, "--key", str(commands.signed.key(key)), "--yes")
        assert code(result) == 3
        assert words in str(result.exception)
        assert "nothing was put on record" in str(result.exception)
    assert not (commands.signed.incident / record.NAME).exists()


def test_the_maker_is_told_before_signing(commands: Commands) -> None:
    commands.signed.extra = {
        "roles": commands.signed.variables["site_approvals"]["roles"] | {"technical_lead": ["kim"]}
    }
    result = commands.approve("technical_lead", "kim")
    assert "kim made the plan, so kim cannot approve it" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("approve", "--yes"), "--role is missing"),
        (("approve", "--role", "technical_leed"), "There is no role technical_leed (did you mean technical_lead?)"),
        (("approve", "--role", "technical_lead", "--key", "/nowhere", "--yes"), "there is no key at /nowhere"),
        (("approve", "--role", "technical_lead"), "standard input is not a terminal"),
        (("approve", "--role", "technical_lead", "--key", "agent", "--yes"), "the agent holds 0 keys"),
        (("revoke", "--role", "technical_lead", "--reason", " ", "--as", "lee"), "needs a reason"),
        (("revoke", "--role", "technical_lead", "--reason", "x", "--as", "lee"), "Nobody signed as technical_lead"),
    ],
)
def test_bad_input_is_one_sentence(commands: Commands, arguments: tuple[str, ...], words: str) -> None:
    result = commands(*arguments)
    assert code(result) == 2
    assert words in str(result.exception)


def test_a_changed_plan_cannot_be_signed(commands: Commands) -> None:
    path = commands.signed.incident / "plan.json"
    path.write_text(path.read_text().replace("37 orders", "3 orders"))
    result = commands.approve("technical_lead", "lee")
    assert code(result) == 3
    assert "This plan cannot be signed: kim is named as the plan's maker" in str(result.exception)


def test_without_a_plan_there_is_nothing_to_sign(commands: Commands) -> None:
    (commands.signed.incident / "plan.json").unlink()
    result = commands.approve("technical_lead", "lee")
    assert "no plan is frozen" in str(result.exception)
    assert commands("approvals").return_value == 4


def test_who_signs_is_known_from_the_key(commands: Commands) -> None:
    result = commands("approve", "--role", "technical_lead", "--key", str(commands.signed.key("lee")), "--yes")
    assert result.stdout.startswith("lee approved plan")


def test_signed_elsewhere(commands: Commands, tmp_path: Path) -> None:
    printed = commands("approve", "--role", "technical_lead", "--print")
    assert code(printed) == 0
    assert "ssh-keygen -Y sign -f KEY -n approval@rollback-runner FILE" in printed.stderr
    document = tmp_path / "approval"
    document.write_text(printed.stdout)
    made = [
        "ssh-keygen",
        "-q",
        "-Y",
        "sign",
        "-f",
        str(commands.signed.key("lee")),
        "-n",
        signing.APPROVAL,
        str(document),
    ]
    subprocess.run(made, check=True, capture_output=True)
    result = commands("approve", "--import", f"{document}.sig")
    assert result.stdout.startswith("lee approved plan"), result.exception
    document.write_text(printed.stdout.replace('"conditions":""', '"conditions":"x"'))
    assert "does not fit its text: forged, or edited since" in str(
        commands("approve", "--import", f"{document}.sig").exception
    )
    document.unlink()
    assert "must end in .sig and lie beside the statement" in str(
        commands("approve", "--import", f"{document}.sig").exception
    )


def test_taking_back(commands: Commands) -> None:
    commands.approve("technical_lead", "lee")
    commands.approve("operations_manager", "park")
    as_choi = ("--as", "choi", "--key", str(commands.signed.key("choi")))
    result = commands("revoke", "--role", "technical_lead", "--reason", "wrong figures", *as_choi)
    assert result.stdout.startswith("choi took back the approval as the technical lead."), result.exception
    shown = commands("approvals")
    assert code(shown) == 3
    assert "choi took back the approval of lee as the technical lead at" in shown.stdout
    stranger = ("--as", "jung", "--key", str(commands.signed.key("jung")))
    refused = commands("revoke", "--role", "technical_lead", "--reason", "x", *stranger)
    assert "jung holds no role of shop" in str(refused.exception)


def test_a_run_may_begin_only_under_its_own_approved_plan(commands: Commands) -> None:
    signed = commands.signed
    site, digest = as_site(signed), signed.subject.plan
    with pytest.raises(
        RefusedError, match="the technical lead has not signed this plan; the operations manager"
    ) as told:
        approvals.require(site, signed.home, digest)
    assert "rollback-runner approve --role technical_lead" in told.value.next_step
    approvals.sign(site, signed.home, "technical_lead", "lee", str(signed.key("lee")))
    approvals.sign(site, signed.home, "operations_manager", "park", str(signed.key("park")))
    found = approvals.require(site, signed.home, digest)
    assert found is not None
    assert found.as_dict()["granted"]
    with pytest.raises(RefusedError, match="the plan that would be carried out has the digest 000000000000"):
        approvals.require(site, signed.home, "0" * 64)


def test_a_site_that_asks_for_none(commands: Commands) -> None:
    site = replace(as_site(commands.signed), variables={"shop": {"site_name": SITE}})
    assert approvals.require(site, commands.signed.home, "0" * 64) is None
    with pytest.raises(UsageError, match="shop asks for no approvals"):
        approvals.standing(site, commands.signed.home)


def test_broken_glass_is_put_on_record(commands: Commands) -> None:
    site = as_site(commands.signed)
    assert approvals.require(site, commands.signed.home, "0" * 64, "nobody answers") is None
    assert "broke the glass: nobody answers" in commands("approvals").stdout


def test_no_incident(commands: Commands) -> None:
    (commands.signed.home / "incidents" / SITE / "current").unlink()
    with pytest.raises(RefusedError, match="no incident is open that could hold them"):
        approvals.require(as_site(commands.signed), commands.signed.home, "0" * 64)
    assert "No incident of shop is open." in str(commands("approvals").exception)


def test_taken_back_too_late(commands: Commands) -> None:
    commands.approve("technical_lead", "lee")
    record.add(commands.signed.incident, "promoted", host="shop-db", run="run-1")
    mine = ("--as", "lee", "--key", str(commands.signed.key("lee")))
    assert (
        "It stops nothing any more, for IDC takes writes already."
        in commands("revoke", "--role", "technical_lead", "--reason", "late", *mine).stdout
    )
