"""Examines a site before anything happens. Reads only: no check here changes or locks anything."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import pymysql
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from failback import grants, lock, scrub, ssh_words, way_out
from failback.dns.records import Record
from failback.dns.route53 import Route53, Zone
from failback.errors import FailbackError
from failback.sql import quote_account
from failback.store import locks

from rollback_runner import __version__
from rollback_runner.content import home
from rollback_runner.errors import SiteError, UsageError
from rollback_runner.record import elsewhere
from rollback_runner.site import applications, gate
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rollback_runner.site.site import Site

_CLOCKS = 30.0  # seconds by which the store's clock may differ
_PATIENCE = 5  # seconds for one answer from outside
_ASK_SOCKET = (
    "import socket,sys; s=socket.socket(socket.AF_UNIX); s.settimeout(3); s.connect(sys.argv[1]);"
    " s.sendall(b'show info\\n'); d=s.recv(65536).decode();"
    " print(next(l for l in d.splitlines() if l.startswith('Version')))"
)
_SHELL_ALONE = (
    "this shell has a proxy for HTTPS, and no play goes through it: set site_https_proxy to it, or unset HTTPS_PROXY"
)


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is well, and what it said."""

    what: str
    well: bool
    said: str


Check = tuple[str, "Callable[[], str]"]


def examine(name: str) -> Iterator[Finding]:
    """Run every check and yield what was found, in order. A site that is not valid is one finding per problem."""
    yield Finding("rollback-runner", well=True, said=f"{__version__}, Python {sys.version.split()[0]}")
    yield from (_tool(tool) for tool in ("ansible-playbook", "ssh"))
    try:
        site = sites.load(name, applications=True)
    except SiteError as error:
        yield from (Finding("site", well=False, said=problem) for problem in error.problems)
        return
    yield Finding("site", well=True, said=f"{site.name} at {site.directory} is valid")
    proxy = way_out.of_the_shell(next(iter(site.variables.values())))
    if proxy:
        yield Finding("way out", well=False, said=_SHELL_ALONE)
    problems = list(gate.secret_problems(site))
    yield from (Finding("secret file", well=False, said=problem) for problem in problems)
    if not problems:
        yield Finding("secret files", well=True, said="all are readable and closed to others")
    secrets = scrub.load(site.secret_files)
    checks = list(_checks(site))
    checks += _store(name)
    with ThreadPoolExecutor(max_workers=8) as pool:
        for finding in pool.map(_carry_out, checks):
            yield Finding(finding.what, finding.well, scrub.scrub(finding.said, secrets))


def _checks(site: Site) -> Iterator[Check]:
    for group in ("database_hosts", "app_hosts", "load_balancers", *applications.hosts_of(site)):
        for host in site.hosts(group):
            variables = site.variables[host]
            if variables.get("ansible_connection", "ssh") == "ssh":
                yield f"SSH to {host}", partial(_ssh, host, variables, ["uname", "-sr"])
            if group == "load_balancers":
                argv = ["python3", "-c", _ASK_SOCKET, str(variables["lb_socket"])]
                yield f"load balancer socket on {host}", partial(_ssh, host, variables, argv)
    for host in site.hosts("databases"):
        variables = site.variables[host]
        for side in ("db_idc", "db_aws"):
            yield f"MySQL {side} of {host}", partial(_mysql, variables[side], side, variables["db_schemas"])
        yield f"AWS API for {host}", partial(_aws, variables)
    for host in site.hosts("service"):
        rfc2136 = site.variables[host]["dns_servers"].get("rfc2136")
        if rfc2136:
            yield "DNS key (rfc2136)", partial(_dns, rfc2136)
        names = [record for record in site.variables[host]["dns_records"] if record["provider"] == "route53"]
        if names:
            yield "DNS zone (route53)", partial(_route53, site.variables[host]["dns_servers"].get("route53"), names)
    yield from applications.checks(site)


def _store(name: str) -> Iterator[Check]:
    """Look whether the site's store, if it has one, takes what is written, keeps conditions, and has our time."""
    try:
        place = elsewhere.find(name, home())
    except UsageError as error:
        problem = error.what
        yield "store", lambda: _no(problem)
        return
    if place is not None:
        yield f"store {place.store.where}", partial(_probe, place)


def _no(problem: str) -> str:
    raise ValueError(problem)


def _probe(place: elsewhere.Place) -> str:
    found = place.store.probe()
    if abs(found.ahead) > _CLOCKS:
        raise ValueError(f"its clock is {found.ahead:+.0f} s from this machine's: correct the one that is wrong")
    try:
        held, _ = locks.current(place.store)
    except lock.LockError as error:
        raise ValueError(str(error)) from error
    return f"writes and answers in {found.seconds:.2f} s; {lock.describe(held) if held else 'nobody took the lock yet'}"


def _carry_out(check: Check) -> Finding:
    what, look = check
    try:
        return Finding(what, well=True, said=look())
    except (OSError, ValueError, KeyError, subprocess.SubprocessError, pymysql.MySQLError, BotoCoreError, ClientError,
            dns.exception.DNSException, FailbackError) as error:  # fmt: skip
        return Finding(what, well=False, said=_said(error))


def _said(error: Exception) -> str:
    """Say what went wrong in one line; a file that cannot be read by its name, without the system's number for it."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename} cannot be read ({error.strerror})."
    return " ".join(str(error).split()) or type(error).__name__


def _tool(name: str) -> Finding:
    path = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    return Finding(name, well=path is not None, said="found" if path else "is not on this machine")


def _ssh(host: str, variables: Mapping[str, Any], argv: list[str]) -> str:
    command = ["ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={_PATIENCE}"]
    command += shlex.split(str(variables.get("ansible_ssh_common_args", "")))
    if variables.get("ansible_ssh_private_key_file"):
        command += ["-i", str(variables["ansible_ssh_private_key_file"])]
    if variables.get("ansible_port"):
        command += ["-p", str(variables["ansible_port"])]
    user = f"{variables['ansible_user']}@" if variables.get("ansible_user") else ""
    command += [f"{user}{variables.get('ansible_host', host)}", shlex.join(argv)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=4 * _PATIENCE, check=False)
    if done.returncode != 0:
        raise ValueError(ssh_words.sentence(done.stderr))
    return done.stdout.strip()


def _mysql(server: Mapping[str, Any], side: str, schemas: Sequence[str]) -> str:
    """Log in as the tool, see who answers, and read what the account may do; nothing of it is tried."""
    password = Path(server["password_file"]).read_text(encoding="utf-8").strip()
    connection = pymysql.connect(
        host=server["host"],
        port=int(server["port"]),
        user=server["user"],
        password=password,
        ssl_ca=server["ca_file"] or None,
        connect_timeout=_PATIENCE,
        read_timeout=_PATIENCE,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@version, @@server_uuid, @@gtid_mode, @@read_only")
        version, uuid, gtid, read_only = cursor.fetchone() or ("", "", "", "")
        lines = _grants(cursor)
    if uuid != server["server_uuid"]:
        raise ValueError(f"this server is {uuid}, the site means {server['server_uuid']}: it is the wrong one")
    if gtid != "ON":
        raise ValueError(f"gtid_mode is {gtid}; it must be ON on both sides before the cut-over")
    lacks = lacking(lines, side, schemas)
    if lacks:
        raise ValueError(f"{server['user']} cannot {'; '.join(lacks)} (docs/permissions.md)")
    return f"version {version}, read_only {read_only}, {server['user']} has the privileges it needs"


def _grants(cursor: pymysql.cursors.Cursor) -> list[str]:
    cursor.execute("SELECT CURRENT_USER(), CURRENT_ROLE()")
    account, roles = cursor.fetchone() or ("", "NONE")
    user, _, host = str(account).rpartition("@")
    using = "" if roles in {"", "NONE"} else f" USING {roles}"
    cursor.execute(f"SHOW GRANTS FOR {quote_account(user, host)}{using}")
    return [str(row[0]) for row in cursor.fetchall()]


def lacking(lines: list[str], side: str, schemas: Sequence[str]) -> list[str]:
    """Say what the tool's account cannot do on a side (db_idc, db_aws), each with the grant it lacks; pure."""
    needs = grants.IDC_NEEDS if side == "db_idc" else grants.RDS_NEEDS
    found = [
        f"{what}: GRANT {names} ON *.*"
        for what, names in grants.lacking(grants.global_privileges(lines), needs).items()
    ]
    for schema in schemas if side == "db_idc" else ():
        missing = grants.lacking(grants.privileges_on(lines, schema), grants.SCHEMA_NEEDS)
        found += [f"{what} in {schema}: GRANT {names} ON {schema}.*" for what, names in missing.items()]
    return found


def _aws(variables: Mapping[str, Any]) -> str:
    parser = configparser.ConfigParser(interpolation=None)
    if not parser.read(variables["aws_credentials_file"]):
        raise ValueError(f"{variables['aws_credentials_file']} cannot be read")
    name, file = variables["aws_profile"], variables["aws_credentials_file"]
    if not parser.has_section(name):
        raise ValueError(f"{file} has no profile {name}: correct aws_profile")
    profile = parser[name]
    lacks = [key for key in ("aws_access_key_id", "aws_secret_access_key") if not profile.get(key)]
    if lacks:
        raise ValueError(f"the profile {name} in {file} has no {', '.join(lacks)}")
    client = boto3.client(
        "rds",
        region_name=variables["aws_region"],
        endpoint_url=variables["aws_endpoint_url"] or None,
        aws_access_key_id=profile["aws_access_key_id"],
        aws_secret_access_key=profile["aws_secret_access_key"],
        aws_session_token=profile.get("aws_session_token"),
        config=Config(connect_timeout=_PATIENCE, read_timeout=_PATIENCE, retries={"total_max_attempts": 1}),
    )
    found = client.describe_db_instances(DBInstanceIdentifier=variables["aws_db_instance"])["DBInstances"][0]
    return (
        f"{variables['aws_db_instance']} is {found['DBInstanceStatus']}, engine {found.get('EngineVersion', 'unknown')}"
    )


def _route53(settings: Mapping[str, Any] | None, records: Sequence[Mapping[str, Any]]) -> str:
    """Read every record that lies there: the API, the credentials and the zone, without a change."""
    if not settings:
        raise ValueError("dns_records use route53, and dns_servers has no entry route53")
    api = Route53(Zone.from_dict(settings), _PATIENCE)
    told = []
    for data in records:
        record = Record.from_dict(data, ["not asked here"])
        found = api.read(record.name, record.type)
        if found is None or record.side(found.values) == "other":
            shown = ", ".join(found.values) if found else "nothing"
            raise ValueError(f"{record.name} has {shown} there, neither its AWS nor its IDC value")
        told.append(f"{record.name} leads to {record.side(found.values)}, TTL {found.ttl} s")
    return "; ".join(told)


def _dns(server: Mapping[str, Any]) -> str:
    """Ask for the zone's SOA with our key: a key the server does not know is refused, and nothing is changed."""
    text = Path(server["key_file"]).read_text(encoding="utf-8")
    secret = scrub.values_in(text)
    if not secret:
        raise ValueError(f"{server['key_file']} holds no key")
    query = dns.message.make_query(server["zone"], "SOA")
    query.use_tsig(dns.tsigkeyring.from_text({server["key_name"]: secret[0]}), algorithm=server["key_algorithm"])
    answer = dns.query.udp(query, server["server"], port=int(server.get("port", 53)), timeout=_PATIENCE)
    if answer.rcode() != dns.rcode.NOERROR or not answer.answer:
        raise ValueError(f"{server['server']} answered {dns.rcode.to_text(answer.rcode())} for {server['zone']}")
    return f"{server['server']} knows the key {server['key_name']} and serves {server['zone']}"
