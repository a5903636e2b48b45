"""What a site needs in AWX: by AWX's own rules, in both languages, and without a secret."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jinja2
import pytest
from awx_made import SITE, VARIABLES, made

from lab.awx import rules
from rollback_runner.awx import credentials, secrets, surveys
from rollback_runner.errors import UsageError
from rollback_runner.plan import ways

_KOREAN = re.compile(r"[가-힣]")


@pytest.mark.parametrize("strategy", sorted(ways.WAYS))
def test_surveys_and_credential_types_pass_the_rules_of_awx(strategy: str) -> None:
    content = made(strategy)
    for template in content.objects["job_templates"]:
        if template["survey_enabled"]:
            rules.survey(template["survey_spec"])
    rules.survey(content.objects["workflow_job_templates"][0]["survey_spec"])
    for kind in content.objects["credential_types"]:
        rules.credential_type(kind)
    for notified in content.objects["notification_templates"]:
        rules.messages(notified["messages"])
        rules.webhook(notified["notification_configuration"])


def test_there_is_a_template_for_every_leg_of_every_way_and_its_playbook_exists() -> None:
    content = made()
    legs = {leg.name: leg.playbook for way in ways.WAYS.values() for leg in way.legs}
    for leg, playbook in legs.items():
        assert content.template(leg)["playbook"] == f"playbooks/{playbook}"
    project = Path(__file__).resolve().parents[4]
    for template in content.objects["job_templates"]:
        assert (project / template["playbook"]).is_file()


def test_templates_end_in_time_run_alone_and_never_in_slices() -> None:
    for template in made().objects["job_templates"]:
        assert template["timeout"] > 0
        assert template["allow_simultaneous"] is False
        assert template["job_slice_count"] == 1
    assert made().template("emergency")["timeout"] == 2 * SITE.budgets["emergency"]


def test_people_read_every_question_in_both_languages() -> None:
    content = made()
    asked = [item for template in content.objects["job_templates"] for item in template["survey_spec"].get("spec", [])]
    assert len(asked) > 1
    for item in asked:
        for text in (item["question_name"], item["question_description"]):
            english, _, korean = text.partition(" / ")
            assert english
            assert _KOREAN.search(korean)


def test_what_a_launch_sends_answers_every_question() -> None:
    for template in made().objects["job_templates"]:
        if template["survey_enabled"]:
            given = {"rr_confirm_site": "shop", "deployment_reason": "it is slow"}
            told = surveys.answers(template["survey_spec"], given)
            assert rules.answers(template["survey_spec"], told) == []


def test_an_answer_that_nobody_asked_for_is_named() -> None:
    survey = made().template("emergency")["survey_spec"]
    assert surveys.unknown(survey, {"rr_reason": "x", "rr_resaon": "x"}) == ["rr_resaon"]


def test_every_secret_of_the_site_has_a_field_and_none_is_in_the_content() -> None:
    content = made()
    fields = {field["id"] for kind in content.objects["credential_types"] for field in kind["inputs"]["fields"]}
    assert {"chat", "rr", "tsig", "idc", "aws", "aws_credentials", "vercel"} <= fields
    assert "aws_cleanup" not in fields, "the key that deletes is never handed to a job"
    by_kind = {one.field: one.kind for one in secrets.of({"h": VARIABLES})}
    assert by_kind["tsig"] == "dns"
    assert by_kind["aws"] == "mysql"
    assert by_kind["aws_credentials"] == "aws"
    assert by_kind["vercel"] == "vercel"
    assert by_kind["rr"] == "ssh"
    assert by_kind["chat"] == "notification"


def test_the_same_site_has_the_same_fields_where_its_home_is_another() -> None:
    moved = json.loads(json.dumps(VARIABLES).replace("/etc/rr/", "/somewhere/else/home/"))
    here = [(one.kind, one.field) for one in secrets.of({"h": VARIABLES})]
    assert [(one.kind, one.field) for one in secrets.of({"h": moved})] == here


def test_files_of_the_same_name_get_fields_of_their_own() -> None:
    found = secrets.of({"h": {"db_idc": {"password_file": "/a/pw"}, "db_aws": {"password_file": "/b/pw"}}})
    assert len({one.field for one in found}) == 2


def test_a_job_finds_its_secrets_where_the_site_looks(tmp_path: Path) -> None:
    given = tmp_path / "awx-file"
    given.write_text("secret\n", encoding="utf-8")
    there = tmp_path / "kept"
    there.write_text("mine\n", encoding="utf-8")
    site = {
        "h": {
            "db_idc": {"password_file": str(tmp_path / "home" / "secrets" / "idc")},
            "db_aws": {"password_file": str(there)},
        }
    }
    placed = secrets.place(site, {"RR_FILE_IDC": str(given), "RR_FILE_KEPT": str(given)})
    assert placed == (str(tmp_path / "home" / "secrets" / "idc"),)
    assert (tmp_path / "home" / "secrets" / "idc").read_text(encoding="utf-8") == "secret\n"
    assert there.read_text(encoding="utf-8") == "mine\n", "what is there already stays"


@pytest.mark.parametrize("content", ["", "\n", None])
def test_a_field_that_nobody_filled_in_is_no_secret(content: str | None, tmp_path: Path) -> None:
    given = tmp_path / "awx-file"
    if content is not None:
        given.write_text(content, encoding="utf-8")
    site = {"h": {"db_idc": {"password_file": str(tmp_path / "secrets" / "idc")}}}
    assert secrets.place(site, {"RR_FILE_IDC": str(given)}) == ()
    assert not (tmp_path / "secrets" / "idc").exists()


def test_a_key_that_was_pasted_without_its_last_line_end_is_one() -> None:
    ssh = next(kind for kind in made().objects["credential_types"] if kind["name"].endswith(": ssh"))
    text = jinja2.Environment(autoescape=True).from_string(ssh["injectors"]["file"]["template.rr"]).render(rr="KEY")
    assert text == "KEY\n"


def test_credentials_name_files_and_hold_nothing_themselves() -> None:
    for entry in made().objects["credentials"]:
        assert "inputs" not in entry
        assert all(path.startswith(("/", "~")) for path in entry["files"].values())


def test_injectors_set_no_name_but_ours() -> None:
    for kind in made().objects["credential_types"]:
        assert all(name.startswith("RR_") for name in kind["injectors"]["env"])
        assert credentials.TOKEN not in kind["injectors"]["env"].values()


def test_a_site_without_a_word_on_awx_is_told_what_to_write() -> None:
    with pytest.raises(UsageError, match=r"site_awx\.project\.url is missing"):
        made(site_awx={})


def test_a_site_elsewhere_must_say_where_the_project_has_it() -> None:
    given = {name: value for name, value in VARIABLES["site_awx"].items() if name != "inventory"}
    with pytest.raises(UsageError, match="lies outside of the project"):
        made(site_awx=given)
