"""The shop window on the stand-in for Vercel: its deployments, the third of them live and bad."""

from __future__ import annotations

import json
from datetime import datetime

from lab.releases.applications import BAD, GOOD, WINDOW
from lab.releases.builds import build_id
from lab.releases.topology import EDGE_DOMAINS

PROJECT = "prj_window"
TEAM = "team_releases"
OWN = "window-{word}.window-releases.example.org"


def deployment_id(commit: str) -> str:
    """Give the id that the stand-in knows a release by."""
    return f"dpl_{commit[:12]}"


def _ms(told: str) -> int:
    return round(datetime.fromisoformat(told).timestamp() * 1000)


def seed(commits: dict[str, str], upstreams: dict[str, str]) -> str:
    """Give the stand-in's state at the start, as JSON. Between the good release and the bad one lie others."""
    deployments = [
        {
            "id": deployment_id(commits[release.name]),
            "host": OWN.format(word=commits[release.name][:8]),
            "target": "production",
            "state": "READY",
            "substate": "PROMOTED",
            "created": _ms(release.when),
            "promoted": _ms(release.served),
            "commit": commits[release.name],
            "ref": "main",
            "message": release.message,
            "author": release.author.lower(),
            "build": build_id(commits[release.name]),
            "upstream": upstreams.get(release.name, ""),
            "checks": "succeeded",
        }
        for release in WINDOW.releases
    ]
    between = _ms(WINDOW.release(GOOD).served) + 3_600_000
    # What makes "the second row of the list" the wrong answer.
    deployments += [
        _other("dpl_failed", between, state="ERROR"),
        _other("dpl_preview", between + 1000, target=None),
        _other("dpl_staged", between + 2000),
    ]
    project = {
        "id": PROJECT,
        "name": "shop-window",
        "domains": list(EDGE_DOMAINS),
        "live": deployment_id(commits[BAD]),
        "before": deployment_id(commits[GOOD]),
        "auto_assign": True,
        "env": [{"key": "PAYMENT_URL", "target": ["production"], "updated": _ms(WINDOW.release(BAD).when)}],
        "crons": [{"path": "/api/clean", "schedule": "0 3 * * *", "host": EDGE_DOMAINS[0]}],
        "job": None,
    }
    state = {
        "team": {"id": TEAM, "slug": "releases", "name": "Releases"},
        "user": {"id": "user_kim", "username": "kim", "email": "kim@example.org"},
        "plan": "pro",
        "project": project,
        "deployments": deployments,
    }
    return json.dumps(state, indent=2) + "\n"


def _other(name: str, created: int, *, target: str | None = "production", state: str = "READY") -> dict[str, object]:
    word = name.removeprefix("dpl_")
    return {
        "id": name,
        "host": OWN.format(word=word),
        "target": target,
        "state": state,
        "substate": "STAGED",
        "created": created,
        "promoted": None,
        "commit": "",
        "ref": "main" if target else "try",
        "message": word,
        "author": "lee",
        "build": name,
        "upstream": "",
        "checks": "succeeded" if state == "READY" else "",
    }
