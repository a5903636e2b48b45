"""Without a person's word for exactly this change set, and on a closed IDC, nothing is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quarantine_side import apply, approve, collect, picture, story

if TYPE_CHECKING:
    from pathlib import Path

    from quarantine_side import Pair


def test_without_the_right_word_nothing_is_applied(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    result = collect(servers, tmp_path, cutover, "q")
    before = picture(servers.idc, "q")
    for words, word in {
        "without an approval": "",
        "cannot be read": str(tmp_path / "nowhere"),
        "another change set": approve(tmp_path, result, digest="0" * 64),
    }.items():
        refused = apply(servers, tmp_path, "q", approval=word)
        assert refused["refused"]
        assert words in refused["msg"]
    for more, words in (
        ({"run": "other"}, "is for run other"),
        ({"approved_by": " "}, "lacks approved_by"),
        ({"tables": ["q.nothing"]}, "did not change"),
        ({"classes": ["conflict"]}, "classes other than"),
        ({"cascades": "yes"}, "true or false"),
        ({"extra": 1}, "means nothing"),
    ):
        refused = apply(servers, tmp_path, "q", approval=approve(tmp_path, result, **more))
        assert words in refused["msg"]
    changed = tmp_path / "changes.jsonl"
    changed.write_text(changed.read_text().replace("하나", "둘"))
    assert "changed since" in apply(servers, tmp_path, "q", approval=approve(tmp_path, result))["msg"]
    raw = next((tmp_path / "raw").glob("binlog.*"))
    raw.write_bytes(raw.read_bytes()[:-40])
    assert collect(servers, tmp_path, cutover, "q")["failed"]
    assert picture(servers.idc, "q") == before


def test_a_closed_idc_is_left_alone(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    result = collect(servers, tmp_path, cutover, "q")
    servers.idc.root("SET GLOBAL super_read_only = 1")
    refused = apply(servers, tmp_path, "q", approval=approve(tmp_path, result))
    servers.idc.root("SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0")
    assert refused["refused"]
    assert "closed for writes" in refused["msg"]
