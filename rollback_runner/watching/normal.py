"""What is usual for a figure, as the baseline recorded it before the incident; {} where nobody recorded it.

It stands in ``baseline_directory`` as ``figures.json``: ``figures: {FIGURE: {HOST: {usual: NUMBER, ...}}}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.baseline import store
from failback.errors import FailbackError

from rollback_runner.watching.settings import service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.site.site import Site

NAME = "figures"


def of_site(site: Site) -> dict[str, dict[str, float]]:
    """Read what is usual, by figure and host; a baseline that cannot be trusted counts as none.

    What the site names itself (``watching_usual``) counts instead of what was recorded.
    """
    named = numbers(service(site).get("watching_usual") or {})
    directory = next((str(v["baseline_directory"]) for v in site.variables.values() if v.get("baseline_directory")), "")
    try:
        kept = store.read(directory, NAME) if directory else None
    except FailbackError:
        kept = None
    found = numbers((kept or {}).get("figures") or {})
    for figure, hosts in named.items():
        found.setdefault(figure, {}).update(hosts)
    return found


def numbers(kept: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Take the one number per figure and host that a value is compared with. Pure."""
    found: dict[str, dict[str, float]] = {}
    for figure, hosts in kept.items():
        for host, said in (hosts if isinstance(hosts, dict) else {}).items():
            value = said.get("usual") if isinstance(said, dict) else said
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(str(figure), {})[str(host)] = float(value)
    return found
