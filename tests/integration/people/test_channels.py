"""Canaries and calls through real receivers, and through every kind of dead one."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from failback.people import canary, channels, dashboards
from receivers import LOGIN, answering, desk, dripping, free_port, silent

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE = 6.0  # seconds; what is silent takes that long, all of them together
LOOK = 4.0


def channel(tmp_path: Path, name: str, url: str, read_back: str = "") -> channels.Channel:
    path = tmp_path / name
    path.write_text(url + "\n", encoding="utf-8")
    path.chmod(0o600)
    return channels.Channel(name, str(path), name, {"url": read_back} if read_back else {})


def test_every_channel_is_judged_and_none_delays_the_others(tmp_path: Path) -> None:
    channels.problem("json://warm")  # the import of Apprise is not what is measured here
    with ExitStack() as stack:
        found, page, post = stack.enter_context(desk())
        back = f"http://127.0.0.1:{page}/messages?text={{code}}"
        # The first of all answers when chat and mail have arrived: one after the other, none of them ever would.
        others = lambda: {message["way"] for message in found.messages} == {"chat", "mail"}  # noqa: E731
        urls = {
            "slow": (f"json://127.0.0.1:{stack.enter_context(answering(200, once=others))}/TOKENslow", ""),
            "chat": (f"json://{LOGIN}@127.0.0.1:{page}/notify/chat", back),
            "mail": (f"mailto://127.0.0.1:{post}?from=a@example.org&to=b@example.org&mode=insecure", back),
            "wrong login": (f"json://ops:not-the-secret@127.0.0.1:{page}/notify/chat", back),
            "refuses": (f"json://127.0.0.1:{stack.enter_context(answering(500))}/TOKEN500", ""),
            "silent": (f"json://user:TOKENsilent@127.0.0.1:{stack.enter_context(silent())}/hook", ""),
            "drips": (f"json://127.0.0.1:{stack.enter_context(dripping())}/TOKENdrips", ""),
            "nobody": (f"json://127.0.0.1:{free_port()}/TOKENnobody", ""),
            "swallows": (f"json://127.0.0.1:{stack.enter_context(answering(200))}/TOKENswallow", back),
            "no service": ("nonsense://TOKENnonsense", ""),
        }
        some = [channel(tmp_path, name, *rest) for name, rest in urls.items()]
        tried = {one.channel: one for one in canary.send("lab", some, deadline=DEADLINE)}
    assert {name: one.works for name, one in tried.items()} == {
        **dict.fromkeys(("chat", "mail", "slow"), True),
        **dict.fromkeys(("wrong login", "refuses", "silent", "drips", "nobody", "swallows", "no service"), False),
    }
    assert (tried["chat"].arrived, tried["mail"].arrived, tried["slow"].arrived) == (True, True, None)
    assert "401" in tried["wrong login"].error
    assert "500" in tried["refuses"].error
    assert tried["nobody"].error == "connection refused"
    assert "no answer" in tried["silent"].error
    assert "no answer" in tried["drips"].error
    assert (tried["swallows"].delivered, tried["swallows"].arrived) == (True, False)
    assert "not seen where it is read back" in tried["swallows"].error
    assert {message["way"] for message in found.messages} == {"chat", "mail"}
    told = json.dumps([one.as_dict() for one in tried.values()])
    assert "TOKEN" not in told
    assert "secret" not in told.replace("[secret removed]", "")


def test_dashboards_are_judged_by_their_newest_figure() -> None:
    now = time.time()
    with ExitStack() as stack:
        live = stack.enter_context(answering(200, body=json.dumps({"updated": now}).encode()))
        old = stack.enter_context(answering(200, body=json.dumps({"updated": now - 600}).encode()))
        ahead = stack.enter_context(answering(200, body=json.dumps({"updated": now + 600}).encode()))
        some = [
            dashboards.Dashboard(name, f"http://127.0.0.1:{port}/", time="$.updated", max_age=60)
            for name, port in {
                "live": live,
                "old": old,
                "ahead": ahead,
                "broken": stack.enter_context(answering(503)),
                "silent": stack.enter_context(silent()),
                "drips": stack.enter_context(dripping()),
                "nobody": free_port(),
            }.items()
        ]
        seen = {one.name: one for one in dashboards.look(some, timeout=LOOK)}
    assert [name for name, one in seen.items() if one.live] == ["live"]
    assert "600 s old, 60 s are allowed" in seen["old"].error
    assert "in the future" in seen["ahead"].error
    assert seen["broken"].error == "HTTP 503"
    assert "no answer within 4 s" in seen["silent"].error
    assert "no answer within 4 s" in seen["drips"].error
    assert "refused" in seen["nobody"].error
