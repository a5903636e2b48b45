"""Accounts and what they may do, as values that can be compared. Pure.

A server's own words differ between versions and tools (order, quoting, one line or many), so both sides are reduced
to the same facts: one per account property, one per privilege. No password hash ever leaves this module in words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

# Accounts a server keeps for itself, and those Amazon keeps on RDS: never compared, never made, never taken away.
OWN = frozenset({"mysql.sys", "mysql.session", "mysql.infoschema"})
AMAZON = frozenset(
    {"rdsadmin", "rdsrepladmin", "rdstopmgr", "rdsproxyadmin", "rds_superuser_role", "rdswriteforwarduser"}
)
_MARK = "rollback_runner"  # the fence's mark in an account's attribute

Kind = Literal["privilege", "role", "proxy", "revoked"]
DifferenceKind = Literal[
    "missing_account", "extra_account", "password", "property", "default_roles", "missing_grant", "extra_grant"
]


@dataclass(frozen=True, order=True)
class Grant:
    """One privilege on one thing.

    privilege: ``name`` on ``on`` ("*.*", "`shop`.*", "`shop`.`t`", "PROCEDURE `shop`.`p`"), ``column`` where it is for
    one. role: ``name`` is role@host. proxy: ``name`` is user@host. revoked: a partial revoke on a schema.
    ``option``: WITH GRANT OPTION, for a role WITH ADMIN OPTION.
    """

    kind: Kind
    name: str
    on: str = ""
    column: str = ""
    option: bool = False

    @property
    def told(self) -> str:
        """In words."""
        option = " with grant option" if self.option else ""
        if self.kind == "role":
            return f"role {self.name}{' with admin option' if self.option else ''}"
        if self.kind == "proxy":
            return f"proxy for {self.name}{option}"
        column = f" (column {self.column})" if self.column else ""
        if self.kind == "revoked":
            return f"{self.name} taken away on {self.on}"
        return f"{self.name}{column} on {self.on}{option}"


@dataclass(frozen=True)
class Account:
    """One account or role. ``properties`` are the clauses of CREATE USER by name, in one spelling."""

    user: str
    host: str
    plugin: str = ""
    secret: bytes | None = field(default=None, repr=False)  # the stored hash; None: not known, not to be compared
    properties: Mapping[str, str] = field(default_factory=dict)
    default_roles: frozenset[str] = frozenset()
    grants: frozenset[Grant] = frozenset()

    @property
    def label(self) -> str:
        """user@host, as people write it."""
        return f"{self.user}@{self.host}"


Accounts = dict[str, Account]  # by label


@dataclass(frozen=True)
class Difference:
    """One thing that is not as recorded. ``text`` is for people and the record, free of hashes."""

    kind: DifferenceKind
    account: str
    text: str
    grant: Grant | None = None


def comparable(accounts: Accounts, exempt: Collection[str]) -> Accounts:
    """Leave out what is no business of ours: ``exempt`` are user names."""
    left_out = OWN | AMAZON | set(exempt)
    return {label: account for label, account in accounts.items() if account.user not in left_out}


def differences(recorded: Accounts, found: Accounts, exempt: Collection[str] = ()) -> list[Difference]:
    """Everything in which ``found`` is not as ``recorded``, ordered by account."""
    wanted, there = comparable(recorded, exempt), comparable(found, exempt)
    out: list[Difference] = []
    for label in sorted(wanted.keys() | there.keys()):
        if label not in there:
            out.append(Difference("missing_account", label, f"the account {label} is missing"))
        elif label not in wanted:
            out.append(Difference("extra_account", label, f"the account {label} is not in IDC's record"))
        else:
            out.extend(_of_one(wanted[label], there[label]))
    return out


def _of_one(wanted: Account, there: Account) -> Iterator[Difference]:
    label = wanted.label
    if wanted.plugin != there.plugin:
        text = f"{label} logs in by {there.plugin}, recorded is {wanted.plugin}"
        yield Difference("password", label, text)
    elif wanted.secret is not None and wanted.secret != there.secret:
        yield Difference("password", label, f"the password of {label} differs")
    for name in sorted(wanted.properties.keys() | there.properties.keys()):
        before, now = wanted.properties.get(name, ""), there.properties.get(name, "")
        if before != now:
            yield Difference(
                "property", label, f"{label}: {name} is {now or 'not set'}, recorded is {before or 'not set'}"
            )
    if wanted.default_roles != there.default_roles:
        told = [", ".join(sorted(roles)) or "none" for roles in (there.default_roles, wanted.default_roles)]
        yield Difference("default_roles", label, f"{label}: default roles are {told[0]}, recorded are {told[1]}")
    for grant in sorted(wanted.grants - there.grants):
        yield Difference("missing_grant", label, f"{label} lacks {grant.told}", grant)
    for grant in sorted(there.grants - wanted.grants):
        yield Difference("extra_grant", label, f"{label} has {grant.told}, which is not recorded", grant)


def only_there(recorded: Accounts, elsewhere: Collection[str], exempt: Collection[str] = ()) -> list[str]:
    """Name the accounts of another server (labels) that the record lacks: made since, a person decides about them."""
    left_out = OWN | AMAZON | set(exempt)
    return sorted(label for label in elsewhere if label not in recorded and label.rpartition("@")[0] not in left_out)


def without_mark(attributes: dict[str, object]) -> dict[str, object]:
    """Leave the fence's mark out of an account's attribute."""
    return {name: value for name, value in attributes.items() if name != _MARK}
