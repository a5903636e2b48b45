"""Known secrets are taken out of whatever shape they slip through in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback import scrub

if TYPE_CHECKING:
    from pathlib import Path


KIND = "OPENSSH PRIVATE KEY"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lone-password\n", ["lone-password"]),
        ("[p]\naws_access_key_id = AKIA\naws_secret_access_key = abc/def+123\n", ["abc/def+123"]),
        ('key "rr" {\n  algorithm hmac-sha256;\n  secret "YmFzZTY0";\n};\n', ["YmFzZTY0"]),
        (
            f"-----BEGIN {KIND}-----\nb3BlbnNzaC1rZXktdjEAAAAABG5v\n-----END {KIND}-----\n",
            ["b3BlbnNzaC1rZXktdjEAAAAABG5v"],
        ),
        ("abc\n", []),
        ("", []),
    ],
)
def test_values_are_found_in_every_kind_of_file(text: str, expected: list[str]) -> None:
    assert scrub.values_in(text) == expected


def test_longer_secrets_go_first(tmp_path: Path) -> None:
    for name, text in (("a", "secret"), ("b", "secret-and-more")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    secrets = scrub.load((str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "missing")))
    assert scrub.scrub("x secret-and-more y secret z", secrets) == f"x {scrub.MARK} y {scrub.MARK} z"


def test_every_text_in_a_structure_is_cleaned() -> None:
    dirty = {"hunter2!": ["hunter2!", ("a", {"b": "hunter2!hunter2!"})], "n": 1, "none": None}
    assert scrub.scrub(dirty, ("hunter2!",)) == {
        scrub.MARK: [scrub.MARK, ["a", {"b": scrub.MARK * 2}]],
        "n": 1,
        "none": None,
    }
