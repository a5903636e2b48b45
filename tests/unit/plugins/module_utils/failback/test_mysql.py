from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from failback.errors import ConfigError, MySQLError, UnreachableError
from failback.mysql import Login, Server, quote_account, quote_name, quote_text, version_tuple
from failback.probe import attempt
from failback.stream import Stream

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="login")
def _login(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "password").write_text("sécret word \n")
    return {"host": "127.0.0.1", "port": 9, "user": "u", "password_file": str(tmp_path / "password")}


def test_login_reads_the_password_late_and_never_shows_it(login: dict[str, object]) -> None:
    made = Login.from_dict(login, "db_aws")
    assert made.password() == "sécret word ".encode()
    assert "cret" not in f"{made!r}{made}"
    other = made.with_account({"user": "app", "password_file": "/nowhere"}, "db_app_login")
    assert (other.host, other.port, other.user) == ("127.0.0.1", 9, "app")


@pytest.mark.parametrize("missing", ["host", "user", "password_file"])
def test_login_names_what_is_missing(login: dict[str, object], missing: str) -> None:
    with pytest.raises(ConfigError, match=f"db_aws lacks {missing}"):
        Login.from_dict({**login, missing: ""}, "db_aws")
    with pytest.raises(ConfigError, match="not a number"):
        Login.from_dict({**login, "port": "x"}, "db_aws")


def test_a_password_file_that_cannot_be_read_is_named(login: dict[str, object]) -> None:
    made = Login.from_dict({**login, "password_file": "/nowhere/password"})
    with pytest.raises(ConfigError, match="/nowhere/password"):
        made.password()


def test_quoting() -> None:
    assert quote_name("a`b") == "`a``b`"
    assert quote_text("it's \\ \0") == "'it''s \\\\ \\0'"
    assert quote_account("o'x", "10.%") == "'o''x'@'10.%'"
    assert quote_account("", "%") == "''@'%'"


@pytest.mark.parametrize(
    ("text", "version"), [("8.4.5-rds.20250101", (8, 4, 5)), ("9.7.4-2", (9, 7, 4)), ("5.7.44-log", (5, 7, 44))]
)
def test_versions(text: str, version: tuple[int, int, int]) -> None:
    assert version_tuple(text) == version
    with pytest.raises(MySQLError):
        version_tuple("unknown")


def test_nobody_there_is_unreachable(login: dict[str, object]) -> None:
    with pytest.raises(UnreachableError, match="does not answer"):
        Server.connect(Login.from_dict(login), connect_timeout=1)
    assert attempt(Login.from_dict(login), timeout=1).answer == "unreachable"


def test_silence_ends_at_the_deadline(login: dict[str, object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        made = Login.from_dict({**login, "port": silent.getsockname()[1]})
        found = attempt(made, timeout=0.3)
    assert found.answer == "unreachable"


def test_a_stream_through_a_command_carries_both_ways_and_ends() -> None:
    with Stream.through(["cat"], "here") as stream:
        stream.sock.sendall(b"hello")
        assert stream.sock.recv(5) == b"hello"
    with Stream.through(["sh", "-c", "echo no way through >&2"], "there") as stream:
        assert stream.sock.recv(1) == b""
        assert stream.complaint() == "no way through"
    with pytest.raises(UnreachableError):
        Stream.direct("127.0.0.1", 9, timeout=1)
