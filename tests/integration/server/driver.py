"""Run one action plugin on this machine as Ansible would; as a program, it can be killed at a chosen moment.

``python driver.py PLUGIN ARGS.json WORDS``: the process kills itself with SIGKILL a moment after it has started the
first command with these words in it, while that command goes on, as when a runner's machine dies.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

ROOT = Path(__file__).resolve().parents[3]
ACTIONS = ROOT / "plugins" / "action"
sys.path.insert(0, str(ROOT / "plugins" / "module_utils"))

from failback.action import Completed  # noqa: E402  the path comes first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STARTED = 0.35  # seconds from the start of a command to the kill: docker has begun by then


def load(name: str) -> Any:
    """Import plugins/action/<name>.py the way Ansible does: by path."""
    spec = importlib.util.spec_from_file_location(f"action_{name}", ACTIONS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Here:
    """Stands in for ``FailbackAction.command``: runs it on this machine, and may kill this very process."""

    def __init__(self, kill_at: str = "") -> None:
        self.kill_at, self.argv = kill_at, list[list[str]]()

    def __call__(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
        self.argv.append(list(argv))
        if self.kill_at and any(self.kill_at in part for part in argv):
            child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert child.stdin is not None
            child.stdin.write((stdin or "").encode())
            child.stdin.close()
            time.sleep(STARTED)
            os.kill(os.getpid(), signal.SIGKILL)
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False, timeout=timeout + 30)
        return Completed(done.returncode, done.stdout, done.stderr)


def run_action(name: str, args: Mapping[str, Any], *, check: bool = False, here: Here | None = None) -> dict[str, Any]:
    """Run a plugin and return its result."""
    task = MagicMock()
    task.args, task.check_mode, task.diff, task.async_val, task.action = dict(args), check, False, 0, name
    task.get_name.return_value, task.delegate_to = f"IDC-00 | {name}", None
    connection = MagicMock()
    connection.transport = "local"
    action = load(name).ActionModule(
        task=task,
        connection=connection,
        play_context=SimpleNamespace(remote_addr="127.0.0.1"),
        loader=MagicMock(),
        templar=MagicMock(),
        shared_loader_obj=MagicMock(),
    )
    action.command = here or Here()
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "idc-db1"})
    return result


def run_killed(name: str, args: Mapping[str, Any], directory: Path, kill_at: str) -> int:
    """Run a plugin in a process of its own that dies at the first command with these words; return how it ended."""
    arguments = directory / "args.json"
    arguments.write_text(json.dumps(args), encoding="utf-8")
    argv = [sys.executable, __file__, name, str(arguments), kill_at]
    return subprocess.run(argv, check=False, timeout=120, capture_output=True).returncode


if __name__ == "__main__":
    run_action(sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")), here=Here(kill_at=sys.argv[3]))
