"""The steps of the two ways that restore IDC by hand. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.runbook.model import Code, Step
from rollback_runner.runbook.words import line, name, word

if TYPE_CHECKING:
    from rollback_runner.runbook.site_view import Pair, View


def restore(view: View) -> Step:
    """IDC's data comes back from a backup and IDC's own binary logs."""
    do = [Code(f"on {word(pair.idc_host)} {word(f'docker start {line([pair.container])}')}") for pair in view.pairs]
    do += [
        Code(_dump(pair), "runbook.say.restore", {"sources": _sources(pair), "cutover": pair.cutover})
        for pair in view.pairs
    ]
    return Step("restore", ("DATA-01", "DATA-02", "DATA-03", "DATA-04", "DATA-05", "DATA-06"), tuple(do))


def _dump(pair: Pair) -> str:
    here = name(pair.host)
    return (
        f"{here}_idc -e 'SET GLOBAL super_read_only = OFF'\n"
        f"(echo 'SET SESSION sql_log_bin = 0;'; gzip -dc DUMP.sql.gz) | {here}_idc\n"
        f"{here}_idc -e 'SET GLOBAL super_read_only = ON; SELECT @@GLOBAL.gtid_executed'"
    )


def _sources(pair: Pair) -> str:
    found = pair.values.get("backup_sources")
    sources = [f"{one.get('name')}: {one.get('url')}" for one in found] if isinstance(found, list) else []
    logs = pair.values.get("backup_binlogs")
    if isinstance(logs, dict) and logs.get("url"):
        sources.append(f"binlog: {logs['url']}")
    return "; ".join(sources) or "-"


def set_aside(view: View) -> Step:
    """Keep what RDS took since the cut-over: it is copied whole, for people to judge; nothing of it goes to IDC."""
    do = []
    for pair in view.pairs:
        here, aws = name(pair.host), pair.aws
        tls = f"--ssl-mode=VERIFY_CA --ssl-ca={word(aws.ca_file)}" if aws.ca_file else "--ssl-mode=REQUIRED"
        do.append(
            Code(
                f"{here}_aws -e 'SHOW BINARY LOGS' | tee {here}-logs.txt\n"
                f"mysqlbinlog --defaults-extra-file=<(login {word(aws.password_file)}) --read-from-remote-server"
                f" -h {word(aws.host)} -P {aws.port} -u {word(aws.user)} {tls} --raw"
                f" $(cut -f1 {here}-logs.txt)\nsha256sum $(cut -f1 {here}-logs.txt) | tee {here}-logs.sha256"
            )
        )
    return Step("set_aside", ("IDC-01",), tuple(do))
