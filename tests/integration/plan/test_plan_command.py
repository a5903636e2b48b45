"""`plan`, `plan --freeze`, `plan diff` and `plan show` on the lab's inventory; the lab itself is not contacted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from failback.approval import signing

from rollback_runner.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from plan_homes import Command


def test_a_checkout_and_a_wheel_make_the_same_plan_until_a_byte_of_a_role_changes(
    command: Command, installed: Command, wheel: Path
) -> None:
    here, there = command.json(), installed.json()
    assert here["content"] == there["content"]
    assert here["digest"] == there["digest"]
    assert here["content"]["cutover"] == {"shop-db": "11111111-1111-4111-8111-111111111111:1-484"}
    text = json.dumps(here["content"])
    assert [place for place in (command.base, command.home) if str(place) in text] == []

    path = wheel / "rollback_runner" / "_content" / "roles" / "rds" / "tasks" / "fence.yml"
    path.touch()
    assert installed.freeze().returncode == 0
    assert json.loads(installed.plan_file.read_text(encoding="utf-8"))["digest"] == here["digest"]
    with path.open("a", encoding="utf-8") as stream:
        stream.write("\n")
    try:
        done = installed.plan("diff", "--lang", "ko")
    finally:
        path.write_bytes(path.read_bytes()[:-1])
    assert done.returncode == 3
    assert done.stdout.split(maxsplit=2)[:2] == ["승인", "무효"]
    assert "코드 파일 1개가 바뀌었습니다: roles/rds/tasks/fence.yml." in done.stdout


def test_a_plan_is_frozen_shown_and_refused_once_a_character_changed(command: Command) -> None:
    done = command.freeze()
    assert done.returncode == 0, done.stderr
    assert re.search(r"Digest: [0-9a-f]{64}", done.stdout)
    raw, signature = command.plan_file.read_bytes(), command.plan_file.with_name("plan.json.sig").read_bytes()
    signers = (command.home / ".lab" / "people" / "allowed_signers").read_bytes()
    assert signing.verify([signing.Claim(raw, signature, "kim", signing.PLAN)], signers)[0].good

    shown = command.plan("--lang", "en").stdout
    assert re.search(r"Frozen 20\S+Z by kim, digest [0-9a-f]{12}", shown)
    assert "Nothing changed since" in shown
    assert "rollback-runner approve --role technical_lead" in shown

    command.plan_file.write_bytes(raw.replace(b'"db_max_lag":1.0', b'"db_max_lag":9.0'))
    refused = command.plan("diff")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "was changed after it was frozen" in refused.stderr


def test_a_draft_is_one_or_two_screens_and_plain_where_no_terminal_is(command: Command) -> None:
    shown = command.plan("--lang", "ko")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert 30 < len(lines) <= 90
    assert "\x1b" not in shown.stdout
    assert lines[2] == "영향받는 데이터"
    steps = command.plan("show", "--lang", "en").stdout
    assert steps.count(">>> POINT OF NO RETURN") == 1
    assert len(re.findall(r"^    undo: ", steps, re.MULTILINE)) > 20
    assert "nobody wrote down how" not in steps


def test_what_is_asked_wrongly_is_one_sentence_with_the_next_step(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RR_HOME", str(home))
    for words, said, follows in (
        (
            ["plan", "--as", "kim"],
            "--as and --key belong to --freeze.",
            "rollback-runner plan --freeze --as NAME --key FILE",
        ),
        (["plan", "diff", "-i", "inventories/lab"], "No plan is frozen for lab.", "rollback-runner plan --freeze"),
        (["plan", "--strategy", "fast"], "Invalid value for '--strategy'", "rollback-runner plan --help"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(words)
        lines = capsys.readouterr().err.splitlines()
        assert ended.value.code == 2
        assert lines[0].startswith(said)
        assert lines[1].startswith(f"Next: {follows}")
