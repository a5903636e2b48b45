"""What stands where in the releases lab. Pure data; inventories/lab_releases says the same.

Containers, network and names are its own: nothing here meets the failback lab, which may stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.paths import LabPaths

NETWORK = "rr-releases"
SUBNET = "172.30.78.0/24"
GATEWAY = "172.30.78.1"
# Containers without an address of their own get one from here.
DYNAMIC_RANGE = "172.30.78.128/25"
# Everything this lab may touch carries this label, and no other lab's.
LABEL = "rr.releases"

DIRECTORY = "/srv/shop"
DOMAIN = "shop.releases.example.org"
# The same shop's shop window, hosted by the stand-in for Vercel.
EDGE_DOMAINS = ("window.releases.example.org", "www.window.releases.example.org")
PORT = 8080
API_PORT = 8443
SERVER_UUID = "33333333-3333-4333-8333-333333333333"
# Longest wait of one held request before the maintenance page, seconds.
HOLD_LIMIT = 30
SOURCE = Path(__file__).resolve().parent
# Who answers for the application (site_people); each signs with a key of their own.
PEOPLE = ("kim", "lee", "park")


@dataclass(frozen=True)
class Host:
    """One machine of this lab: a container with an address. Those with `sshd` are managed over SSH."""

    name: str
    address: str
    sshd: bool = False

    @property
    def container(self) -> str:
        """Name of the host's container."""
        return f"rr-{self.name}"


WEB1 = Host("rel-web1", "172.30.78.21", sshd=True)
WEB2 = Host("rel-web2", "172.30.78.22", sshd=True)
LB = Host("rel-lb1", "172.30.78.31", sshd=True)
DB = Host("rel-db1", "172.30.78.11")
EDGE = Host("rel-edge", "172.30.78.81")
CLIENT = Host("rel-client", "172.30.78.91")
WEB = (WEB1, WEB2)
HOSTS = (DB, WEB1, WEB2, LB, EDGE, CLIENT)


@dataclass(frozen=True)
class Paths:
    """Where this lab keeps what it makes: everything under RR_HOME/.lab/releases."""

    lab: LabPaths

    @classmethod
    def from_environment(cls) -> Paths:
        """Read RR_HOME."""
        return cls(LabPaths.from_environment())

    @property
    def root(self) -> Path:
        """Where all of it lies."""
        return self.lab.root / "releases"

    @property
    def secrets(self) -> Path:
        """One password or token per file, mode 0600."""
        return self.root / "secrets"

    @property
    def ssh(self) -> Path:
        """Client key and known_hosts."""
        return self.root / "ssh"

    @property
    def people(self) -> Path:
        """The signing keys of the people, and the file that says whose they are."""
        return self.root / "people"

    @property
    def ca(self) -> Path:
        """The certificate authority and the servers' certificates."""
        return self.root / "ca"

    def repository(self, application: str) -> Path:
        """Give the folder of an application's source, a git repository with a commit for each release."""
        return self.root / "repositories" / application

    @property
    def backups(self) -> Path:
        """Dumps of the schema, taken before a migration."""
        return self.root / "backups"

    @property
    def ledger(self) -> Path:
        """Ledgers of the clients."""
        return self.root / "ledger"

    def host(self, host: Host, folder: str = "") -> Path:
        """Return the folder of one host, or one of its own folders."""
        return self.root / "hosts" / host.name / folder
