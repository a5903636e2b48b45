"""What the plugins hand over: a gate from the record of DEPLOY-06, and the way to the site's backups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.deployment.migrations.gate import Gate
from failback.errors import ConfigError
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.restore.model import Source


def gate_of(kept: Mapping[str, Any]) -> Gate:
    """Rebuild the gate from what was put on record. Raises ConfigError when that is none."""
    names = Gate.__dataclass_fields__
    try:
        return Gate.from_dict({name: value for name, value in kept.items() if name in names})
    except (KeyError, TypeError) as error:
        raise ConfigError(
            f"this is not what DEPLOY-06 puts on record ({error!r}): look at the migrations first"
        ) from error


def opener_of(application: Mapping[str, Any], hostvars: Mapping[str, Any]) -> Callable[[str], Source]:
    """Give the function that opens a backup by its url, over SSH or S3 where it says so."""
    s3 = application.get("deployment_backups_s3") or {}
    decrypt = application.get("deployment_backups_decrypt") or None

    def opened(url: str) -> Source:
        return open_source(url, s3=s3, ssh=site_ssh(hostvars), decrypt=decrypt)

    return opened
