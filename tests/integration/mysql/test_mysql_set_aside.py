"""Opening an IDC that will not get what RDS took (stop-first): only what lies whole in a quarantine may be missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from gate_side import gate, write_on_idc
from idc_side import run_action
from promote_side import STATE, fenced, promote

if TYPE_CHECKING:
    from pathlib import Path

    import mysql_pair


@pytest.fixture(name="kept")
def _kept(pair: mysql_pair.Pair, tmp_path: Path) -> tuple[dict[str, Any], Path]:
    """RDS fenced, what it took since the cut-over collected, IDC as at the cut-over."""
    final = fenced(pair)
    folder = tmp_path / "quarantine"
    result = run_action("mysql_quarantine", arguments(pair, folder) | {"final": final["gtid"]})
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["totals"]
    return final, folder


def arguments(pair: mysql_pair.Pair, folder: Path) -> dict[str, Any]:
    return {
        "idc": pair.idc.login_dict(),
        "aws": pair.rds.login_dict(),
        "directory": str(folder),
        "schemas": ["shop"],
        "cutover_gtid": pair.cutover,
    }


def refused(pair: mysql_pair.Pair, final: dict[str, Any], folder: Path, told: str) -> None:
    result = promote(pair, final, set_aside=str(folder))
    assert result.get("refused"), result
    assert told in result["msg"]
    assert pair.idc.root(STATE) == "1\t1"


def test_what_lies_whole_in_the_quarantine_may_be_missing(
    pair: mysql_pair.Pair, kept: tuple[dict[str, Any], Path]
) -> None:
    final, folder = kept
    without = promote(pair, final)
    assert without["refused"]
    assert "I3: IDC lacks" in without["msg"]
    result = promote(pair, final, set_aside=str(folder))
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["set_aside"] >= 20
    assert not result["evidence"]["idc_has_final"]
    assert pair.idc.root(STATE) == "0\t0"


def test_run_again_it_finds_idc_open_and_judges_it_by_the_quarantine(
    pair: mysql_pair.Pair, kept: tuple[dict[str, Any], Path]
) -> None:
    final, folder = kept
    closed = gate(pair, side="idc", set_aside=str(folder))
    assert "failed" not in closed, closed["msg"]
    assert not closed["evidence"]["promoted_before"]
    promote(pair, final, set_aside=str(folder))
    pair.idc.root("INSERT INTO shop.items (name) VALUES ('a customer')")

    again = gate(pair, side="idc", set_aside=str(folder))
    assert "failed" not in again, again["msg"]
    assert again["evidence"]["promoted_before"]
    promoted = promote(pair, final, set_aside=str(folder))
    assert "failed" not in promoted, promoted["msg"]
    assert not promoted["changed"]

    unknown = gate(pair, side="idc")
    assert unknown["refused"]
    assert "IDC was written since the cut-over" in unknown["msg"]


def test_a_written_idc_that_nobody_opened_is_refused(pair: mysql_pair.Pair, kept: tuple[dict[str, Any], Path]) -> None:
    _, folder = kept
    write_on_idc(pair)
    refusal = gate(pair, side="idc", set_aside=str(folder))
    assert refusal["refused"]
    assert "IDC was written since the cut-over" in refusal["msg"]


def test_a_heartbeat_after_the_collecting_is_no_write(pair: mysql_pair.Pair, kept: tuple[dict[str, Any], Path]) -> None:
    _, folder = kept
    pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, 4711)")
    result = promote(pair, fenced(pair), set_aside=str(folder))
    assert "failed" not in result, result["msg"]


def test_what_rds_took_after_the_collecting_is_missed(pair: mysql_pair.Pair, kept: tuple[dict[str, Any], Path]) -> None:
    _, folder = kept
    pair.rds.root("INSERT INTO shop.items (name) VALUES ('by an administrator')")
    refused(pair, fenced(pair), folder, "I3: IDC lacks 1 transactions")


def test_a_quarantine_that_is_not_whole_opens_nothing(pair: mysql_pair.Pair, kept: tuple[dict[str, Any], Path]) -> None:
    final, folder = kept
    changes = folder / "changes.jsonl"
    lines = changes.read_text(encoding="utf-8").splitlines(keepends=True)
    changes.write_text("".join(lines[:-1]), encoding="utf-8")
    refused(pair, final, folder, "was changed since it was written")
    changes.write_text("".join(lines), encoding="utf-8")

    raw = next(path for path in (folder / "raw").iterdir() if path.name != "index.json")
    whole = raw.read_bytes()
    raw.write_bytes(whole[:-50] + bytes(50))
    refused(pair, final, folder, "is not whole: ")
    raw.unlink()
    refused(pair, final, folder, "is not whole: there is no binary log")
    raw.write_bytes(whole)

    index = folder / "raw" / "index.json"
    facts = json.loads(index.read_text(encoding="utf-8"))
    # It claims a later position than its files reach.
    index.write_text(json.dumps(facts | {"final": facts["final"] + "," + f"{pair.rds.uuid}:1-9999"}), encoding="utf-8")
    refused(pair, final, folder, "is not whole: ")
    index.unlink()
    refused(pair, final, folder, "holds no finished quarantine")


def test_the_playbook_looks_for_it_before_the_fence_is_proven_again(
    pair: mysql_pair.Pair, kept: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    _, folder = kept
    found = run_action("mysql_quarantine", arguments(pair, folder) | {"state": "found"})
    assert not found["changed"]
    assert found["evidence"]["transactions"] >= 20
    missing = run_action("mysql_quarantine", arguments(pair, tmp_path / "nowhere") | {"state": "found"})
    assert missing["refused"]
    assert "--part restore collects it" in missing["msg"]
