"""Run a plugin that destroys something within a run and an incident, as the command does."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

from failback import journal
from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys
from idc_side import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest
    from failback.approval.mark import Mark
    from failback.arguments import Arguments
    from signed import Signed


class Run:
    """One run of a site: its environment, its journal, and the plugins in it."""

    def __init__(self, site: Signed, monkeypatch: pytest.MonkeyPatch, name: str = "run-1") -> None:
        self.site = site
        self.directory = site.home / "runs" / name
        self.directory.mkdir(parents=True)
        monkeypatch.setenv("RR_RUN_DIR", str(self.directory))
        monkeypatch.setenv("RR_INCIDENT", str(site.incident))

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """The journal's lines of one kind."""
        path = self.directory / "journal.jsonl"
        return [line for line in journal.read(path) if line["kind"] == kind] if path.exists() else []

    def record(self) -> list[str]:
        """The kinds of lines of the incident's approvals."""
        return [json.loads(line)["kind"] for line in (self.site.incident / "approvals.jsonl").read_text().splitlines()]

    def play(self, name: str, args: Mapping[str, Any], *, check: bool = False) -> dict[str, Any]:
        """Run a plugin of ours."""
        return self.act(load(name).ActionModule, args, name=name, check=check)

    def destroy(self, mark: Mark = "closes", *, check: bool = False, asked: bool = True, **args: Any) -> dict[str, Any]:
        """Run a plugin that destroys nothing but says it does."""
        fake = type("Fake", (_Fake,), {"DESTROYS": Destroys(mark, {"state": ("closed",)}, backup="digest")})
        return self.act(fake, {"state": "closed", **args}, name="fake", check=check, asked=asked)

    def act(
        self, plugin: Any, args: Mapping[str, Any], *, name: str, check: bool = False, asked: bool = True
    ) -> dict[str, Any]:
        """Run it on the local connection."""
        task = MagicMock()
        task.args, task.check_mode, task.diff, task.async_val, task.action = dict(args), check, False, 0, name
        task.get_name.return_value = f"AWS-00 | {name}"
        connection = MagicMock()
        connection.transport = "local"
        made = plugin(
            task=task,
            connection=connection,
            play_context=SimpleNamespace(remote_addr="127.0.0.1"),
            loader=MagicMock(),
            templar=SimpleNamespace(template=lambda value: value),
            shared_loader_obj=MagicMock(),
        )
        variables = self.site.variables if asked else {"site_name": "shop"}
        result: dict[str, Any] = made.run(task_vars={"inventory_hostname": "shop-db", **variables})
        return result


class _Fake(FailbackAction):
    ARGUMENTS = {  # noqa: RUF012 - as every plugin does
        "state": {"type": "str", "default": "closed"},
        "acts": {"type": "int", "default": 1},
        "digest": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        for number in range(0 if self.check_mode else args.count("acts")):
            with self.act(f"close it {number}"):
                pass
        if args.text("state") == "open":
            self.turned("went_back")
        return Outcome(changed=bool(args.count("acts")), evidence={"acts": args.count("acts")})
