"""All pages of the reference by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.cli import root as whole
from rollback_runner.reference import codes, commands, modules, report, roles, variables

if TYPE_CHECKING:
    from pathlib import Path


def made(root: Path) -> dict[str, str]:
    """Make every page from the project at `root`: file name and text."""
    return {
        "commands.md": commands.page(whole),
        "exit-codes.md": codes.page(),
        "modules.md": modules.page(root),
        "report.md": report.page(),
        "roles.md": roles.page(root),
        "variables.md": variables.page(root),
    }
