"""A repository with three releases, a server as the third left it, and the tasks of DEPLOY-06, 07 and 08 on them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import reversal_case as case
import run_tasks
import scratch_mysql

if TYPE_CHECKING:
    from pathlib import Path

_AUTHOR = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": "/dev/null"}
_COMMITTER = {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}


@dataclass
class Site:
    """Where everything is; ``commits`` are those of the releases."""

    work: Path
    server: scratch_mysql.TestServer
    commits: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def clone(self) -> Path:
        return self.work / "clone"

    def git(self, *words: str) -> str:
        env = os.environ | _AUTHOR | _COMMITTER
        done = subprocess.run(
            ["git", "-C", str(self.clone), *words], check=True, capture_output=True, text=True, env=env
        )
        return done.stdout.strip()

    def release(self, *names: str, down: str = "", review: bytes | None = None) -> None:
        """Commit a release with these migrations, as drizzle-kit lays them out."""
        folder = self.clone / "drizzle"
        (folder / "meta").mkdir(parents=True, exist_ok=True)
        entries = []
        for number, name in enumerate(names):
            (folder / f"{name}.sql").write_text(case.FILES[name])
            entries.append(
                {"idx": number, "version": "5", "when": 1000 * (number + 1), "tag": name, "breakpoints": True}
            )
        journal = {"version": "7", "dialect": "mysql", "entries": entries}
        (folder / "meta" / "_journal.json").write_text(json.dumps(journal))
        if down:
            (folder / f"{names[-1]}.down.sql").write_text(down)
        if review:
            (folder / f"{names[-1]}.down.review.json").write_bytes(review)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"release {len(self.commits) + 1}")
        self.commits.append(self.git("rev-parse", "HEAD"))

    def play(self, *tasks: dict[str, Any], check: bool = False) -> run_tasks.Played:
        """Run tasks on the application."""
        host = run_tasks.local_host(**self.variables)
        return run_tasks.play(self.work / "play", tasks, {"shop-web": host}, check=check, group="deployments")

    def look(self, asked: str = "") -> list[dict[str, Any]]:
        """Return the tasks that look."""
        return [
            {
                "name": "DEPLOY-06 | Read which migrations the target's code does not know",
                "deployment_migrations": {
                    "source": "{{ deployment_source }}",
                    "migrations": "{{ deployment_migrations }}",
                    "database": "{{ deployment_database }}",
                    "live": self.commits[-1],
                    "target": self.commits[-2],
                },
                "register": "__gate",
            },
            {
                "name": "DEPLOY-07 | Check that there is a way",
                "deployment_strategy": {"gate": "{{ __gate.evidence }}", "asked": asked},
                "register": "__choice",
            },
        ]

    def act(self, **more: Any) -> dict[str, Any]:
        """Return the task that carries it out."""
        arguments = {"gate": "{{ __gate.evidence }}", "choice": "{{ __choice.evidence }}"} | more
        return {"name": "DEPLOY-08 | Carry it out", "deployment_database": arguments}


def make(work: Path, server: scratch_mysql.TestServer, down: str = case.DOWN, review: bytes | None = None) -> Site:
    """Make the repository; ``review`` None: one that fits."""
    site = Site(work, server)
    site.clone.mkdir(parents=True)
    site.git("init", "--quiet")
    names = list(case.FILES)
    site.release(*names[:2])
    site.release(*names, down=down, review=case.review(down) if review is None else review)
    site.variables = {
        "site_name": "tests",
        "rr_home": str(work / "home"),
        "deployment_provider": "compose",
        "deployment_source": {"repository": str(site.clone)},
        "deployment_migrations": {"tool": "drizzle", "directory": "drizzle", "dialect": "mysql"},
        "deployment_database": {**server.login_dict(), "schema": case.SCHEMA},
        "deployment_scratch": {"image": scratch_mysql.image()},
    }
    return site
