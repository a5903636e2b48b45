"""What a host said in other bytes than UTF-8 can be read, written and kept: no record ends because of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from failback import incident, journal, scrub
from failback.readable import readable
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

KOREAN = "메모리 부족".encode("euc_kr").decode("utf-8", "surrogateescape")


def test_korean_of_an_older_host_is_read_as_korean() -> None:
    assert readable(f"docker said: {KOREAN}!") == "docker said: 메모리 부족!"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"\xb0", "<0xB0>"),
        (b"ab\xff\xfecd", "ab<0xFF><0xFE>cd"),
        ("한국어 \N{SNOWMAN}".encode(), "한국어 \N{SNOWMAN}"),
        (b"", ""),
    ],
)
def test_a_byte_that_is_no_text_is_shown(said: bytes, shown: str) -> None:
    assert readable(said.decode("utf-8", "surrogateescape")) == shown


def test_half_of_a_pair_is_shown() -> None:
    assert readable("a\ud800b") == "a<U+D800>b"


@given(st.binary())
def test_whatever_comes_can_be_written_and_text_that_is_well_stays(raw: bytes) -> None:
    shown = readable(raw.decode("utf-8", "surrogateescape"))
    assert readable(shown.encode().decode()) == shown


def test_the_journal_the_incident_and_the_scrubber_take_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal.append(path, "outcome", act="start the container", error=f"docker: {KOREAN}")
    assert journal.read(path)[-1]["error"] == "docker: 메모리 부족"
    place = incident.begin(tmp_path, "shop")
    incident.keep(place, "logs.lb1", {"lines": [KOREAN], KOREAN: 1})
    assert incident.facts(place)["logs.lb1"] == {"lines": ["메모리 부족"], "메모리 부족": 1}
    assert json.dumps(scrub.scrub({"msg": KOREAN}, ("secret",)), ensure_ascii=False) == '{"msg": "메모리 부족"}'
