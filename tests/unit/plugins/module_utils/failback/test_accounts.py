"""Account statements in every spelling come to the same facts, and every difference has its words."""

from __future__ import annotations

import pytest
from failback import accounts, accounts_plan, accounts_text, accounts_tokens
from failback.accounts import Accounts, Grant
from failback.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st

CREATE = (
    "CREATE USER `u1`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x24412B27 DEFAULT ROLE `r1`@`%`,`r2`@`localhost`"
    " REQUIRE ISSUER '/C=x' SUBJECT 'b\\'c' WITH MAX_USER_CONNECTIONS 5 PASSWORD EXPIRE INTERVAL 90 DAY ACCOUNT UNLOCK"
    " PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL 365 DAY PASSWORD REQUIRE CURRENT OPTIONAL FAILED_LOGIN_ATTEMPTS 3"
    ' PASSWORD_LOCK_TIME UNBOUNDED ATTRIBUTE \'{"comment": "it\\\'s", "rollback_runner": {"locked": true}}\''
)


def one(*statements: str) -> accounts.Account:
    found = accounts_text.parse(statements)
    assert len(found) == 1
    return next(iter(found.values()))


def test_everything_a_server_says_of_an_account() -> None:
    found = one(CREATE)
    assert (found.label, found.plugin, found.secret) == ("u1@%", "caching_sha2_password", b"$A+'")
    assert found.default_roles == {"r1@%", "r2@localhost"}
    assert found.properties == {
        "TLS": 'ISSUER "/C=x" SUBJECT "b\'c"',
        "max_user_connections": "5",
        "password expiry": "90 days",
        "password history": "5",
        "password reuse": "365",
        "password change needs the old one": "OPTIONAL",
        "failed_login_attempts": "3",
        "password_lock_time": "UNBOUNDED",
        "attribute": '{"comment": "it\'s"}',
    }


@pytest.mark.parametrize(
    "same",
    [
        "create user if not exists u1@'%' identified with \"caching_sha2_password\" as '$A+\\''",
        (
            "CREATE USER `u1` IDENTIFIED WITH `caching_sha2_password` AS 0x24412b27 REQUIRE NONE"
            " PASSWORD EXPIRE DEFAULT"
            " ACCOUNT UNLOCK PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT"
        ),
    ],
)
def test_spellings_of_the_same(same: str) -> None:
    plain = one("CREATE USER 'u1'@'%' IDENTIFIED WITH 'caching_sha2_password' AS '$A+'''")
    assert one(same) == plain


GRANTS = [
    (
        "GRANT SELECT, SHOW DATABASES ON *.* TO u",
        {Grant("privilege", "SELECT", "*.*"), Grant("privilege", "SHOW DATABASES", "*.*")},
    ),
    (
        "GRANT A_ADMIN,B_ADMIN ON *.* TO u WITH GRANT OPTION",
        {Grant("privilege", f"{n}_ADMIN", "*.*", option=True) for n in "AB"},
    ),
    (
        "GRANT SELECT ON `s`.* TO u WITH GRANT OPTION",
        {Grant("privilege", n, "`s`.*") for n in ("SELECT", "GRANT OPTION")},
    ),
    (
        "GRANT SELECT (`id`), INSERT (`a`, `b,c`) ON `s`.`t` TO `u`@`%`",
        {
            Grant("privilege", "SELECT", "`s`.`t`", "id"),
            *(Grant("privilege", "INSERT", "`s`.`t`", c) for c in ("a", "b,c")),
        },
    ),
    ("grant all on shop.* to u", {Grant("privilege", "ALL PRIVILEGES", "`shop`.*")}),
    ("GRANT EXECUTE ON PROCEDURE `s`.`on` TO u", {Grant("privilege", "EXECUTE", "PROCEDURE `s`.`on`")}),
    (
        "GRANT `r``1`@`%`,r2@localhost TO u WITH ADMIN OPTION",
        {Grant("role", n, option=True) for n in ("r`1@%", "r2@localhost")},
    ),
    ("GRANT PROXY ON ``@`` TO u WITH GRANT OPTION", {Grant("proxy", "@", option=True)}),
    ("GRANT PROXY ON 'app'@'10.%' TO u", {Grant("proxy", "app@10.%")}),
    ("REVOKE SELECT ON `mysql`.* FROM u", {Grant("revoked", "SELECT", "`mysql`.*")}),
    ("GRANT USAGE ON *.* TO u", set()),
    ("GRANT SELECT ON `a\\_b%`.* TO u", {Grant("privilege", "SELECT", "`a\\_b%`.*")}),
]


@pytest.mark.parametrize(("statement", "wanted"), GRANTS)
def test_grants(statement: str, wanted: set[Grant]) -> None:
    assert one(statement).grants == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        "CREATE USER a@b IDENTIFIED WITH x AS 'se'cret'",
        "CREATE USER a@b IDENTIFIED BY 'secret'",
        "CREATE USER a@b IDENTIFIED WITH x AS 'secret' FROBNICATE",
        "GRANT SELECT ON shop TO a",
        "GRANT SELECT ON shop.* TO",
        "REVOKE ALL 'secret'",
    ],
)
def test_what_cannot_be_read_is_an_error_without_its_text(wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        accounts_text.parse(["SET NAMES utf8mb4", wrong])
    assert "secret" not in str(caught.value)
    assert "statement 2" in str(caught.value)


def test_scripts_are_split_outside_of_quotes() -> None:
    text = "-- a; comment\nUSE `m;y`;\nCREATE USER 'a;'@'%' IDENTIFIED WITH 'x' AS ';\\';';\n\nGRANT r TO `a;`@`%`;\n"
    assert len(accounts_tokens.split(text)) == 3
    assert list(accounts_text.parse(accounts_tokens.split(text))) == ["a;@%"]


def table(*statements: str) -> Accounts:
    return accounts_text.parse(statements)


def test_the_servers_and_amazons_accounts_are_nobodys_business() -> None:
    found = table("CREATE USER `mysql.sys`@localhost", "CREATE USER rdsadmin@localhost", "CREATE USER tool@'%'")
    assert accounts.differences({}, found, ["tool"]) == []
    assert accounts.only_there({}, [*found, "new@%"], ["tool"]) == ["new@%"]


def test_no_hash_in_words() -> None:
    before = table("CREATE USER a@b IDENTIFIED WITH 'p' AS 'old-hash'")
    after = table("CREATE USER a@b IDENTIFIED WITH 'p' AS 'new-hash' ACCOUNT LOCK")
    found = accounts.differences(before, after)
    assert [item.text for item in found] == ["the password of a@b differs", "a@b: locked is yes, recorded is not set"]
    assert "hash" not in repr(before) + repr(found)
    steps = accounts_plan.steps(found, before, "report")
    assert [step.told for step in steps] == ["put a@b back as recorded"]
    assert "ACCOUNT UNLOCK" in steps[0].sql


def test_the_order_of_statements() -> None:
    record = table(
        "GRANT SELECT (c) ON s.t TO a",
        "CREATE USER a DEFAULT ROLE r",
        "GRANT r TO a",
        "CREATE ROLE r",
        "GRANT SELECT ON *.* TO a",
        "REVOKE SELECT ON `x`.* FROM a",
        "GRANT PROXY ON b@h TO a",
    )
    steps = [
        step.sql.split(" '")[0].removesuffix(" TO")
        for step in accounts_plan.steps(accounts.differences(record, {}), record, "report")
    ]
    assert steps == [
        "CREATE USER IF NOT EXISTS",
        "CREATE USER IF NOT EXISTS",
        "GRANT SELECT ON *.*",
        "GRANT SELECT (`c`) ON `s`.`t`",
        "GRANT PROXY ON",
        "REVOKE SELECT ON `x`.* FROM",
        "GRANT",
        "SET DEFAULT ROLE",
    ]


def test_strangers() -> None:
    stranger = table("CREATE USER stranger@'%'")
    found = accounts.differences({}, stranger)
    assert accounts_plan.steps(found, {}, "report") == []
    assert [s.sql for s in accounts_plan.steps(found, {}, "lock")] == ["ALTER USER 'stranger'@'%' ACCOUNT LOCK"]
    assert [s.sql for s in accounts_plan.steps(found, {}, "drop")] == ["DROP USER 'stranger'@'%'"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))
def test_any_name_and_hash_survive(text: str) -> None:
    name = text.replace("`", "``")
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    found = one(f"CREATE USER `{name}`@`h` IDENTIFIED WITH 'p' AS '{quoted}'")
    assert (found.user, found.secret) == (text, text.encode())
    again = accounts_plan.steps(accounts.differences({found.label: found}, {}), {found.label: found}, "report")[0].sql
    assert accounts_text.parse([again])[found.label].secret == found.secret
