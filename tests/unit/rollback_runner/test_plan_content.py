from __future__ import annotations

from dataclasses import replace

import planned
from failback.approval import canonical

from rollback_runner.content import ROOT
from rollback_runner.plan import content as plan_content


def digest(content: dict[str, object]) -> str:
    return canonical.digest(content)


def test_the_digest_does_not_depend_on_the_machine() -> None:
    here = planned.site("/home/one", "/srv/site")
    there = planned.site("/mnt/two", "/opt/elsewhere/site")
    there.variables["shop-db"]["ansible_python_interpreter"] = "/opt/python"  # type: ignore[index]
    assert digest(planned.content(here, home="/home/one")) == digest(planned.content(there, home="/mnt/two"))


def test_a_checkout_that_is_rr_home_gives_the_digest_of_an_installed_wheel() -> None:
    inside = planned.site(str(ROOT), f"{ROOT}/inventories/shop", template=f"{ROOT}/lab/templates/app.json.j2")
    content = planned.content(inside, home=str(ROOT))
    found = content["variables"]["shop-db"]
    assert found["template"] == "$PROJECT/lab/templates/app.json.j2"
    assert found["journeys"] == "$SITE/journeys"
    assert found["db_idc"]["password_file"] == "$RR_HOME/s/idc"
    elsewhere = planned.site("/data", "/etc/shop", template=f"{ROOT}/lab/templates/app.json.j2")
    assert digest(content) == digest(planned.content(elsewhere, home="/data"))


def test_a_path_is_named_only_as_a_whole() -> None:
    content = planned.content(planned.site("/data", file="/database/x", other="/data"), home="/data")
    found = content["variables"]["shop-db"]
    assert (found["file"], found["other"]) == ("/database/x", "$RR_HOME")


def test_the_digest_changes_with_all_that_approvals_cover() -> None:
    one = digest(planned.content())
    site = planned.site()
    renamed = (replace(planned.STEPS[0], name="Check that RDS is meant"), *planned.STEPS[1:])
    changed = [
        planned.content(made=planned.plans(site, renamed)),
        planned.content(made=planned.plans(site, planned.STEPS[:-1])),
        planned.content(made=planned.plans(site, strategy="stop-first")),
        planned.content(planned.site(db_max_lag=2.0)),
        planned.content(planned.site(db_cutover_gtid="x:1")),
        planned.content(replace(site, budgets={"emergency": 901.0, "full": 3600.0})),
        planned.content(replace(site, groups={**site.groups, "app_hosts": ("a1",)})),
        planned.content(code="d" * 64),
        planned.content(files={"$SITE/journeys/shop.yml": "e" * 64}),
        planned.content(planned.site(x_key={"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256 6162"})),
        planned.content(planned.site(x_key={"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256 6163"})),
        planned.content(backups={"shop-db": [{"name": "nightly", "digest": "1"}]}),
        planned.content(basis={"stake": {"shop-db": {"savable": "part", "ddl": []}}}),
    ]
    digests = [digest(content) for content in changed]
    assert len({one, *digests}) == len(changed) + 1


def test_whom_to_call_and_secrets_are_not_in_it() -> None:
    content = planned.content()
    assert "hunter2" not in canonical.text(content)
    assert "site_people" not in content["variables"]["shop-db"]
    assert digest(content) == digest(planned.content(planned.site(site_people={}, x_password="other")))
    assert plan_content.people(planned.site()) != plan_content.people(planned.site(site_people={}))


def test_it_names_the_servers_the_cut_over_and_the_point_of_no_return() -> None:
    content = planned.content()
    assert content["servers"]["shop-db"]["aws"] == {
        "host": "192.0.2.51",
        "port": 3306,
        "server_uuid": planned.UUIDS["aws"],
        "instance": "shop-prod",
    }
    assert content["cutover"] == {"shop-db": f"{planned.UUIDS['idc']}:1-100"}
    assert content["point_of_no_return"] == {"leg": "emergency", "step": "Open IDC for writes"}


def test_it_survives_being_written_and_read() -> None:
    content = planned.content()
    assert canonical.read(canonical.text(content)) == content
