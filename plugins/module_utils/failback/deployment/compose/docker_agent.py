"""Docker and Compose on a host of the application, in the host's own Python (3.8 or newer). See ``failback.remote``.

Nothing here builds or pulls. Times are seconds. An error of docker becomes ``DockerError`` with what it said.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_FILES = "com.docker.compose.project.config_files"
_ONE_OFF = "com.docker.compose.oneoff"
_TIMEOUT = 120.0
_HUB = re.compile(r"^docker\.io/(library/)?")
_LOG_LINES = 5
_WORDS = 400


class DockerError(Exception):
    """Docker did not do what it was told, or is not there."""


def docker(argv: Sequence[str], extra: Mapping[str, str] | None = None, timeout: float = _TIMEOUT) -> str:
    """Run docker; give what it printed. Raises DockerError."""
    done = _run(argv, extra or {}, timeout)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-_WORDS:]
        raise DockerError(f"`docker {' '.join(argv[:2])}` failed: {said or f'exit code {done.returncode}'}")
    return done.stdout


def images(references: Sequence[str]) -> dict[str, str]:
    """Give the id of each image that this host has, "" for one that it lacks."""
    wanted = sorted(set(references))
    if not wanted:
        return {}
    # One call for all: those that exist are printed, whatever the exit code says about the others.
    done = _run(["image", "inspect", "--format", "{{json .Id}} {{json .RepoDigests}}", *wanted], {}, _TIMEOUT)
    if done.returncode and "no such image" not in done.stderr.lower():
        raise DockerError("`docker image inspect` failed: " + " ".join(done.stderr.split())[-_WORDS:])
    known: dict[str, str] = {}
    for line in done.stdout.splitlines():
        image, _, digests = line.partition(" ")
        known[json.loads(image)] = json.loads(image)
        for digest in json.loads(digests) or ():
            known[digest] = json.loads(image)
    return {one: known.get(one, "") or _by_digest(one, known) for one in wanted}


def running(project: str) -> list[dict[str, Any]]:
    """Give every container of a project, those that stopped too."""
    listed = docker(["ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={PROJECT}={project}"]).split()
    if not listed:
        return []
    done = _run(["container", "inspect", *listed], {}, _TIMEOUT)  # one that went meanwhile is simply not in it
    found = []
    for one in json.loads(done.stdout or "[]"):
        labels = one["Config"].get("Labels") or {}
        if labels.get(_ONE_OFF) == "True":
            continue
        state = one["State"]
        found.append(
            {
                "name": one["Name"].lstrip("/"),
                "service": labels.get(_SERVICE, ""),
                "file": labels.get(_FILES, ""),
                "image": one["Image"],
                "status": state["Status"],
                "health": (state.get("Health") or {}).get("Status", ""),
                "exit_code": state.get("ExitCode", 0),
                "restarts": one.get("RestartCount", 0),
            }
        )
    return found


def config(request: Mapping[str, Any], release: str) -> dict[str, Any]:
    """Give what compose makes of a release's file: image and ``build`` of every service, and the named volumes."""
    text = docker([*compose(request, release), "config", "--format", "json"], environment(request))
    found = json.loads(text)
    services = found.get("services") or {}
    return {
        "images": {name: one.get("image", "") for name, one in services.items()},
        "built": sorted(name for name, one in services.items() if one.get("build")),
        "volumes": sorted(found.get("volumes") or {}),
    }


def compose(request: Mapping[str, Any], release: str, suffix: str = "") -> list[str]:
    """Begin a compose command for a release."""
    place = Path(request["directory"], "releases", release)
    argv = ["compose", "--project-name", request["project"] + suffix, "--project-directory", str(place)]
    argv += ["--file", str(place / "compose.yml"), "--env-file", str(place / ".env")]
    host = Path(request["directory"], "host.env")
    return [*argv, "--env-file", str(host)] if host.exists() else argv


def environment(request: Mapping[str, Any], port: int = 0) -> dict[str, str]:
    """Give what compose.yml may ask for beside its files."""
    return {"RR_PORT": str(port or request["port"])}


def up(request: Mapping[str, Any], release: str) -> None:
    """Bring the project to a release; what already runs as it should stays."""
    argv = [*compose(request, release), "up", "--detach", "--no-build", "--pull", "never", "--remove-orphans"]
    docker([*argv, "--timeout", str(request["stop_timeout"])], environment(request), request["timeout"])


def trial(request: Mapping[str, Any], release: str, services: Sequence[str]) -> None:
    """Run some services of a release beside what serves, on the trial's port."""
    argv = [*compose(request, release, "-trial"), "up", "--detach", "--no-build", "--pull", "never", "--no-deps"]
    docker([*argv, "--force-recreate", *services], environment(request, int(request["trial_port"])), request["timeout"])


def down(project: str) -> int:
    """Remove the containers and networks of a trial; give how many containers there were. Volumes stay."""
    label = f"label={PROJECT}={project}"
    listed = docker(["ps", "--all", "--quiet", "--filter", label]).split()
    if listed:
        docker(["rm", "--force", *listed])
    networks = docker(["network", "ls", "--quiet", "--filter", label]).split()
    if networks:
        docker(["network", "rm", *networks])
    return len(listed)


def stop(project: str, timeout: int) -> list[str]:
    """Stop what runs of a project; give the names."""
    names = [one["name"] for one in running(project) if one["status"] in {"running", "restarting", "paused"}]
    if names:
        docker(["stop", "--time", str(timeout), *names], timeout=_TIMEOUT + timeout)
    return names


def ended(project: str) -> str:
    """Say which container of a project ended badly, and what it said last; "" where none did.

    One that ended well may have had one thing to do; one that restarts may get there yet.
    """
    for one in running(project):
        if one["status"] == "dead" or (one["status"] == "exited" and one["exit_code"]):
            return f"{one['service']} is {one['status']} (exit code {one['exit_code']}) and {_last_words(one['name'])}"
    return ""


def odd(project: str, file: str) -> str:
    """Say which container of a project is not of this file, or does not run; "" where all is as it should be."""
    found = running(project)
    for one in found:
        if one["file"].partition(",")[0] != file:
            return f"{one['name']} is of {one['file']}, not of {file}"
        if one["status"] != "running" and (one["status"] != "exited" or one["exit_code"]):
            return f"{one['service']} is {one['status']} and {_last_words(one['name'])}"
    return "" if any(one["status"] == "running" for one in found) else "nothing of it runs"


def _last_words(name: str) -> str:
    done = _run(["logs", "--tail", str(_LOG_LINES), name], {}, _TIMEOUT)
    lines = (done.stdout + done.stderr).strip().splitlines()[-_LOG_LINES:]
    return f"said last: {' / '.join(lines)[-_WORDS:] or 'nothing'}"


def _by_digest(reference: str, known: Mapping[str, str]) -> str:
    """Find an image whose repository docker writes in another way (``docker.io/library/`` left out)."""
    name, at, digest = reference.partition("@")
    return known.get(f"{_HUB.sub('', name)}@{digest}", "") if at else ""


def _run(argv: Sequence[str], extra: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    # COMPOSE_FILE and the like of somebody's login shell must not lead to another file or project.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOSE_", "RR_"))}
    try:
        return subprocess.run(
            ["docker", *argv],
            env=dict(inherited, **extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DockerError(f"`docker {' '.join(argv[:2])}` did not end within {timeout:g} s") from None
    except OSError as error:
        raise DockerError(f"docker cannot be started: {error}") from None
