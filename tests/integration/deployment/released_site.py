"""A site with one application on the stand-in for Vercel, and the command as people type it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import vercel_world
import yaml
from click.testing import CliRunner

from rollback_runner.cli import root

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result
    from vercel_world import VercelWorld

APP = "shop-edge"
PEOPLE = ("kim", "lee", "park")


@dataclass
class Released:
    """The site, its stand-in and RR_HOME."""

    vercel: VercelWorld
    directory: Path
    home: Path

    def __call__(self, *words: str) -> Result:
        """Give a command of `deployment`."""
        return self.command("deployment", *words)

    def command(self, *words: str) -> Result:
        """Give any command that takes a site."""
        site = ["-i", str(self.directory), *(() if "--lang" in words else ("--lang", "en"))]
        return CliRunner().invoke(root, [*words, *site], standalone_mode=False)

    def json(self, *words: str) -> Any:
        """Give a command with --json, and read what it says."""
        done = self(*words, "--json")
        assert done.stdout, done.exception
        return json.loads(done.stdout)

    def live(self) -> str:
        """Which deployment serves, by the stand-in's own word."""
        return str(self.vercel.ask("state")["project"]["live"])

    def say(self, **variables: Any) -> None:
        """Set variables of the application."""
        _write(self.directory / "group_vars" / "deployments.yml", self._application() | variables)

    def shared(self, **variables: Any) -> None:
        """Set variables of the site."""
        common = {
            "site_name": "released",
            "site_title": {"en": "Released", "ko": "배포"},
            "site_critical": False,
            "site_timezone": "UTC",
        }
        _write(self.directory / "group_vars" / "all.yml", common | variables)

    def signed_by_people(self) -> None:
        """Make keys for three people, and ask for approvals whatever a rollback changes."""
        lines = []
        for name in PEOPLE:
            key = self.home / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)], check=True)
            lines.append(f"{name} {' '.join(key.with_suffix('.pub').read_text().split()[:2])}")
        signers = self.directory / "allowed_signers"
        signers.write_text("\n".join(lines) + "\n", encoding="utf-8")
        signers.chmod(0o600)
        roles = {"planner": ["kim"], "technical_lead": ["lee"], "operations_manager": ["park"]}
        self.shared(site_approvals={"signers_file": str(signers), "roles": roles, "deployment": "always"})

    def _application(self) -> dict[str, Any]:
        doors = [{"name": name, "url": self.vercel.at["edge"], "host_header": name} for name in vercel_world.DOMAINS]
        return self.vercel.variables() | {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "deployment_provider": "vercel",
            "deployment_title": {"en": "Shop", "ko": "상점"},
            "deployment_domains": doors,
            "deployment_build": {"path": "/__build", "field": "$.build"},
            "deployment_smoke": [{"path": "/", "json": {"$.ok": True}}],
            "deployment_served_within": 5,
        }


def make(work: Path, vercel: VercelWorld) -> Released:
    """Write the site down."""
    made = Released(vercel, work / "site", work / "home")
    (made.directory / "group_vars").mkdir(parents=True)
    made.home.mkdir()
    _write(made.directory / "hosts.yml", {"all": {"children": {"deployments": {"hosts": {APP: None}}}}})
    made.shared()
    made.say()
    return made


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
