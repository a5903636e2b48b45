"""Compares what SHOW GRANTS says with what the plugins run, and gives the statement for what is missing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import grants
from failback.findings import Finding
from failback.mysql import version_tuple
from failback.sql import quote_account, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from failback.access.model import MysqlPermission, Way

_SPLIT_DEFINER = (8, 2)  # SET_USER_ID became SET_ANY_DEFINER and ALLOW_NONEXISTENT_DEFINER


@dataclass(frozen=True)
class Account:
    """An account as the server sees it, with what it may do.

    ``lines`` are those of SHOW GRANTS with the roles that are active when the account logs in; ``with_roles`` those
    with every role it was given. ``foreign``: programs to be switched belong to another account.
    """

    user: str
    host: str
    version: str
    lines: tuple[str, ...]
    with_roles: tuple[str, ...] = ()
    foreign: bool = False

    @property
    def quoted(self) -> str:
        """The account as SQL names it."""
        return quote_account(self.user, self.host)


@dataclass(frozen=True)
class Missing:
    """One privilege that is not there. ``schema`` "" is *.*; ``in_role``: it is, by a role that is not active."""

    permission: MysqlPermission
    privilege: str
    schema: str
    in_role: bool

    def statement(self, account: Account) -> str:
        """Give what clears it."""
        if self.in_role:
            return f"SET DEFAULT ROLE ALL TO {account.quoted}"
        return self.permission.grant.format(
            privilege=self.privilege, account=account.quoted, schema=quote_name(self.schema) if self.schema else "*"
        )


def missing(account: Account, needs: Iterable[MysqlPermission], schemas: Sequence[str]) -> list[Missing]:
    """Name every need that is not met, once for each schema where it is one of a schema."""
    found = []
    for need in needs:
        if need.when == "foreign_definer" and not account.foreign:
            continue
        for schema in schemas if need.scope == "schema" else [""]:
            if not _met(account.lines, need, schema):
                in_role = _met(account.with_roles, need, schema)
                found.append(Missing(need, privilege_for(need, account.version), schema, in_role))
    return found


def privilege_for(need: MysqlPermission, version: str) -> str:
    """Name the privilege to give on a server of this version."""
    if "SET_USER_ID" in need.names and version_tuple(version)[:2] < _SPLIT_DEFINER:
        return "SET_USER_ID"
    return need.names[0]


def _met(lines: Sequence[str], need: MysqlPermission, schema: str) -> bool:
    have = grants.privileges_on(list(lines), schema) if schema else grants.global_privileges(list(lines))
    if any(" ON *.* TO " in line and line.rstrip().endswith("WITH GRANT OPTION") for line in lines):
        have = have | {"GRANT OPTION"}
    return not grants.lacking(have, {"": need.names})


def findings(account: Account, found: Sequence[Missing], way: Way, where: str) -> list[Finding]:
    """Say what is missing: a blocker where the site's own strategy uses it, else one warning for all the others."""
    told = [
        Finding(
            "blocker",
            f"{one.permission.key}:{one.schema}" if one.schema else one.permission.key,
            f"the account {account.user}@{account.host} on {where} cannot {one.permission.what.en}"
            f"{f' in {one.schema}' if one.schema else ''} (for {', '.join(one.permission.items)}):"
            f" {_why(one)}",
            one.statement(account),
        )
        for one in found
        if way in one.permission.ways
    ]
    later = [one for one in found if way not in one.permission.ways]
    if later:
        names = ", ".join(one.privilege for one in later)
        ways = sorted({name for one in later for name in one.permission.ways})
        told.append(
            Finding(
                "warning",
                f"grant:{later[0].permission.holder}:other_ways",
                f"the account {account.user}@{account.host} on {where} lacks {names}: {way} does without them, but"
                f" {' and '.join(ways)} could not be chosen",
                f"GRANT {names} ON *.* TO {account.quoted}",
            )
        )
    return told


def _why(one: Missing) -> str:
    if one.in_role:
        return f"{one.privilege} is in a role that is not active when it logs in"
    return f"it lacks {one.privilege}"


def least(
    account: str, needs: Iterable[MysqlPermission], schemas: Sequence[str], version: str, *, foreign: bool
) -> list[str]:
    """Give the statements for an account (quoted) that has what is needed and nothing more."""
    wanted = [need for need in needs if foreign or need.when != "foreign_definer"]
    everywhere = list(dict.fromkeys(privilege_for(need, version) for need in wanted if need.scope == "*.*"))
    inside = list(dict.fromkeys(privilege_for(need, version) for need in wanted if need.scope == "schema"))
    inside = [name for name in inside if name not in everywhere]
    statements = [f"GRANT {', '.join(everywhere)} ON *.* TO {account}"] if everywhere else []
    if inside:
        statements += [f"GRANT {', '.join(inside)} ON {quote_name(schema)}.* TO {account}" for schema in schemas]
    return statements
