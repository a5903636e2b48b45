"""The inventory of the site of these tests, on the example's grounds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import yaml
from run_tasks import ROOT

if TYPE_CHECKING:
    from situation_site import Site


def write(site: Site) -> None:
    """Write the site on the example's grounds: the variables that matter here are real, the others only there."""
    shutil.copytree(ROOT / "inventories" / "example", site.directory)
    hosts = {name: {"ansible_host": address} for name, address in site.addresses.items()}
    groups = {"service": ["shop"], "databases": ["shop-db"], "database_hosts": ["idc-db1"], "app_hosts": ["idc-app1"]}
    groups |= {"aws_app_hosts": ["aws-app1"], "load_balancers": ["idc-lb1"]}
    tree = {group: {"hosts": {name: hosts.get(name, {}) for name in names}} for group, names in groups.items()}
    (site.directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": tree}}))
    _set(site, "all", **_of_all(site))
    _set(site, "databases", **_of_databases(site))
    _set(site, "load_balancers", lb_servers_idc=["idc-app1"], lb_servers_aws=["aws-app1"])
    _set(site, "service", **_of_service(site))


def _set(site: Site, group: str, **values: Any) -> None:
    path = site.directory / "group_vars" / f"{group}.yml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | values))


def _of_all(site: Site) -> dict[str, Any]:
    common = f"-o UserKnownHostsFile={site.root}/known_hosts -o GlobalKnownHostsFile=/dev/null"
    app = site.container("{host}-app")
    return {
        "ansible_ssh_private_key_file": str(site.root / "id"),
        "ansible_ssh_common_args": f"{common} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes",
        "service_containers": [
            {"name": "mysql", "hosts": "database_hosts", "container": site.pair.idc.container},
            {"name": "shop", "hosts": "app_hosts", "container": app},
            {"name": "haproxy", "hosts": "load_balancers", "container": site.container("{host}-haproxy")},
        ],
        "situation_containers": [{"name": "shop", "hosts": "aws_app_hosts", "container": app}],
        "situation_window": 1.0,
    }


def _of_databases(site: Site) -> dict[str, Any]:
    pair = site.pair
    return {
        "db_idc": pair.idc.login_dict(),
        "db_aws": pair.rds.login_dict(),
        "db_app_login": {"user": "shop_app", "password_file": str(pair.rds.secrets / "shop_app")},
        "db_replication": {"host": pair.rds.host, "port": 3306, "user": "repl"}
        | {"password_file": str(pair.rds.secrets / "repl"), "ca_file": ""},
        "db_cutover_gtid": pair.cutover,
        "db_exempt_users": ["rdsadmin", "rr_admin", "repl", "root", "event_scheduler", "system user"],
        "aws_endpoint_url": site.api,
        "aws_credentials_file": str(site.root / "aws"),
        "aws_profile": "test",
        "aws_security_groups": [(site.root / "group.id").read_text()],
    }


def _of_service(site: Site) -> dict[str, Any]:
    url = f"http://{site.addresses['idc-lb1']}"
    return {
        "service_front_doors": [{"name": "idc-lb1", "url": url, "host_header": "www.example.org"}],
        "service_health": [{"path": "/healthz", "status": 200}],
        "service_probe_paths": ["/api/products/17"],
        "dns_records": [site.names.record(), site.names.record("db.shop.example.org")],
        "dns_servers": {"rfc2136": site.names.server()},
        "dns_authoritative": [site.names.primary.address],
        "dns_resolvers": [site.names.resolver.address],
    }
