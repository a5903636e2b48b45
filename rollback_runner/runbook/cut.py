"""The steps of the write outage: hold, fence, FINAL, the last check, the promotion, the release. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.channel import OWN
from failback.promotion import DURABLE

from rollback_runner.runbook import sql
from rollback_runner.runbook.model import Code, Step
from rollback_runner.runbook.words import name, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.runbook.site_view import Node, Pair, View

_EXECUTED = "SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')"


def hold(view: View) -> Step:
    """Hold: requests wait at every node; the hold ends by itself."""
    nodes = " ".join(word(node.host) for node in view.nodes)
    seconds = max((node.hold for node in view.nodes), default=90)
    until = f"$(( $(date +%s) + {seconds} ))"
    return Step(
        "hold",
        ("SWITCH-02",),
        (Code(f'for node in {nodes}; do lb $node "experimental-mode on; set var proc.rr_hold int({until})"; done'),),
        (Code(f'for node in {nodes}; do lb $node "get var proc.rr_hold"; done', "runbook.say.hold_see"),),
        (Code(f'for node in {nodes}; do lb $node "experimental-mode on; set var proc.rr_hold int(0)"; done'),),
    )


def fence(view: View) -> Step:
    """RDS takes no write: accounts locked, events off, sessions ended."""
    do, see = [], []
    for pair in view.pairs:
        here = name(pair.host)
        others = [user for user in pair.exempt if user != pair.aws.user]
        do += [
            Code(_made(f"{here}_aws", sql.lock(pair.exempt), f"{here}-lock.sql"), "runbook.say.lock"),
            Code(_made(f"{here}_aws", sql.events_off(others), f"{here}-events.sql"), "runbook.say.events"),
            Code(
                f'while {here}_aws -e "{sql.sessions(pair.exempt)}" > {here}-kill.sql && [ -s {here}-kill.sql ]; do\n'
                f"  {here}_aws --force < {here}-kill.sql; sleep 1\ndone",
                "runbook.say.kill",
            ),
        ]
        see.append(Code(_closed(pair), "runbook.say.fence_see", {"user": pair.app_user}))
    return Step("fence", ("AWS-01", "AWS-02"), tuple(do), tuple(see))


def maintenance(view: View) -> Step:
    """Nobody is sent to AWS any more, and nobody to IDC yet: every request gets the maintenance answer."""
    do = tuple(Code(f"lb {word(node.host)} {word('; '.join(_leave(node, node.aws)))}") for node in view.nodes)
    undo = tuple(Code(f"lb {word(node.host)} {word('; '.join(_arrive(node, node.aws)))}") for node in view.nodes)
    return Step("maintenance", ("SWITCH-02",), do, (), undo)


def standing(view: View) -> Step:
    """IDC stands at the cut-over, with nothing missing and nothing beyond it."""
    do = []
    for pair in view.pairs:
        here, cutover = name(pair.host), pair.cutover
        do.append(
            Code(
                f"{here}_idc -e \"SELECT GTID_SUBTRACT('{cutover}', @@GLOBAL.gtid_executed) AS missing,"
                f" GTID_SUBTRACT(@@GLOBAL.gtid_executed, '{cutover}') AS idc_alone\"\n"
                f"{here}_app_aws -e 'SELECT 1'",
                "runbook.say.standing",
            )
        )
    return Step("standing", ("IDC-01",), tuple(do))


def _made(function: str, statements: str, file: str) -> str:
    return f"{function} > {file} <<'SQL'\n{statements}\nSQL\ncat {file}; {function} < {file}"


def _closed(pair: Pair) -> str:
    here = name(pair.host)
    return (
        f"{here}_app_aws -e 'SELECT 1'\n"
        f"{here}_aws -e \"SELECT COUNT(*) FROM mysql.user WHERE account_locked = 'N' AND user NOT IN"
        f' ({sql.names(pair.exempt)})"\n'
        f'{here}_aws -e "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id NOT IN'
        f' (SELECT id FROM information_schema.processlist WHERE user IN ({sql.names(pair.exempt)}))"\n'
        f"{here}_aws -e 'XA RECOVER'"
    )


def final(view: View) -> Step:
    """IDC has everything that RDS has, and follows it no more."""
    do, see = [], []
    for pair in view.pairs:
        here = name(pair.host)
        do += [
            Code(
                f'{here}_final=$({here}_aws -e "{_EXECUTED}"); sleep 2\n'
                f'[ "${here}_final" = "$({here}_aws -e "{_EXECUTED}")" ] && echo STANDS || echo MOVES\n'
                f'echo "${here}_final" | tee {here}-final.txt',
                "runbook.say.final",
            ),
            Code(
                f"{here}_idc -e \"SELECT WAIT_FOR_EXECUTED_GTID_SET('${here}_final', 60)\"",
                "runbook.say.final_wait",
            ),
            Code(f"{here}_idc -e \"STOP REPLICA FOR CHANNEL '{OWN}'\""),
        ]
        see.append(Code(_invariants(pair), "runbook.say.invariants"))
    return Step("final", ("AWS-03", "IDC-01", "IDC-04"), tuple(do), tuple(see))


def _invariants(pair: Pair) -> str:
    here = name(pair.host)
    known = f"CONCAT('${here}_final', ',', '{pair.cutover}')"
    return (
        f"{here}_idc -e \"SELECT GTID_SUBSET('${here}_final', @@GLOBAL.gtid_executed) AS idc_has_final\"\n"
        f'{here}_idc -e "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, {known}) AS idc_alone"\n'
        f"{here}_aws -e \"SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, '${here}_final') AS after_final\"\n"
        f"{here}_idc -e 'SELECT @@server_uuid, {', '.join(f'@@GLOBAL.{one}' for one in DURABLE)}'"
    )


def promote(view: View, *, compare_counters: bool = True) -> Step:
    """IDC takes writes: the point of no return. Counters are raised first, where RDS can be asked for its own."""
    do, see = [], []
    for pair in view.pairs:
        here = name(pair.host)
        if compare_counters:
            do.append(Code(_counters(pair), "runbook.say.counters"))
        do.append(
            Code(
                f'{here}_idc -e "SET PERSIST super_read_only = OFF, PERSIST read_only = OFF"',
                "runbook.say.promote",
            )
        )
        see.append(
            Code(
                f'{here}_idc -e "SELECT @@read_only, @@super_read_only"\n'
                f'{here}_app_idc -e "SELECT CURRENT_USER(), @@server_uuid"',
                "runbook.say.promote_see",
                {"idc": pair.idc.uuid},
            )
        )
    return Step("promote", ("SWITCH-01",), tuple(do), tuple(see), no_return=True)


def _counters(pair: Pair) -> str:
    here, ask = name(pair.host), sql.counters(pair.schemas)
    # The counters are compared here: neither server can see the other's.
    return (
        f'{here}_idc -e "{_escaped(ask)}" > {here}-idc.txt\n'
        f'{here}_aws -e "{_escaped(ask)}" > {here}-aws.txt\n'
        "awk -F'\\t' 'NR == FNR {idc[$1] = $2; next} ($1 in idc) && $2 > idc[$1] "
        '{print "ALTER TABLE " $1 " AUTO_INCREMENT = " $2 ";"}\' '
        f"{here}-idc.txt {here}-aws.txt > {here}-raise.sql\n"
        f"cat {here}-raise.sql; (echo 'SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0;';"
        f" cat {here}-raise.sql) | {here}_idc"
    )


def _escaped(statement: str) -> str:
    """Spell backquotes for a text in double quotes, where bash would run what stands between them."""
    return statement.replace("`", "\\`")


def release(view: View) -> Step:
    """Every node sends to IDC, and waiting requests go on."""
    do = tuple(Code(f"lb {word(node.host)} {word(_switch(node))}") for node in view.nodes)
    see = tuple(Code(f"lb {word(node.host)} 'show servers state {node.backend}'") for node in view.nodes)
    first = Code(see[0].text, "runbook.say.release_see") if see else None
    return Step("release", ("SWITCH-02",), do, (first, *see[1:]) if first else ())


def _switch(node: Node, *, to_idc: bool = True) -> str:
    leaving, arriving = (node.aws, node.idc) if to_idc else (node.idc, node.aws)
    orders = [*_leave(node, leaving), *_arrive(node, arriving)]
    return "; ".join([*orders, "experimental-mode on", "set var proc.rr_hold int(0)"])


def _leave(node: Node, servers: Sequence[str]) -> list[str]:
    # Maintenance alone leaves alive what is still open.
    states = [f"set server {node.backend}/{one} state maint" for one in servers]
    return [*states, *(f"shutdown sessions server {node.backend}/{one}" for one in servers)]


def _arrive(node: Node, servers: Sequence[str]) -> list[str]:
    states = [f"set server {node.backend}/{one} state ready" for one in servers]
    return [*states, *(f"set server {node.backend}/{one} health up" for one in servers)]


def back(view: View) -> Step:
    """RDS serves again: only before the promotion."""
    do: list[Code] = []
    for pair in view.pairs:
        here = name(pair.host)
        own = f"GTID_SUBTRACT(@@GLOBAL.gtid_executed, '{pair.cutover}')"
        do += [
            Code(f'{here}_idc -e "SELECT @@read_only, {own}"', "runbook.say.back_first", {"idc": pair.idc.uuid}),
            Code(f"{here}_idc -e 'SET GLOBAL super_read_only = ON'"),
            Code(_made(f"{here}_aws", sql.events_back(), f"{here}-events-back.sql"), "runbook.say.events_back"),
            Code(_made(f"{here}_aws", sql.unlock(), f"{here}-unlock.sql"), "runbook.say.unlock"),
        ]
    do += [Code(f"lb {word(node.host)} {word(_switch(node, to_idc=False))}") for node in view.nodes]
    see = [Code(f"{name(pair.host)}_app_aws -e 'SELECT @@server_uuid'") for pair in view.pairs]
    return Step("back", (), tuple(do), tuple(see))
