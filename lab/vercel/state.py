"""What the stand-in knows: one team, one project, its deployments, and the request that moves production just now.

Nothing runs in the background: whoever asks first after a moment makes happen what that moment was to bring. Times are
milliseconds since 1970, as in the API.
"""

from __future__ import annotations

import copy
import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EMPTY: dict[str, Any] = {
    "team": {"id": "team_acme", "slug": "acme", "name": "Acme"},
    "user": {"id": "user_kim", "username": "kim", "email": "kim@example.org"},
    "plan": "pro",
    "project": {
        "id": "prj_shop",
        "name": "shop",
        "domains": [],
        "live": "",
        "before": "",
        "auto_assign": True,
        "rolling": "",
        "queued": "",
        "described": None,
        "env": [],
        "crons": [],
        "job": None,
        "aliases": {},
        "updated": 0,
    },
    "deployments": [],
}
DEPLOYMENT: dict[str, Any] = {
    "target": "production",
    "state": "READY",
    "substate": "STAGED",
    "promoted": None,
    "commit": "",
    "ref": "main",
    "message": "",
    "author": "kim",
    "upstream": "",
    "checks": "succeeded",
    "deleted": None,
}
PENDING = ("pending", "in-progress")


@dataclass
class World:
    """The state and its file. Every method that reads or changes it holds the lock; ``now`` is injected by tests."""

    path: Path | None = None
    job_ms: int = 600
    now: Callable[[], int] = field(default=lambda: int(time.time() * 1000))
    data: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(EMPTY))
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def load(self, seed: Path | None = None) -> None:
        """Read the state file, or the seed where there is none yet, or begin with an empty project."""
        source = self.path if self.path is not None and self.path.exists() else seed
        if source is not None:
            self.take(json.loads(source.read_text(encoding="utf-8")))
        self.save()

    def take(self, given: dict[str, Any]) -> None:
        """Take a whole state; what it leaves out has its default."""
        with self.lock:
            data = copy.deepcopy(EMPTY)
            for name, value in given.items():
                data[name] = {**data[name], **value} if isinstance(data.get(name), dict) else value
            data["deployments"] = [self._whole(one, data["project"]["name"]) for one in data["deployments"]]
            project = data["project"]
            if project["live"]:
                project["aliases"] = dict.fromkeys(project["domains"], project["live"]) | project["aliases"]
            self.data = data

    def save(self) -> None:
        """Write the state file, whole or not at all."""
        if self.path is None:
            return
        with self.lock:
            beside = self.path.with_name(f"{self.path.name}.new")
            beside.write_text(json.dumps(self.data, indent=1), encoding="utf-8")
            beside.replace(self.path)

    @property
    def project(self) -> dict[str, Any]:
        """The project as it is after everything that was to happen by now."""
        self.settle()
        found: dict[str, Any] = self.data["project"]
        return found

    def find(self, name: str) -> dict[str, Any] | None:
        """Return a deployment by its id or host; None also for one that was deleted."""
        for one in self.data["deployments"]:
            if name in {one["id"], one["host"]} and not one["deleted"]:
                return dict(one)
        return None

    def known(self, number: str) -> bool:
        """Tell whether there ever was a deployment of that id."""
        return any(one["id"] == number for one in self.data["deployments"])

    def newest(self) -> list[dict[str, Any]]:
        """Return every deployment that is still there, the newest first."""
        with self.lock:
            self.settle()
            there = [one for one in self.data["deployments"] if not one["deleted"]]
            return sorted(there, key=lambda one: (one["created"], one["id"]), reverse=True)

    def candidate(self, one: dict[str, Any]) -> bool | None:
        """Tell whether production may go back to it: on hobby to the one before alone. None for a preview."""
        if one["target"] != "production":
            return None
        project = self.data["project"]
        served = one["state"] == "READY" and one["substate"] == "PROMOTED" and one["id"] != project["live"]
        return bool(served and (self.data["plan"] != "hobby" or one["id"] == project["before"]))

    def push(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add a build of the production branch: live at once while domains are assigned by themselves."""
        with self.lock:
            self.settle()
            one = self._whole({"created": self.now(), **given}, self.data["project"]["name"])
            if self.known(one["id"]):
                raise ValueError(f"there is a deployment {one['id']} already")
            self.data["deployments"].append(one)
            if self.data["project"]["auto_assign"] and one["state"] == "READY" and one["target"] == "production":
                self._serve(one["id"])
            self.save()
            return one

    def delete(self, number: str) -> None:
        """Delete a deployment."""
        with self.lock:
            for one in self.data["deployments"]:
                if one["id"] == number:
                    one["deleted"] = self.now()
            self.save()

    def begin(self, kind: str, number: str, events: list[list[Any]]) -> None:
        """Take a request to move production. ``events`` are [ms from now, what happens, ...]."""
        with self.lock:
            project = self.project
            last = project["job"] or {}
            asked = max(self.now(), int(last.get("requestedAt") or 0) + 1)
            project["job"] = {
                "type": kind,
                "to": number,
                "from": project["live"] or None,
                "requestedAt": asked,
                "status": "pending",
                "left": [],
                "events": [[asked + after, *what] for after, *what in events],
            }
            self.save()

    def roll(self, number: str) -> None:
        """Begin a rolling release of a deployment; "" ends it, and what waited behind it begins."""
        with self.lock:
            project = self.project
            for one in self.data["deployments"]:
                if one["id"] == (number or project["rolling"]):
                    one["substate"] = "ROLLING" if number else "STAGED"
            waiting, project["queued"] = project["queued"], ""
            project["rolling"] = number
            if waiting and not number:
                self.begin("promote", waiting, [[0, "in-progress"], [self.job_ms, "succeeded"]])
            self.save()

    def settle(self) -> None:
        """Let everything happen that was to happen by now."""
        with self.lock:
            changed = False
            while (job := self.data["project"]["job"]) and job["events"] and job["events"][0][0] <= self.now():
                at, what, *more = job["events"].pop(0)
                self._happen(job, int(at), str(what), more)
                changed = True
            if changed:
                self.save()

    def _happen(self, job: dict[str, Any], at: int, what: str, more: list[Any]) -> None:
        project = self.data["project"]
        if what == "superseded":
            job["events"] = []
            other = str(more[0]) or project["live"]
            project["job"] = {**job, "type": "promote", "to": other, "from": project["live"] or None, "left": []}
            project["job"] |= {"requestedAt": at, "status": "in-progress", "events": [[at + self.job_ms, "succeeded"]]}
            return
        job["status"] = "succeeded" if what == "left" else what
        job["left"] = [str(name) for name in more]
        if what in {"succeeded", "left"}:
            self._serve(job["to"], without=set(job["left"]), at=at)
            # A rollback pins production; a promotion ends that.
            project["auto_assign"] = job["type"] == "promote"

    def _serve(self, number: str, *, without: set[str] | None = None, at: int = 0) -> None:
        project = self.data["project"]
        if project["live"] != number:
            project["before"] = project["live"]
        project["live"] = number
        project["aliases"] |= {name: number for name in project["domains"] if name not in (without or set())}
        for one in self.data["deployments"]:
            if one["id"] == number:
                one["substate"], one["promoted"] = "PROMOTED", at or self.now()

    def _whole(self, given: dict[str, Any], name: str) -> dict[str, Any]:
        number = str(given["id"])
        own = {"host": f"{name}-{number[-6:].replace('_', '-')}.vercel.test", "build": number, "created": self.now()}
        return {**DEPLOYMENT, **own, **given}
