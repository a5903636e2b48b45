"""The doctor's look at hosts: whether SSH gets in, and whether HAProxy has the names that the site has."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Any

from failback import ssh_words
from failback.haproxy import remote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PATIENCE = 5  # seconds for one answer from outside
_SSH_FAILED = 255  # ssh's own code; any other is that of the command there
_LAST_WORDS = 12


def reach(host: str, variables: Mapping[str, Any]) -> str:
    """Log in and say what answers."""
    return _run(host, variables, ["uname", "-sr"]).stdout.strip()


def reach_on_aws(host: str, variables: Mapping[str, Any]) -> str:
    """Log in where a run proves that RDS is out of reach: a host that it does not get to would prove nothing."""
    try:
        return reach(host, variables)
    except ValueError as error:
        raise ValueError(f"{error}, or take it out of aws_app_hosts where it is gone for good") from error


def balancer(host: str, variables: Mapping[str, Any]) -> str:
    """Look at the running HAProxy as a run does: its version, and the backend and the servers that the site names."""
    backend, socket = str(variables["lb_backend"]), str(variables["lb_socket"])
    idc, aws = list(variables["lb_servers_idc"]), list(variables["lb_servers_aws"])
    look = {"operation": "look", "socket": socket, "backend": backend, "idc": idc, "aws": aws}
    argv = remote.argv(str(variables.get("ansible_python_interpreter") or ""))
    done = _run(host, variables, argv, remote.program(look))
    report = remote.report(done.returncode, done.stdout, done.stderr, host)
    if report.get("broken"):
        raise ValueError(f"{report['problem']}. Correct lb_socket, or let ansible_user use the socket")
    if "problem" in report:
        raise ValueError(report["problem"])
    view = report["after"]
    if view["missing"]:
        has = ", ".join(view["states"]) or "none"
        raise ValueError(
            f"backend {backend} has no server {', '.join(view['missing'])}; it has {has}:"
            " correct lb_servers_idc or lb_servers_aws"
        )
    return f"Version: {view['version']}"


def _run(
    host: str, variables: Mapping[str, Any], argv: Sequence[str], program: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command on the host, with ``program`` as its input. Raises ValueError: what is wrong, and what to do."""
    local = variables.get("ansible_connection", "ssh") == "local"
    command = argv if local else _over_ssh(host, variables, argv)
    done = subprocess.run(command, input=program, capture_output=True, text=True, timeout=4 * _PATIENCE, check=False)
    if done.returncode == _SSH_FAILED and not local:
        raise ValueError(ssh_words.sentence(done.stderr, _address(host, variables)))
    if done.returncode != 0:
        said = " ".join(done.stderr.split()[-_LAST_WORDS:]) or "nothing"
        raise ValueError(f"{argv[0]} ended with {done.returncode} on the host and said: {said}")
    return done


def _over_ssh(host: str, variables: Mapping[str, Any], argv: Sequence[str]) -> list[str]:
    command = ["ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={_PATIENCE}"]
    command += shlex.split(str(variables.get("ansible_ssh_common_args", "")))
    if variables.get("ansible_ssh_private_key_file"):
        command += ["-i", str(variables["ansible_ssh_private_key_file"])]
    if variables.get("ansible_port"):
        command += ["-p", str(variables["ansible_port"])]
    user = f"{variables['ansible_user']}@" if variables.get("ansible_user") else ""
    return [*command, f"{user}{variables.get('ansible_host', host)}", shlex.join(argv)]


def _address(host: str, variables: Mapping[str, Any]) -> str:
    """Say a host as ssh-keyscan takes it."""
    port = f"-p {variables['ansible_port']} " if variables.get("ansible_port") else ""
    return f"{port}{variables.get('ansible_host', host)}"
