from __future__ import annotations

import pytest
from failback import route


def test_the_straight_way_where_it_is_open() -> None:
    assert route.decide(answered=True, complaint="").way == "direct"


@pytest.mark.parametrize("said", ["channel 0: open failed: connect failed: Connection refused", "timed out", ""])
def test_a_tunnel_where_it_is_not_and_why(said: str) -> None:
    chosen = route.decide(answered=False, complaint=said)
    assert chosen.way == "tunnel"
    assert (said or "no answer") in chosen.why


def test_what_may_not_be_looked_at_is_tried() -> None:
    assert route.decide(answered=False, complaint="open failed: administratively prohibited").way == "direct"


def test_the_tunnel_listens_on_loopback_only() -> None:
    assert route.forward(13306, "rds.example.org", 3306) == "127.0.0.1:13306:rds.example.org:3306"


def test_the_tunnel_ends_by_itself_and_is_found_again() -> None:
    assert "sleep 3600" in route.hold_command(13306, 3600)
    assert route.pid_file(13306) in route.hold_command(13306, 3600)
    assert route.pid_file(13306) in route.release_command(13306)
