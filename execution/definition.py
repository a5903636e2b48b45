"""A definition as ansible-builder reads it, and what is added to it so that it builds without a registry. Pure."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# ansible-builder installs these three into its builder stage by name.
OF_THE_BUILDER = ("bindep", "packaging", "pyyaml")
WHEELS = "/var/lib/rollback-runner-wheels"
_FOLDER = "wheels"


def requirements(definition: Mapping[str, Any]) -> list[str]:
    """List every Python package a definition asks for."""
    asked = definition["dependencies"]
    return [*asked["python"], asked["ansible_core"]["package_pip"], asked["ansible_runner"]["package_pip"]]


def offline(definition: Mapping[str, Any], wheelhouse: str) -> dict[str, Any]:
    """Return the definition with the wheels of a folder copied in and pip looking nowhere else.

    The finished image keeps neither the wheels nor that setting.
    """
    made = copy.deepcopy(dict(definition))
    made.setdefault("additional_build_files", []).append({"src": wheelhouse, "dest": _FOLDER})
    steps = made.setdefault("additional_build_steps", {})
    steps["prepend_base"] = [
        f"COPY _build/{_FOLDER}/ {WHEELS}/",
        f"ENV PIP_NO_INDEX=1 PIP_FIND_LINKS={WHEELS} PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1",
        *steps.get("prepend_base", []),
    ]
    steps["append_final"] = [
        *steps.get("append_final", []),
        f"RUN rm -rf {WHEELS}",
        'ENV PIP_NO_INDEX="" PIP_FIND_LINKS="" PIP_NO_CACHE_DIR=""',
    ]
    return made
