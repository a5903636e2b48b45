"""A site made up for the plugins of the role watching: an incident with figures in it, and hosts that are this machine.

The plugins run in this process as Ansible would run them: an Ansible start for each would cost a second a test.
"""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

from failback import incident, journal
from failback.action import Completed

from rollback_runner.watching import required, series
from rollback_runner.watching.series import Point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

ACTIONS = Path(__file__).resolve().parents[3] / "plugins" / "action"
GROUPS = {"service": ["shop"], "database_hosts": ["db1"], "load_balancers": ["lb1"], "databases": ["shop-db"]}
DOORS = [{"name": "lb1", "url": "http://127.0.0.1:9"}]
KEYS = required.required(required.Service(GROUPS, ["db1"], ["lb1"]))


class Site:
    """An open incident under a home of its own."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.groups: Mapping[str, Sequence[str]] = GROUPS
        self.hostvars: Mapping[str, Mapping[str, Any]] = {
            member: {"db_idc_host": "db1"} for some in GROUPS.values() for member in some
        }
        self.incident = incident.begin(home, "made-up")
        series.place(self.incident).mkdir()
        monkeypatch.setenv("RR_HOME", str(home))
        monkeypatch.setenv("RR_INCIDENT", str(self.incident))
        for name in ("RR_EPOCH", "RR_LOCK"):
            monkeypatch.delenv(name, raising=False)

    def figures(self, since: float, until: float, values: Mapping[str, float] | None = None, step: float = 1.0) -> None:
        """Write a sample of every figure for every second of a span."""
        level = values or {}
        points = [
            Point(since + step * number, figure, host, level.get(figure, 0.1))
            for number in range(int((until - since) / step) + 1)
            for figure, host in KEYS
        ]
        series.append(self.incident, points)

    def began(self, at: float) -> None:
        """Put on record when the watch began."""
        incident.keep(self.incident, "watch", {"at": at})

    def run(self, run: str, *entries: Mapping[str, Any]) -> None:
        """Write the journal of a run of this incident."""
        path = self.home / "runs" / run / "journal.jsonl"
        path.parent.mkdir(parents=True)
        place = f"incidents/made-up/{self.incident.name}"
        journal.append(path, "begin", phase="emergency", site="made-up", options={"incident": place})
        for entry in entries:
            journal.append(path, str(entry["kind"]), **{key: value for key, value in entry.items() if key != "kind"})

    def play(self, task: Mapping[str, Any], host: str = "shop", *, check: bool = False) -> dict[str, Any]:
        """Run one task, its module and arguments, for one host and return its result."""
        ((name, arguments),) = task.items()
        made = MagicMock()
        made.args, made.check_mode, made.diff, made.async_val, made.action = dict(arguments), check, False, 0, name
        made.get_name.return_value, made.delegate_to = f"WATCH-01 | {name}", None
        connection = MagicMock()
        connection.transport = "local"
        action = _load(name).ActionModule(
            task=made,
            connection=connection,
            play_context=SimpleNamespace(remote_addr="127.0.0.1"),
            loader=MagicMock(),
            templar=MagicMock(),
            shared_loader_obj=MagicMock(),
        )
        action.command = _command
        variables = {"inventory_hostname": host, "groups": self.groups, "hostvars": self.hostvars}
        result: dict[str, Any] = action.run(task_vars=variables)
        return result


@functools.cache
def _load(name: str) -> Any:
    """Import plugins/action/<name>.py the way Ansible does: by path."""
    spec = importlib.util.spec_from_file_location(f"action_{name}", ACTIONS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _command(argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False, timeout=timeout)
    return Completed(done.returncode, done.stdout, done.stderr)


def now() -> float:
    """Return the moment."""
    return time.time()


def told(result: Mapping[str, Any], severity: str = "blocker") -> list[str]:
    """Return the sentences of one severity."""
    return [one["sentence"] for one in result.get("findings", ()) if one["severity"] == severity]
