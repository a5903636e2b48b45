from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from failback import channel
from failback.channel import OWN, Channel
from failback.errors import ConfigError, RefusedError
from failback.mysql import Login

if TYPE_CHECKING:
    from pathlib import Path

RDS = "22222222-2222-4222-8222-222222222222"
OTHER = "33333333-3333-4333-8333-333333333333"
SOURCE = Login("192.0.2.51", 3306, "repl", "unused", server_uuid=RDS)


def a_channel(**changes: Any) -> Channel:
    values: dict[str, Any] = {
        "name": OWN,
        "host": "192.0.2.51",
        "port": 3306,
        "auto_position": True,
        "source_uuid": RDS,
        "receiver": "ON",
        "applier": "ON",
        "receiver_code": 0,
        "receiver_error": "",
        "applier_error": "",
        "filters": "REPLICATE_WILD_IGNORE_TABLE=mysql.%",
    }
    return Channel(**(values | changes))


def test_makes_a_channel_where_there_is_none() -> None:
    plan = channel.plan([], SOURCE)
    assert (plan.act, plan.channel, plan.own) == ("build", OWN, True)


def test_leaves_a_running_channel_of_ours_alone() -> None:
    assert not channel.plan([a_channel()], SOURCE).changed


def test_a_receiver_that_reconnects_counts_as_running() -> None:
    assert not channel.plan([a_channel(receiver="CONNECTING")], SOURCE).changed


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"receiver": "OFF", "receiver_error": "gone"}, "gone"),
        ({"applier": "OFF", "applier_error": "duplicate"}, "duplicate"),
        ({"applier": "OFF"}, "it was stopped"),
        ({"host": "192.0.2.99"}, "192.0.2.99"),
        ({"filters": ""}, "half made"),
        ({"auto_position": False}, "half made"),
    ],
)
def test_makes_ours_anew_when_it_is_not_as_it_must_be(changes: dict[str, Any], why: str) -> None:
    plan = channel.plan([a_channel(**changes)], SOURCE)
    assert plan.act == "build"
    assert why in plan.why


def test_uses_a_standing_channel_that_follows_this_rds() -> None:
    plan = channel.plan([a_channel(name="standing")], SOURCE)
    assert (plan.act, plan.channel, plan.own) == ("none", "standing", False)


def test_knows_a_standing_channel_by_uuid_before_address() -> None:
    assert channel.plan([a_channel(name="", host="rds.example.org")], SOURCE).channel == ""
    with pytest.raises(RefusedError, match="not this RDS"):
        channel.plan([a_channel(name="s", source_uuid=OTHER)], SOURCE)


def test_refuses_a_standing_channel_that_would_carry_the_account_locks() -> None:
    with pytest.raises(RefusedError, match="lock the application out"):
        channel.plan([a_channel(name="s", filters="REPLICATE_WILD_IGNORE_TABLE=mysql.rds_%")], SOURCE)


def test_leaves_a_stopped_foreign_channel_alone_and_says_so() -> None:
    plan = channel.plan([a_channel(name="s", source_uuid=OTHER, receiver="OFF", applier="OFF")], SOURCE)
    assert plan.act == "build"
    assert plan.notes == ("channel s is stopped and was left alone",)


def test_the_password_is_in_the_start_statement_only(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("it's\\secret\n")
    source = Login("192.0.2.51", 3306, "repl", str(tmp_path / "pw"))
    built = " ".join(channel.build_statements(source, "/etc/mysql/ca.pem"))
    assert "secret" not in built
    assert "SOURCE_AUTO_POSITION=1" in built
    assert "SOURCE_SSL=1" in built
    assert "SOURCE_SSL_CA='/etc/mysql/ca.pem'" in built
    assert "REPLICATE_WILD_IGNORE_TABLE=('mysql.%')" in built
    assert "PASSWORD='it''s\\\\secret'" in channel.start_statement(source)


def test_refuses_a_password_that_mysql_would_cut(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("x" * 33)
    with pytest.raises(ConfigError, match="33 characters"):
        channel.start_statement(Login("192.0.2.51", 3306, "repl", str(tmp_path / "pw")))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "gone"),
        (a_channel(applier_error="key not found"), "key not found"),
        (a_channel(receiver="OFF", receiver_error="no route"), "no route"),
        (
            a_channel(receiver="CONNECTING", receiver_code=1045, receiver_error="Access denied"),
            "turns the receiver away",
        ),
        (a_channel(applier="OFF"), "applier is stopped"),
    ],
)
def test_names_what_can_make_no_progress(found: Channel | None, told: str) -> None:
    assert told in channel.trouble(found)


def test_a_receiver_that_may_come_back_is_no_trouble() -> None:
    assert channel.trouble(a_channel(receiver="CONNECTING", receiver_code=2003, receiver_error="refused")) == ""
