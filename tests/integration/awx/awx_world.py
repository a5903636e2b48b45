"""An AWX to configure, a site to configure it for, and the command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lab import tls
from lab.awx.server import Stand
from rollback_runner import cli
from rollback_runner.awx import acts, client

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = ("kim", "lee", "park", "choi")


@dataclass
class World:
    """An AWX and a site. `said` is what the last command printed."""

    stand: Stand
    site: Path
    token: Path
    authority: Path
    said: str = ""
    options: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.options = ["-i", str(self.site), "--url", self.stand.url]
        self.options += ["--token-file", str(self.token), "--ca-file", str(self.authority)]
        for name in PEOPLE:
            self.stand.api.world.add("users", {"username": name})

    @property
    def where(self) -> acts.Where:
        """Return the site and the login."""
        return acts.Where(str(self.site), client.Login(self.stand.url, self.token, str(self.authority)))

    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> int:
        """Run `rollback-runner awx ...`; return its exit code."""
        with pytest.raises(SystemExit) as ended:
            cli.main(["awx", *arguments, *self.options, "--lang", "en"])
        told = capsys.readouterr()
        self.said = told.out + told.err
        assert isinstance(ended.value.code, int)
        return int(ended.value.code)

    def named(self, endpoint: str, name: str) -> dict[str, Any]:
        """Find an object of the stand-in."""
        return self.stand.api.world.named(endpoint, name)

    def role(self, endpoint: str, name: str, role: str, whose: str) -> list[int]:
        """Return the numbers of the users or teams that have a role on an object of the stand-in; it may be changed."""
        world = self.stand.api.world
        of = [endpoint, self.named(endpoint, name)["id"]]
        found = next(one for one in world.of("roles").values() if (one["of"], one["name"]) == (of, role))
        return world.members("roles", found["id"], whose)


def stand_of(folder: Path) -> Stand:
    """Make a stand-in with a certificate of an authority of its own."""
    tls.make_authority(folder)
    tls.make_certificate(folder, "awx", ["awx.example.org"], "127.0.0.1")
    return Stand(certificate=folder / "awx.pem", key=folder / "awx-key.pem")


def world_of(stand: Stand, folder: Path, site: Path) -> World:
    """Make the world around a stand-in that answers."""
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(stand.token("admin"), encoding="utf-8")
    return World(stand, site, token, folder / "ca.pem")
