"""On a terminal too narrow for the live table the run goes on in plain lines, and says so."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from installed_command import Command


def on_a_terminal(command: Command, columns: int, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run the command on a terminal of this width; return its exit code and all it showed."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    # Whoever runs the tests may have said how wide its own terminal is.
    ours = {key: value for key, value in command.environment.items() if key not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        command.argv(*arguments),
        env=ours | {"TERM": "xterm"} | environment,
        cwd=command.home,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            block = os.read(leader, 65536)
        except OSError:  # the last process let go of the terminal
            break
        if not block:
            break
        shown += block
    os.close(leader)
    return process.wait(timeout=60), shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("columns", "environment"),
    [(20, {}), (80, {"COLUMNS": "20"}), (1, {}), (20, {"TERM": "dumb"})],
    ids=["the terminal says it", "COLUMNS says it", "one column", "a dumb terminal"],
)
def test_a_narrow_terminal_gets_plain_lines(command: Command, columns: int, environment: dict[str, str]) -> None:
    code, shown = on_a_terminal(
        command, columns, environment, *("phase", "emergency", "-i", str(command.site), "--yes", "--lang", "en")
    )
    assert code == 0, shown
    assert "Traceback" not in shown
    assert "\x1b[" not in shown, "no cursor is moved about"
    assert "done         SWITCH-02" in shown
    assert "Done and proven: Pretended shop is served by the IDC again." in shown
    if "TERM" not in environment:
        assert f"The terminal has {environment.get('COLUMNS', columns)} columns; the live view needs 70." in shown


def test_a_wide_terminal_gets_the_table(command: Command) -> None:
    code, shown = on_a_terminal(
        command, 100, {}, *("phase", "emergency", "-i", str(command.site), "--yes", "--lang", "en")
    )
    assert code == 0, shown
    assert "\x1b[" in shown
    assert "The terminal has" not in shown


@pytest.mark.parametrize(
    "arguments", [("status",), ("items",), ("report",), ("explain", "AWS-01"), ("--help",), ("phase", "--help")]
)
def test_the_reading_commands_do_not_mind_either(command: Command, arguments: tuple[str, ...]) -> None:
    assert command.phase().returncode == 0
    code, shown = on_a_terminal(command, 20, {}, *arguments)
    assert code == 0, shown
    assert "Traceback" not in shown
    assert shown.strip()
