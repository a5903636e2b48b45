"""Configuration files as text: templates and values in, content out. Touches no file but the templates."""

from __future__ import annotations

import json
from string import Template
from typing import TYPE_CHECKING, Any

from lab.paths import TEMPLATES
from lab.topology import (
    ADDRESS,
    AWS_PORT,
    AWS_PROFILE,
    AWS_REGION,
    AWS_ZONE,
    DB_INSTANCE,
    HOLD_LIMIT,
    IDC_UUID,
    IDC_ZONE,
    LB_HOSTS,
    PARAMETER_GROUP,
    RDS_UUID,
    SUBNET,
)

if TYPE_CHECKING:
    from lab.topology import NameServer

# Server numbers of the two MySQL servers: part of every event they log, so they must differ.
SERVER_IDS = {"idc": 1011, "rds": 1051}


def template(name: str, **values: str | int) -> str:
    """Fill one template; a value that is missing is an error of ours (KeyError)."""
    return Template((TEMPLATES / name).read_text()).substitute(values)


def plain(name: str) -> str:
    """Return a file that has nothing to fill in."""
    return (TEMPLATES / name).read_text()


def haproxy() -> str:
    """Give a load balancer's configuration in the state "migrated": requests go to the AWS side."""
    return template(
        "haproxy.cfg",
        hold_limit=HOLD_LIMIT,
        aws_app1=ADDRESS["aws-app1"],
        idc_app1=ADDRESS["idc-app1"],
        idc_app2=ADDRESS["idc-app2"],
    )


def mysql(side: str) -> str:
    """Give my.cnf of `idc` or `rds`."""
    return template("my.cnf", side=side, server_id=SERVER_IDS[side], extra=plain(f"my-{side}.cnf"))


def auto_cnf(server_uuid: str) -> str:
    """Give the file that carries a MySQL server's identity."""
    return f"[auto]\nserver-uuid={server_uuid}\n"


def named(server: NameServer) -> str:
    """Give named.conf of an authoritative name server."""
    return template("named-authoritative.conf", zone=server.zone, key_name=server.key)


def resolver() -> str:
    """Give named.conf of the caching resolver."""
    return template("named-resolver.conf", idc_dns=ADDRESS["idc-dns1"], aws_dns=ADDRESS["aws-dns1"])


def zone(server: NameServer) -> str:
    """Give the zone file in the state "migrated"."""
    records = "\n".join(f"{name} {ttl} IN A {address}" for name, ttl, address in server.records)
    return template("zone", zone=server.zone, server=ADDRESS[server.host], records=records)


def app_settings() -> dict[str, Any]:
    """Give the application's configuration as it is on every host after the move: its database is RDS."""
    return {
        "listen": 8080,
        "database": {
            "host": ADDRESS["aws-rds"],
            "port": 3306,
            "user": "shop_app",
            "password_file": "/etc/shop/db_password",
            "name": "shop",
            "pool": 16,
        },
    }


def app() -> str:
    """Give app.json."""
    return json.dumps(app_settings(), indent=2) + "\n"


def resolv_conf() -> str:
    """Make a container ask the lab's caching resolver, as users do."""
    return f"nameserver {ADDRESS['idc-dns2']}\noptions timeout:1 attempts:2\n"


def traffic() -> str:
    """Give traffic.json: who writes what, how often (per second and client), and where the ledger lies."""
    sides = {
        "idc": {"host": ADDRESS["idc-db1"], "port": 3306, "server_uuid": IDC_UUID},
        "rds": {"host": ADDRESS["aws-rds"], "port": 3306, "server_uuid": RDS_UUID},
    }
    settings = {
        "ledger": "/var/lib/rr-ledger",
        # Half of the clients follow the name, half stay with the IDC's node: both nodes must hold and switch.
        "http": {
            "clients": 8,
            "rate": 10,
            "urls": [f"http://www.{IDC_ZONE}", f"http://{ADDRESS['idc-lb1']}"],
            "host_header": f"www.{IDC_ZONE}",
        },
        "sql": {
            "clients": 8,
            "rate": 10,
            "host": f"db.{IDC_ZONE}",
            "port": 3306,
            "user": "shop_batch",
            "password_file": "/etc/rr/shop_batch",
        },
        "sampler": {"interval": 0.05, "user": "shop_app", "password_file": "/etc/rr/shop_app", "sides": sides},
        "ca_file": "/etc/rr/ca.pem",
    }
    return json.dumps(settings, indent=2) + "\n"


def reconciler(read_only_delay: float) -> str:
    """Give reconciler.json: what the AWS stand-in must make true, and where. `read_only_delay` is in seconds."""
    settings = {
        "endpoint": f"http://{ADDRESS['aws-api']}:{AWS_PORT}",
        "region": AWS_REGION,
        "profile": AWS_PROFILE,
        "credentials_file": "/etc/rr/aws-credentials",
        "instance": DB_INSTANCE,
        "parameter_group": PARAMETER_GROUP,
        "container": "aws-rds-mysql",
        "netns_container": "rr-aws-rds",
        "mysql_exec": [
            *("docker", "exec", "-i", "--user", "root", "aws-rds-mysql"),
            *("mysql", "--user=rdsadmin", "--batch", "--skip-column-names"),
        ],
        "read_only_delay": read_only_delay,
        "ids_file": "/var/lib/rr-aws/ids.json",
        "state_file": "/var/lib/rr-aws/state.json",
        "dns": {
            "server": ADDRESS["aws-dns1"],
            "port": 53,
            "zone": AWS_ZONE,
            "key_name": "rr-aws",
            "key_algorithm": "hmac-sha256",
        },
        "tsig_key_file": "/etc/rr/tsig-aws",
        "addresses": {"aws_lb": ADDRESS[LB_HOSTS[1]], "rds": ADDRESS["aws-rds"]},
        "allowed_cidrs": [SUBNET],
        "records": [{"name": f"m.{AWS_ZONE}", "type": "A", "ttl": 30, "value": ADDRESS[LB_HOSTS[1]]}],
    }
    return json.dumps(settings, indent=2) + "\n"
