"""Statements that make the accounts of a server those of the record, in an order that works. Pure.

Accounts and roles first, then what they are, then privileges, partial revokes, roles, default roles, and last what is
to be taken away. Every statement carries what it is about, so that a refusal can be told without its text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from failback.sql import quote_account, quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from failback.accounts import Account, Accounts, Difference, Grant

Extra = Literal["report", "lock", "drop"]
_NEVER = {"password expiry": "DEFAULT", "TLS": "NONE", "locked": "no"}
_ORDER = ("privilege", "proxy", "revoked", "role")


@dataclass(frozen=True)
class Step:
    """One statement; ``told`` is what it does, free of hashes."""

    sql: str
    told: str


def steps(differences: Sequence[Difference], recorded: Accounts, extra: Extra) -> list[Step]:
    """Plan what puts every difference right. Extra accounts are only named unless ``extra`` says otherwise."""
    missing = [recorded[d.account] for d in differences if d.kind == "missing_account"]
    changed = [recorded[label] for label in _named(differences, {"password", "property"})]
    grants: list[tuple[Account, Grant]] = [(account, grant) for account in missing for grant in account.grants]
    grants += [(recorded[d.account], d.grant) for d in differences if d.kind == "missing_grant" and d.grant]
    defaults = [account for account in missing if account.default_roles]
    defaults += [recorded[label] for label in _named(differences, {"default_roles"})]
    taken = [(recorded[d.account], d.grant) for d in differences if d.kind == "extra_grant" and d.grant]
    return [
        *(_make(account) for account in missing),
        *(_alter(account) for account in changed),
        # What is taken away first: a privilege without its grant option would take the privilege with it.
        *(_take(account, grant) for account, grant in _ordered(taken)),
        *(_give(account, grant) for account, grant in _ordered(grants)),
        *(_defaults(account) for account in defaults),
        *_extras(differences, extra),
    ]


def _named(differences: Sequence[Difference], kinds: set[str]) -> list[str]:
    return list(dict.fromkeys(d.account for d in differences if d.kind in kinds))


def _ordered(grants: Sequence[tuple[Account, Grant]]) -> list[tuple[Account, Grant]]:
    return sorted(grants, key=lambda pair: (_ORDER.index(pair[1].kind), pair[0].label, pair[1]))


def _account(label: str) -> str:
    user, _, host = label.rpartition("@")
    return quote_account(user, host)


def _make(account: Account) -> Step:
    text = f"CREATE USER IF NOT EXISTS {_account(account.label)}{_identified(account)}{_clauses(account)}"
    return Step(text, f"create the account {account.label}")


def _alter(account: Account) -> Step:
    text = f"ALTER USER {_account(account.label)}{_identified(account)}{_clauses(account)}"
    return Step(text, f"put {account.label} back as recorded")


def _identified(account: Account) -> str:
    if not account.plugin or account.secret is None:
        return ""
    secret = f" AS 0x{account.secret.hex().upper()}" if account.secret else ""
    return f" IDENTIFIED WITH {quote_text(account.plugin)}{secret}"


def _clauses(account: Account) -> str:
    """Every property, the default where the record has none: a statement says all that the account is."""
    has = account.properties
    limits = {name: value for name, value in has.items() if name.startswith("max_")}
    expiry = has.get("password expiry", "DEFAULT")
    spelled = (
        "" if expiry == "EXPIRED" else f" INTERVAL {expiry.split()[0]} DAY" if expiry[0].isdigit() else f" {expiry}"
    )
    reuse, current = has.get("password reuse", "DEFAULT"), has.get("password change needs the old one", "DEFAULT")
    parts = [
        f"REQUIRE {_require(has.get('TLS', 'NONE'))}",
        "WITH " + " ".join(f"{name.upper()} {limits.get(name, '0')}" for name in _LIMITS),
        f"PASSWORD EXPIRE{spelled}",
        f"ACCOUNT {'LOCK' if has.get('locked') == 'yes' else 'UNLOCK'}",
        f"PASSWORD HISTORY {has.get('password history', 'DEFAULT')}",
        f"PASSWORD REUSE INTERVAL {reuse}{' DAY' if reuse.isdigit() else ''}",
        f"PASSWORD REQUIRE CURRENT{'' if current == 'YES' else f' {current}'}",
        f"FAILED_LOGIN_ATTEMPTS {has.get('failed_login_attempts', '0')}",
        f"PASSWORD_LOCK_TIME {has.get('password_lock_time', '0')}",
    ]
    if has.get("attribute"):
        parts.append(f"ATTRIBUTE {quote_text(has['attribute'])}")
    return " " + " ".join(parts)


_LIMITS = ("max_queries_per_hour", "max_updates_per_hour", "max_connections_per_hour", "max_user_connections")


def _require(text: str) -> str:
    """From the record's spelling (CIPHER "x" ISSUER "y") to SQL."""
    decoder, out, place = json.JSONDecoder(), [], 0
    while place < len(text):
        if text[place] == '"':
            value, place = decoder.raw_decode(text, place)
            out.append(quote_text(str(value)))
        else:
            word = text[place:].split(" ", 1)[0]
            place += len(word)
            out.append(word)
        place += 1
    return " ".join(out)


def _give(account: Account, grant: Grant) -> Step:
    to, told = _account(account.label), f"give {account.label}: {grant.told}"
    if grant.kind == "role":
        return Step(f"GRANT {_account(grant.name)} TO {to}{' WITH ADMIN OPTION' if grant.option else ''}", told)
    option = " WITH GRANT OPTION" if grant.option else ""
    if grant.kind == "proxy":
        return Step(f"GRANT PROXY ON {_account(grant.name)} TO {to}{option}", told)
    if grant.kind == "revoked":
        return Step(f"REVOKE {grant.name} ON {grant.on} FROM {to}", told)
    return Step(f"GRANT {_privilege(grant)} ON {grant.on} TO {to}{option}", told)


def _take(account: Account, grant: Grant) -> Step:
    of, told = _account(account.label), f"take from {account.label}: {grant.told}"
    if grant.kind == "role":
        return Step(f"REVOKE {_account(grant.name)} FROM {of}", told)
    if grant.kind == "proxy":
        return Step(f"REVOKE PROXY ON {_account(grant.name)} FROM {of}", told)
    if grant.kind == "revoked":
        return Step(f"GRANT {grant.name} ON {grant.on} TO {of}", told)
    # The option is no part of the privilege: taken with it, it would stay behind alone.
    return Step(f"REVOKE {_privilege(grant)} ON {grant.on} FROM {of}", told)


def _privilege(grant: Grant) -> str:
    return f"{grant.name} ({quote_name(grant.column)})" if grant.column else grant.name


def _defaults(account: Account) -> Step:
    roles = ", ".join(_account(role) for role in sorted(account.default_roles)) or "NONE"
    told = f"set the default roles of {account.label}"
    return Step(f"SET DEFAULT ROLE {roles} TO {_account(account.label)}", told)


def _extras(differences: Sequence[Difference], extra: Extra) -> Iterator[Step]:
    for label in _named(differences, {"extra_account"}):
        if extra == "lock":
            yield Step(f"ALTER USER {_account(label)} ACCOUNT LOCK", f"lock the account {label}")
        elif extra == "drop":
            yield Step(f"DROP USER {_account(label)}", f"drop the account {label}")
