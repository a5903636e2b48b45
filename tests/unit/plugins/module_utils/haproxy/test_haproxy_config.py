"""Editing a configuration file: each case is a file with the text before, and the text after or the refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from failback.errors import RefusedError
from failback.haproxy.config import calls_hold, edit_servers, short_timeouts, state_file_directives

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return case


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "dos"])
def test_case(path: Path, ending: str) -> None:
    case = load(path)
    text = "".join(line + ending for line in case["before"])
    if "refused" in case:
        with pytest.raises(RefusedError, match=case["refused"]):
            edit_servers(text, case["backend"], case["disabled"])
        return
    edit = edit_servers(text, case["backend"], case["disabled"])
    assert edit.text == "".join(line + ending for line in case["after"])
    assert edit.after == case["disabled"]
    assert edit.before == case.get("found", edit.before)
    again = edit_servers(edit.text, case["backend"], case["disabled"])
    assert again.text == edit.text
    assert not again.changed


def test_there_and_back_again_is_the_same_file() -> None:
    text = "".join(f"{line}\n" for line in load(Path(__file__).parent / "cases" / "plain.json")["before"])
    there = edit_servers(text, "shop", {"aws-app1": True, "idc-app1": False})
    back = edit_servers(there.text, "shop", {"aws-app1": False, "idc-app1": True})
    assert back.text == text


def test_a_file_without_final_newline_keeps_none() -> None:
    text = "backend shop\n  server a 192.0.2.1:80 disabled"
    assert edit_servers(text, "shop", {"a": False}).text == "backend shop\n  server a 192.0.2.1:80"


def test_state_file_directive_is_found_and_none_is_not() -> None:
    assert state_file_directives("defaults\n load-server-state-from-file global # x\n") == [
        "line 2: load-server-state-from-file global"
    ]
    assert state_file_directives("defaults\n load-server-state-from-file none\n") == []


def test_the_hold_counts_only_as_a_rule_not_as_a_comment() -> None:
    assert calls_hold("frontend www\n http-request lua.rr_hold if TRUE\n")
    assert not calls_hold("frontend www\n # http-request lua.rr_hold\n")


TIMEOUTS = """
defaults
    timeout connect 2s
    timeout client {client}
    timeout server 75s
defaults slow
    timeout client 2m
frontend www
    http-request lua.rr_hold
    timeout http-keep-alive {alive}
frontend metrics
    timeout client 1s
frontend slow from slow
    http-request lua.rr_hold
backend shop
    timeout queue {queue}
backend other
    timeout server 1s
"""


@pytest.mark.parametrize(
    ("client", "alive", "queue", "told"),
    [
        ("75s", "1m", "75000", []),
        ("2m", "75s", "75s", []),
        ("30s", "75s", "75s", ["timeout client of frontend www is 30 s"]),
        ("75s", "500", "75s", ["timeout http-keep-alive of frontend www is 0.5 s"]),
        ("75s", "75s", "9000ms", ["timeout queue of backend shop is 9 s"]),
    ],
)
def test_timeouts_that_would_cut_a_held_request(client: str, alive: str, queue: str, told: list[str]) -> None:
    text = TIMEOUTS.replace("defaults slow\n    timeout client 2m\n", "")
    text = text.replace("frontend slow from slow\n    http-request lua.rr_hold\n", "")
    text = text.format(client=client, alive=alive, queue=queue)
    assert short_timeouts(text, "shop", 30) == told


def test_a_proxy_takes_from_the_defaults_it_names_and_else_from_the_last_ones() -> None:
    text = TIMEOUTS.format(client="10s", alive="75s", queue="75s")
    assert short_timeouts(text, "shop", 30) == []  # the last defaults before them are the slow ones
    named = text.replace("defaults\n", "defaults quick\n").replace("frontend www", "frontend www from quick")
    assert short_timeouts(named, "shop", 30) == ["timeout client of frontend www is 10 s"]
