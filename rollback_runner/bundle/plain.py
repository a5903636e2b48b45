"""Refuses a site whose inventory holds a password itself: what is written there would travel with every copy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollback_runner.errors import RefusedError
from rollback_runner.site import inventory

if TYPE_CHECKING:
    from rollback_runner.site.site import Site

# The variables of our own name files of secrets; only Ansible's and the site's own could hold one.
_FREE = ("ansible_", "x_")
_NAMED = re.compile(r"(?:^|_)(?:pass|password|passwd|passphrase|secret|token|secret_access_key)$")


def refuse(site: Site) -> None:
    """Raise RefusedError with each variable that holds a secret in plain; a template or a vault is none."""
    found = [
        f"{host}: {name}"
        for host, variables in site.variables.items()
        for name, value in variables.items()
        if name.startswith(_FREE) and _NAMED.search(name) and _plain(value)
    ]
    if found:
        raise RefusedError(
            f"The inventory of {site.name} holds secrets in plain: {'; '.join(found)}. Nothing was packed.",
            next_step="put each into a file of its own or into a vault, then the same command",
        )


def _plain(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not inventory.is_template(value)
