from __future__ import annotations

import pytest
from failback.sql import without_secrets


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE USER 'a'@'%' IDENTIFIED WITH 'caching_sha2_password' AS '$A$00A$x\\'y''z' REQUIRE SSL",
        "alter user a identified by 'geheim' replace 'alt'",
        "ALTER USER a IDENTIFIED WITH caching_sha2_password AS 0x244124",
        'SET PASSWORD FOR a = "geheim"',
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='h', SOURCE_PASSWORD='geheim'",
        "START REPLICA USER='r' PASSWORD='geheim'",
    ],
)
def test_no_password_and_no_hash_is_shown(statement: str) -> None:
    shown = without_secrets(statement)
    assert "<hidden>" in shown
    for secret in ("geheim", "alt'", "$A$", "0x24", "y''z"):
        assert secret not in shown


def test_what_is_no_account_statement_stays_as_it_is() -> None:
    text = "ALTER TABLE t ADD c int COMMENT 'known AS ''x'''"
    assert without_secrets(text) == text
    assert "REQUIRE SSL" in without_secrets("CREATE USER a IDENTIFIED BY 'x' REQUIRE SSL")
