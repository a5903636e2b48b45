"""A Docker Engine that answers: the one that runs here, or one started by the lab."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from lab.commands import run
from lab.errors import LabError
from lab.progress import say, step

if TYPE_CHECKING:
    from lab.paths import LabPaths

START_TIMEOUT_SECONDS = 60.0
# What the lab takes from Debian when it is missing: the engine, its client, and the tool that builds the images.
BUILDER = "mmdebstrap"
PACKAGES = {"docker": "docker.io", "dockerd": "docker.io", BUILDER: "mmdebstrap"}
PROBE_SECONDS = 30.0


def answers() -> bool:
    """Tell whether an engine answers on the default socket (or DOCKER_HOST)."""
    if shutil.which("docker") is None:
        return False
    try:
        run(["docker", "info", "--format", "{{.ID}}"], timeout=PROBE_SECONDS)
    except LabError:
        return False
    return True


def missing_packages(*, engine_answers: bool) -> list[str]:
    """Name the Debian packages that must be installed first; an engine that answers needs no daemon here."""
    needed = [program for program in PACKAGES if not (program == "dockerd" and engine_answers)]
    return sorted({PACKAGES[program] for program in needed if shutil.which(program) is None})


def install(packages: list[str]) -> None:
    """Install Debian packages. Raises LabError when not root or when apt is not there."""
    if os.geteuid() != 0:
        raise LabError(f"The lab needs {', '.join(packages)}. As root: apt-get install {' '.join(packages)}")
    if shutil.which("apt-get") is None:
        raise LabError(f"The lab needs {', '.join(packages)}, and this machine has no apt-get to get them with.")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    with step(f"Installing {', '.join(packages)}", announce=True):
        run(["apt-get", "update", "-qq"])
        run([*environment, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, "iptables"])


def up(paths: LabPaths) -> None:
    """Make sure an engine answers and the image builder is there.

    Without systemd nobody starts dockerd, so the lab does, detached, with its log in .lab/dockerd.log.
    Raises LabError when the engine does not answer in time; the message holds the end of its log.
    """
    there = answers()
    packages = missing_packages(engine_answers=there)
    # Images that are there already need no builder; the first one that is not gets it (images.build).
    if packages and packages != [PACKAGES[BUILDER]]:
        install(packages)
    if there or answers():
        return
    if os.geteuid() != 0:
        raise LabError("No Docker Engine answers. Start one (as root: dockerd), or run this as root.")
    paths.root.mkdir(parents=True, exist_ok=True)
    log = paths.root / "dockerd.log"
    say(f"Starting dockerd (log: {log})")
    with log.open("ab") as stream:
        daemon = subprocess.Popen(
            ["dockerd"], stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, start_new_session=True
        )
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if answers():
            return
        if daemon.poll() is not None:
            break
        time.sleep(0.5)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
    raise LabError(f"dockerd does not answer. The end of its log:\n{tail}")
