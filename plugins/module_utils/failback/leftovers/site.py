"""What a site's inventory says of its AWS side: accounts, names, tags, prices, how long things are held. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.aws import Account
from failback.errors import ConfigError
from failback.leftovers.model import Scope
from failback.leftovers.prices import PriceList
from failback.leftovers.propose import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of a host of the group databases; the rest of its variables is not needed here.
_NAMED = {
    "rds_instance": "aws_db_instance",
    "rds_parameter_group": "aws_parameter_group",
    "security_group": "aws_security_groups",
    "network_acl": "aws_network_acls",
}


@dataclass(frozen=True)
class Cloud:
    """One database's side of the account. ``looking`` reads; ``ending`` may delete, with a key of its own if given."""

    looking: Account
    ending: Account
    scope: Scope
    prices: PriceList
    rule: Rule


def cloud(database: Mapping[str, Any], service: Mapping[str, Any]) -> Cloud:
    """Read it out of the variables of a host of ``databases`` and of the host of ``service``. Raises ConfigError."""
    names = {kind: _texts(database.get(variable)) for kind, variable in _NAMED.items()}
    zone = str(((service.get("dns_servers") or {}).get("route53") or {}).get("zone_id") or "")
    if zone:
        names["hosted_zone"] = (zone.removeprefix("/hostedzone/"),)
    tags = database.get("aws_own_tags") or {}
    if not isinstance(tags, dict):
        raise ConfigError("aws_own_tags must be tags by their keys")
    own = {str(key): str(value) for key, value in tags.items()}
    return Cloud(
        looking=_account(database, ""),
        ending=_account(database, "cleanup_"),
        scope=Scope(own, names),
        prices=PriceList.from_dict(database.get("site_cloud_costs") or {}),
        rule=Rule.from_dict(database.get("site_cleanup") or {}),
    )


def _account(database: Mapping[str, Any], word: str) -> Account:
    def said(name: str) -> str:
        return str(database.get(f"aws_{word}{name}") or database.get(f"aws_{name}") or "")

    region, endpoint = str(database.get("aws_region") or ""), str(database.get("aws_endpoint_url") or "")
    if not region:
        raise ConfigError("aws_region is not set: nobody knows where to look for what is left")
    return Account(region, endpoint, said("credentials_file"), said("profile"))


def _texts(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else (str(value),)
