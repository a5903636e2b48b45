"""Examines a site before anything happens. Reads only: no check here changes or locks anything."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import dns.exception
import pymysql
from botocore.exceptions import BotoCoreError, ClientError
from failback import scrub, way_out
from failback.errors import FailbackError

from rollback_runner import __version__
from rollback_runner.errors import SiteError
from rollback_runner.site import applications, gate
from rollback_runner.site import site as sites
from rollback_runner.site.doctor import aws, hosts, mysql, names, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rollback_runner.site.site import Site

_AWS_HOSTS = "aws_app_hosts"
_DATABASE = "MySQL"  # what the checks of a service's databases begin with
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
    checks = [*_checks(site), *store.checks(name)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        for finding in pool.map(_carry_out, checks):
            yield Finding(finding.what, finding.well, scrub.scrub(finding.said, secrets))


def has_service(findings: Sequence[Finding]) -> bool:
    """Whether a service was examined, or applications alone."""
    return any(finding.what.startswith(_DATABASE) for finding in findings)


def _checks(site: Site) -> Iterator[Check]:
    for group in ("database_hosts", "app_hosts", "load_balancers", _AWS_HOSTS, *applications.hosts_of(site)):
        for host in site.hosts(group):
            variables = site.variables[host]
            if variables.get("ansible_connection", "ssh") == "ssh":
                reach = hosts.reach_on_aws if group == _AWS_HOSTS else hosts.reach
                yield f"SSH to {host}", _or_missing(site, host, partial(reach, host, variables))
            if group == "load_balancers":
                look = partial(hosts.balancer, host, variables)
                yield f"load balancer socket on {host}", _or_missing(site, host, look)
    for host in site.hosts("databases"):
        variables = site.variables[host]
        keep = () if variables["aws_network_fence"] == "none" else variables["aws_keep_sources"]
        for side, kept in (("db_idc", ()), ("db_aws", keep)):
            look = partial(mysql.login, variables[side], side, variables["db_schemas"], kept)
            yield f"{_DATABASE} {side} of {host}", look
        yield f"AWS API for {host}", partial(aws.instance, variables)
    for host in site.hosts("service"):
        rfc2136 = site.variables[host]["dns_servers"].get("rfc2136")
        if rfc2136:
            yield "DNS key (rfc2136)", partial(names.key, rfc2136)
        records = [record for record in site.variables[host]["dns_records"] if record["provider"] == "route53"]
        if records:
            yield "DNS zone (route53)", partial(names.zone, site.variables[host]["dns_servers"].get("route53"), records)
    yield from applications.checks(site)


def _or_missing(site: Site, host: str, look: Callable[[], str]) -> Callable[[], str]:
    """Let the site's reason for a node that may be missing excuse what is wrong with it, as a run does."""
    reason = site.may_be_missing(host)

    def excused() -> str:
        try:
            return look()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return f"{_said(error)}; it may be missing: {reason}"

    return excused if reason else look


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
