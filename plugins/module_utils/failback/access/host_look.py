"""What to look at on a host, and what its answers mean. Pure. The looking itself is done by ``host_agent``."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback.access import host_needs
from failback.access.model import WITH_RESTORE
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.access.model import Permission
    from failback.access.site import Site
    from failback.findings import Severity

    Report = dict[str, Any]

_ANEW = "; then log in anew: a shared SSH connection keeps the old groups for two minutes"
_SOCKET_CLOSED = re.compile(r"permission denied.*(docker daemon|docker api|docker\.sock)", re.IGNORECASE)
_CLIENT_WORDS = {"exec": ("-u", "--user", "-w", "--workdir", "-e", "--env"), "kill": ("-s", "--signal")}


def request(site: Site, host: str) -> Report:
    """Work out what the plan will use on this host."""
    groups = site.groups_of(host)
    wanted: Report = {"containers": [], "files": [], "folders": [], "in_container": [], "commands": []}
    pair = site.database_of(host) if "database_hosts" in groups else ""
    if pair:
        container = str(site.get(pair, "db_container", ""))
        wanted["containers"].append(container)
        authority = str((site.get(pair, "db_replication") or {}).get("ca_file") or "")
        if authority:
            wanted["in_container"].append({"container": container, "path": authority})
    if "app_hosts" in groups:
        wanted["containers"].append(str(site.get(host, "app_container", "")))
        wanted["files"].append(str(site.get(host, "app_config_file", "")))
        wanted["commands"].append(_words(site.get(host, "app_reload_command")))
    if "load_balancers" in groups:
        wanted["files"] += [str(site.get(host, name, "")) for name in ("lb_config_file", "lb_state_file")]
        wanted["commands"] += [_words(site.get(host, name)) for name in ("lb_validate_command", "lb_reload_command")]
        wanted |= {"socket": str(site.get(host, "lb_socket", "")), "backend": str(site.get(host, "lb_backend", ""))}
    wanted["containers"] += [str(entry.get("container") or "") for entry in site.services_on(host)]
    wanted["containers"] += [name for argv in wanted["commands"] if (name := named_container(argv))]
    wanted["folders"] = list(_backups(site, host))
    if site.get(host, "ansible_become"):
        user = str(site.get(host, "ansible_become_user") or "root")
        wanted["commands"].append(["sudo", "-u", user, "/bin/sh"])
    for name in ("containers", "files", "folders"):
        wanted[name] = list(dict.fromkeys(filter(None, wanted[name])))
    wanted["commands"] = [argv for argv in wanted["commands"] if argv]
    return wanted


def restored_files(site: Site, host: str) -> list[str]:
    """Name the files that ENV-03 puts back where they differ, without further rights."""
    if site.get(host, "environment_privilege") or not site.get(host, "environment_put_back", True):
        return []
    entries = site.get(host, "baseline_files", [])
    return [str(one if isinstance(one, str) else one.get("path", "")) for one in entries]


def needs_forwarding(site: Site, host: str) -> bool:
    """Whether something is looked at over this host's sshd."""
    if {"database_hosts", "app_hosts", "aws_app_hosts"} & site.groups_of(host):
        return True
    return any(entry.get("ready_url") for entry in site.services_on(host))


def named_container(argv: Sequence[str]) -> str:
    """Read which container a docker command is about; "" when it cannot be told."""
    words = [PurePosixPath(argv[0]).name, *argv[1:]] if argv else []
    if words[:1] == ["sudo"]:
        return ""
    if words[:1] != ["docker"]:
        return ""
    rest = words[2:] if words[1:2] == ["container"] else words[1:]
    if not rest or rest[0] not in _CLIENT_WORDS:
        return ""
    verb, rest = rest[0], rest[1:]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in _CLIENT_WORDS[verb] else rest[1:]
    return rest[0] if rest else ""


def judge(site: Site, host: str, report: Report) -> list[Finding]:
    """Say what is missing, each with the very command that gives it."""
    user = str(report["user"]["name"])
    put_back = set(restored_files(site, host)) - set(request(site, host)["files"])
    found = [*_docker(host, user, report), *_commands(host, user, report), *_socket(site, host, user, report)]
    for one in report["files"]:
        severity: Severity = "warning" if one["path"] in put_back else "blocker"
        found += _file(host, user, one, severity)
    restores = any(site.way(pair) in WITH_RESTORE for pair in site.members("databases"))
    found += [_folder(host, user, one, restores=restores) for one in report["folders"] if one["problem"]]
    found += [
        Finding(
            # A way that makes the server anew starts it, and looks again before anything is opened.
            "warning" if "is not running" in one["said"] and site.way(host) != "switch-first" else "blocker",
            f"{host_needs.CA_FILE.key}:{host}",
            f"mysqld on {host} cannot read the CA of RDS at {one['path']} ({_last(one['said'])}), so the replication"
            f" channel would not start (for {_items(host_needs.CA_FILE)})",
            host_needs.CA_FILE.grant.format(container=one["container"]),
        )
        for one in report["in_container"]
        if one["rc"] != 0 and not _closed(one["said"])
    ]
    return found


def _docker(host: str, user: str, report: Report) -> Iterator[Finding]:
    for one in report["docker"]:
        if one["rc"] == 0:
            continue
        said, name = str(one["said"]), one["container"]
        if "no such container" in said.lower():
            yield Finding(
                "blocker",
                f"container:{host}:{name}",
                f"there is no container {name} on {host}",
                "create it from its image and data, or correct its name in the inventory",
            )
            continue
        group = report["docker_socket"].get("group", "docker")
        step = (
            host_needs.DOCKER.grant.format(group=group, user=user, host=host) + _ANEW
            if _closed(said)
            else f"install docker's client on {host}"
            if one["rc"] == 127  # noqa: PLR2004 - the shell's word for not found
            else f"start the Docker Engine on {host}"
        )
        yield Finding(
            "blocker",
            f"{host_needs.DOCKER.key}:{host}",
            f"{user} on {host} cannot {host_needs.DOCKER.what.en} (for {_items(host_needs.DOCKER)}): {_last(said)}",
            step,
        )
        return  # one sentence for all containers of the host


def _closed(said: str) -> bool:
    """Tell docker's own refusal from one of a program in a container, or of a file of the client's."""
    return _SOCKET_CLOSED.search(said) is not None


def _file(host: str, user: str, one: Report, severity: Severity) -> Iterator[Finding]:
    path, folder = one["path"], one["folder"]
    there = "problem" not in one["file"]
    blocked, letters = "", "rwx"
    if not one["folder_writable"]:
        blocked, owner = str(PurePosixPath(path).parent), folder
    elif there and folder.get("sticky") and not (one["file"].get("owned") or folder.get("owned")):
        blocked, owner = path, one["file"]
        if one["file_writable"]:
            blocked = ""
    if not blocked and there and not one["readable"]:
        blocked, owner, letters = path, one["file"], "rw"
    if not blocked:
        return
    what = "does not exist" if owner.get("problem") else f"has mode {owner.get('mode')}, group {owner.get('group')}"
    if severity == "warning":
        meaning = "so it is not put back where it differs from the baseline, only told (ENV-03)"
    else:
        meaning = f"so it cannot be replaced (for {_items(host_needs.CONFIG_FILE)})"
    yield Finding(
        severity,
        f"{host_needs.CONFIG_FILE.key}:{host}:{path}",
        f"{user} on {host} may not write {path}: {blocked} {what}, {meaning}",
        f"on {host}: {opens(blocked, owner, user, letters)}",
    )


def opens(path: str, owner: Mapping[str, Any], user: str, letters: str) -> str:
    """Give the command that opens a file or directory to a user and takes nothing from anybody. Pure."""
    quoted, group = shlex.quote(path), str(owner.get("group") or "")
    if owner.get("problem"):
        return f"mkdir -p {quoted} && chown {user} {quoted}"
    if owner.get("ours"):
        return f"chmod g+{letters} {quoted}"
    if group not in {"", "root"} and _group_may(str(owner.get("mode") or "0"), letters):
        return f"usermod -aG {group} {user}{_ANEW}"
    return f"setfacl -m u:{user}:{letters} {quoted}"


def _group_may(mode: str, letters: str) -> bool:
    wanted = sum({"r": 4, "w": 2, "x": 1}[letter] for letter in letters)
    return (int(mode, 8) >> 3) & wanted == wanted


def _folder(host: str, user: str, one: Report, *, restores: bool) -> Finding:
    blocked = str(one.get("blocked") or one["path"])
    spared = "" if restores else "; this way does not restore it"
    return Finding(
        "blocker" if restores else "warning",
        f"{host_needs.READ_FILES.key}:{host}:{one['path']}",
        f"{user} on {host} cannot read all of {one['path']}: {blocked} {one['problem']} (for"
        f" {_items(host_needs.READ_FILES)}){spared}",
        host_needs.READ_FILES.grant.format(user=user, path=one["path"], host=host),
    )


def _commands(host: str, user: str, report: Report) -> Iterator[Finding]:
    for one in report["commands"]:
        argv, problem = list(one["argv"]), one["problem"]
        if not problem:
            continue
        told = shlex.join(argv)
        if problem == "not_allowed":
            as_user, command = behind_sudo(argv)
            step = host_needs.COMMANDS.grant.format(user=user, as_user=as_user, command=command, host=host)
            why = "sudo would ask for a password or refuse"
        elif one.get("lies"):
            step = f"write the whole path, {one['lies']}, in the inventory"
            why = f"{argv[0]} is not on the PATH of this login"
        else:
            step = f"install {argv[0]} on {host}, or correct the command in the inventory"
            why = f"{argv[0]} is not there"
        yield Finding(
            "blocker",
            f"{host_needs.COMMANDS.key}:{host}:{told}",
            f"{user} on {host} cannot run `{told}` (for {_items(host_needs.COMMANDS)}): {why}",
            step,
        )


def behind_sudo(argv: Sequence[str]) -> tuple[str, str]:
    """Split a sudo command into the user it is run as and the command itself. Pure."""
    rest, as_user = list(argv[1:]), "root"
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in {"-u", "--user"} and rest:
            as_user = rest.pop(0)
        elif option in {"-g", "--group"} and rest:
            rest.pop(0)
    return as_user, shlex.join(rest)


def _socket(site: Site, host: str, user: str, report: Report) -> Iterator[Finding]:
    seen = report["socket"]
    if not seen:
        return
    path, owner = seen["path"], seen["owner"]
    file = str(site.get(host, "lb_config_file", "its configuration"))
    if seen.get("problem"):
        group = str(owner.get("group") or "haproxy")
        if seen.get("denied") and not owner.get("ours"):
            step = host_needs.SOCKET.grant.format(group=group, user=user, host=host) + _ANEW
        elif seen.get("denied"):
            step = f"stats socket {path} mode 660 level admin   (section global of {file} on {host}, then reload)"
        else:
            step = f"start HAProxy on {host}, or correct lb_socket"
        yield Finding(
            "blocker",
            f"{host_needs.SOCKET.key}:{host}",
            f"{user} on {host} cannot {host_needs.SOCKET.what.en} {path} (for {_items(host_needs.SOCKET)}):"
            f" {seen['problem']}",
            step,
        )
        return
    if seen.get("level", "admin") in {"operator", "user"} or "permission denied" in str(seen["order"]).lower():
        yield Finding(
            "blocker",
            f"{host_needs.LEVEL.key}:{host}",
            f"the socket {path} on {host} has the level {seen.get('level') or 'below admin'}: it tells, and takes no"
            f" order (for {_items(host_needs.LEVEL)})",
            host_needs.LEVEL.grant.format(path=path, file=file, host=host),
        )


def _backups(site: Site, host: str) -> Iterator[str]:
    for pair in site.members("databases"):
        sources = [*site.get(pair, "backup_sources", []), site.get(pair, "backup_binlogs") or {}]
        for source in sources:
            at = urlsplit(str(source.get("url") or ""))
            if at.scheme == "ssh" and at.hostname == host:
                yield at.path


def _words(argv: object) -> list[str]:
    return [str(word) for word in argv] if isinstance(argv, list) else []


def _items(permission: Permission) -> str:
    return ", ".join(permission.items)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it says nothing"
