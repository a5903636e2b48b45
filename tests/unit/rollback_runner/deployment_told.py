"""What the tasks of a release's rollback would have told: an application with a database, its third release bad."""

from __future__ import annotations

from typing import Any

from failback.deployment import plan as plans

from rollback_runner.record.seen import TaskSeen

APP = "shop-web"
STATEMENTS = [
    ("ALTER TABLE `orders` DROP COLUMN `note`", "breaking", "drop-column", "older code reads orders.note"),
    ("CREATE TABLE `channels` (`id` int)", "compatible", "create-table", "older code does not know it"),
]


def deployment(name: str, mark: str, created: str, **more: Any) -> dict[str, Any]:
    """One row of the list."""
    return {
        "id": name,
        "target": "production",
        "state": "ready",
        "created": created,
        "commit": f"{name}00aa11bb22",
        "ref": "main",
        "message": f"release {name}",
        "author": "김민준",
        "address": f"https://{name}.example.org",
        "build": name,
        "promoted": True,
        "candidate": True,
        "unsound": "",
        "served": [created],
        "images": {"web": f"shop@sha256:{name}"},
        "mark": {"id": name, "word": mark, "why": more.pop("why", "")},
        "knows": {"state": "yes", "why": ""},
        **more,
    }


DEPLOYMENTS = [
    deployment("r3", "live", "2026-11-22T09:00:00Z"),
    deployment(
        "r2b",
        "no",
        "2026-11-21T10:00:00Z",
        state="error",
        why="it is error, only a ready one can serve",
        promoted=False,
        served=[],
        knows={"state": "unknown", "why": "its commit is not in the clone"},
    ),
    deployment("r2", "previous", "2026-11-20T09:00:00Z", knows={"state": "no", "why": "1 migration is ahead of it"}),
]
PROJECT = {
    "id": "shop",
    "name": "shop",
    "live": "r3",
    "domains": ["shop.example.org"],
    "auto_assign": True,
    "last_request": None,
    "moving": "",
    "limits": [],
    "beside": [],
}
CHOSEN = {
    "to": DEPLOYMENTS[2],
    "by": "rule",
    "why": "it served production last before r3, and nothing is known against it",
    "skips": [{"id": "r2b", "why": "it is error, only a ready one can serve"}],
    "warnings": [],
    "already_live": False,
    "kind": "rollback",
    "from": DEPLOYMENTS[0],
    "live": "r3",
    "problems": [],
}
GATE: dict[str, Any] = {
    "tool": "drizzle",
    "verdict": "breaking",
    "schema_checked": True,
    "why": [{"en": "one migration is ahead", "ko": "마이그레이션 하나가 앞서 있습니다"}],
    "ahead": [
        {
            "name": "0002_channels",
            "sha256": "ab" * 32,
            "kind": "breaking",
            "statements": [
                {
                    "number": n,
                    "statement": sql,
                    "kind": kind,
                    "rule": rule,
                    "warns": [],
                    "object": "orders",
                    "reason": {"en": why, "ko": f"사유: {why}"},
                }
                for n, (sql, kind, rule, why) in enumerate(STATEMENTS, start=1)
            ],
        }
    ],
    **{name: [] for name in ("unknown", "edited", "half_applied", "pending", "skipped", "differences")},
}
LOSS = {
    "kind": "table",
    "object": "channels",
    "said": {"en": "table channels, 4 rows", "ko": "channels 테이블 4행"},
    "figures": {"rows": 4},
}


def choice(strategy: str = "reversal") -> dict[str, Any]:
    """What DEPLOY-07 tells."""
    words = {"en": f"because of {strategy}", "ko": f"{strategy} 때문입니다"}
    mine = {
        "strategy": strategy,
        "open": True,
        "why": words,
        "said": {"en": "4 rows are lost", "ko": "4행 손실"},
        "loses": [LOSS],
    }
    other = {
        "strategy": "nothing",
        "open": False,
        "why": {"en": "the older code would fail", "ko": "이전 코드가 실패합니다"},
        "said": words,
        "loses": [],
    }
    stops = strategy in {"forward", "refuse"}
    return {
        "strategy": strategy,
        "by": "rule",
        "why": words,
        "next_step": {"en": "deploy a repaired release", "ko": "수정한 릴리스를 배포하십시오"}
        if stops
        else {"en": "", "ko": ""},
        "options": [mine, other],
        "loses": [] if stops else [LOSS],
        "undo": ["0002_channels"],
        "backup": None,
        "reversals": [
            {
                "migration": "0002_channels",
                "path": "drizzle/0002_channels.down.sql",
                "sha256": "cd" * 32,
                "statements": ["DROP TABLE channels"],
                "reviewed_by": "lee",
                "usable": True,
            }
        ],
        "changes_data": strategy in plans.CHANGING,
        "rolls_back": not stops,
        "stable": {
            "strategy": strategy,
            "reversals": [],
            "backup": {},
            "loses": [{"kind": "table", "object": "channels"}],
        },
    }


def plan(strategy: str = "reversal") -> dict[str, Any]:
    """What is confirmed."""
    return plans.content(
        site="pretend",
        application=APP,
        provider="compose",
        kind="rollback",
        source="r3",
        target="r2",
        domains=["https://shop.example.org"],
        gate=GATE,
        choice=choice(strategy),
    )


def told(strategy: str = "reversal") -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """All of it, in the order of the look."""
    listed = {"application": APP, "provider": "compose", "project": PROJECT, "deployments": DEPLOYMENTS, "live": "r3"}
    return [
        (("DEPLOY-01",), listed),
        (("DEPLOY-02",), CHOSEN),
        (("DEPLOY-06",), GATE),
        (("DEPLOY-07",), choice(strategy)),
        ((), {"plan": plan(strategy), "digest": plans.digest(plan(strategy)), "confirmed": ""}),
    ]


def seen(strategy: str = "reversal") -> list[TaskSeen]:
    """The same as events of a play."""
    found = []
    for ids, evidence in told(strategy):
        name = f"{', '.join(ids)} | Read it" if ids else "Read the plan"
        found.append(TaskSeen("task", "2026-11-22T10:00:00Z", name=name, ids=ids))
        found.append(
            TaskSeen(
                "result",
                "2026-11-22T10:00:01Z",
                name=name,
                ids=ids,
                host=APP,
                outcome="ok",
                evidence={"evidence": evidence},
            )
        )
    return found


def items(strategy: str = "reversal") -> list[dict[str, Any]]:
    """The same as rows of a report, and the tasks that act."""
    rows = told(strategy)
    confirmed = {
        "plan": plan(strategy),
        "digest": plans.digest(plan(strategy)),
        "confirmed": plans.digest(plan(strategy)),
    }
    rows[-1] = (("DEPLOY-03",), confirmed)
    rows += [
        (("DEPLOY-08",), {"touched": True, "after": {"verdict": "nothing", "ahead": [], "applied": 2}}),
        (("DEPLOY-04",), {"ended": "succeeded"}),
        (
            ("DEPLOY-11",),
            {"named": [{"kind": "cron", "name": "/api/nightly", "told": "runs as in r2", "next_step": "look at it"}]},
        ),
        (("DEPLOY-12",), {"auto_assign": False}),
    ]
    return [
        {
            "id": ids[0],
            "phase": "deployment",
            "title": {"en": ids[0], "ko": ids[0]},
            "status": "done",
            "reason": "",
            "started": "2026-11-22T10:00:00.000Z",
            "ended": "2026-11-22T10:00:12.500Z",
            "seconds": 1.0,
            "hosts": [
                {
                    "host": APP,
                    "status": "done",
                    "reason": "",
                    "evidence": [
                        {"task": "Read it", "outcome": "ok", "seconds": 0.5, "message": "", "evidence": evidence}
                    ],
                }
            ],
        }
        for ids, evidence in rows
    ]
