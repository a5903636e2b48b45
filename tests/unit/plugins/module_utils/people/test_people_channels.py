"""Nothing of a channel's URL is told, and a file that others can read is not used."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from failback.errors import ConfigError
from failback.people import canary, channels

if TYPE_CHECKING:
    from pathlib import Path

URL = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#incident"


def channel(tmp_path: Path, text: str = URL, mode: int = 0o600) -> channels.Channel:
    path = tmp_path / "url"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return channels.Channel("chat", str(path))


def test_every_part_of_a_url_is_a_secret() -> None:
    assert {"T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ", URL} <= set(channels.parts_of(URL))
    login = channels.parts_of("json://ops:p%40ss@example.org/hook")
    assert {"p%40ss", "p@ss"} <= set(login)
    assert base64.b64encode(b"ops:p@ss").decode() in login


def test_a_url_apprise_knows_is_well_and_another_is_refused_without_telling_it() -> None:
    assert channels.problem(URL) == ""
    said = channels.problem("nonsense://TIiajkdnlazkcOXrIdevi7FQ/token99")
    assert "Apprise cannot use it" in said
    assert "TIiaj" not in said
    assert "token99" not in said


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        (URL, 0o644, "can be read by others: chmod 0600"),
        ("", 0o600, "must hold one line"),
        ("a\nb\n", 0o600, "it has 2"),
    ],
)
def test_a_file_that_will_not_do_is_named(tmp_path: Path, text: str, mode: int, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        channel(tmp_path, text, mode).url()
    assert "channel chat" in str(caught.value)
    assert "slack" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        channels.Channel("chat", str(tmp_path / "none")).url()


def test_a_canary_speaks_for_its_channel_for_a_while_and_for_its_url_only(tmp_path: Path) -> None:
    one = channel(tmp_path)
    tried = canary.Tried("chat", "RR-1", delivered=True, arrived=None, seconds=0.1, at=1000.0, mark=canary.mark(one))
    kept = {"chat": tried.as_dict()}
    assert canary.known(kept, one, valid=60, now=1059) == tried
    assert canary.known(kept, one, valid=60, now=1061) is None
    assert canary.known(kept, one, valid=60, now=900) is None  # kept by a clock that was ahead
    (tmp_path / "url").write_text(URL + "2", encoding="utf-8")
    assert canary.known(kept, one, valid=60, now=1001) is None
    assert URL not in str(kept)


def test_a_canary_that_failed_does_not_speak_for_its_channel(tmp_path: Path) -> None:
    one = channel(tmp_path)
    for arrived, delivered in ((False, True), (None, False)):
        tried = canary.Tried("chat", "RR-1", delivered, arrived, 0.1, at=1000.0, mark=canary.mark(one))
        assert canary.known({"chat": tried.as_dict()}, one, valid=60, now=1001) is None


def test_codes_differ() -> None:
    assert len({canary.code() for _ in range(100)}) == 100
