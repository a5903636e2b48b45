"""What is read on a host, in one round trip: network, files, containers, resources.

``failback.remote`` sends this file to the host's Python (3.8 or newer, standard library only). It runs as the login
user and changes nothing. What needs more rights than that user has is named under ``unread``, never guessed. A file
that is said to be secret leaves the host as a digest only. Sizes are bytes, times seconds.
"""

from __future__ import annotations

import base64
import fnmatch
import grp
import hashlib
import json
import os
import pwd
import socket
import stat
import struct
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Report = dict[str, Any]

_COMMAND_SECONDS = 10.0
_MOST = 1 << 20  # a configuration file larger than this is kept as a digest only
_LISTEN = "0A"


def serve(request: Report) -> Report:
    """Read what the request asks for."""
    unread: list[str] = []
    report: Report = {"hostname": socket.gethostname(), "now": time.time(), "unread": unread}
    wanted = request["parts"]
    if "network" in wanted:
        report["network"] = network(request, unread)
    if "files" in wanted:
        report["files"] = {item["path"]: read_file(item, request, unread) for item in request["files"]}
    if "containers" in wanted:
        report["containers"] = {name: container(name, unread) for name in request["containers"]}
    if "resources" in wanted:
        report["resources"] = resources(request)
    return report


def network(request: Report, unread: list[str]) -> Report:
    """Read addresses, routes, rules, listening ports, hosts file and resolver; each as lines of text."""
    ignored = request.get("ignore_interfaces", [])
    found: Report = {"addresses": _addresses(ignored, unread), "routes": _routes(ignored, unread)}
    found["listening"] = _listening()
    for name, argv in (("nftables", ["nft", "-s", "list", "ruleset"]), ("iptables", ["iptables-save"])):
        text = run([*request.get("privilege", []), *argv], unread, f"{name} rules")
        if text is not None:
            kept = (line for line in text.splitlines() if not line.startswith("#"))
            # Counters move by themselves and say nothing about the setting.
            found[name] = [line.split(" [")[0] if line.startswith(":") else line for line in kept]
    for name, path in (("hosts", "/etc/hosts"), ("resolver", "/etc/resolv.conf")):
        found[name] = read_file({"path": path}, request, unread)
    return found


def run(argv: list[str], unread: list[str], what: str) -> str | None:
    """Run one reading command; None, and a word in ``unread``, where it cannot be run or is refused."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C"}
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_COMMAND_SECONDS, env=environment, check=False)
    except FileNotFoundError:
        return None  # the program is not on this host, so nothing is set by it
    except (OSError, subprocess.SubprocessError) as error:
        unread.append(f"{what}: {error}")
        return None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        unread.append(f"{what}: {' '.join(argv)}: {said[0] if said else f'exit code {done.returncode}'}")
        return None
    return done.stdout.decode(errors="replace")


def _ignored(interface: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(interface.partition("@")[0], pattern) for pattern in patterns)


def _addresses(ignored: list[str], unread: list[str]) -> list[str]:
    lines = (run(["ip", "-o", "addr", "show"], unread, "addresses") or "").splitlines()
    found = [line.split()[1:4] for line in lines]
    return sorted(
        f"{interface} {address}"
        for interface, family, address in found
        if family in ("inet", "inet6") and not _ignored(interface, ignored) and not address.startswith("fe80:")
    )


def _routes(ignored: list[str], unread: list[str]) -> list[str]:
    found = []
    for family in ("-4", "-6"):
        for line in (run(["ip", family, "route", "show"], unread, "routes") or "").splitlines():
            words = line.split()
            interface = words[words.index("dev") + 1] if "dev" in words else ""
            # The kernel makes the routes of its own addresses; they are listed as addresses already.
            if _ignored(interface, ignored) or ("proto" in words and words[words.index("proto") + 1] == "kernel"):
                continue
            found.append(_without(words, ("expires", "pref", "hoplimit")))
    return sorted(found)


def _without(words: list[str], names: Sequence[str]) -> str:
    kept: list[str] = []
    skip = False
    for word in words:
        if not skip and word not in names:
            kept.append(word)
        skip = not skip and word in names
    return " ".join(kept)


def _listening() -> list[str]:
    first = 32768
    with suppress(OSError, ValueError):
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = set()
    for name in ("tcp", "tcp6"):
        try:
            rows = Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if cells[3] == _LISTEN:
                address, _, port = cells[1].partition(":")
                # A helper's own port, given by the kernel, is another one each time.
                if int(port, 16) < first:
                    found.add(f"tcp {_address(address)}:{int(port, 16)}")
    return sorted(found)


def _address(text: str) -> str:
    """Turn the kernel's hexadecimal words (host byte order) into an address."""
    words = [int(text[place : place + 8], 16) for place in range(0, len(text), 8)]
    raw = b"".join(struct.pack("=I", word) for word in words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, raw)


def read_file(item: Report, request: Report, unread: list[str]) -> Report:
    """Read one file: owner, mode, digest, and its content unless it is secret or too large. Links are followed."""
    path = item["path"]
    try:
        seen = Path(path).stat()
    except FileNotFoundError:
        return {"exists": False}
    except OSError as error:
        unread.append(f"{path}: {error.strerror}")
        return {"exists": None, "error": str(error.strerror)}
    found: Report = {"exists": True, "mode": f"{stat.S_IMODE(seen.st_mode):04o}", "size": seen.st_size}
    found["owner"], found["group"] = _name(pwd.getpwuid, seen.st_uid), _name(grp.getgrgid, seen.st_gid)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raw = run([*request["privilege"], "base64", path], unread, path) if request.get("privilege") else None
        if raw is None:
            unread.append(f"{path}: {error.strerror}: only its mode and owner were read")
            return found
        content = base64.b64decode(raw)
    found["sha256"] = hashlib.sha256(content).hexdigest()
    if item.get("secret"):
        found["secret"] = True
    elif len(content) <= _MOST:
        try:
            found["content"] = content.decode()
        except UnicodeDecodeError:
            found["binary"] = base64.b64encode(content).decode()
    return found


def _name(look_up: Callable[[int], Any], number: int) -> str:
    try:
        return str(look_up(number)[0])
    except KeyError:
        return str(number)


def container(name: str, unread: list[str]) -> Report:
    """Read one container; the values of its environment leave the host as digests only."""
    text = run(["docker", "container", "inspect", name], unread, f"container {name}")
    if text is None:
        return {"exists": None}
    data = json.loads(text)[0]
    config, state, host = data["Config"], data["State"], data["HostConfig"]
    variables = dict(entry.partition("=")[::2] for entry in config.get("Env") or [])
    return {
        "exists": True,
        "image": data["Image"],
        "image_name": config.get("Image", ""),
        "restart_policy": (host.get("RestartPolicy") or {}).get("Name", ""),
        "environment": {key: hashlib.sha256(value.encode()).hexdigest() for key, value in sorted(variables.items())},
        "mounts": sorted(
            f"{m.get('Source', '')}:{m['Destination']}:{'rw' if m.get('RW') else 'ro'}" for m in data["Mounts"]
        ),
        "command": [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])],
        "status": state["Status"],
        "health": (state.get("Health") or {}).get("Status", ""),
        "restarts": data.get("RestartCount", 0),
        "started_at": state.get("StartedAt", ""),
    }


def _mount(mount: Report) -> str:
    return f"{mount.get('Source', '')}:{mount['Destination']}:{'rw' if mount.get('RW') else 'ro'}"


def resources(request: Report) -> Report:
    """Read CPU, memory, disks and disk traffic; CPU and traffic over ``sample`` seconds."""
    first_cpu, first_io, begun = _cpu(), _io(), time.monotonic()
    time.sleep(request.get("sample", 1.0))
    last_cpu, last_io, passed = _cpu(), _io(), time.monotonic() - begun
    total = max(1, sum(last_cpu) - sum(first_cpu))
    idle = last_cpu[3] + last_cpu[4] - first_cpu[3] - first_cpu[4]
    waiting = last_cpu[4] - first_cpu[4]
    busy = {name: round(min(1.0, (ms - first_io.get(name, ms)) / 1000 / passed), 4) for name, ms in last_io.items()}
    return {
        "cpus": os.cpu_count() or 1,
        "load": [round(value, 2) for value in os.getloadavg()],
        "cpu_busy": round(1 - idle / total, 4),
        "cpu_waiting": round(waiting / total, 4),
        "memory": _memory(),
        "disks": {path: _disk(path) for path in request["disks"]},
        "disk_busy": busy,
        "sampled_seconds": round(passed, 2),
    }


def _cpu() -> list[int]:
    """user, nice, system, idle, iowait, irq, softirq, steal: ticks since boot, proc(5)."""
    return [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def _io() -> dict[str, int]:
    """Milliseconds each whole disk was busy since boot (iostats.rst, field 10)."""
    found = {}
    for line in Path("/proc/diskstats").read_text().splitlines():
        cells = line.split()
        if Path("/sys/block", cells[2]).exists() and not cells[2].startswith(("loop", "ram")):
            found[cells[2]] = int(cells[12])
    return found


def _memory() -> dict[str, int]:
    """Total and available memory; the limit of the control group where that is lower."""
    values = {}
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, rest = line.partition(":")
        values[name] = int(rest.split()[0]) * 1024
    found = {"total": values["MemTotal"], "available": values["MemAvailable"]}
    with suppress(OSError, ValueError):
        most = int(Path("/sys/fs/cgroup/memory.max").read_text())
        if most < found["total"]:
            used = int(Path("/sys/fs/cgroup/memory.current").read_text())
            found = {"total": most, "available": max(0, most - used)}
    found["swap_total"], found["swap_free"] = values.get("SwapTotal", 0), values.get("SwapFree", 0)
    return found


def _disk(path: str) -> Report:
    """Read the file system that holds a path; ``free`` is what an ordinary user may still take."""
    try:
        seen = os.statvfs(path)
    except OSError as error:
        return {"error": str(error.strerror)}
    unit = seen.f_frsize
    return {
        "total": seen.f_blocks * unit,
        "used": (seen.f_blocks - seen.f_bfree) * unit,
        "free": seen.f_bavail * unit,
        "inodes": seen.f_files,
        "inodes_free": seen.f_favail,
    }
