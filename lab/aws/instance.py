"""Stopping and starting the instance: the container of its MySQL server.

Only what the API was told is carried out. A server that dies by itself stays dead, so that drills can kill it.
"""

from __future__ import annotations

import subprocess

DOCKER_SECONDS = 120


class InstanceError(RuntimeError):
    """Docker refused; the message is its own."""


def transition(wanted: str, done: str) -> str:
    """Say what to do: `stop`, `start` or nothing. Pure. `done` is the status carried out last."""
    if wanted == done:
        return ""
    return {"stopped": "stop", "available": "start" if done == "stopped" else ""}.get(wanted, "")


def carry_out(action: str, container: str) -> None:
    """Run docker stop or start; comes back when it is done. Raises InstanceError."""
    done = subprocess.run(
        ["docker", action, container],
        capture_output=True,
        text=True,
        timeout=DOCKER_SECONDS,
        check=False,
    )
    if done.returncode:
        raise InstanceError(f"docker {action} {container}: {done.stderr.strip()}")
