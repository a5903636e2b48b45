"""The mark that a plugin carries when it destroys something: what it takes away, and with which arguments it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

# `closes` shuts RDS, `promotes` opens IDC for writes, `destroys` replaces data on IDC, `reverses` changes or replaces
# the data of an application whose release goes back (not asked for where `site_approvals.deployment` is never).
Mark = Literal["closes", "promotes", "destroys", "reverses"]


@dataclass(frozen=True)
class Destroys:
    """What the plugin's acts take away. ``when`` names arguments and the values with which they do; empty: always.

    ``backup`` is the argument with the digest of the backup that takes the data's place: the plan must name it.
    Going back (unlocking, opening RDS again) is never marked: nobody's signature may stand in its way.
    """

    mark: Mark
    when: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    backup: str = ""

    def applies(self, arguments: Mapping[str, Any]) -> bool:
        """Tell whether a task with these arguments is one that destroys."""
        return all(arguments.get(name) in values for name, values in self.when.items())
