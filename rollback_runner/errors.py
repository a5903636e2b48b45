"""Errors a person sees: what happened, where, and the command that comes next. One exit code per class."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.next_steps import Here


class Exit(IntEnum):
    """What the command's exit code says."""

    PROVEN = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    WAITING = 4
    LOCKED = 5
    INTERRUPTED = 130


class RunnerError(Exception):
    """Base of all errors that end the command with one sentence instead of a traceback."""

    code = Exit.FAILED

    def __init__(self, what: str, *, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.language: Language = "en"  # of whoever reads it; the command knows
        self.here: Here | None = None  # the site of the command, for the commands that the sentences name


class UsageError(RunnerError):
    """The command line or the site is wrong; nothing was contacted."""

    code = Exit.USAGE


class SiteError(UsageError):
    """The site's files are wrong. `problems` holds one sentence each, naming file, group and variable."""

    def __init__(self, problems: list[str], *, next_step: str = "") -> None:
        super().__init__("\n".join(problems), next_step=next_step)
        self.problems = problems


class RefusedError(RunnerError):
    """A gate said no; nothing was changed by what was refused."""

    code = Exit.REFUSED


class LockedError(RunnerError):
    """Another run holds the site."""

    code = Exit.LOCKED


class RecordError(RunnerError):
    """The record cannot be written or read, for example because the disk is full."""


class InterruptedRunError(RunnerError):
    """SIGINT or SIGTERM ended the run; the journal says where."""

    code = Exit.INTERRUPTED
