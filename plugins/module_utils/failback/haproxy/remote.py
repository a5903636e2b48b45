"""The program that a load balancer node's Python reads from standard input. How it gets there: ``failback.remote``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback import remote

if TYPE_CHECKING:
    from collections.abc import Mapping

_RUNTIME = "failback.haproxy.runtime"
_AGENT = "failback.haproxy.agent"
_FILES = "failback.haproxy.files"
_STOPGAP = "failback.haproxy.stopgap"
_NEXT = "Its state is unknown: run the phase again"

argv = remote.argv


def program(request: Mapping[str, Any], *, with_files: bool = False, with_stopgap: bool = False) -> str:
    """Return the text of the program; ``with_files`` adds what edits and reloads the configuration file."""
    more = (_FILES, _STOPGAP) if with_stopgap else (_FILES,) if with_files else ()
    return remote.program((_RUNTIME, _AGENT, *more), request)


def report(rc: int, stdout: str, stderr: str, where: str) -> dict[str, Any]:
    """Read the program's report. Raises FailbackError when it did not get as far as reporting."""
    return remote.report(rc, stdout, stderr, where, what="command on the node", next_step=_NEXT)
