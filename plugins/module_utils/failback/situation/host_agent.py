"""What is read of the service's containers on a host, in one round trip: state, image, restarts, and their logs.

``failback.remote`` sends this file and ``log_lines`` to the host's Python (3.8 or newer, standard library only). It
runs as the login user and changes nothing. Every command has a deadline; what it does not tell is named, not guessed.
"""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from failback.situation import log_lines

if TYPE_CHECKING:
    Report = dict[str, Any]

_SECONDS = 6.0
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C"}


def serve(request: Report) -> Report:
    """Read every container that the request names, side by side."""
    names = request["containers"]
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        found = list(pool.map(lambda name: container(name, request), names))
    return {"now": time.time(), "containers": dict(zip(names, found))}  # noqa: B905 - Python 3.8 has no strict


def container(name: str, request: Report) -> Report:
    """Read one container. ``state`` is docker's word, or missing, or unknown with the reason in ``error``."""
    done = _run(["docker", "container", "inspect", name])
    if isinstance(done, str) or done.returncode:
        said = done if isinstance(done, str) else _text(done.stderr or done.stdout)
        state = "missing" if "no such container" in said.lower() else "unknown"
        return {"state": state, "error": said[-200:]}
    data = json.loads(done.stdout)[0]
    state, config = data["State"], data["Config"]
    return {
        "state": state["Status"],
        "health": (state.get("Health") or {}).get("Status", ""),
        "image": data["Image"],
        "image_name": config.get("Image", ""),
        "restarts": data.get("RestartCount", 0),
        "exit_code": state.get("ExitCode", 0),
        "out_of_memory": bool(state.get("OOMKilled")),
        "started_at": state.get("StartedAt", ""),
        "finished_at": state.get("FinishedAt", ""),
        "log": log(name, request),
    }


def log(name: str, request: Report) -> Report:
    """Read the end of a container's log and reduce it; {"error"} where docker cannot give it."""
    argv = [
        "docker",
        "logs",
        "--timestamps",
        "--tail",
        str(request["lines"]),
        "--since",
        f"{request['seconds']}s",
        name,
    ]
    done = _run(argv)
    if isinstance(done, str):
        return {"error": done}
    if done.returncode:
        return {"error": _text(done.stderr)[-200:]}
    lines = sorted((done.stdout + done.stderr).decode(errors="replace").splitlines())
    return log_lines.digest(lines, request["lines"])


def _run(argv: list[str]) -> Any:
    """Run one reading command; what kept it from running comes back as text."""
    try:
        return subprocess.run(argv, capture_output=True, timeout=_SECONDS, env=_ENVIRONMENT, check=False)
    except subprocess.TimeoutExpired:
        return f"{' '.join(argv[:2])}: no answer within {_SECONDS:g} s"
    except OSError as error:
        return f"{argv[0]}: {error.strerror or error}"


def _text(raw: bytes) -> str:
    return " ".join(raw.decode(errors="replace").split())
