"""Whether a HAProxy configuration would put a stop-gap up, and what an edited map file keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from failback.haproxy import stopgap, stopgap_lines

LAB = (Path(__file__).resolve().parents[5] / "lab" / "templates" / "haproxy.cfg").read_text(encoding="utf-8")
MAP = "/etc/haproxy/rr_stopgap.map"


def test_the_labs_lines_are_complete() -> None:
    assert stopgap_lines.problems(LAB, MAP) == []


@pytest.mark.parametrize(
    ("without", "says"),
    [
        ("map_str", "sets txn.rr_stopgap from the map"),
        ("file /etc/haproxy/stopgap.html", "when txn.rr_stopgap is page"),
        ("file /etc/haproxy/read-only", "when txn.rr_stopgap is read-only"),
    ],
)
def test_a_line_that_is_missing_is_named(without: str, says: str) -> None:
    text = "\n".join(line for line in LAB.splitlines() if without not in line)
    assert [says in one for one in stopgap_lines.problems(text, MAP)] == [True]


def test_lines_behind_the_hold_and_another_map_are_found() -> None:
    moved = LAB.replace("    http-request lua.rr_hold\n", "").replace(
        "    # The stop-gap service.", "    http-request lua.rr_hold\n    # The stop-gap service.", 1
    )
    assert "after lua.rr_hold" in stopgap_lines.problems(moved, MAP)[0]
    assert "from the map /etc/other.map" in stopgap_lines.problems(LAB, "/etc/other.map")[0]
    commented = LAB.replace(
        "    http-request set-var(txn.rr_stopgap) str", "    # http-request set-var(txn.rr_stopgap) str"
    )
    assert len(stopgap_lines.problems(commented, MAP)) == 1


def test_only_the_mode_changes_in_the_file() -> None:
    text = "# ours\r\n  mode \t off  \nother page\n"
    assert stopgap.mode_in(text) == "off"
    assert stopgap.with_mode(text, "read-only") == "# ours\r\n  mode \t read-only  \nother page\n"
    assert stopgap.with_mode(stopgap.with_mode(text, "page"), "off") == text
    assert [stopgap.mode_in(one) for one in (None, "", "mode off\nmode page\n")] == [None, "", ""]


def test_what_the_socket_says_of_the_map() -> None:
    assert stopgap.running("0x55d0c8 mode page\n\n") == "page"
    assert stopgap.running("\n") == ""
    assert stopgap.running("Unknown map identifier. Please use #<id> or <file>.\n") is None
