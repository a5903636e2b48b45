"""Reading CREATE USER, GRANT and their kin, as servers and dump tools write them. Pure.

Grammar: MySQL 9.7 manual, "CREATE USER", "GRANT", "REVOKE", "SET DEFAULT ROLE". What cannot be read is an error, never
left out: a privilege that was overlooked would be one that is missing afterwards.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from failback.accounts import Account, Accounts, Grant
from failback.accounts_spelling import DEFAULTS, NEW_ROLE, attribute, privileges, quoted
from failback.accounts_tokens import Token, tokens
from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_READ = ("CREATE USER", "CREATE ROLE", "ALTER USER", "GRANT", "REVOKE", "SET DEFAULT")


def parse(statements: Iterable[str]) -> Accounts:
    """Build the accounts from statements; others (USE, SET, FLUSH, comments) are passed over.

    Raises ConfigError, without the statement's text: it may hold a hash.
    """
    accounts: Accounts = {}
    for number, statement in enumerate(statements, 1):
        found = list(tokens(statement, number))
        head = " ".join(value.upper() for kind, value in found[:2] if kind == "word")
        if not head.startswith(_READ):
            continue
        _Reader(found, number, accounts).read()
    return accounts


class _Reader:
    """One statement."""

    def __init__(self, tokens: list[Token], number: int, accounts: Accounts) -> None:
        self._tokens, self._number, self._accounts, self._at = (
            [t for t in tokens if t != ("mark", ";")],
            number,
            accounts,
            0,
        )

    def read(self) -> None:
        """Apply the statement to the accounts."""
        first = self._word()
        if first in {"CREATE", "ALTER"}:
            self._word()  # USER or ROLE
            for word in ("IF", "NOT", "EXISTS"):
                self._skip(word)
            self._user(role=self._tokens[1][1].upper() == "ROLE")
        elif first == "SET":
            self._word("DEFAULT")
            self._word("ROLE")
            roles = frozenset(self._names_until("TO"))
            for label in list(self._names_until("")):
                self._change(label, default_roles=roles)
        else:
            self._grant(revoke=first == "REVOKE")
        if self._at < len(self._tokens):
            raise self._unclear()

    # The reading of tokens.

    def _unclear(self) -> ConfigError:
        kind, value = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        shown = value if kind in {"word", "mark"} else kind
        return ConfigError(f"statement {self._number} of the account record cannot be read at {shown!r}")

    def _peek(self, offset: int = 0) -> str:
        """Look at the word or mark ahead; "" for anything else."""
        place = self._at + offset
        if place >= len(self._tokens):
            return ""
        kind, value = self._tokens[place]
        return value.upper() if kind == "word" else value if kind == "mark" else ""

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise self._unclear()
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self, wanted: str = "") -> str:
        if not self._peek() or (wanted and self._peek() != wanted):
            raise self._unclear()
        return self._next()[1].upper()

    def _skip(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._at += 1
        return True

    def _account(self) -> str:
        """Read user@host in any quoting; a role without a host is at '%'."""
        user, host = self._next()[1], "%"
        if self._skip("@"):
            host = self._next()[1]
            while self._peek() in {".", "%"}:  # an unquoted address
                host += self._next()[1] + (self._next()[1] if self._peek() not in {"", ".", "%"} else "")
        return f"{user}@{host}"

    def _names_until(self, end: str) -> Iterator[str]:
        while True:
            if self._peek() in {"NONE", "ALL"}:
                self._at += 1
            else:
                yield self._account()
            if not self._skip(","):
                break
        if end:
            self._word(end)

    def _change(self, label: str, **values: object) -> None:
        user, _, host = label.rpartition("@")
        account = self._accounts.get(label) or Account(user, host)
        self._accounts[label] = replace(account, **values)  # type: ignore[arg-type]

    # CREATE USER

    def _user(self, *, role: bool) -> None:
        label = self._account()
        if role:
            while self._skip(","):
                self._change(self._account(), properties=dict(NEW_ROLE))
            self._change(label, properties=dict(NEW_ROLE))
            return
        known = self._accounts.get(label) or Account(*label.rpartition("@")[::2])
        properties = dict(known.properties)
        changes: dict[str, object] = {}
        while self._at < len(self._tokens):
            self._clause(properties, changes)
        self._change(label, properties={k: v for k, v in properties.items() if v != DEFAULTS.get(k)}, **changes)

    def _clause(self, properties: dict[str, str], changes: dict[str, object]) -> None:
        word = self._word()
        if word == "IDENTIFIED":
            self._identified(changes)
        elif word == "DEFAULT":
            self._word("ROLE")
            changes["default_roles"] = frozenset(self._names_until(""))
        elif word == "REQUIRE":
            properties["TLS"] = self._require()
        elif word == "WITH":
            while self._peek().startswith("MAX_"):
                name = self._word()
                properties[name.lower()] = self._next()[1]
        elif word == "PASSWORD":
            self._password(properties)
        elif word == "ACCOUNT":
            properties["locked"] = "yes" if self._word() == "LOCK" else "no"
        else:
            self._single(word, properties)

    def _single(self, word: str, properties: dict[str, str]) -> None:
        """Read a clause of one word and one value."""
        if word in {"FAILED_LOGIN_ATTEMPTS", "PASSWORD_LOCK_TIME"}:
            properties[word.lower()] = self._next()[1]
        elif word == "COMMENT":
            properties["attribute"] = attribute({"comment": self._next()[1]})
        elif word == "ATTRIBUTE":
            properties["attribute"] = attribute(json.loads(self._next()[1]))
        else:
            self._at -= 1
            raise self._unclear()

    def _identified(self, changes: dict[str, object]) -> None:
        if self._skip("BY"):
            raise ConfigError(f"statement {self._number} of the account record holds a password instead of its hash")
        self._word("WITH")
        kind, plugin = self._next()
        changes["plugin"] = plugin.lower() if kind == "word" else plugin
        changes["secret"] = b""
        if self._skip("AS"):
            kind, value = self._next()
            data = bytes.fromhex(value[2:]) if kind == "hex" else value.encode("utf-8", "surrogateescape")
            changes["secret"] = data

    def _require(self) -> str:
        parts: list[str] = []
        while self._peek() in {"NONE", "SSL", "X509", "CIPHER", "ISSUER", "SUBJECT", "AND"}:
            word = self._word()
            if word in {"CIPHER", "ISSUER", "SUBJECT"}:
                parts.append(f"{word} {json.dumps(self._next()[1])}")
            elif word != "AND":
                parts.append(word)
        return " ".join(parts)

    def _password(self, properties: dict[str, str]) -> None:
        word = self._word()
        if word == "EXPIRE":
            properties["password expiry"] = self._rest_of({"DEFAULT", "NEVER", "INTERVAL"}) or "EXPIRED"
        elif word == "HISTORY":
            properties["password history"] = self._next()[1]
        elif word == "REUSE":
            self._word("INTERVAL")
            properties["password reuse"] = self._next()[1]
            self._skip("DAY")
        elif word == "REQUIRE":
            self._word("CURRENT")
            properties["password change needs the old one"] = self._rest_of({"DEFAULT", "OPTIONAL"}) or "YES"
        else:
            raise self._unclear()

    def _rest_of(self, words: set[str]) -> str:
        if self._peek() not in words:
            return ""
        word = self._word()
        if word != "INTERVAL":
            return word
        days = self._next()[1]
        self._word("DAY")
        return f"{days} days"

    # GRANT and REVOKE

    def _grant(self, *, revoke: bool) -> None:
        names: list[tuple[str, str]] = []  # privilege or role, column
        is_role = ("word", "ON") not in ((kind, value.upper()) for kind, value in self._tokens)
        while not is_role:
            names.extend(self._privilege())
            if not self._skip(","):
                break
        roles = list(self._names_until("")) if is_role else []
        on = "" if is_role else self._object()
        self._word("FROM" if revoke else "TO")
        labels = list(self._names_until(""))
        option = False
        if self._skip("WITH"):
            option = self._word() in {"GRANT", "ADMIN"}
            self._word("OPTION")
        if names == [("PROXY", "")]:
            grants = {Grant("proxy", on, option=option)}
        elif is_role:
            grants = {Grant("role", role, option=option) for role in roles}
        else:
            grants = set(privileges(names, on, option=option, revoke=revoke))
        for label in labels:
            known = self._accounts.get(label)
            self._change(label, grants=(known.grants if known else frozenset()) | frozenset(grants))

    def _privilege(self) -> Iterator[tuple[str, str]]:
        words = [self._word()]
        while self._peek() and self._peek() not in {",", "ON", "(", "TO", "FROM"}:
            words.append(self._word())
        name = " ".join(words)
        if not self._skip("("):
            yield ("ALL PRIVILEGES" if name == "ALL" else name), ""
            return
        while True:
            yield name, self._next()[1]
            if not self._skip(","):
                break
        self._word(")")

    def _object(self) -> str:
        self._word("ON")
        kind = self._word() if self._peek() in {"PROCEDURE", "FUNCTION", "TABLE", "LIBRARY"} else ""
        first = self._next()
        if self._peek() == "@":  # GRANT PROXY ON user@host
            self._at -= 1
            return self._account()
        schema = "*" if first == ("mark", "*") else quoted(first[1])
        self._word(".")
        second = self._next()
        name = "*" if second == ("mark", "*") else quoted(second[1])
        return f"{kind} {schema}.{name}" if kind and kind != "TABLE" else f"{schema}.{name}"
