"""Distinct rows: what became of each against the cut-over, and a memory with an end."""

from __future__ import annotations

import random

import pytest
from failback.stake.net import Net, Seen


@pytest.mark.parametrize(
    ("acts", "seen"),
    [
        (["insert"], Seen(1, 0, 0, 0)),
        (["insert", "update", "update"], Seen(1, 0, 0, 0)),
        (["insert", "delete"], Seen(0, 0, 0, 1)),
        (["insert", "delete", "insert"], Seen(1, 0, 0, 0)),
        (["update", "update"], Seen(0, 1, 0, 0)),
        (["update", "delete"], Seen(0, 0, 1, 0)),
        (["delete", "insert"], Seen(0, 1, 0, 0)),
        (["delete", "insert", "delete"], Seen(0, 0, 1, 0)),
    ],
)
def test_what_became_of_one_row(acts: list[str], seen: Seen) -> None:
    net = Net()
    for act in acts:
        net.add("t", act, None if act == "insert" else b"1", None if act == "delete" else b"1")
    assert net.seen("t") == seen


def test_any_history_agrees_with_comparing_the_tables() -> None:
    chance = random.Random(1)  # noqa: S311 - test data
    for _ in range(50):
        before = {bytes([key]) for key in chance.sample(range(40), 20)}
        now, touched, net = set(before), set(), Net()
        for _ in range(60):
            kind = chance.choice(["insert", "update", "delete", "move"])
            key, other = bytes([chance.randrange(40)]), bytes([chance.randrange(40)])
            if kind == "insert" and key not in now:
                now.add(key)
                net.add("t", "insert", None, key)
                touched.add(key)
            elif kind == "delete" and key in now:
                now.remove(key)
                net.add("t", "delete", key, None)
                touched.add(key)
            elif kind == "update" and key in now:
                net.add("t", "update", key, key)
                touched.add(key)
            elif kind == "move" and key in now and other not in now:
                now.symmetric_difference_update({key, other})
                net.add("t", "update", key, other)
                touched |= {key, other}
        seen = net.seen("t") or Seen(0, 0, 0, 0)
        assert (seen.new, seen.removed) == (len(now - before), len(before - now))
        assert seen.changed == len(touched & now & before)


def test_at_the_limit_the_largest_table_gives_way() -> None:
    net = Net(limit=100)
    for number in range(60):
        net.add("small", "insert", None, f"{number % 20}".encode())
        net.add("large", "insert", None, f"{number}".encode())
    for number in range(60, 200):
        net.add("large", "insert", None, f"{number}".encode())
    assert net.seen("large") is None
    assert net.unknown["large"] == "more rows than are remembered"
    assert net.seen("small") == Seen(20, 0, 0, 0)
    for number in range(1000, 1050):
        net.add("small", "insert", None, f"{number}".encode())
    assert net.seen("small") == Seen(70, 0, 0, 0)


def test_no_key_no_view_and_long_keys_are_kept_apart() -> None:
    net = Net()
    net.add("bare", "insert", None, None)
    assert net.seen("bare") is None
    for tail in (b"1", b"2", b"1"):
        net.add("long", "update", b"x" * 500 + tail, b"x" * 500 + tail)
    assert net.seen("long") == Seen(0, 2, 0, 0)


def test_emptied_and_renamed() -> None:
    net = Net()
    net.add("a", "insert", None, b"1")
    net.add("a", "update", b"2", b"2")
    net.emptied("a")
    assert net.seen("a") == Seen(0, 0, 1, 1)
    net.rename("a", "b")
    assert net.seen("a") is None
    assert net.seen("b") == Seen(0, 0, 1, 1)
