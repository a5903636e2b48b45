from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import planned
import pytest
from failback.approval import canonical, plan_file

from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.plan import document as plan_document
from rollback_runner.plan.document import Frozen

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = planned.content()


def frozen(**changes: object) -> Frozen:
    parts = {
        "site": "shop",
        "incident": "i1",
        "strategy": "switch-first",
        "digest": canonical.digest(CONTENT),
        "content": CONTENT,
        "facts": planned.facts(),
        "made_by": "kim",
        "made_at": "2026-01-01T00:00:00Z",
        "makers": ("kim",),
    }
    return Frozen(**(parts | changes))  # type: ignore[arg-type]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    plan_document.write(tmp_path, frozen(), b"signature")
    found = plan_document.need(tmp_path, "shop")
    assert found.as_dict() == frozen().as_dict()
    assert (tmp_path / "plan.json.sig").read_bytes() == b"signature"
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o600
    assert plan_document.makers(tmp_path, found.digest) == ("kim",)
    assert plan_document.makers(tmp_path, "0" * 64) == ()


def test_the_library_of_approvals_reads_the_same(tmp_path: Path) -> None:
    made = frozen(incident=tmp_path.name)
    plan_document.write(tmp_path, made, b"signature")
    seen = plan_file.read(tmp_path, "shop")
    assert (seen.digest, seen.maker, seen.problems) == (made.digest, "kim", ())
    assert seen.raw == made.text()


def test_a_plan_changed_by_one_character_anywhere_is_refused(tmp_path: Path) -> None:
    text = frozen().text()
    plan_document.write(tmp_path, frozen(), b"")
    path = tmp_path / "plan.json"
    # Every value of the file, by its first character, wherever changing it leaves JSON behind.
    places = [match.start(1) for match in re.finditer(rb'[":\[,]([0-9A-Za-z])', text)]
    seen = 0
    for place in places:
        other = b"b" if text[place : place + 1] != b"b" else b"c"
        changed = text[:place] + other + text[place + 1 :]
        path.write_bytes(changed)
        with pytest.raises(RefusedError):
            plan_document.read(tmp_path)
        seen += 1
    assert seen > 300


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(frozen().text().replace(b'{"content"', b'{"digest":"0","content"', 1))
    with pytest.raises(RefusedError, match="stands twice"):
        plan_document.read(tmp_path)


def test_a_plan_for_another_site_than_its_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(frozen(site="other").text())
    with pytest.raises(RefusedError, match="was changed after it was frozen"):
        plan_document.read(tmp_path)


def test_another_version_or_a_key_too_many_is_refused(tmp_path: Path) -> None:
    body = json.loads(frozen().text())
    for changed in (body | {"version": 2}, body | {"more": 1}, {key: body[key] for key in body if key != "facts"}):
        (tmp_path / "plan.json").write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(RefusedError, match="no frozen plan of version 1"):
            plan_document.read(tmp_path)


def test_no_plan_is_no_error_until_one_is_needed(tmp_path: Path) -> None:
    assert plan_document.read(tmp_path) is None
    with pytest.raises(UsageError, match="No plan is frozen for shop"):
        plan_document.need(tmp_path, "shop")
    with pytest.raises(UsageError, match="No plan is frozen for shop"):
        plan_document.need(None, "shop")


def test_a_freeze_that_was_killed_in_the_middle_is_no_approved_plan(tmp_path: Path) -> None:
    plan_document.write(tmp_path, frozen(), b"one")
    (tmp_path / "plan.json.sig").write_bytes(b"two")  # the signature of a plan that did not get to its place
    assert plan_document.need(tmp_path, "shop").made_by == "kim"
    plan_document.write(tmp_path, frozen(), b"two")
    assert (tmp_path / "plan.json.sig").read_bytes() == b"two"


def test_what_was_left_half_written_is_not_read(tmp_path: Path) -> None:
    plan_document.write(tmp_path, frozen(), b"one")
    (tmp_path / ".plan.json.99").write_bytes(b"{half")
    assert plan_document.need(tmp_path, "shop").made_by == "kim"
