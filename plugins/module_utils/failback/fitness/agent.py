"""What is read on a host to tell whether it is fit, in one round trip. Runs there (Python 3.8, standard library only).

It changes nothing and needs no more than the login user may. What could not be read is None, never guessed.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.baseline import agent

if TYPE_CHECKING:
    Report = dict[str, Any]

_COMMAND_SECONDS = 10.0
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C"}
# Names of the processes that keep a clock right, as the kernel cuts them off (15 characters).
_TIME_SERVICES = ("chronyd", "ntpd", "systemd-timesyn", "openntpd", "ptp4l")
_UNSYNCHRONISED = 0x40  # STA_UNSYNC, adjtimex(2)
_KILLED = re.compile(r"Out of memory: Killed process (\d+) \(([^)]*)\)|oom-kill:.*task=([^,]+)")
_KEPT_KILLS = 10
_REAL = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "jfs", "f2fs", "ocfs2", "gfs2")
_MOUNT_CELLS = 10


def serve(request: Report) -> Report:
    """Read what the baseline agent reads of this request, and what tells whether the host is fit."""
    report = agent.serve(request)
    engine = docker()
    report["docker"] = engine
    if engine.get("version"):
        report["images"] = images(request.get("images", []), report.get("containers", {}))
    report["time"] = clock_service()
    report["paths"] = {path: path_state(path) for path in request.get("paths", [])}
    report["read_only"] = remounted()
    report["disk_errors"] = ext4_errors()
    report["killed"] = killed()
    report["kernel"] = kernel()
    if request.get("root"):
        report["docker_root"] = docker_root(engine, report.get("containers", {}))
    return report


def run(argv: list[str]) -> tuple[int | None, str, str]:
    """Run one reading command: its code (None where it is not there), what it said, and its complaint."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_COMMAND_SECONDS, env=_ENVIRONMENT, check=False)
    except FileNotFoundError:
        return None, "", f"{argv[0]} is not installed"
    except subprocess.TimeoutExpired:
        return 1, "", f"{argv[0]} did not answer within {_COMMAND_SECONDS:g} s"
    except OSError as error:
        return 1, "", str(error.strerror)
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return done.returncode, done.stdout.decode(errors="replace"), said[-1] if said else ""


def docker() -> Report:
    """Ask the engine for its version."""
    code, text, complaint = run(["docker", "version", "--format", "{{json .Server}}"])
    if code is None:
        return {"installed": False}
    try:
        server = json.loads(text) if code == 0 else None
    except ValueError:
        server = None
    if not server:
        return {"installed": True, "version": "", "error": complaint or "the engine said nothing"}
    return {"installed": True, "version": str(server.get("Version", "")), "api": str(server.get("ApiVersion", ""))}


def images(wanted: list[str], containers: Report) -> Report:
    """Tell which images are on this host, by digest, and what the names of the containers' images mean today."""
    here = [one for one in containers.values() if one.get("exists")]
    digests = sorted({*wanted, *(one["image"] for one in here)} - {""})
    names = sorted({one["image_name"] for one in here} - {""} - set(digests))
    found = {}
    for name in digests + names:
        code, text, _ = run(["docker", "image", "inspect", "--format", "{{.Id}}", name])
        found[name] = text.strip() if code == 0 else ""
    return found


def clock_service() -> Report:
    """Tell which time services run and whether the clock is in sync, by the first that knows."""
    names = set()
    for process in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            names.add(process.read_text().strip())
    found: Report = {"services": sorted(names & set(_TIME_SERVICES)), "in_sync": None, "told_by": "", "offset": None}
    for name, reader in (("chronyc", _chrony), ("timedatectl", _timedatectl), ("kernel", _kernel_clock)):
        told = reader()
        if told.get("in_sync") is not None:
            return {**found, **told, "told_by": name}
    return found


def _chrony() -> Report:
    code, text, _ = run(["chronyc", "-n", "tracking"])
    if code != 0:
        return {}
    values = dict(line.partition(":")[::2] for line in text.splitlines())
    told = {key.strip(): value.strip() for key, value in values.items()}
    if "Leap status" not in told:
        return {}
    match = re.match(r"([\d.]+) seconds (slow|fast)", told.get("System time", ""))
    offset = float(match.group(1)) * (1 if match.group(2) == "fast" else -1) if match else None
    return {"in_sync": told["Leap status"] != "Not synchronised", "offset": offset}


def _timedatectl() -> Report:
    code, text, _ = run(["timedatectl", "show", "--property=NTP", "--property=NTPSynchronized"])
    if code != 0 or "NTPSynchronized=" not in text:
        return {}
    return {"in_sync": "NTPSynchronized=yes" in text}


def _kernel_clock() -> Report:
    """Read the kernel's own word (adjtimex without a change); it may be forbidden in a container."""
    try:
        words = (ctypes.c_long * 64)()  # larger than struct timex everywhere; modes = 0 only reads
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(words))
    except (OSError, AttributeError):
        return {}
    if answer < 0 or ctypes.sizeof(ctypes.c_long) != 8:  # noqa: PLR2004 - 64 bits: the layout used here
        return {}
    return {"in_sync": not words[5] & _UNSYNCHRONISED}


def path_state(path: str) -> Report:
    """Look at the file system of a path that must take writes."""
    try:
        seen = os.statvfs(path)
    except OSError as error:
        return {"error": str(error.strerror)}
    unit = seen.f_frsize
    return {
        "read_only": bool(seen.f_flag & os.ST_RDONLY),
        "total": seen.f_blocks * unit,
        "used": (seen.f_blocks - seen.f_bfree) * unit,
        "free": seen.f_bavail * unit,
        "inodes": seen.f_files,
        "inodes_free": seen.f_favail,
    }


def remounted() -> list[Report]:
    """List file systems of disks that the kernel itself holds read-only, as after an error (errors=remount-ro).

    A mount that is only looked at read-only has it in its own options; here the file system's count.
    """
    found = {}
    for line in _lines("/proc/self/mountinfo"):
        cells = line.split(" ")
        if len(cells) < _MOUNT_CELLS or "-" not in cells:
            continue
        after = cells[cells.index("-") + 1 :]
        if after[0] in _REAL and "ro" in after[2].split(","):
            found[after[1]] = {"mount": cells[4], "type": after[0], "device": after[1]}
    return sorted(found.values(), key=lambda one: str(one["mount"]))


def ext4_errors() -> Report:
    """Count the errors that ext4 noted on each device since its last check."""
    found = {}
    for path in sorted(Path("/sys/fs/ext4").glob("*/errors_count")):
        with suppress(OSError, ValueError):
            count = int(path.read_text())
            if count:
                found[path.parent.name] = count
    return found


def killed() -> Report:
    """Tell what was killed for want of memory: the kernel's count since boot, and its log where it may be read."""
    found: Report = {"count": None, "log_read": False, "last": []}
    for line in _lines("/proc/vmstat"):
        if line.startswith("oom_kill "):
            found["count"] = int(line.split()[1])
    journal = ["journalctl", "-k", "-q", "-b", "--no-pager", "-o", "short-iso"]
    for argv in (journal, ["dmesg", "--time-format", "iso"]):
        code, text, _ = run(argv)
        if code == 0 and text:
            found["log_read"] = True
            kills = [line for line in text.splitlines() if _KILLED.search(line)]
            found["last"] = [line[:200] for line in kills[-_KEPT_KILLS:]]
            break
    return found


def kernel() -> Report:
    """Read uptime, open files and swappiness; None where it cannot be read."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found: Report = {"uptime": None, "files_open": None, "files_most": None, "swappiness": None}
    found["login_files"] = {"soft": soft, "hard": hard}
    with suppress(OSError, ValueError, IndexError):
        found["uptime"] = float(_lines("/proc/uptime")[0].split()[0])
    with suppress(OSError, ValueError, IndexError):
        cells = _lines("/proc/sys/fs/file-nr")[0].split()
        found["files_open"], found["files_most"] = int(cells[0]), int(cells[2])
    with suppress(OSError, ValueError, IndexError):
        found["swappiness"] = int(_lines("/proc/sys/vm/swappiness")[0])
    with suppress(OSError, IndexError):
        found["release"] = _lines("/proc/sys/kernel/osrelease")[0]
    return found


def docker_root(engine: Report, containers: Report) -> Report:
    """Look at the file system of docker's own data: directly, or as the root of a running container shows it."""
    if not engine.get("version"):
        return {"error": "the engine does not answer"}
    _, text, _ = run(["docker", "info", "--format", "{{.DockerRootDir}}"])
    root = text.strip()
    if root and Path(root).is_dir():
        return {"path": root, **path_state(root)}
    running = sorted(name for name, one in containers.items() if one.get("status") == "running")
    for name in running:
        code, text, _ = run(["docker", "exec", name, "stat", "-f", "-c", "%S %b %f %a %c %d", "/"])
        cells = text.split()
        if code == 0 and len(cells) == 6:  # noqa: PLR2004 - as asked for
            unit, blocks, free, available, inodes, inodes_free = (int(cell) for cell in cells)
            return {
                "path": root,
                "read_only": False,
                "total": blocks * unit,
                "used": (blocks - free) * unit,
                "free": available * unit,
                "inodes": inodes,
                "inodes_free": inodes_free,
            }
    return {"path": root, "error": "it is not visible from the host, and no container runs that would show it"}


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(errors="replace").splitlines()
    except OSError:
        return []
