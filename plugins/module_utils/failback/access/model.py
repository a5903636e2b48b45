"""What a permission and a network path are. Pure data, read by the probes, the page and the tests alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.findings import Severity

Way = Literal["switch-first", "restore-first", "stop-first"]
EVERY_WAY: tuple[Way, ...] = ("switch-first", "restore-first", "stop-first")
WITH_RESTORE: tuple[Way, ...] = ("restore-first", "stop-first")

# Who holds a permission. The first four are accounts of MySQL; the last is the key of `cleanup apply`.
Holder = Literal["idc", "rds", "replication", "application", "ssh", "tsig", "aws", "aws_cleanup"]
# What a site must have for an action of AWS to be needed: "" is always; "look" are the phases around the switch.
When = Literal["", "security_group", "network_acl", "route53", "s3", "look", "cloudwatch"]
# How far a path has been seen to work.
Answer = Literal["open", "refused", "filtered", "unreachable", "no_name", "certificate", "large_packets", "silent"]


@dataclass(frozen=True)
class Words:
    """One sentence or part of one, in both languages."""

    en: str
    ko: str


@dataclass(frozen=True)
class Permission:
    """One thing an account must be allowed to do.

    ``items`` are those of the checklist that use it; ``ways`` the strategies that do (the others need it not).
    ``probe`` names an entry of ``catalogue.PROBES``. ``grant`` is the command or line that gives it, with the names of
    the site to be filled in as {name}.
    """

    key: str
    holder: Holder
    items: tuple[str, ...]
    what: Words
    probe: str
    grant: str
    ways: tuple[Way, ...] = EVERY_WAY


@dataclass(frozen=True)
class MysqlPermission(Permission):
    """A privilege of MySQL. Any of ``names`` will do, the first is the one to give.

    ``scope`` is "*.*" or "schema" (each of db_schemas). ``when`` names the circumstance in which it is needed.
    """

    names: tuple[str, ...] = ()
    scope: Literal["*.*", "schema"] = "*.*"
    when: Literal["", "foreign_definer"] = ""


@dataclass(frozen=True)
class AwsPermission(Permission):
    """An action of AWS on a resource.

    ``resource`` is an ARN with the names of the site to be filled in. ``when`` is what the site must have for it to be
    needed at all. ``optional``: without it something else does the work, so its absence is only told.
    """

    action: str = ""
    resource: str = "*"
    when: When = ""
    optional: bool = False


@dataclass(frozen=True)
class Path:
    """One network path the plan needs: from where, to where, and for what.

    ``kind`` says what is done at its end: "tcp" opens a connection and closes it; "dns" asks for a zone's SOA over UDP
    and TCP; "tls" shakes hands and verifies the certificate; "mysql" logs in.
    """

    source: str
    target: str
    host: str
    port: int
    kind: Literal["tcp", "dns", "tls", "mysql"]
    items: tuple[str, ...]
    why: Words
    severity: Severity = "blocker"  # what its absence means
    refused: Severity | None = None  # where it is refused, if that means something else
    zone: str = ""  # of a DNS server
    ca_file: str = ""
    server_name: str = ""

    @property
    def key(self) -> str:
        """A name that stays the same from look to look."""
        return f"path:{self.source}:{self.target}:{self.port}"


@dataclass(frozen=True)
class Seen:
    """What came of trying one path. ``seconds`` is the quickest connection, or what was waited in vain."""

    answer: Answer
    seconds: float
    said: str = ""

    @classmethod
    def of(cls, report: Mapping[str, object]) -> Seen:
        """Build from an agent's report. Raises KeyError for a report that is none."""
        return cls(report["answer"], float(str(report["seconds"])), str(report.get("said") or ""))  # type: ignore[arg-type]


def path_facts(path: Path, seen: Seen) -> dict[str, object]:
    """Give one path as evidence and as a fact that a plan can quote."""
    return {
        "from": path.source,
        "to": path.target,
        "address": f"{path.host}:{path.port}",
        "kind": path.kind,
        "items": list(path.items),
        "why": asdict(path.why),
        "answer": seen.answer,
        "latency_ms": round(seen.seconds * 1000, 2),
        "said": seen.said,
    }
