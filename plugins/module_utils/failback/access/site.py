"""The site as the inventory has it: every host's variables and the groups. Pure, but for the seam to Ansible's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from failback.access.model import EVERY_WAY, Way
from failback.errors import ConfigError


@dataclass(frozen=True)
class Site:
    """Reads variables of any host; what a host does not have is its default."""

    hosts: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, tuple[str, ...]]

    @classmethod
    def of_task(cls, task_vars: Mapping[str, Any]) -> Site:
        """Take what Ansible hands to a task."""
        groups = {str(name): tuple(map(str, found)) for name, found in (task_vars.get("groups") or {}).items()}
        return cls(task_vars.get("hostvars") or {}, groups)

    def members(self, group: str) -> tuple[str, ...]:
        """Return the hosts of a group, in the inventory's order."""
        return self.groups.get(group, ())

    def groups_of(self, host: str) -> set[str]:
        """Name the groups a host is in."""
        return {name for name, members in self.groups.items() if host in members}

    def get(self, host: str, name: str, default: Any = None) -> Any:
        """Read one variable of a host."""
        if host not in self.hosts:
            return default
        found = self.hosts[host].get(name)
        return default if found is None else found

    def address(self, host: str) -> tuple[str, int]:
        """Where a host's sshd is."""
        return str(self.get(host, "ansible_host", host)), int(self.get(host, "ansible_port", 22))

    def remote(self, host: str) -> bool:
        """Whether tasks for this host run on another machine."""
        return str(self.get(host, "ansible_connection", "ssh")) != "local"

    def way(self, host: str) -> Way:
        """Name the strategy that is meant: what the command was told, else the site's. Raises ConfigError."""
        wanted = str(self.get(host, "rr_strategy") or self.get(host, "site_strategy") or EVERY_WAY[0])
        for known in EVERY_WAY:
            if known == wanted:
                return known
        raise ConfigError(f"site_strategy is {wanted}: it must be one of {', '.join(EVERY_WAY)}")

    def accepts_loss(self, host: str) -> bool:
        """Whether somebody gave RDS up (--accept-loss): when it is silent, only a network ACL cuts it off."""
        return bool(self.get(host, "rr_accept_loss"))

    def database_of(self, host: str) -> str:
        """Name the pair (host of ``databases``) whose IDC server runs on this host; "" when none does."""
        found = (name for name in self.members("databases") if self.get(name, "db_idc_host") == host)
        return next(found, "")

    def services_on(self, host: str) -> list[dict[str, Any]]:
        """Return the entries of ``service_containers`` that run on a host, {host} and {address} filled in."""
        address = self.address(host)[0]
        found = []
        for entry in self.get(host, "service_containers", []):
            if isinstance(entry, Mapping) and host in self.members(str(entry.get("hosts") or "")):
                texts = {key: value for key, value in entry.items() if isinstance(value, str)}
                filled = {
                    key: value.replace("{host}", host).replace("{address}", address) for key, value in texts.items()
                }
                found.append({**entry, **filled})
        return found
