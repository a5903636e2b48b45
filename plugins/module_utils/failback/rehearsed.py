"""Has Ansible check and rehearse the playbooks in a process of its own, and turns what it says into findings.

A play cannot rehearse another play in its own process. The rehearsal is that of the command (`rehearse`):
it plays in check mode, takes no lock and is recorded aside.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

Found = tuple[list[Finding], dict[str, object]]
_SAID = 600  # characters of what a process said last
# What belongs to the run that asks, and not to the rehearsal.
_OF_THE_RUN = ("RR_RUN_DIR", "RR_EPOCH", "RR_LOCK", "RR_INCIDENT", "RR_BREAK_GLASS")


def syntax(top: Path, inventory: Path, playbooks: Sequence[str], timeout: float) -> Found:
    """Check that inventory and playbooks parse. A file that is missing is a finding like any other."""
    paths = [str(top / "playbooks" / name) for name in playbooks]
    # The syntax check of a playbook does not read the variables of hosts.
    looks = {
        "inventory": ["ansible-inventory", "-i", str(inventory), "--list"],
        "playbooks": ["ansible-playbook", "--syntax-check", "-i", str(inventory), *paths],
    }
    found: list[Finding] = []
    for what, argv in looks.items():
        code, out, err = _process([_tool(argv[0]), *argv[1:]], top, timeout)
        if code != 0:
            sentence = f"Ansible cannot read the {what}: {_last(err or out)}"
            found.append(Finding("blocker", f"rehearsal:syntax:{what}", sentence, f"cd {top} && {' '.join(argv)}"))
    return found, {"playbooks": list(playbooks), "inventory": str(inventory)}


def run(top: Path, inventory: Path, strategy: str, timeout: float, accept_loss: str = "") -> Found:
    """Rehearse every leg of the strategy through the command. Where it is not installed, that is told."""
    argv = [
        sys.executable,
        "-m",
        "rollback_runner",
        "rehearse",
        "-i",
        str(inventory),
        "--strategy",
        strategy,
        "--json",
        *(["--accept-loss", accept_loss] if accept_loss else []),
    ]
    code, out, err = _process(argv, top, timeout)
    again = f"rollback-runner rehearse -i {inventory} --strategy {strategy}"
    try:
        made: dict[str, Any] = json.loads(out)
        legs = made["legs"]
    except (ValueError, KeyError, TypeError):
        if "No module named rollback_runner" in err or "No module named 'rollback_runner'" in err:
            what = f"the way was not rehearsed, for the command cannot be run here: {_last(err)}"
            return [Finding("warning", "rehearsal:no_command", what, "pip install rollback-runner")], {}
        sentence = f"the rehearsal could not be made (exit {code}): {_last(err or out)}"
        return [Finding("blocker", "rehearsal:broken", sentence, again)], {}
    if len(legs) != made.get("wanted", len(legs)):
        sentence = f"the rehearsal was cut short: {len(legs)} of {made['wanted']} legs were rehearsed"
        return [Finding("blocker", "rehearsal:broken", sentence, again)], {}
    evidence: dict[str, object] = {
        "record": made.get("record", ""),
        "legs": {leg["leg"]: {"result": leg["result"], "seconds": leg["seconds"]} for leg in legs},
    }
    return [found for leg in legs for found in of_leg(leg, again)], evidence


def of_leg(leg: dict[str, Any], again: str) -> list[Finding]:
    """Turn a leg's rehearsal into findings: one a failed task and host, and what its own tasks found."""
    name, found = leg["leg"], []
    if leg["result"] == "not_yet":
        told = "; ".join(f"{one['host']}: {one['message']}" for one in leg["failures"])
        sentence = f"{name} can be rehearsed only up to its gate now, since it stands on an earlier part: {told}"
        return [Finding("note", f"rehearsal:{name}:not_yet", sentence, "")]
    for one in leg["failures"]:
        sentence = f"{name} does not rehearse: {one['task']} ({one['host']}): {one['message']}"
        found.append(Finding("blocker", f"rehearsal:{name}:{one['host']}:{one['task']}", sentence, again))
    if leg["result"] == "failed" and not found:
        found.append(Finding("blocker", f"rehearsal:{name}", f"{name} does not rehearse: {leg['said']}", again))
    for one in leg["findings"]:
        if one["severity"] != "blocker":  # a blocker failed its task already
            key = f"rehearsal:{one['key']}"
            found.append(Finding(one["severity"], key, one["sentence"], one.get("next_step", "")))
    return found


def _process(argv: Sequence[str], top: Path, timeout: float) -> tuple[int, str, str]:
    """Run it to its end in a group of its own, so that nothing of it is left when its time is up."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_RUN}
    paths = [str(top if (top / "rollback_runner").is_dir() else top.parent.parent), kept.get("PYTHONPATH", "")]
    kept |= {
        "ANSIBLE_CONFIG": str(top / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "RR_REHEARSAL": "1",
    }
    try:
        process = subprocess.Popen(
            argv,
            cwd=top,
            env=kept,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        return 127, "", f"{argv[0]} cannot be run: {error.strerror}"
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return 124, "", f"it did not end within {timeout:g} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, out, err


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    grave = [line for line in lines if line.startswith(("ERROR", "[ERROR]", "fatal", "Origin:"))]
    return " ".join(grave or lines[-3:])[-_SAID:] or "it said nothing"
