"""The base images: Debian packages alone, so that no image registry is needed."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab.commands import run
from lab.errors import LabError
from lab.images import BUILD_TIMEOUT_SECONDS, Recipe, build_command, debian_mirror
from lab.progress import step

_LABEL = "rollback-runner.recipe"
_PACKAGES = (
    "ca-certificates",
    "dumb-init",
    # A deployment's migrations are read from the repository of its application.
    "git",
    "openssh-client",
    "python3",
    "python3-pip",
    # A machine credential of AWX may be a password.
    "sshpass",
    "tzdata",
)
# ansible-builder writes below /runner and expects it to be there for whoever the container runs as.
_HOOKS = ('mkdir -p "$1"/runner && chmod 0775 "$1"/runner',)


@dataclass(frozen=True)
class Environment:
    """One execution environment: its definition, the base it stands on, and the Python and glibc of that base."""

    name: str
    definition: str
    base: Recipe
    python: str
    glibc_minor: int

    @property
    def base_tag(self) -> str:
        """The name the definition knows its base by; which recipe it was made from stands in a label."""
        return f"rollback-runner-base:{self.name}"

    @property
    def tag(self) -> str:
        """The name of the finished image."""
        return f"rollback-runner-ee:{self.name}"


def _recipe(suite: str) -> Recipe:
    return Recipe(name="rollback-runner-base", suite=suite, packages=_PACKAGES, hooks=_HOOKS, users=())


ENVIRONMENTS = (
    Environment("py311", "execution-environment.yml", _recipe("bookworm"), "3.11", 36),
    Environment("py313", "execution-environment-py313.yml", _recipe("trixie"), "3.13", 41),
)


def stands(environment: Environment) -> bool:
    """Tell whether the engine has the base, made from the recipe as it is now."""
    try:
        told = run(["docker", "image", "inspect", environment.base_tag, "--format", "{{json .Config.Labels}}"])
    except LabError:
        return False
    return (json.loads(told) or {}).get(_LABEL) == environment.base.digest()


def build(environment: Environment) -> None:
    """Make the base unless it stands. Needs root. Raises LabError with what mmdebstrap or docker said."""
    if stands(environment):
        return
    if os.geteuid() != 0:
        raise LabError("Building the base image needs root. Run this once as root.")
    mirror = debian_mirror()
    with (
        tempfile.TemporaryDirectory(prefix="rr-base-") as folder,
        step(f"Building {environment.base_tag} from Debian packages", announce=True),
    ):
        archive = Path(folder) / "root.tar"
        run(build_command(environment.base, mirror, archive), timeout=BUILD_TIMEOUT_SECONDS)
        label = f"LABEL {_LABEL}={environment.base.digest()}"
        run(["docker", "import", "--change", label, str(archive), environment.base_tag], timeout=300)
