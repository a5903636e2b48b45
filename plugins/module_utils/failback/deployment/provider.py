"""What every provider of deployments can do. A provider speaks to one application's production and keeps no state.

Raises, everywhere: ConfigError for what the site must correct, UnreachableError where the provider does not answer
within its deadline, RefusedError where it answers no (the sentence says why and what to do), FailbackError else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from failback.deployment.model import Deployment, Named, Project, Request
    from failback.deployment.said import Said


class Provider(Protocol):
    """One application's production."""

    def project(self) -> Project:
        """Read what serves production now, the domains, and what moves."""

    def deployments(self, limit: int = 50) -> Sequence[Deployment]:
        """Read the newest deployments, the newest first; the live one and those that served are always among them."""

    def find(self, name: str) -> Deployment:
        """Read one by its id or address. Raises RefusedError when it is gone or not of this application."""

    def problems(self, target: Deployment, kind: str) -> Sequence[str | Said]:
        """Say why production cannot move to it (``kind``: rollback or promote), by looking alone; nothing: it can."""

    def switch(self, target: Deployment, kind: str, reason: str, told: Callable[[str], None]) -> Request:
        """Move production and wait until it moved, or did not. Never a rebuild. ``told`` hears how far it is.

        Safe to call again: already there is ``skipped``; a request of ours that is under way is waited for.
        """

    def not_reverted(self, since: Deployment, target: Deployment) -> Sequence[Named]:
        """Name what does not go back with the code."""
