"""What can be wrong with the site of ``situation_made_up``, and the sentence of it: key, severity, words."""

from __future__ import annotations

from typing import Any

import situation_made_up as m


def database(**more: Any) -> dict[str, Any]:
    return {"databases": {"shop-db": m.database(**more)}}


def instance(**more: Any) -> dict[str, Any]:
    return {"clouds": {"shop-db": m.cloud(instance=m.cloud()["instance"] | more)}}


def balancer(**more: Any) -> dict[str, Any]:
    return {"balancers": {"idc-lb1": m.node(**more)}}


def containers(**more: Any) -> dict[str, Any]:
    return {"hosts": {"idc-app1": m.host(("shop", m.container(**more)))}}


def service(*names: dict[str, Any], door: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"service": {"names": list(names) or [m.name()], "doors": {"idc-lb1": door or m.door()}}}


BROKEN = m.channel(running=False, receiver="OFF", receiver_error="error 1045")
DOWN = m.flow()["servers"]["aws-app1"] | {"said": "Layer4 timeout"}
NO_FIGURES = {"requests": 20, "error_rate": 1.0, "errors": {"no answer within 3 s": 20}, "p50": None, "p95": None}
CASES: list[tuple[dict[str, Any], str, str, str]] = [
    (database(idc=m.server("idc", read_only=False)), "shop-db:writers:both", "blocker", "both take writes"),
    (database(aws=m.server("aws", read_only=True)), "shop-db:writers:none", "warning", "neither IDC nor RDS"),
    (
        database(aws={"answers": False, "error": "timed out", "address": "x"}, idc_lacks=None),
        "shop-db:aws:silent",
        "warning",
        "RDS MySQL does not answer: timed out",
    ),
    (
        database(idc={"answers": False, "error": "refused", "address": "x"}, idc_lacks=None),
        "shop-db:idc:silent",
        "warning",
        "IDC MySQL does not answer: refused",
    ),
    (
        database(idc=m.server("idc", server_uuid="stranger")),
        "shop-db:idc:identity",
        "warning",
        "another server answers",
    ),
    (
        database(aws=m.server("aws", accounts={"open": 0, "locked_by_us": 3})),
        "shop-db:rds:fenced",
        "note",
        "3 accounts locked",
    ),
    (
        database(aws=m.server("aws", binlog_retention_hours="NULL")),
        "shop-db:rds:retention",
        "warning",
        "retention NULL",
    ),
    (database(aws=m.server("aws", unread=["accounts: no"])), "shop-db:aws:unread", "note", "accounts: no"),
    (database(only_idc=2), "shop-db:idc:errant", "warning", "IDC has 2 transactions"),
    (
        database(idc_lacks=1204),
        "shop-db:follow:nothing",
        "warning",
        "RDS takes 212 writes a second; IDC follows nothing and lacks 1,204 transactions",
    ),
    (
        database(idc_lacks=1, idc=m.server("idc", channels=[BROKEN])),
        "shop-db:follow:broken",
        "warning",
        "rollback_runner has stopped (error 1045); IDC lacks 1 transaction",
    ),
    (
        database(idc_lacks=7, idc=m.server("idc", channels=[m.channel()])),
        "shop-db:follow:lag",
        "note",
        "7 transactions behind",
    ),
    (
        {"clouds": {"shop-db": {"name": "shop-prod", "answers": False, "error": "silence", "unread": []}}},
        "shop-db:cloud:silent",
        "warning",
        "The AWS API does not tell about shop-prod: silence",
    ),
    ({"clouds": {"shop-db": m.cloud(unread=["events: denied"])}}, "shop-db:cloud:unread", "warning", "events: denied"),
    (instance(status="stopped"), "shop-db:cloud:status", "warning", "RDS instance shop-prod is stopped, not available"),
    (
        instance(pending={"DBInstanceClass": "db.t3.micro"}),
        "shop-db:cloud:pending",
        "warning",
        "DBInstanceClass=db.t3.micro",
    ),
    (instance(groups={"g": "pending-reboot"}), "shop-db:cloud:group", "warning", "g is pending-reboot"),
    (instance(backup_retention_days=0), "shop-db:cloud:backup", "warning", "no automated backups"),
    (
        instance(security_groups=["sg-2"]),
        "shop-db:cloud:other_groups",
        "warning",
        "security groups sg-2, the site says sg-1",
    ),
    (
        {"clouds": {"shop-db": m.cloud(parameter_group={"name": "x", "attached": False, "value": ""})}},
        "shop-db:cloud:other_group",
        "warning",
        "parameter group g, the site says x",
    ),
    (
        {"clouds": {"shop-db": m.cloud(parameter_group={"name": "g", "attached": True, "value": "1"})}},
        "shop-db:cloud:read_only",
        "note",
        "sets read_only",
    ),
    (
        {"clouds": {"shop-db": m.cloud(security_groups={"sg-1": []})}},
        "shop-db:cloud:closed:sg-1",
        "warning",
        "lets nobody in",
    ),
    (
        {
            "clouds": {
                "shop-db": m.cloud(
                    events=[{"at": "2026-11-22T10:02:00Z", "text": "Failover", "categories": ["failover"]}]
                )
            }
        },
        "shop-db:cloud:event:Failover",
        "warning",
        "RDS said at 2026-11-22 10:02:00 UTC: Failover",
    ),
    (
        balancer(flow=m.flow(errors=82, error_rate=0.41)),
        "effect:errors",
        "warning",
        "41 % of the answers are errors (5xx): 82 of 200 in 2 s",
    ),
    (
        containers(log=m.log("GET /a 503", endpoint="GET /a")),
        "effect:endpoint:GET /a",
        "warning",
        "Most errors are on GET /a",
    ),
    (
        service(door=m.door(figures=NO_FIGURES)),
        "door:idc-lb1:silent",
        "warning",
        "does not answer: no answer within 3 s",
    ),
    (
        service(door=m.door(checks=[{"path": "/readyz", "status": 503, "well": False}])),
        "door:idc-lb1:health:/readyz",
        "warning",
        "/readyz answers 503",
    ),
    (
        service(door=m.door(figures=m.door()["figures"] | {"p95": 1.8})),
        "door:idc-lb1:slow",
        "warning",
        "p95 is 1.8 s, at the baseline 10 ms",
    ),
    (
        service(m.name(m.answer("a"), m.answer("b", "idc"))),
        "dns:www.shop.example.org:disagree",
        "warning",
        "a AWS (30 s), b IDC (30 s)",
    ),
    (service(m.name(m.answer("a", "other"))), "dns:www.shop.example.org:other", "warning", "203.0.113.9 on a"),
    (
        service(m.name(m.answer("a", values=[], side="", error="no answer within 3 s"))),
        "dns:www.shop.example.org:silent:a",
        "warning",
        "name server a no answer within 3 s",
    ),
    (
        service(),
        "dns:www.shop.example.org:side",
        "note",
        "www.shop.example.org answers with AWS (…71) on all 3 servers",
    ),
    (
        balancer(answers=False, reached=True, error="no socket"),
        "lb:idc-lb1:silent",
        "warning",
        "does not tell its state: no socket",
    ),
    (balancer(answers=False, absent_ok="being repaired", error="x"), "lb:idc-lb1:absent", "note", "being repaired"),
    (
        balancer(serving="none", states={"aws-app1": "maint"}),
        "lb:idc-lb1:none",
        "warning",
        "no server that takes requests: aws-app1 maint",
    ),
    (
        balancer(states={"aws-app1": "down"}, flow=m.flow(servers={"aws-app1": DOWN})),
        "lb:idc-lb1:down:aws-app1",
        "warning",
        "server aws-app1 is down (Layer4 timeout)",
    ),
    (balancer(states={"aws-app1": "drain"}), "lb:idc-lb1:drained:aws-app1", "warning", "drained or of weight 0"),
    (balancer(hold_until=m.NOW + 60), "lb:idc-lb1:held", "warning", "keeps requests waiting until 10:41:00 UTC"),
    (balancer(unknown=["old1"]), "lb:idc-lb1:strangers", "warning", "old1"),
    (balancer(missing=["idc-app2"]), "lb:idc-lb1:missing", "warning", "idc-app2"),
    (
        {"balancers": {"idc-lb1": m.node(), "aws-lb1": m.node(serving="idc")}},
        "lb:differ",
        "warning",
        "idc-lb1: AWS, aws-lb1: IDC",
    ),
    (
        {"hosts": {"idc-app1": {"answers": False, "error": "SSH does not get there"}}},
        "host:idc-app1:silent",
        "warning",
        "idc-app1 cannot be reached: SSH does not get there",
    ),
    (
        containers(state="missing", error="no such container"),
        "container:idc-app1:shop:missing",
        "warning",
        "no container shop",
    ),
    (
        containers(state="unknown", error="permission denied"),
        "container:idc-app1:shop:unknown",
        "warning",
        "permission denied",
    ),
    (
        containers(state="exited", exit_code=137, finished_at="2026-11-22T10:02:31.5Z"),
        "container:idc-app1:shop:stopped",
        "warning",
        "shop is exited (exit code 137), since 2026-11-22 10:02:31 UTC",
    ),
    (containers(health="unhealthy"), "container:idc-app1:shop:unhealthy", "warning", "runs but is unhealthy"),
    (
        containers(image="sha256:" + "b" * 64),
        "container:idc-app1:shop:image",
        "warning",
        "runs another image than at the baseline (bbbbbbbbbbbb, was aaaaaaaaaaaa)",
    ),
    (containers(restarts=4), "container:idc-app1:shop:restarts", "warning", "4 times since the baseline"),
    (
        containers(log=m.log("error: no")),
        "container:idc-app1:shop:log",
        "warning",
        "5 error lines since 2026-11-22 10:02:31 UTC",
    ),
    (
        containers(log=m.log("error: no", last="2026-11-22T10:03:00Z")),
        "container:idc-app1:shop:log",
        "note",
        "error: no",
    ),
    ({"baseline": {"idc-app1": None}}, "baseline:none", "note", "No baseline"),
]
