"""Cleaning up on AWS: only what is in the plan, only when it is due, only what nobody uses, and nobody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import ended
import pytest
from failback import journal, lock
from failback.dns.answers import Answer

from rollback_runner.after import cleanup_apply, cleanup_gate, cleanup_plan
from rollback_runner.errors import LockedError, RefusedError, UsageError
from rollback_runner.record import store

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_site import Cloud

    from rollback_runner.after.cleanup_apply import Ended, Sources
    from rollback_runner.after.cleanup_plan import Plan
    from rollback_runner.site.site import Site

MADE = date(2026, 11, 22)
LATER = date(2027, 3, 1)


def made(cloud: Cloud, home: Path, wishes: dict[str, Any] | None = None, **more: Any) -> tuple[Site, Path, Plan]:
    site = cloud.site(**ended.PEOPLE, **more)
    incident = ended.incident(home)
    return site, incident, cleanup_plan.make(site, incident, wishes or {}, MADE)


def carry(site: Site, incident: Path, entries: Any, use: Sources | None = None) -> dict[str, Ended]:
    said: list[Ended] = []
    cleanup_apply.apply(site, incident, entries, said.append, use or ended.sources())
    return {one.key: one for one in said}


def test_all_of_it_goes_in_order_and_the_neighbour_stays(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    before = cloud.neighbour()
    assert {one.owner for one in plan.entries} == {"site"}
    theirs = {*cloud.theirs.values(), "billing", "billing-mysql", "billing-by-hand"}
    assert not theirs & {one.id for one in plan.entries}
    entries = cleanup_gate.chosen(plan, (), LATER)
    outcomes = carry(site, incident, entries)
    assert {one.outcome for one in outcomes.values()} <= {"done", "already"}, outcomes
    assert outcomes["rds_instance:shop-prod"].said.startswith("it is gone; the last snapshot is rr-last-shop-prod-")
    assert cloud.neighbour() == before
    left = cleanup_plan.make(site, incident, {}, MADE).entries
    # The zone is kept, and the last snapshot is the one copy of RDS that remains.
    assert [one.kind for one in left] == ["rds_snapshot", "hosted_zone"]
    lines = journal.read(cleanup_plan.journal_of(incident))
    assert journal.verify(cleanup_plan.journal_of(incident)) == []
    intents = [line["key"] for line in lines if line["kind"] == "intent"]
    assert set(intents) >= {f"security_group:{cloud.ids['group']}", "rds_instance:shop-prod"}
    again = carry(site, incident, entries)
    assert {one.outcome for one in again.values()} == {"already"}


def test_a_resource_that_changed_since_the_plan_stays(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    cloud.client("ec2").modify_instance_attribute(InstanceId=cloud.ids["machine"], Groups=[cloud.theirs["group"]])
    cloud.client("rds").modify_db_instance(
        DBInstanceIdentifier="shop-prod", AllocatedStorage=200, ApplyImmediately=True
    )
    outcomes = carry(site, incident, plan.acts[:2])
    assert [one.outcome for one in outcomes.values()] == ["refused", "refused"]
    assert "changed since the plan was made (security_groups)" in outcomes[plan.acts[0].key].said
    assert "storage_gib" in outcomes["rds_instance:shop-prod"].said


@pytest.mark.parametrize(
    ("world", "says"),
    [
        (replace(ended.IDLE, rds={"shop-prod": ("RDS is not fenced: shop_app@% may log in",)}), "not fenced"),
        (replace(ended.IDLE, rds={"shop-prod": ("sessions are open on RDS: shop_app",)}), "sessions are open"),
        (replace(ended.IDLE, rds={}), "nothing is known"),
        (replace(ended.IDLE, doors=("aws-lb1 is served by another database than IDC (2)",)), "another database"),
        (
            replace(ended.IDLE, names=(Answer("ns1", "db.example.org", "A", ("10.0.0.51",), 5, True, 1.0),)),  # noqa: FBT003
            "db.example.org leads to 10.0.0.51 at ns1",
        ),
        (
            replace(ended.IDLE, names=(Answer("ns1", "db.example.org", "A", (), 0, False, 1.0, "no answer"),)),  # noqa: FBT003
            "ns1 does not say where db.example.org leads",
        ),
    ],
)
def test_rds_that_is_still_used_stays(cloud: Cloud, tmp_path: Path, world: Any, says: str) -> None:
    site, incident, plan = made(cloud, tmp_path)
    entry = plan.get("shop-prod")
    found = carry(site, incident, [entry], ended.sources(world))["rds_instance:shop-prod"]
    assert (found.outcome, says in found.said) == ("refused", True), found
    assert [line["kind"] for line in journal.read(cleanup_plan.journal_of(incident))] == ["plan", "ended"]
    snapshots = cloud.client("rds").describe_db_snapshots(DBInstanceIdentifier="shop-prod", SnapshotType="manual")
    assert len(snapshots["DBSnapshots"]) == 2, "not even a snapshot was made"


def test_a_machine_that_a_name_leads_to_and_a_group_that_is_in_use_stay(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    machine = plan.get(cloud.ids["machine"])
    assert machine is not None
    here = Answer("ns1", "www.example.org", "A", (machine.facts["addresses"][0],), 5, True, 1.0)  # noqa: FBT003
    outcomes = carry(
        site, incident, [machine, plan.get(cloud.ids["group"])], ended.sources(replace(ended.IDLE, names=(here,)))
    )
    assert "www.example.org leads to" in outcomes[machine.key].said
    group = outcomes[f"security_group:{cloud.ids['group']}"]
    assert (group.outcome, "still uses it" in group.said) == ("refused", True)


def test_what_a_neighbour_uses_too_is_shared_and_never_touched(cloud: Cloud, tmp_path: Path) -> None:
    ec2 = cloud.client("ec2")
    site, incident, plan = made(cloud, tmp_path)
    # The neighbour moved in after the plan was made.
    ec2.modify_instance_attribute(InstanceId=cloud.theirs["machine"], Groups=[cloud.ids["group"]])
    group = carry(site, incident, [plan.get(cloud.ids["group"])])[f"security_group:{cloud.ids['group']}"]
    assert group.outcome == "refused"
    assert "it is shared now" in group.said
    again = cleanup_plan.make(site, incident, {}, MADE).get(cloud.ids["group"])
    assert again is not None
    assert (again.owner, again.action) == ("shared", "keep")
    with pytest.raises(UsageError, match="it is never touched"):
        cleanup_plan.make(site, incident, {again.key: "delete"}, MADE)


def test_what_a_neighbour_hangs_on_stays(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    ec2, rds = cloud.client("ec2"), cloud.client("rds")
    # The neighbour took the site's address for its own machine, and reads from the site's RDS.
    ec2.associate_address(AllocationId=cloud.ids["address"], InstanceId=cloud.theirs["machine"])
    rds.create_db_instance_read_replica(DBInstanceIdentifier="billing-reads", SourceDBInstanceIdentifier="shop-prod")
    outcomes = carry(site, incident, [plan.get(cloud.ids["address"]), plan.get("shop-prod")])
    address, source = outcomes[f"elastic_ip:{cloud.ids['address']}"], outcomes["rds_instance:shop-prod"]
    assert address.outcome == source.outcome == "refused"
    assert f"ec2_instance:{cloud.theirs['machine']} still uses it" in address.said
    assert "rds_instance:billing-reads still uses it" in source.said
    ec2.terminate_instances(InstanceIds=[cloud.theirs["machine"]])
    assert carry(site, incident, [plan.get(cloud.ids["address"])])[address.key].outcome == "done", "gone, it uses none"


def test_a_machine_waits_for_the_disk_that_would_go_with_it(cloud: Cloud, tmp_path: Path) -> None:
    held = {"site_cleanup": {"hold_days": {"ebs_volume": 60}}}
    site, incident, plan = made(cloud, tmp_path, **held)
    machine = plan.get(cloud.ids["machine"])
    assert machine is not None
    disks = machine.facts["volumes_that_go_with_it"]
    assert disks, "AWS deletes the first disk of a machine with it"
    assert machine.hold_until == "2027-01-21"
    again = cleanup_plan.make(site, incident, {f"ebs_volume:{disks[0]}": "keep"}, MADE).get(machine.key)
    assert again is not None
    assert (again.action, f"AWS deletes ebs_volume:{disks[0]} with it" in again.why) == ("keep", True)
    with pytest.raises(UsageError, match="DeleteOnTermination"):
        cleanup_plan.make(site, incident, {f"ebs_volume:{disks[0]}": "keep", machine.key: "delete"}, MADE)


def test_a_run_that_begins_meanwhile_stops_it(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    path = store.lock_path(tmp_path, "shop")
    path.parent.mkdir(parents=True, exist_ok=True)

    def begins(_: Ended) -> None:
        lock.acquire(path, site="shop", reason="test", run="r")

    entries = [plan.get(cloud.ids[name]) for name in ("address", "volume")]
    with pytest.raises(RefusedError, match="A run is going on"):
        cleanup_apply.apply(site, incident, entries, begins, ended.sources())  # type: ignore[arg-type]
    assert cloud.client("ec2").describe_volumes(VolumeIds=[cloud.ids["volume"]])["Volumes"]


def test_what_the_inventory_names_by_mistake_is_disputed(cloud: Cloud, tmp_path: Path) -> None:
    _, _, plan = made(cloud, tmp_path, aws_security_groups=[cloud.theirs["group"]], aws_db_instance="billing")
    for name in (cloud.theirs["group"], "billing"):
        entry = plan.get(name)
        assert entry is not None
        assert (entry.owner, entry.action) == ("disputed", "keep")
        assert "service=billing" in entry.because
    assert plan.get("billing-by-hand") is None


def test_a_tag_that_was_taken_away_since_makes_it_nobodys(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    cloud.client("ec2").delete_tags(Resources=[cloud.ids["address"]], Tags=[{"Key": "service"}])
    found = carry(site, incident, [plan.get(cloud.ids["address"])])[f"elastic_ip:{cloud.ids['address']}"]
    assert (found.outcome, "not the site's any more" in found.said) == ("refused", True)


def test_a_deletion_that_aws_denies_is_named_and_the_rest_goes_on(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    api = cloud.client("iam")
    api.create_user(UserName="cleaner")
    allow = ["rds:*", "ec2:Describe*", "ec2:ReleaseAddress"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allow, "Resource": ["*"]}]}
    api.put_user_policy(UserName="cleaner", PolicyName="p", PolicyDocument=json.dumps(policy))
    key = api.create_access_key(UserName="cleaner")["AccessKey"]
    file = cloud.directory / "cleaner"
    file.write_text(
        f"[cleaner]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n",
        encoding="utf-8",
    )
    file.chmod(0o600)
    own = cloud.site(**ended.PEOPLE, aws_cleanup_credentials_file=str(file), aws_cleanup_profile="cleaner")
    entries = [plan.get(cloud.ids[name]) for name in ("volume", "address")]
    outcomes = carry(own, incident, entries)
    volume = outcomes[f"ebs_volume:{cloud.ids['volume']}"]
    assert volume.outcome == "failed"
    assert "not authorized to perform: ec2:DeleteVolume" in volume.said
    assert outcomes[f"elastic_ip:{cloud.ids['address']}"].outcome == "done"
    assert carry(site, incident, entries)[volume.key].outcome == "done", "with another key the same command goes on"


def test_cut_off_in_the_middle_it_goes_on(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    entries = [plan.get(cloud.ids[name]) for name in ("address", "volume", "snapshot")]

    def cut(one: Ended) -> None:
        if one.key.startswith("elastic_ip"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cleanup_apply.apply(site, incident, entries, cut, ended.sources())  # type: ignore[arg-type]
    outcomes = carry(site, incident, entries)
    assert [one.outcome for one in outcomes.values()] == ["already", "done", "done"]
    assert journal.verify(cleanup_plan.journal_of(incident)) == []


def test_killed_between_the_last_snapshot_and_the_deletion_it_goes_on(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    name = f"rr-last-shop-prod-{incident.name.lower()}"
    cloud.client("rds").create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier="shop-prod")
    found = carry(site, incident, [plan.get("shop-prod")])["rds_instance:shop-prod"]
    assert (found.outcome, name in found.said) == ("done", True)


def test_without_its_last_snapshot_rds_stays(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)
    rds = cloud.client("rds")

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(rds, name)

        @staticmethod
        def describe_db_snapshots(**_: Any) -> Any:
            return {"DBSnapshots": [{"DBInstanceIdentifier": "shop-prod", "Status": "creating"}]}

    use = ended.sources(patience=0.05, rds=Slow)
    found = carry(site, incident, [plan.get("shop-prod")], use)["rds_instance:shop-prod"]
    assert (found.outcome, "so shop-prod stays" in found.said) == ("failed", True)
    assert rds.describe_db_instances(DBInstanceIdentifier="shop-prod")["DBInstances"]


def test_an_instance_can_be_stopped_instead(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path, {"rds_instance:shop-prod": "stop"})
    entry = plan.get("shop-prod")
    assert entry is not None
    assert "starts it again by itself after seven days" in entry.why
    assert cleanup_gate.chosen(plan, (), MADE) == (entry,), "stopping waits for no date"
    assert carry(site, incident, [entry])[entry.key].said == "it is stopped"
    assert carry(site, incident, [entry])[entry.key].outcome == "already"
    again = cleanup_plan.make(site, incident, {"rds_instance:shop-prod": "stop"}, MADE)
    stopped = again.get("shop-prod")
    assert stopped is not None
    assert stopped.cost_day == pytest.approx(100 * 0.1 / (730 / 24), abs=0.001), "its storage goes on costing"


def test_a_plan_that_was_changed_by_hand_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    _, incident, plan = made(cloud, tmp_path)
    path = cleanup_plan.path_of(incident)
    assert cleanup_plan.load(incident) == plan
    content = json.loads(path.read_text(encoding="utf-8"))
    content["entries"][0]["id"] = cloud.theirs["machine"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RefusedError, match="is not the plan that was made"):
        cleanup_plan.load(incident)
    path.unlink()
    with pytest.raises(RefusedError, match="There is no clean-up plan"):
        cleanup_plan.load(incident)


def test_two_clean_ups_at_once_are_one(cloud: Cloud, tmp_path: Path) -> None:
    site, incident, plan = made(cloud, tmp_path)

    def meanwhile(_: Ended) -> None:
        with pytest.raises(LockedError):
            cleanup_apply.apply(site, incident, plan.acts[:1], print, ended.sources())

    cleanup_apply.apply(site, incident, [plan.get(cloud.ids["address"])], meanwhile, ended.sources())  # type: ignore[list-item]
