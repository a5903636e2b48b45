"""What a look at a MySQL account means: findings for what it lacks, and for a login that was refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from failback import fence_plan, grants, observe, write_test
from failback.access import catalogue, mysql_look
from failback.access.model import MysqlPermission
from failback.access.mysql_path import definers, read_account
from failback.errors import FailbackError
from failback.findings import Finding
from failback.mysql import Login, Server
from failback.mysql_errors import ER_ACCOUNT_LOCKED
from failback.sql import quote_account, quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.access.model import Way
    from failback.access.mysql_look import Account
    from failback.errors import LoginRefusedError

_ER_ACCESS_DENIED = 1045
_MARKER = ("INSERT", "SELECT")
_ANY_TABLE = ("UPDATE",)


def privileges(account: Account, holder: str, schemas: Sequence[str], way: Way, where: str) -> list[Finding]:
    """Compare the account with what the plugins run through it."""
    needs = [one for one in catalogue.of_holder(holder) if isinstance(one, MysqlPermission)]
    return mysql_look.findings(account, mysql_look.missing(account, needs, schemas), way, where)


def with_definers(account: Account, here: Server, there: Login | None, schemas: Sequence[str]) -> Account:
    """Add whether events belong to others: those of RDS come over to IDC with the replication.

    ``there`` is the other server, where one is to be asked too; its silence leaves what is known here.
    """
    found = definers(here, schemas)
    if there is not None:
        try:
            with Server.connect(there, name="RDS") as other:
                found |= definers(other, schemas)
        except FailbackError:
            pass  # told by the look at that server
    return replace(account, foreign=bool(found - {f"{account.user}@{account.host}"}))


def refused(login: Login, error: LoginRefusedError, where: str, from_where: str) -> Finding:
    """Say why an account does not get in, and what lets it in."""
    name = quote_account(login.user, "%")
    step = {
        ER_ACCOUNT_LOCKED: f"ALTER USER {name} ACCOUNT UNLOCK on {where}",
        _ER_ACCESS_DENIED: f"put the account's password into {login.password_file}, or give it one: ALTER USER {name}"
        f" IDENTIFIED BY ... on {where}; the account must be allowed from {from_where}",
    }.get(error.code, f"let {name} log in to {where} from {from_where}")
    return Finding("blocker", f"login:{where}:{login.user}", str(error), step)


def until_restored(found: Finding) -> Finding:
    """Judge the same refusal where IDC is made anew: the application's account is there only after the restore."""
    return replace(
        found,
        severity="warning",
        sentence=f"{found.sentence}; this way restores IDC, and the account comes with the data (DATA-06)",
        next_step=f"nothing while IDC has no data; otherwise {found.next_step}",
    )


def fenced(tool: Login) -> bool:
    """Tell whether RDS is behind a fence of ours: then the application is meant to be refused."""
    try:
        with Server.connect(tool, name="RDS") as server:
            return bool(fence_plan.accounts_to_open(observe.accounts(server)))
    except FailbackError:
        return False


def application(
    tool: Login, app: Server, marker: Mapping[str, object], schemas: Sequence[str], where: str
) -> list[Finding]:
    """Judge whether the application's account may make the first write after the promotion."""
    try:
        with Server.connect(tool, name=where) as server:
            target = write_test.find_table(server, marker, schemas)
    except FailbackError:
        return []  # no table, or nobody to ask: told elsewhere
    account, _ = read_account(app)
    have = grants.privileges_on(list(account.lines), target.schema, target.table)
    wanted = _MARKER if target.marker else _ANY_TABLE
    missing = grants.lacking(have, {name: (name,) for name in wanted})
    if not missing:
        return []
    table = f"{quote_name(target.schema)}.{quote_name(target.table)}"
    return [
        Finding(
            "blocker",
            f"grant:application:{target.label}",
            f"the application's account {account.user}@{account.host} lacks {' and '.join(missing)} on {target.label}"
            f" on {where}: the first write right after the promotion is made with it (SWITCH-01)",
            f"GRANT {', '.join(missing)} ON {table} TO {account.quoted}",
        )
    ]
