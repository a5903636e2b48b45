"""Reading what HAProxy 2.6 answers at its admin socket."""

from __future__ import annotations

import pytest
from failback.haproxy import runtime

HEADER = (
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight"
    " srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state"
    " bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr"
    " srv_agent_addr srv_agent_port"
)


def states_text(*servers: tuple[str, int, int, int]) -> str:
    rows = [
        f"3 shop {n} {name} 192.0.2.{n} {operational} {admin} {weight} 1 0 6 3 4 6 0 0 0 - 8080 - 0 0 - - 0"
        for n, (name, operational, admin, weight) in enumerate(servers, start=1)
    ]
    return "\n".join(["1", HEADER, *rows, "", ""])


@pytest.mark.parametrize(
    ("operational", "admin", "weight", "word"),
    [
        (2, 0x00, 1, "ready"),
        (2, 0x04, 1, "ready"),  # was disabled in the file, set ready since
        (0, 0x05, 1, "maint"),  # disabled in the file
        (0, 0x01, 1, "maint"),  # set to maint at the socket
        (0, 0x20, 1, "maint"),  # its name does not resolve
        (2, 0x08, 1, "drain"),
        (0, 0x00, 1, "down"),
        (1, 0x00, 1, "down"),  # starting is not serving yet
        (2, 0x00, 0, "idle"),
    ],
)
def test_state_words(operational: int, admin: int, weight: int, word: str) -> None:
    states = runtime.parse_servers_state(states_text(("a", operational, admin, weight)), "shop")
    assert states["a"].word == word
    assert states["a"].serving is (word == "ready")


@pytest.mark.parametrize(
    "text",
    ["", "Can't find backend.\n\n", "2\n# be_id\n", f"1\n{HEADER}\n3 shop 1 a 192.0.2.1 2\n", "1\n# be_id be_name\n"],
)
def test_unknown_state_text_is_an_error(text: str) -> None:
    with pytest.raises(runtime.AnswerError):
        runtime.parse_servers_state(text, "shop")


@pytest.mark.parametrize(
    ("up", "side"),
    [(["aws1"], "aws"), (["idc1", "idc2"], "idc"), (["aws1", "idc1"], "mixed"), ([], "none"), (["x", "idc1"], "other")],
)
def test_serving_side(up: list[str], side: str) -> None:
    names = ("aws1", "idc1", "idc2", "x")
    text = states_text(*((name, 2 if name in up else 0, 0 if name in up else 1, 1) for name in names))
    states = runtime.parse_servers_state(text, "shop")
    assert runtime.serving_side(states, ["idc1", "idc2"], ["aws1"]) == side


def test_not_as_wanted_names_each_server() -> None:
    states = runtime.parse_servers_state(states_text(("aws1", 2, 0x08, 1), ("idc1", 0, 0, 1)), "shop")
    assert runtime.not_as_wanted(states, ["idc1", "idc2"], ["aws1"]) == [
        "idc1 is down, not ready",
        "idc2 does not exist",
        "aws1 is drain, not maint",
    ]


def test_stat_counts_requests_in_flight_and_shares() -> None:
    head = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin\n"
    before = runtime.parse_stat(
        head + "shop,aws1,1,9,2,9,,100,5\nshop,idc1,0,0,0,0,,7,5\nshop,x,0,0,0,0,,1,5\n", "shop"
    )
    after = runtime.parse_stat(
        head + "shop,aws1,0,9,0,9,,103,5\nshop,idc1,0,0,1,0,,27,5\nshop,x,0,0,0,0,,2,5\n", "shop"
    )
    assert runtime.in_flight(before, ["aws1"]) == 3
    assert runtime.in_flight(after, ["aws1"]) == 0
    sides = {"idc": ["idc1"], "aws": ["aws1"]}
    assert runtime.shares(before, after, sides) == {"idc": 20, "aws": 3, "other": 1}


def test_stat_of_an_unknown_proxy_is_an_error() -> None:
    with pytest.raises(runtime.AnswerError, match="No such proxy"):
        runtime.parse_stat("No such proxy.\n\n", "shop")


def test_variables() -> None:
    assert runtime.parse_variable("proc.rr_hold: type=sint value=<1700000000>\n") == 1700000000
    assert runtime.parse_variable("Variable not found.\n\n") is None
    with pytest.raises(runtime.AnswerError, match="restricted"):
        runtime.parse_variable("This command is restricted to experimental mode only.\n\n")


@pytest.mark.parametrize("name", ["a; shutdown sessions server b/c", "a b", "", "a\nb", "a/b"])
def test_a_name_can_carry_no_second_command(name: str) -> None:
    with pytest.raises(runtime.AnswerError):
        runtime.state_command("shop", name, "maint")
