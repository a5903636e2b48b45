"""Where figures come from, one file each; every file offers ``sources(site, settings, place)``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place, Source

MODULES = ("ssh_host", "haproxy", "mysql", "front_door", "rds_frozen", "invariants", "prometheus", "cloudwatch")


def build(site: Site, settings: Settings, place: Place, say: Callable[[str], None]) -> list[Source]:
    """Build every source the site has. One that cannot be built is said, and never costs the others."""
    found: list[Source] = []
    for name in MODULES:
        module = f"{__name__}.{name}"
        try:
            found += importlib.import_module(module).sources(site, settings, place)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
        except FailbackError as error:
            say(f"{name}: {error}")
    return found
