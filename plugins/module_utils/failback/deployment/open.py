"""Find the provider of an application by its name.

A provider is a module ``failback.deployment.NAME.provider`` with ``open(args)``. ``args`` are the application's
variables under their own names (``deployment_*`` and those of the provider, ``vercel_*`` or ``compose_*``), and beside
them ``app`` (its name in the inventory), ``hostvars`` and ``groups`` as a task has them, ``run`` (id of the run) and
``act`` (``FailbackAction.act``, so that a provider of many acts puts each of them on record).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.deployment.provider import Provider

PROVIDERS = ("vercel", "compose")
# Variables of an application's host that its provider is given.
PREFIXES = ("deployment_", "vercel_", "compose_", "lb_")


def open_provider(args: Mapping[str, Any]) -> Provider:
    """Open the provider that ``deployment_provider`` names.

    Raises ConfigError for a name that nobody knows, and for what the provider finds wrong with its settings.
    """
    name = str(args.get("deployment_provider") or "")
    if name not in PROVIDERS:
        raise ConfigError(f"deployment_provider is {name!r}: it must be one of {', '.join(PROVIDERS)}")
    module = import_module(f"failback.deployment.{name}.provider")
    return cast("Provider", module.open(args))
