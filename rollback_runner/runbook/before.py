"""The steps that come before the write outage, and the look that says where one stands. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from failback.channel import OWN

from rollback_runner.runbook import sql
from rollback_runner.runbook.model import Code, Step
from rollback_runner.runbook.names import updates
from rollback_runner.runbook.words import line, name, word

if TYPE_CHECKING:
    from rollback_runner.runbook.site_view import App, Pair, View

_STANDING = "SELECT @@server_uuid, @@read_only, @@super_read_only, REPLACE(@@GLOBAL.gtid_executed, '\\n', '')"


def look(view: View) -> Step:
    """Who takes writes, who answers at the doors, is the hold up: read before anything else."""
    do: list[Code] = []
    for pair in view.pairs:
        here = name(pair.host)
        do.append(
            Code(
                f'{here}_idc -e "{_STANDING}"\n{here}_aws -e "{_STANDING}"\n'
                f"{here}_aws -e \"SELECT user, host FROM mysql.user WHERE account_locked = 'N'\"",
                "runbook.say.look_databases",
                {"idc": pair.idc.uuid, "aws": pair.aws.uuid},
            )
        )
    nodes = " ".join(word(node.host) for node in view.nodes)
    backend = view.nodes[0].backend if view.nodes else ""
    if view.nodes:
        do.append(
            Code(
                f"for node in {nodes}; do\n"
                f'  echo "$node"; lb $node "show servers state {backend}"; lb $node "get var proc.rr_hold"\ndone',
                "runbook.say.look_nodes",
            )
        )
    return Step("look", ("SIT-03",), tuple(do))


def follow(view: View) -> Step:
    """IDC MySQL runs and follows RDS through the tool's own channel."""
    do, see, undo = [], [], []
    for pair in view.pairs:
        here = name(pair.host)
        do.append(Code(f"on {word(pair.idc_host)} {word(f'docker start {line([pair.container])}')}"))
        do.append(Code(f"{here}_idc <<'SQL'\n{sql.build(pair.replication)}\nSQL", "runbook.say.channel"))
        do.append(Code(_start(pair), "runbook.say.start_channel"))
        see.append(Code(_lag(here), "runbook.say.follow_see"))
        undo.append(Code(f"{here}_idc -e \"STOP REPLICA FOR CHANNEL '{OWN}'; RESET REPLICA ALL FOR CHANNEL '{OWN}'\""))
    return Step("follow", ("IDC-01",), tuple(do), tuple(see), tuple(undo))


def _start(pair: Pair) -> str:
    # printf is a part of bash: the password is in nobody's list of processes.
    user = pair.replication.user.replace("'", "''")
    quoted = r"sed -e 's/\\/\\\\/g' -e \"s/'/''/g\"".replace('\\"', '"')
    return (
        f"printf \"START REPLICA USER='{user}' PASSWORD='%s' FOR CHANNEL '{OWN}';\\n\" \\\n"
        f'  "$({quoted} {word(pair.replication.password_file)})" | {name(pair.host)}_idc'
    )


def _lag(here: str) -> str:
    receiver = "performance_schema.replication_connection_status"
    executed = f"$({here}_aws -e \"SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')\")"
    return (
        f"{here}_idc -e \"SELECT service_state, last_error_message FROM {receiver} WHERE channel_name = '{OWN}'\"\n"
        f"{here}_idc -e \"SELECT GTID_SUBTRACT('{executed}', @@GLOBAL.gtid_executed)\""
    )


def ttl(view: View) -> Step:
    """Lower the TTL: the names still lead to AWS, with a TTL that runs out at once."""
    return Step(
        "ttl",
        ("SWITCH-03",),
        tuple(updates(view, side="aws", ttl=view.low_ttl)),
        (),
        tuple(updates(view, side="aws", ttl=None)),
    )


def applications(view: View) -> Step:
    """Make the applications on IDC ready: they run, and are set to IDC MySQL."""
    do = tuple(code for app in view.apps for code in _application(app))
    return Step("applications", ("IDC-02", "SWITCH-01"), do, _ready(view))


def _application(one: App) -> tuple[Code, ...]:
    settings = json.dumps(one.settings, ensure_ascii=False, indent=2)
    start = f"docker start {line([one.container])}; cat {line([one.file])}; {line(one.reload)}"
    told = Code(settings, "runbook.say.application", {"host": one.host, "file": one.file}, typed=False)
    return told, Code(f"on {word(one.host)} {word(start)}")


def _ready(view: View) -> tuple[Code, ...]:
    asked = "\n".join(f"curl -s -m 5 {word(one.ready)}; echo" for one in view.apps if one.ready)
    return (Code(asked, "runbook.say.ready"),) if asked else ()
