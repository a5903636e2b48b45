"""Run one action plugin over a real SSH connection, without an ansible-playbook around it: half a second, not three."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader, init_plugin_loader
from ansible.template import Templar
from idc_side import load
from run_tasks import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ssh_host import SshHost

_READY: list[bool] = []


def run(
    name: str, args: dict[str, Any], variables: Mapping[str, Any], groups: Mapping[str, list[str]], host: str = "box"
) -> dict[str, Any]:
    """Run the plugin for ``host``, which has these variables and is in these groups; return its result."""
    if not _READY:
        os.environ.setdefault("ANSIBLE_CONFIG", str(ROOT / "ansible.cfg"))
        init_plugin_loader([])
        _READY.append(True)
    context = PlayContext()
    context.remote_addr = str(variables["ansible_host"])
    connection = connection_loader.get("ssh", context, task_uuid="test")
    connection.set_options(var_options=dict(variables))
    task = MagicMock()
    task.args, task.check_mode, task.diff, task.async_val, task.action = args, False, False, 0, name
    task.delegate_to = None
    task.get_name.return_value = f"TECH-00 | {name}"
    loader = DataLoader()
    action = load(name).ActionModule(
        task=task,
        connection=connection,
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=MagicMock(),
    )
    task_vars = {"inventory_hostname": host, "hostvars": {host: dict(variables)}, "groups": dict(groups), **variables}
    try:
        result: dict[str, Any] = action.run(task_vars=task_vars)
    finally:
        with suppress(Exception):
            connection.close()
    return result


def looked(
    host: SshHost, name: str, args: dict[str, Any], group: str = "database_hosts", **variables: Any
) -> list[dict[str, str]]:
    """Findings of a plugin that looks at a host of this group."""
    result = run(name, args, host.variables() | variables, {group: ["box"]})
    assert "failed" not in result, result
    found: list[dict[str, str]] = result.get("findings") or []
    return found
