"""Limits a site sets by name: numbers, and only those that are known."""

from __future__ import annotations

import pytest
from failback import limits
from failback.errors import ConfigError


def test_numbers_are_read_and_the_rest_keeps_its_default() -> None:
    assert limits.read("x_limits", {"share": 1, "errors": "0.5"}, ("share", "errors", "seconds")) == {
        "share": 1.0,
        "errors": 0.5,
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [({"shar": 1}, "x_limits does not know shar; it knows share"), ({"share": "much"}, "every value is a number")],
)
def test_anything_else_is_one_sentence(data: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        limits.read("x_limits", data, ("share",))
