"""What our objects in AWX are called, and how they are known again as ours. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from failback.approval import policy

from rollback_runner.awx import secrets, workflow
from rollback_runner.plan import ways

if TYPE_CHECKING:
    from collections.abc import Mapping

OPERATORS = "operators"
BASELINE, DEPLOYMENT = "baseline", "deployment"
_MADE_BY = "rollback-runner"
_SECRETS = frozenset({*secrets.KINDS, secrets.RECORD})
# What stands after the site's name, by kind; any other kind there is once per site. A name that some version of ours
# once gave stays in here, or what that version made would be nobody's.
_GIVEN = {
    "credential_types": _SECRETS,
    "credentials": _SECRETS,
    "teams": frozenset({OPERATORS, *policy.ROLES}),
    "job_templates": frozenset(
        {leg.name for way in ways.WAYS.values() for leg in way.legs}
        | {workflow.ABORT, workflow.FAILED, BASELINE, DEPLOYMENT}
    ),
}
_NOTIFY = "notify "
# What AWX appends when somebody presses Copy. A site may give its notifications any name; none is refused for this.
_COPIED = re.compile(r" @ \d{1,2}:\d{2}")


def of(site: str, what: str) -> str:
    """Name an object of a site; AWX shows the names of all sites in one list."""
    return f"{_MADE_BY} {site}: {what}"


def whole(site: str) -> str:
    """Name what there is once per site: its organization, and its workflow."""
    return f"{_MADE_BY} {site}"


def marked(site: str, told: str) -> str:
    """Write a description that says whose the object is."""
    return f"{told} {_mark(site)}"


def is_ours(site: str, description: object) -> bool:
    """Tell whether an object was made by us for this site, by its description."""
    return isinstance(description, str) and description.endswith(_mark(site))


def made(site: str, kind: str, there: Mapping[str, Any]) -> bool:
    """Tell whether we made an object of AWX: it has our mark, and a name that some version of ours gives.

    The mark alone does not tell: AWX copies it with the description when a person copies an object.
    """
    return is_ours(site, there.get("description")) and _gives(site, kind, str(there.get("name", "")))


def notification(site: str, channel: str) -> str:
    """Name the notification template of a channel."""
    return of(site, f"{_NOTIFY}{channel}")


def singular(kind: str) -> str:
    """Call one object of a kind."""
    word = "inventory" if kind == "inventories" else kind.removesuffix("s")
    return word.replace("_", " ")


def _gives(site: str, kind: str, name: str) -> bool:
    what = name.removeprefix(of(site, ""))
    if kind == "notification_templates":
        return what != name and what.startswith(_NOTIFY) and not _COPIED.search(what)
    return what in _GIVEN[kind] and what != name if kind in _GIVEN else name == whole(site)


def _mark(site: str) -> str:
    return f"[{_MADE_BY}:{site}]"
