"""The looks of the phase complete, as plays: AWS, the databases after traffic, and what lies about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from failback import incident as incidents
from failback import journal, scrub
from run_tasks import local_host, play

if TYPE_CHECKING:
    from pathlib import Path

    import mysql_pair
    from cloud_site import Cloud


def leftovers(cloud: Cloud, work: Path, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    service = {"dns_servers": {"route53": {"zone_id": cloud.ids["zone"]}}}
    tasks = [
        {
            "name": "look",
            "aws_leftovers": {"database": cloud.variables(**more), "service": service},
            "register": "left",
        },
        {"name": "price", "aws_cost": {"leftovers": "{{ left }}"}},
    ]
    played = play(work, tasks, {"shop-db": local_host()})
    assert played.rc == 0, played.messages
    return played.of("look"), played.of("price")


def keys(result: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["severity"] for one in result.get("findings", ())}


def test_what_is_left_is_priced_and_what_is_not_the_sites_is_told(cloud: Cloud, tmp_path: Path) -> None:
    ec2 = cloud.client("ec2")
    ec2.modify_instance_attribute(InstanceId=cloud.theirs["machine"], Groups=[cloud.ids["group"]])
    look, price = leftovers(cloud, tmp_path / "a")
    group = f"security_group:{cloud.ids['group']}"
    assert keys(look) == {f"leftovers:shared:{group}": "note"}
    assert look["evidence"]["neighbours"]["EC2 instances"] == 1
    assert not look["changed"]
    snapshot = f"ebs_snapshot:{cloud.ids['snapshot']}"
    assert keys(price) == {f"cost:unknown:{snapshot}": "warning"}
    assert price["evidence"]["by_resource"][snapshot] is None
    assert "1 more whose price is not known" in price["msg"]
    _, dear = leftovers(cloud, tmp_path / "b", site_cloud_costs={"budget_month": 1, "prices": {"elastic_ip": 1}})
    assert keys(dear)["cost:budget"] == "warning"
    _, unknown = leftovers(cloud, tmp_path / "c", site_cloud_costs={})
    assert set(keys(unknown).values()) == {"blocker"}, "nothing at all is known of the cost"


def test_what_may_not_be_read_and_an_api_that_is_silent_are_told(cloud: Cloud, tmp_path: Path) -> None:
    api = cloud.client("iam")
    api.create_user(UserName="blind")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["rds:*", "elasticloadbalancing:*", "route53:*"], "Resource": ["*"]},
            {"Effect": "Allow", "Action": ["ec2:DescribeSecurityGroups"], "Resource": ["*"]},
        ],
    }
    api.put_user_policy(UserName="blind", PolicyName="p", PolicyDocument=json.dumps(policy))
    key = api.create_access_key(UserName="blind")["AccessKey"]
    file = tmp_path / "blind"
    file.write_text(
        f"[blind]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n",
        encoding="utf-8",
    )
    file.chmod(0o600)
    look, _ = leftovers(cloud, tmp_path / "a", aws_credentials_file=str(file), aws_profile="blind")
    said = " ".join(one["sentence"] for one in look["findings"] if one["severity"] == "blocker")
    assert "not looked at: EC2 instances" in said
    assert "ec2:DescribeInstances" in said
    group = next(one for one in look["evidence"]["resources"] if one["id"] == cloud.ids["group"])
    assert (group["owner"], group["action"]) == ("shared", "keep"), "nobody knows who is in it"
    look, price = leftovers(cloud, tmp_path / "b", aws_endpoint_url="http://127.0.0.1:9")
    assert keys(look) == {"leftovers:silent": "blocker"}
    assert keys(price) == {"cost:unread": "blocker"}


@pytest.fixture(name="home")
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an open incident, which plays find by the environment as under the command."""
    place = incidents.begin(tmp_path, "shop")
    monkeypatch.setenv("RR_INCIDENT", str(place))
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    return tmp_path


def promoted(home: Path, final: str) -> None:
    """Leave the record of a run that fenced at FINAL and opened IDC."""
    place = incidents.current(home, "shop")
    assert place is not None
    directory = home / "runs" / "20991122T100000Z-shop-emergency"
    directory.mkdir(parents=True)
    (directory / scrub.LIST).write_text("", encoding="utf-8")
    path = directory / "journal.jsonl"
    journal.append(path, "begin", site="shop", options={"incident": str(place)})
    journal.append(path, "final", host="shop-db", final={"gtid": final})
    journal.append(path, "promoted", host="shop-db", final=final)


def raise_counters(pair: mysql_pair.Pair) -> None:
    """Do what a promotion does: IDC's counters stand above what RDS gave out, also in tests that ran before."""
    said = pair.rds.root(
        "SET SESSION information_schema_stats_expiry = 0; SELECT CONCAT(table_name, ':', auto_increment)"
        " FROM information_schema.tables WHERE table_schema = 'shop' AND auto_increment IS NOT NULL"
    )
    pair.idc.root(
        "SET GLOBAL super_read_only = OFF; SET sql_log_bin = 0;"
        + "".join(
            f"ALTER TABLE shop.{name} AUTO_INCREMENT = {number};"
            for name, _, number in (one.partition(":") for one in said.split())
        )
    )


def again(pair: mysql_pair.Pair, home: Path, work: str, **more: Any) -> dict[str, Any]:
    arguments = {"idc": pair.idc.login_dict(), "aws": pair.rds.login_dict(), "schemas": ["shop"], "home": str(home)}
    tasks = [{"name": "again", "data_again": arguments | more}]
    played = play(home / work, tasks, {"shop-db": local_host()})
    assert played.rc == 0, played.messages
    return played.of("again")


def test_after_traffic_nothing_is_on_rds_and_no_id_came_twice(mysql_pair: mysql_pair.Pair, home: Path) -> None:
    assert keys(again(mysql_pair, home, "a")) == {"again:no-final": "blocker"}
    rds, idc = mysql_pair.rds, mysql_pair.idc
    write = "INSERT INTO shop.write_ledger (token, client) VALUES (UUID(), 'w');"
    rds.root(write * 3)
    final = rds.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", "").replace("\n", "")
    promoted(home, final)
    raise_counters(mysql_pair)
    next_id = int(
        rds.root(
            "SET SESSION information_schema_stats_expiry = 0; SELECT AUTO_INCREMENT FROM information_schema.tables"
            " WHERE table_schema = 'shop' AND table_name = 'write_ledger'"
        )
    )
    idc.root(
        "SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF;"
        f"INSERT INTO shop.write_ledger (id, token, client) VALUES ({next_id + 5}, UUID(), 'w');"
    )
    found = again(mysql_pair, home, "b")
    assert keys(found) == {}, found["findings"]
    assert found["evidence"]["inserted_on_idc"] == 1
    idc.root(f"INSERT INTO shop.write_ledger (id, token, client) VALUES ({next_id - 1}, UUID(), 'w');")
    rds.root(write)
    found = again(mysql_pair, home, "c")
    assert keys(found) == {"again:beyond": "blocker", "again:ids:1": "blocker"}
    said = " ".join(one["sentence"] for one in found["findings"])
    assert f"had given out before: {next_id - 1}" in said
    assert "shop.write_ledger" in said
    assert "again:ids:1" in keys(again(mysql_pair, home, "d", strategy="stop-first"))
    away = {**mysql_pair.rds.login_dict(), "port": 9}
    found = again(mysql_pair, home, "e", aws=away)
    assert keys(found) == {"again:rds-silent": "warning"}
    assert not found["evidence"]["comparable"]


def test_what_the_rollback_left_beside_files_and_in_databases(
    mysql_pair: mysql_pair.Pair, cloud: Cloud, home: Path
) -> None:
    config = home / "haproxy.cfg"
    for path in (config, home / "haproxy.cfg.before-20261122T1-lab", home / "haproxy.cfg.candidate"):
        path.write_text("x", encoding="utf-8")
    mysql_pair.rds.root(
        'ALTER USER shop_app@\'%\' ACCOUNT LOCK ATTRIBUTE \'{"rollback_runner": {"locked": true, "run": "r"}}\''
    )
    known = cloud.variables()
    tasks = [
        {"name": "host", "residue_host": {"files": [str(config)]}},
        {
            "name": "database",
            "residue_database": {
                "idc": mysql_pair.idc.login_dict(),
                "aws": {**mysql_pair.rds.login_dict()},
                "instance": "shop-prod",
                "group": "shop-prod-mysql",
                "security_groups": known["aws_security_groups"],
                **{name: known[f"aws_{name}"] for name in ("region", "endpoint_url", "credentials_file", "profile")},
            },
        },
    ]
    played = play(home / "a", tasks, {"shop-db": local_host()})
    assert played.rc == 0, played.messages
    host, database = played.of("host"), played.of("database")
    assert sorted(keys(host).values()) == ["note", "warning"]
    assert host["evidence"]["residue"][0]["owner"] == "rollback-runner, run 20261122T1-lab"
    assert [(one["what"], one["owner"]) for one in database["evidence"]["residue"]] == [
        ("locked accounts", "rollback-runner")
    ]
