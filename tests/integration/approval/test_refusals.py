"""Every way in which an approval does not hold, with real keys and ssh-keygen: each is refused, with its reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from failback.approval import record, signing
from failback.approval.statement import Subject
from signed import CONTENT, Signed, later

from lab import keys

if TYPE_CHECKING:
    from pathlib import Path


def test_two_people_who_may_are_enough(granted: Signed) -> None:
    judged = granted.judged()
    assert judged.good
    assert {one.role: one.statement.principal for one in judged.granted} == {
        "technical_lead": "lee",
        "operations_manager": "park",
    }


def test_what_is_missing_is_told_with_the_command(site: Signed) -> None:
    site.sign("technical_lead", "lee")
    [problem] = site.judged().problems
    assert problem.waits
    assert problem.sentence() == "the operations manager has not signed this plan"
    assert problem.next_step() == "park signs: rollback-runner approve --role operations_manager"


def test_a_critical_site_needs_the_executive(site: Signed) -> None:
    site.critical = True
    site.sign("technical_lead", "lee")
    site.sign("operations_manager", "park")
    assert "an executive has not signed" in site.refusal()
    site.sign("executive", "choi")
    assert site.refusal() == ""


def test_forged_with_another_key(site: Signed) -> None:
    site.sign("technical_lead", "lee", key="jung")
    site.sign("operations_manager", "park")
    assert "signed with a key that is not lee's" in site.refusal()


def test_forged_with_the_signature_of_another_text(granted: Signed, people: Path) -> None:
    granted.freeze(CONTENT | {"steps": []})
    other = signing.sign(b"something else\n", str(people / "lee"), signing.APPROVAL, ask=False)
    said = granted.sign("operations_manager", "park")
    granted.put(
        "approval", said.text().replace('"park"', '"lee"').replace("operations_manager", "technical_lead"), other
    )
    assert (
        "the signature of lee as the technical lead does not fit its text: forged, or edited since" in granted.refusal()
    )


def test_edited_after_signing(granted: Signed) -> None:
    path = granted.incident / record.NAME
    path.write_text(path.read_text().replace('\\"conditions\\":\\"\\"', '\\"conditions\\":\\"do as you like\\"', 1))
    told = granted.refusal()
    assert "the record of approvals" in told
    assert "a line was changed" in told
    assert "the signature of lee as the technical lead does not fit its text" in told


def test_a_record_made_whole_again_does_not_help_the_editor(granted: Signed) -> None:
    path = granted.incident / record.NAME
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.unlink()
    for line in lines:
        record.add(
            granted.incident,
            line["kind"],
            statement=line["statement"].replace('"conditions":""', '"conditions":"x"'),
            signature=line["signature"],
        )
    assert "does not fit its text" in granted.refusal()
    assert "the record" not in granted.refusal()


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        (lambda s: Subject("other", s.incident, s.plan), "was given for the site other, not for shop"),
        (lambda s: Subject(s.site, "20200101T000000Z", s.plan), "was given for the incident 20200101T000000Z, not for"),
        (
            lambda s: Subject(s.site, s.incident, "0" * 64),
            "is for another plan (000000000000), not for this one",
        ),
    ],
)
def test_reused(site: Signed, subject: object, told: str) -> None:
    assert callable(subject)
    site.sign("technical_lead", "lee", subject=subject(site.subject))
    site.sign("operations_manager", "park")
    assert told in site.refusal()


def test_another_plan_needs_other_signatures(granted: Signed) -> None:
    granted.freeze(CONTENT | {"strategy": "stop-first"})
    assert granted.refusal().count("is for another plan") == 2


def test_expired(granted: Signed) -> None:
    told = granted.refusal(now=later(hours=24, minutes=1))
    assert "the approval of lee as the technical lead expired at" in told
    assert "the approval of park as the operations manager expired at" in told


def test_nobody_gives_a_longer_approval_than_the_site_lets_them(site: Signed) -> None:
    site.sign("technical_lead", "lee", expires_at=later(days=3650))
    site.sign("operations_manager", "park")
    assert "the approval of lee as the technical lead expired" in site.refusal(now=later(hours=24, minutes=1))


def test_made_by_who_made_the_plan(site: Signed) -> None:
    site.extra = {"roles": site.variables["site_approvals"]["roles"] | {"technical_lead": ["kim", "lee"]}}
    site.sign("technical_lead", "kim")
    site.sign("operations_manager", "park")
    assert "kim made the plan, so kim cannot approve it as the technical lead" in site.refusal()


def test_made_by_who_froze_it_before(site: Signed) -> None:
    site.freeze(makers=["lee", "kim"])
    site.sign("technical_lead", "lee")
    site.sign("operations_manager", "park")
    assert "lee made the plan, so lee cannot approve it as the technical lead" in site.refusal()


def test_a_plan_of_another_incident(granted: Signed) -> None:
    granted.freeze(incident="20200101T000000Z")
    assert "the plan was frozen for the incident 20200101T000000Z, not for" in granted.refusal()


def test_made_with_the_key_that_made_the_plan(site: Signed) -> None:
    site.list_signers("kim", "park", lines=(site.line("lee", key="kim"),))
    site.sign("technical_lead", "lee", key="kim")
    site.sign("operations_manager", "park")
    assert "lee signed as the technical lead with the key that made the plan" in site.refusal()


def test_the_same_key_twice_is_one_person(site: Signed) -> None:
    site.list_signers("kim", "lee", lines=(site.line("park", key="lee"),))
    site.sign("technical_lead", "lee")
    site.sign("operations_manager", "park", key="lee")
    told = site.refusal()
    assert "park as the operations manager and lee as the technical lead signed with one key (SHA256:" in told
    assert "that is one person" in told


def test_the_same_person_in_two_roles(site: Signed) -> None:
    site.extra = {"roles": site.variables["site_approvals"]["roles"] | {"operations_manager": ["lee", "park"]}}
    site.sign("technical_lead", "lee")
    site.sign("operations_manager", "lee")
    assert "lee signed as the operations manager and as the technical lead: two people must approve" in site.refusal()
    site.sign("operations_manager", "park")
    assert site.refusal() == ""


def test_someone_who_may_not(site: Signed) -> None:
    site.sign("technical_lead", "jung")
    site.sign("operations_manager", "park")
    assert "jung signed as the technical lead and may not" in site.refusal()


def test_the_plan_changed_by_one_character(granted: Signed) -> None:
    path = granted.incident / "plan.json"
    path.write_text(path.read_text().replace("AWS-01", "AWS-02"))
    told = granted.refusal()
    assert "the plan was changed after it was frozen: it says digest" in told
    assert "kim is named as the plan's maker, and the signature under it does not prove that" in told


def test_the_plan_changed_with_its_digest(granted: Signed) -> None:
    before = (granted.incident / "plan.json.sig").read_bytes()
    granted.freeze(CONTENT | {"steps": ["AWS-02 | Close RDS"]})
    (granted.incident / "plan.json.sig").write_bytes(before)
    told = granted.refusal()
    assert "kim is named as the plan's maker, and the signature under it does not prove that" in told


def test_a_plan_nobody_signed(granted: Signed) -> None:
    (granted.incident / "plan.json.sig").unlink()
    assert "nothing proves who made the plan" in granted.refusal()


def test_a_plan_under_the_name_of_another(granted: Signed) -> None:
    granted.freeze(made_by="jung")
    assert "jung is named as the plan's maker, and the signature under it does not prove that" in granted.refusal()


def test_a_plan_by_no_planner(granted: Signed) -> None:
    granted.freeze(maker="jung")
    assert "jung made the plan and is no planner of this site" in granted.refusal()


def test_a_plan_that_shows_one_thing_and_says_another(granted: Signed) -> None:
    path = granted.incident / "plan.json"
    path.write_text(path.read_text().replace('{"version"', '{"content": {}, "version"', 1))
    assert "the key 'content' stands twice" in granted.refusal()


def test_no_plan_waits(tmp_path: Path, people: Path) -> None:
    site = Signed(tmp_path, people)
    [problem] = site.judged().problems
    assert problem.waits
    assert problem.sentence() == f"no plan is frozen for the incident {site.incident.name}"


def test_the_lab_makes_a_key_for_each_person(people: Path) -> None:
    lines = (people / keys.SIGNERS).read_text().splitlines()
    assert [line.split()[0] for line in lines] == list(keys.PEOPLE)
    assert len({line.split()[2] for line in lines}) == len(keys.PEOPLE)
    assert (people / "lee").stat().st_mode & 0o077 == 0
