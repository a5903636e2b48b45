"""What our objects in AWX are called, and how they are known again as ours. Pure."""

from __future__ import annotations

_MADE_BY = "rollback-runner"


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


def _mark(site: str) -> str:
    return f"[{_MADE_BY}:{site}]"
