"""What stands where: hosts, addresses and the services beside them. Pure data; inventories/lab says the same."""

from __future__ import annotations

from dataclasses import dataclass

NETWORK = "rr-lab"
SUBNET = "172.30.77.0/24"
GATEWAY = "172.30.77.1"
# Containers without an address of their own (builders) get one from here, so they never take a host's.
DYNAMIC_RANGE = "172.30.77.128/25"
# Everything the lab may touch carries this label.
LABEL = "rr.lab"

IDC_UUID = "11111111-1111-4111-8111-111111111111"
RDS_UUID = "22222222-2222-4222-8222-222222222222"

AWS_REGION = "ap-northeast-2"
AWS_PROFILE = "rollback-runner"
# The AWS stand-in answers every service on one port.
AWS_PORT = 5000
DB_INSTANCE = "shop-prod"
PARAMETER_GROUP = "shop-prod-mysql"
IDC_ZONE = "shop.example.org"
AWS_ZONE = "shop.example.net"
# Longest wait of one held request before the maintenance page, seconds.
HOLD_LIMIT = 30


@dataclass(frozen=True)
class Host:
    """One machine of the lab: a container that owns a network address. Those with `sshd` are managed over SSH."""

    name: str
    address: str
    sshd: bool = True

    @property
    def container(self) -> str:
        """Name of the host's container."""
        return f"rr-{self.name}"


@dataclass(frozen=True)
class Service:
    """One container beside a host, sharing its address; `kind` says what runs in it."""

    name: str
    host: str
    kind: str


HOSTS = (
    Host("idc-db1", "172.30.77.11"),
    Host("idc-app1", "172.30.77.21"),
    Host("idc-app2", "172.30.77.22"),
    Host("idc-lb1", "172.30.77.31"),
    Host("idc-dns1", "172.30.77.41"),
    Host("idc-dns2", "172.30.77.42"),
    Host("aws-rds", "172.30.77.51", sshd=False),
    Host("aws-app1", "172.30.77.61"),
    Host("aws-lb1", "172.30.77.71"),
    Host("aws-api", "172.30.77.81", sshd=False),
    Host("aws-dns1", "172.30.77.82", sshd=False),
    Host("client1", "172.30.77.91", sshd=False),
)

SERVICES = (
    Service("idc-db1-mysql", "idc-db1", "mysql"),
    Service("aws-rds-mysql", "aws-rds", "mysql"),
    Service("aws-rds-heartbeat", "aws-rds", "heartbeat"),
    Service("idc-dns1-named", "idc-dns1", "named"),
    Service("idc-dns2-named", "idc-dns2", "named"),
    Service("idc-dns2-desk", "idc-dns2", "desk"),
    Service("idc-dns2-prometheus", "idc-dns2", "prometheus"),
    Service("idc-db1-node", "idc-db1", "node"),
    Service("idc-lb1-node", "idc-lb1", "node"),
    Service("idc-db1-mysql-exporter", "idc-db1", "mysql_exporter"),
    Service("aws-dns1-named", "aws-dns1", "named"),
    Service("aws-api-moto", "aws-api", "moto"),
    Service("aws-api-reconciler", "aws-api", "reconciler"),
    Service("idc-app1-shop", "idc-app1", "shop"),
    Service("idc-app2-shop", "idc-app2", "shop"),
    Service("aws-app1-shop", "aws-app1", "shop"),
    Service("idc-lb1-haproxy", "idc-lb1", "haproxy"),
    Service("aws-lb1-haproxy", "aws-lb1", "haproxy"),
)

ADDRESS = {host.name: host.address for host in HOSTS}
APP_HOSTS = ("idc-app1", "idc-app2", "aws-app1")
LB_HOSTS = ("idc-lb1", "aws-lb1")


@dataclass(frozen=True)
class NameServer:
    """An authoritative name server and the records it holds while the move stands failed: (name, ttl, address)."""

    host: str
    zone: str
    key: str
    records: tuple[tuple[str, int, str], ...]


NAME_SERVERS = (
    NameServer(
        "idc-dns1",
        IDC_ZONE,
        "rr-idc",
        (("www", 30, ADDRESS["aws-lb1"]), ("db", 5, ADDRESS["aws-rds"])),
    ),
    # The record of this zone comes from Route 53 through the reconciler.
    NameServer("aws-dns1", AWS_ZONE, "rr-aws", ()),
)
