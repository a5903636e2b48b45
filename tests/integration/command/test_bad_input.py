"""Bad input is one clear sentence, the next command, and the documented exit code; nothing is touched."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from installed_command import Command


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("phase", "emergancy"), 2, "There is no phase emergancy (did you mean emergency?)"),
        (("phase",), 2, "Missing argument 'NAME'."),
        (("phas",), 2, "There is no command phas (did you mean phase?)."),
        (("explain", "AWS-99"), 2, "There is no item AWS-99"),
        (
            ("phase", "emergency", "-i", "nowhere"),
            2,
            "There is no site at nowhere; sites that come with this command: pretend.",
        ),
        (("phase", "emergency", "--langg", "ko"), 2, "No such option"),
        (("phase", "emergency", "--break-lock", " "), 2, "--break-lock needs a reason"),
        (("report",), 2, "There is no run below"),
        (("journal", "verify", "x"), 2, "There is no run below"),
    ],
)
def test_a_wrong_command_line(command: Command, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    done = command(*arguments)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Next: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (command.home / "runs").exists()


def test_an_unreadable_secret_stops_before_anything(command: Command) -> None:
    (command.home / "secrets" / "aws").unlink()
    (command.home / "secrets" / "tsig").chmod(0o644)
    done = command.phase()
    assert done.returncode == 2
    assert "shop-db: db_aws.password_file:" in done.stderr
    assert "is open to others (mode 0644); chmod 600 it" in done.stderr
    assert command.world() == {}


def test_nobody_can_be_asked_without_a_terminal(command: Command) -> None:
    done = command("phase", "emergency", "-i", str(command.site), "--lang", "en")
    assert done.returncode == 2
    assert "standard input is not a terminal" in done.stderr
    assert "Plan: emergency for pretend" in done.stderr


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("site: pretend\n", 0, "proven"),
        ("site: other\n", 3, "That is not pretend; nothing was done."),
        ("sight: pretend\n", 2, "sight is no item, not `site` and not `plan` (did you mean site?)"),
        ("[", 2, "is not readable as YAML"),
    ],
)
def test_answers_from_a_file(command: Command, tmp_path: Path, text: str, code: int, words: str) -> None:
    answers = tmp_path / "answers.yml"
    answers.write_text(text, encoding="utf-8")
    done = command("phase", "emergency", "-i", str(command.site), "--answers", str(answers), "--lang", "en")
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr


@pytest.mark.parametrize(("typed", "code"), [("pretend\n", 0), ("yes\n", 3)])
def test_on_a_terminal_the_sites_name_is_asked_for(command: Command, typed: str, code: int) -> None:
    leader, follower = pty.openpty()
    argv = command.argv("phase", "emergency", "-i", str(command.site), "--lang", "en")
    process = subprocess.Popen(
        argv,
        env=command.environment | {"TERM": "xterm", "COLUMNS": "100"},
        cwd=command.home,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, typed.encode())
    shown = b""
    while True:
        try:
            block = os.read(leader, 65536)
        except OSError:
            break
        if not block:
            break
        shown += block
    assert process.wait(timeout=180) == code, shown.decode()
    assert b"Point of no return: Promote IDC" in shown
    assert b"Type the site's name (pretend) to go ahead" in shown
    assert (b"Done and proven" in shown) == (code == 0)


def test_json_prints_the_report_and_nothing_else(command: Command) -> None:
    done = command.phase("--json")
    assert done.returncode == 0
    assert done.stdout.startswith("{")
    assert done.stderr == ""


def test_the_reading_commands_read_what_a_run_left(command: Command) -> None:
    assert command.phase().returncode == 0
    for arguments in (
        ("status",),
        ("status", "--json"),
        ("items",),
        ("items", "--json"),
        ("items", "--host", "idc-lb1"),
        ("report", "--format", "json"),
        ("report", "--lang", "ko"),
        ("explain", "switch-01"),
        ("completion", "bash"),
    ):
        done = command(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
        assert done.stdout
    wrong = command("items", "--host", "idc-lb9")
    assert wrong.returncode == 2
    assert "There is no host idc-lb9 in this run (did you mean idc-lb1?)" in wrong.stderr


def test_a_changed_journal_is_found(command: Command) -> None:
    assert command.phase().returncode == 0
    path = command.home / "runs" / "latest" / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:4] + lines[5:]), encoding="utf-8")
    done = command("journal", "verify")
    assert done.returncode == 1
    assert "line 5 does not follow the line before it" in done.stdout
    path.write_text("".join(lines[:-2]), encoding="utf-8")
    assert "lines were cut off" in command("journal", "verify").stdout


def test_init_writes_a_site_that_is_valid(command: Command, tmp_path: Path) -> None:
    (command.site.parent / "example").mkdir(exist_ok=True)
    (command.site.parent / "example" / "hosts.yml").write_text("---\n", encoding="utf-8")
    assert command("init", str(tmp_path / "mine")).returncode == 0
    assert (tmp_path / "mine" / "hosts.yml").exists()
    again = command("init", str(tmp_path / "mine"))
    assert again.returncode == 2
    assert "is not empty; nothing was written" in again.stderr
