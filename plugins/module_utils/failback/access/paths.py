"""Which network paths a plan needs, worked out from the inventory, and what it means when one does not work. Pure.

A path is tried from the host that will use it. Those that end at MySQL are not among them: a connection that says
nothing counts as an error there (``max_connect_errors``), so they are tried by logging in (``mysql_path``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback import kept_way
from failback.access.model import WITH_RESTORE, Path, Seen, Words
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from failback.access.site import Site
    from failback.findings import Severity
    from failback.kept_way import SeenAs

HERE = "this machine"
_PORTS = {"http": 80, "https": 443}
_DNS = 53
_READY = Words("asking whether it is well", "정상 여부 확인")
_API = Words("changes by the AWS API", "AWS API를 통한 변경")


def ssh(site: Site, host: str) -> Path:
    """Give the way to a host's sshd."""
    address, port = site.address(host)
    absent = host in (site.get(host, "lb_absent_ok") or {})
    return Path(
        source=HERE, target=f"sshd of {host}", host=address, port=port, kind="tcp",
        items=("IDC-02", "SWITCH-01", "SWITCH-02"), why=Words("every task on the host", "호스트에서 하는 모든 작업"),
        severity="note" if absent else "blocker",
    )  # fmt: skip


def of_service(site: Site, host: str) -> list[Path]:
    """From this machine, as the logical host of the service: front doors and name servers."""
    found = [_door(door) for door in site.get(host, "service_front_doors", []) if _target(str(door.get("url") or ""))]
    return [*found, *_name_servers(site, host)]


def of_host(site: Site, host: str, servers: Sequence[tuple[str, str, int]] = ()) -> list[Path]:
    """From a host: what its containers are asked at, and for a load balancer the servers it will send to.

    ``servers`` are name, address and port of the backend's servers, as the running HAProxy has them.
    """
    found = []
    groups = site.groups_of(host)
    if "app_hosts" in groups:
        url = str(site.get(host, "app_ready_url", ""))
        found += _url(host, f"{host}'s application", url, ("SWITCH-01",), _READY, severity="warning")
    for entry in site.services_on(host):
        url, name = str(entry.get("ready_url") or ""), str(entry.get("container") or entry.get("name"))
        found += _url(host, name, url, ("ENV-01",), _READY, severity="warning")
    idc = set(site.get(host, "lb_servers_idc", [])) if "load_balancers" in groups else set()
    wanting = _wanting(site) if site.way(host) in WITH_RESTORE else set()
    found += [
        Path(
            source=host, target=f"{name} behind the load balancer", host=address, port=port, kind="tcp",
            items=("SWITCH-02",), why=Words("requests after the switch", "전환 후의 요청"),
            refused="warning" if name in wanting else None,
        )
        for name, address, port in servers
        if name in idc
    ]  # fmt: skip
    return _once(found)


def _wanting(site: Site) -> set[str]:
    """Name the servers behind the load balancers that cannot listen while IDC has no data: what needs the database.

    They listen again when the way has restored it, before the switch sends anything to them.
    """
    entries = [entry for host in site.members("app_hosts") for entry in site.services_on(host)]
    databases = {
        str(entry.get("name")) for host in site.members("database_hosts") for entry in site.services_on(host)
    }  # fmt: skip
    return {str(entry.get("server")) for entry in entries if databases & set(entry.get("needs") or ())}


def of_apis(site: Site, host: str, endpoints: Iterable[tuple[str, str]], ca_file: str = "") -> list[Path]:
    """From this machine to the AWS API: (service, URL) for each service the site uses."""
    required = set(site.get(host, "db_fence_required", [])) & {"read_only", "network"}
    restores = site.way(host) in WITH_RESTORE
    found: list[Path] = []
    for service, url in endpoints:
        # The fence by SQL does without the API, unless RDS is silent and only a network ACL cuts it off; a way that
        # does not restore does without backups. Names never do.
        spared = (service in {"rds", "ec2"} and not required) or (service == "s3" and not restores)
        if service == "ec2" and site.accepts_loss(host):
            spared = False
        items = {"rds": ("AWS-03",), "ec2": ("AWS-04",), "route53": ("SWITCH-03",)}.get(service, ("TECH-02",))
        severity: Severity = "warning" if spared else "blocker"
        target = f"the AWS API ({service})"
        found += _url(HERE, target, url, items, _API, severity=severity, ca=ca_file)
    return _once(found)


def kept(path: Path, seen: SeenAs, keep: Sequence[str]) -> list[Finding]:
    """Say when the closing of the network in front of RDS (AWS-04) would shut this path; ``keep`` [] closes nothing.

    This machine has to ask RDS to the end. IDC has all of RDS's transactions before the network is closed.
    """
    if not keep:
        return []
    address, sources = kept_way.cut_off(seen, keep), ", ".join(keep)
    if address and path.source == HERE:
        # The gate refuses for it too.
        return [Finding("blocker", f"{path.key}:kept", *kept_way.reason(address, keep))]
    if address:
        return [
            Finding(
                "warning",
                f"{path.key}:kept",
                f"RDS sees {path.source} as {address}, which aws_keep_sources ({sources}) does not cover: a replication"
                " that is to go on or begin again behind the closed network (AWS-04) will not get through",
                f"add {kept_way.network(address)} to aws_keep_sources",
            )
        ]
    if not seen.addresses:
        return [
            Finding(
                "note",
                f"{path.key}:kept",
                f"RDS shows {path.source} by the name {seen.shown} and not by its address, so nobody here can tell"
                f" whether aws_keep_sources ({sources}) covers it",
                "compare them yourself",
            )
        ]
    return []


def _door(door: dict[str, Any]) -> Path:
    host, port, secure = _target(str(door["url"])) or ("", 0, False)
    name = str(door.get("host_header") or host).partition(":")[0]
    return Path(
        source=HERE, target=f"front door {door.get('name') or host}", host=host, port=port,
        kind="tls" if secure else "tcp", items=("SWITCH-04", "SWITCH-05"),
        why=Words("proofs from outside", "외부에서 하는 확인"), server_name=name,
        ca_file=str(door.get("ca_file") or ""),
    )  # fmt: skip


def _name_servers(site: Site, host: str) -> Iterator[Path]:
    records = site.get(host, "dns_records", [])
    servers = site.get(host, "dns_servers", {})
    update = servers.get("rfc2136") or {}
    zone = str(update.get("zone") or "")
    why_ask = Words("questions about the service's names", "서비스 이름 질의")
    seen: set[str] = set()
    if any(record.get("provider") == "rfc2136" for record in records) and update.get("server"):
        address, port = str(update["server"]), int(update.get("port") or _DNS)
        seen.add(f"{address}:{port}")
        yield Path(
            source=HERE, target=f"primary name server of {zone}", host=address, port=port, kind="dns",
            items=("SWITCH-03",), why=Words("changes of the service's names", "서비스 이름 변경"), zone=zone,
        )  # fmt: skip
    kinds: list[tuple[str, str, Severity, str]] = [
        (str(address), "authoritative name server", "blocker", str(record.get("name") or ""))
        for record in records
        for address in record.get("authoritative") or site.get(host, "dns_authoritative", [])
    ]
    wanted: Severity = "blocker" if site.get(host, "dns_resolvers_required", True) else "warning"
    name = str(records[0].get("name") or "") if records else ""
    kinds += [(str(address), "resolver", wanted, name) for address in site.get(host, "dns_resolvers", [])]
    for address, what, severity, asked in kinds:
        server, port = _split(address)
        if f"{server}:{port}" in seen:
            continue
        seen.add(f"{server}:{port}")
        yield Path(
            source=HERE, target=f"{what} {address}", host=server, port=port, kind="dns", items=("SWITCH-03",),
            why=why_ask, severity=severity, zone=asked,
        )  # fmt: skip


def _url(  # noqa: PLR0913 - as the fields of a path
    source: str, target: str, url: str, items: tuple[str, ...], why: Words, *, severity: Severity, ca: str = ""
) -> list[Path]:
    at = _target(url)
    if at is None:
        return []
    secure = at[2] and source == HERE
    return [
        Path(
            source=source, target=target, host=at[0], port=at[1], kind="tls" if secure else "tcp", items=items, why=why,
            severity=severity, ca_file=ca, server_name=at[0],
        )
    ]  # fmt: skip


def _target(url: str) -> tuple[str, int, bool] | None:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "https"


def _split(address: str) -> tuple[str, int]:
    """Read address, address:port or [address]:port, as ``dns.answers`` does."""
    if address.startswith("["):
        host, _, port = address[1:].partition("]")
        return host, int(port.lstrip(":") or _DNS)
    host, colon, port = address.rpartition(":")
    return (host, int(port)) if colon and ":" not in host and port.isdigit() else (address, _DNS)


def _once(paths: Iterable[Path]) -> list[Path]:
    """Keep the first of those that lead to the same place."""
    kept: dict[tuple[str, str, int], Path] = {}
    for path in paths:
        kept.setdefault((path.source, path.host, path.port), path)
    return list(kept.values())


def judge(path: Path, seen: Seen) -> Finding | None:
    """Say what is wrong with a path and what opens it; None when it works."""
    if seen.answer == "open":
        return None
    place, way = f"{path.host}:{path.port}", f"from {path.source} to {path.target}"
    protocol = "UDP and TCP" if path.kind == "dns" else "TCP"
    told, step = {
        "refused": (
            f"refused at once: the machine answers, and nothing listens there or a firewall rejects it ({seen.said})",
            f"start what listens on {place}, or allow {protocol} {path.port} from {path.source} in its own firewall",
        ),
        "filtered": (
            f"no answer within {seen.seconds:.1f} s: what is sent is dropped on the way ({seen.said})",
            f"allow {protocol} {path.port} from {path.source} to {path.host} in all firewalls and security groups",
        ),
        "unreachable": (
            f"there is no way: a router or firewall says so ({seen.said})",
            f"give {path.source} a route to {path.host}, or allow {protocol} {path.port} where it is prohibited",
        ),
        "no_name": (
            f"the name {path.host} is not known there ({seen.said})",
            f"correct the name in the inventory, or the resolver that {path.source} asks",
        ),
        "certificate": (
            f"its certificate does not verify ({seen.said})",
            "correct ca_file, have the certificate renewed, or find out who answers there",
        ),
        "large_packets": (
            f"small packets pass and large ones get lost ({seen.said}): an MTU is too large somewhere on the way",
            "let ICMP type 3 code 4 through the firewalls, or lower the MTU (or clamp the MSS) of the tunnel between",
        ),
        "silent": (
            f"something takes the connection and does not answer as it should ({seen.said})",
            f"find out what listens on {place}; a proxy or firewall may take connections in its place",
        ),
    }[seen.answer]
    severity = path.refused if seen.answer == "refused" and path.refused else path.severity
    if severity != path.severity:
        told += "; it may be for want of its database, which this way restores first"
    return Finding(severity, path.key, f"{way} ({place}, for {', '.join(path.items)}): {told}", step)
