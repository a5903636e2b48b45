"""A site with one application on hosts of our own, and the commands as people type them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from click.testing import CliRunner

from rollback_runner.cli import root
from rollback_runner.record import report, store

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result
    from compose_world import Balancer, World


class Site:
    """The site on disk, and its commands."""

    def __init__(self, work: Path, world: World, balancer: Balancer, **more: Any) -> None:
        self.directory, self.home = work / "site", work / "home"
        self.directory.mkdir()
        self.home.mkdir()
        told: dict[str, Any] = {
            "deployment_title": {"en": "Shop", "ko": "상점"},
            "deployment_build": {"path": "/", "field": "$.build"},
            "deployment_smoke": [{"path": "/readyz"}],
            "deployment_served_within": 10,
            "deployment_keep": 2,
        }
        shared = more.pop("shared", {})
        content = world.inventory(balancer, **told | more)
        content["all"]["vars"] = {
            "site_name": "hosts",
            "site_title": {"en": "Hosts", "ko": "호스트"},
            "site_critical": False,
            "site_timezone": "UTC",
            **shared,
        }
        content["all"]["children"]["load_balancers"]["vars"] = {
            "lb_backend": "shop",
            "lb_config_file": str(balancer.socket.with_name("haproxy.cfg")),
            "lb_validate_command": ["true"],
            "lb_reload_command": ["true"],
        }
        (self.directory / "hosts.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def __call__(self, *words: str) -> Result:
        return self.command("deployment", *words)

    def command(self, *words: str) -> Result:
        line = [*words, "-i", str(self.directory), "--lang", "en"]
        return CliRunner().invoke(root, line, standalone_mode=False)

    def report(self) -> dict[str, Any]:
        content = store.find(self.home, None).read_report()
        assert content is not None
        assert report.problems(content) == []
        return content
