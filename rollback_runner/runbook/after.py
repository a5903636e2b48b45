"""The steps after the promotion: names, the rest of IDC, files, the second fence, the proofs from outside. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.channel import OWN
from failback.rds_rules import acl_entries

from rollback_runner.runbook import sql
from rollback_runner.runbook.model import Code, Step
from rollback_runner.runbook.names import questions, updates
from rollback_runner.runbook.words import line, name, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.rds_rules import AclEntry

    from rollback_runner.runbook.site_view import Node, Pair, View

_ENTRY = "--ingress --protocol 6"
_FAMILY = {False: "--cidr-block", True: "--ipv6-cidr-block"}


def names(view: View) -> Step:
    """Every name leads to IDC."""
    asked = questions(view)
    return Step(
        "names",
        ("SWITCH-03",),
        tuple(updates(view, side="idc", ttl=None)),
        (Code(asked, "runbook.say.names_see"),) if asked else (),
    )


def settle(view: View) -> Step:
    """Make IDC stand alone: the channel is gone for good, and events run on IDC."""
    do, see = [], []
    for pair in view.pairs:
        here = name(pair.host)
        file = f"{here}-events-idc.sql"
        do += [
            Code(f"{here}_idc -e \"STOP REPLICA FOR CHANNEL '{OWN}'; RESET REPLICA ALL FOR CHANNEL '{OWN}'\""),
            Code(
                f"{here}_idc > {file} <<'SQL'\n{sql.events_on_idc(pair.schemas)}\nSQL\n"
                f"cat {file}; {here}_idc < {file}; {here}_idc -e 'SET PERSIST event_scheduler = ON'",
                "runbook.say.events_idc",
            ),
        ]
        see.append(
            Code(
                f"{here}_idc -e 'SELECT event_schema, event_name, status FROM information_schema.events;"
                " SELECT COUNT(*) FROM performance_schema.replication_connection_configuration'"
            )
        )
    return Step("settle", ("SWITCH-01",), tuple(do), tuple(see))


def files(view: View) -> Step:
    """Keep it in the nodes' files: one that restarts comes up with IDC."""
    return Step("files", ("SWITCH-02",), tuple(Code(_file(node)) for node in view.nodes))


def _file(node: Node) -> str:
    candidate = f"{node.file}.candidate"
    # The tool puts the new file beside the old one too, and has that one judged.
    check = [candidate if one == node.file else one for one in node.validate]
    # Only inside this backend, and never in a comment at the end of a line.
    section = f"/^backend[[:space:]]+{node.backend}([[:space:]#]|$)/,/^(backend|frontend|listen|defaults|global)/"
    word_disabled = "[[:space:]]disabled([[:space:]]|$)"
    add = r"s/^([^#]*[^#[:space:]])([[:space:]]*(#.*)?)$/\1 disabled\2/"
    off = f"/{_server(node.aws)}/{{/^[^#]*{word_disabled}/!{add}}}"
    on = f"/{_server(node.idc)}/s/^([^#]*){word_disabled}/\\1\\2/"
    edit = line(["sed", "-E", "-e", f"{section}{{{off}", "-e", on, "-e", "}", node.file])
    host = word(node.host)
    return (
        f"on {host} {word(f'cp {line([node.file])} {line([node.file])}.by-hand; {edit} > {line([candidate])}')}\n"
        f"on {host} {word(f'diff {line([node.file])} {line([candidate])}; {line(check)}')}\n"
        f"on {host} {word(f'cat {line([candidate])} > {line([node.file])} && {line(node.reload)}')}"
    )


def _server(names: Sequence[str]) -> str:
    """Match a server line of one of these names, as a pattern of sed."""
    return f"^[[:space:]]*server[[:space:]]+({'|'.join(names)})[[:space:]]"


def close(view: View) -> Step:
    """RDS is closed a second time, by other means than its accounts."""
    do, see, undo = [], [], []
    for pair in view.pairs:
        here = name(pair.host)
        group = word(pair.text("aws_parameter_group"))
        do.append(Code(_read_only(here, group, "1"), "runbook.say.read_only"))
        see.append(Code(f"{here}_aws -e 'SELECT @@read_only'", "runbook.say.close_see"))
        undo.append(Code(_read_only(here, group, "0"), "runbook.say.close_undo"))
        if pair.text("aws_network_fence") == "security_group":
            do += [Code(_group(pair, one), "runbook.say.security_group") for one in pair.listed("aws_security_groups")]
        if pair.text("aws_network_fence") == "network_acl":
            do += [Code(_acl(pair, one), "runbook.say.network_acl") for one in pair.listed("aws_network_acls")]
    return Step("close", ("AWS-03", "AWS-04"), tuple(do), tuple(see), tuple(undo))


def _read_only(here: str, group: str, value: str) -> str:
    return (
        f"{here}_cloud rds modify-db-parameter-group --db-parameter-group-name {group}"
        f" --parameters ParameterName=read_only,ParameterValue={value},ApplyMethod=immediate"
    )


def _group(pair: Pair, group: str) -> str:
    here, one = name(pair.host), word(group)
    rules = "--query 'SecurityGroups[0].IpPermissions' --output json"
    lines = [
        f"{here}_cloud ec2 describe-security-groups --group-ids {one} {rules} > {one}-before.json",
        f"cat {one}-before.json",
        f"{here}_cloud ec2 revoke-security-group-ingress --group-id {one} --ip-permissions file://{one}-before.json",
    ]
    lines += [
        f"{here}_cloud ec2 authorize-security-group-ingress --group-id {one} {_let_in(source, pair.aws.port)}"
        for source in pair.listed("aws_keep_sources")
    ]
    return "\n".join(lines)


def _let_in(source: str, port: int) -> str:
    if ":" not in source:
        return f"--protocol tcp --port {port} --cidr {word(source)}"
    ranges = f"Ipv6Ranges=[{{CidrIpv6={source}}}]"  # the short form knows IPv4 only
    return f"--ip-permissions {word(f'IpProtocol=tcp,FromPort={port},ToPort={port},{ranges}')}"


def _acl(pair: Pair, acl: str) -> str:
    here, one = name(pair.host), word(acl)
    ports = f"--port-range From={pair.aws.port},To={pair.aws.port}"
    lines = [f"{here}_cloud ec2 describe-network-acls --network-acl-ids {one} --query 'NetworkAcls[0].Entries'"]
    lines += [
        f"{here}_cloud ec2 create-network-acl-entry --network-acl-id {one} {_ENTRY} {ports}"
        f" --rule-number {entry.number} {_FAMILY[':' in entry.cidr]} {word(entry.cidr)} --rule-action {entry.action}"
        for entry in _entries(pair)
    ]
    return "\n".join(lines)


def _entries(pair: Pair) -> list[AclEntry]:
    """With IPv6: on paper nobody knows what else the ACL lets in."""
    return acl_entries(pair.listed("aws_keep_sources"), six=True)


def cut_off(view: View) -> Step:
    """RDS does not answer, but may still take writes: the network way to it is cut first."""
    do, undo = [], []
    for pair in view.pairs:
        for acl in pair.listed("aws_network_acls"):
            do.append(Code(_acl(pair, acl)))
            numbers = [entry.number for entry in reversed(_entries(pair))]
            undo.append(
                Code(
                    "\n".join(
                        f"{name(pair.host)}_cloud ec2 delete-network-acl-entry --network-acl-id {word(acl)} --ingress"
                        f" --rule-number {number}"
                        for number in numbers
                    )
                )
            )
    return Step("cut_off", ("AWS-04",), tuple(do), (), tuple(undo))


def prove(view: View) -> Step:
    """Seen from outside: every door answers from IDC, every name leads there, RDS lets nobody in."""
    path = str(view.service.get("service_whoami_path") or "/")
    doors = []
    for door in view.doors:
        host = str(door.get("host_header") or "")
        header = f" -H {word(f'Host: {host}')}" if host else ""
        doors.append(f"curl -s -m 5{header} {word(str(door['url']) + path)}; echo   # {door['name']}")
    do = [Code("\n".join(doors), "runbook.say.doors", {"idc": _uuids(view)})] if doors else []
    if view.records:
        do.append(Code(questions(view), "runbook.say.names_see"))
    do += [
        Code(f"{name(pair.host)}_app_aws -e 'SELECT 1'", "runbook.say.still_closed", {"user": pair.app_user})
        for pair in view.pairs
    ]
    return Step("prove", ("SWITCH-04", "SWITCH-05", "IDC-05", "AWS-03"), tuple(do))


def _uuids(view: View) -> str:
    return ", ".join(pair.idc.uuid for pair in view.pairs)
