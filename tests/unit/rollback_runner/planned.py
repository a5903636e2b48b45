"""A small site with its legs, contents and facts of a plan, for the tests of what a plan is and how it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rollback_runner.plan import content as plan_content
from rollback_runner.plan import leg as planning
from rollback_runner.plan import rule as plan_rule
from rollback_runner.plan import whole as plan_whole
from rollback_runner.plan.rule import Signals
from rollback_runner.record.seen import Step
from rollback_runner.site.site import Site

UUIDS = {"idc": "11111111-1111-4111-8111-111111111111", "aws": "22222222-2222-4222-8222-222222222222"}
STEPS = (
    Step("Look", "Check that RDS is the one meant", ("AWS-01",), hosts="databases"),
    Step("Prepare", "Write the configuration", ("SWITCH-01",), hosts="app_hosts"),
    Step("Move the writer", "Lock the accounts", ("AWS-01", "AWS-02"), hosts="databases"),
    Step("Move the writer", "Open IDC for writes", ("SWITCH-01",), hosts="databases"),
    Step("Prove", "Read the error log", ("IDC-05",), hosts="databases"),
)


def site(home: str = "/data/home", directory: str = "/srv/site", **variables: Any) -> Site:
    """A site whose database has some variables, changed by those given."""
    database = {
        "db_idc": {"host": "192.0.2.11", "port": 3306, "server_uuid": UUIDS["idc"], "password_file": f"{home}/s/idc"},
        "db_aws": {"host": "192.0.2.51", "port": 3306, "server_uuid": UUIDS["aws"], "password_file": f"{home}/s/aws"},
        "db_cutover_gtid": f"{UUIDS['idc']}:1-100",
        "db_max_lag": 1.0,
        "aws_db_instance": "shop-prod",
        "aws_network_fence": "none",
        "rr_home": home,
        "journeys": f"{directory}/journeys",
        "ansible_python_interpreter": "/usr/bin/python3",
        "x_password": "hunter2",
        "site_people": {"kim": {"contact": ["mail"]}},
    }
    return Site(
        name="shop",
        directory=Path(directory),
        titles={"en": "Shop", "ko": "쇼핑몰"},
        critical=True,
        strategy="switch-first",
        budgets={"emergency": 900.0, "full": 3600.0},
        timezone="Asia/Seoul",
        groups={
            "databases": ("shop-db",),
            "database_hosts": ("dbh",),
            "app_hosts": ("a1", "a2"),
            "load_balancers": ("lb",),
            "service": ("s",),
        },
        variables={"shop-db": {**database, **variables}, **{host: {} for host in ("dbh", "a1", "a2", "lb", "s")}},
        secret_files=(),
    )


def plans(of: Site, steps: tuple[Step, ...] = STEPS, strategy: str = "switch-first") -> tuple[planning.Plan, ...]:
    """The legs of a strategy; the first has these steps."""
    legs = plan_whole.legs(strategy)
    return tuple(
        planning.make(of, leg, steps if number == 0 else steps[:1], strategy=strategy)
        for number, leg in enumerate(legs)
    )


def content(of: Site | None = None, made: tuple[planning.Plan, ...] = (), **changes: Any) -> dict[str, Any]:
    """What approvals would cover."""
    mine = of or site()
    parts = {"backups": {}, "basis": {"stake": {}}, "code": "c" * 64, "files": {}, "home": "/data/home"} | changes
    return plan_content.make(mine, made or plans(mine), **parts)


def facts(**changes: Any) -> dict[str, Any]:
    """What was known: all can be saved, nothing is open, in time, drilled."""
    choice = plan_rule.choose(Signals("usable", "sound"), of_site="switch-first")
    plain = plan_content.plain(
        {
            "stake": {"shop-db": {"savable": "all", "rows": 100, "ddl": []}},
            "choice": vars(replace(choice)) | {"signals": {"why": {}}},
            "findings": [],
            "forecast": {"phases": [{"phase": "emergency", "p50": 30.0, "p90": 40.0, "budget": 900.0}]},
            "drill": {"state": "held"},
            "people": {"site_people": "one"},
            "software": "1.0",
            "files": {},
        }
    )
    made: dict[str, Any] = plain | changes
    return made


def finding(severity: str, key: str) -> dict[str, Any]:
    """One finding as facts hold it."""
    return {
        "severity": severity,
        "key": key,
        "sentence": {"en": f"{key} is {{so}}", "ko": f"{key} 상태"},
        "next_step": "",
    }
