"""The site as a play knows it, for the plugins that tell people: made of variables, without reading the inventory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback_runner.site.site import Site

if TYPE_CHECKING:
    from collections.abc import Mapping


def site(given: Mapping[str, Any]) -> Site:
    """Build what telling asks of a site from its ``site_*`` variables and the names of its databases."""
    titles = given.get("site_title") or {}
    name = str(given.get("site_name") or "")
    return Site(
        name=name,
        directory=Path(str(given.get("directory") or ".")),
        titles={"en": str(titles.get("en") or name), "ko": str(titles.get("ko") or titles.get("en") or name)},
        critical=bool(given.get("site_critical")),
        strategy=str(given.get("site_strategy") or ""),
        budgets=dict(given.get("site_budgets") or {}),
        timezone=str(given.get("site_timezone") or "UTC"),
        groups={"databases": tuple(given.get("databases") or ())},
        variables={"service": {key: value for key, value in given.items() if key.startswith("site_")}},
        secret_files=(),
    )
