"""What a load balancer node does for the stop-gap service, in one round trip. See ``agent`` for how it gets there.

HAProxy reads the mode of each request from a map: one file with the line ``mode off``, ``mode page`` or
``mode read-only``. It is set in the running process by the admin socket and in the file, so that it holds at once,
survives a reload, and needs none: a reload would end a hold that stands. The file comes first and every other byte of
it stays. Killed between the two, the next run sees them differ and puts both right. Python 3.8, standard library only.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.haproxy import agent, files, runtime

if TYPE_CHECKING:
    Report = dict[str, Any]

MODES = ("off", "page", "read-only")
_KEY = "mode"
_LINE = re.compile(r"^(\s*mode[ \t]+)(\S+)([ \t]*)$", re.MULTILINE)
_ENTRY = re.compile(r"^0x[0-9a-f]+ mode (\S+)\s*$", re.MULTILINE)
_NEW = ".stopgap-new"


def serve(request: Report) -> Report:
    """Run the operation that the request names."""
    return agent.serve(request, {"look_stopgap": look, "set_stopgap": put})


def look(request: Report) -> Report:
    """Read the mode in the process and in the file, whether a hold stands, and the configuration's text."""
    seen = view(request)
    config = Path(request["config"])
    seen["text"] = config.read_text(encoding="utf-8", errors="surrogateescape")
    return {"before": seen, "after": seen}


def view(request: Report) -> Report:
    """Read the mode everywhere it stands. ``running`` is None where the process knows no such map."""
    held = runtime.parse_variable(agent.ask(request["socket"], f"get var {runtime.HOLD}"))
    now = time.time()
    return {
        "running": running(agent.ask(request["socket"], f"show map {request['map']}")),
        "file": mode_in(_text(Path(request["map"]))),
        "hold_left": max(0.0, round(held - now, 1)) if held else 0.0,
        "hold_limit": runtime.parse_variable(agent.ask(request["socket"], f"get var {runtime.HOLD_LIMIT}")),
    }


def put(request: Report) -> Report:
    """Write the mode into the file, then into the process, and read both again."""
    mode, before = request["mode"], view(request)
    path = Path(request["map"])
    problem = unusable(before, str(path))
    if problem:
        return {"before": before, "refused": problem}
    if mode != "off" and before["hold_left"]:
        return {"before": before, "refused": held_words(before)}
    sent = []
    if before["file"] != mode:
        _write(path, with_mode(_text(path), mode))
        sent.append("file")
    if before["running"] != mode:
        agent.order(request["socket"], f"set map {path} {_KEY} {mode}")
        sent.append("process")
    after = view(request)
    report: Report = {"before": before, "after": after, "sent": sent}
    if (after["file"], after["running"]) != (mode, mode):
        report["problem"] = f"the mode is {after['running']} in the process and {after['file']} in {path}, not {mode}"
    return report


def running(answer: str) -> str | None:
    """Read the answer to ``show map``; None when the process has no such map, "" when the map has no mode."""
    found = _ENTRY.findall(answer)
    if found:
        return str(found[-1])
    return None if "unknown" in answer.lower() else ""


def mode_in(text: str | None) -> str | None:
    """Read the mode from the file's text; None without a file, "" when there is not exactly one line with it."""
    if text is None:
        return None
    found = _LINE.findall(text)
    return str(found[0][1]) if len(found) == 1 else ""


def with_mode(text: str | None, mode: str) -> str:
    """Return the text with another mode; every other byte stays."""
    return _LINE.sub(lambda match: match.group(1) + mode + match.group(3), text or "")


def unusable(seen: Report, path: str) -> str:
    """Say why no stop-gap can be put up on this node, "" when one can."""
    if seen["file"] is None:
        return f"{path} is not there: write it with the one line `mode off`, see docs/inventory.md"
    if seen["file"] not in MODES:
        return f"{path} must have exactly one line `mode` with one of {', '.join(MODES)}"
    if not seen["running"]:
        return f"the HAProxy process has not read {path}: add the lines of docs/inventory.md and reload"
    return ""


def held_words(seen: Report) -> str:
    """Say why nothing is put up while requests are held."""
    return (
        f"it holds requests for a run, for {seen['hold_left']:g} s at most: what is held is answered by the run itself."
        " Nothing was put up; wait for the run, or end the hold with rollback-runner abort, then give the command again"
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    """Replace the file in one step; owner, group and mode stay. A cut leaves the old file and at most a spare one."""
    fresh = Path(str(path) + _NEW)
    files.write_new(fresh, text, path)
    try:
        fresh.replace(path)
    except OSError:
        fresh.unlink()
        raise
