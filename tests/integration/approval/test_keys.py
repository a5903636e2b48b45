"""Keys of people: a passphrase typed by its owner alone, an agent, and none in any command line."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from asked import code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asked import Commands

LIBRARY = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"


def test_a_key_with_a_passphrase_signs_for_its_owner_alone(commands: Commands, tmp_path: Path) -> None:
    key = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(key)], check=True)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    commands.signed.list_signers("kim", "park", lines=(f"lee {public}",))
    result = commands("approve", "--role", "technical_lead", "--key", str(key), "--yes")
    assert code(result) == 2
    assert "Its passphrase can only be typed by its owner" in str(result.exception)
    program = (
        f"import sys\nsys.path.insert(0, {str(LIBRARY)!r})\nfrom failback.approval import signing\n"
        f"sys.stdout.write(signing.sign(b'text\\n', {str(key)!r}, signing.APPROVAL, ask=True).decode())\n"
    )
    said, seen = typed(program, "open sesame\n")
    assert "-----BEGIN SSH SIGNATURE-----" in said
    assert "open sesame" not in said
    assert all("sesame" not in argv for argv in seen)


def test_an_agent_signs_without_a_file(commands: Commands, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    subprocess.run(["ssh-add", "-q", str(commands.signed.key("jung")), str(commands.signed.key("lee"))], check=True)
    for more in ((), ("--key", "agent")):
        result = commands("approve", "--role", "technical_lead", "--as", "lee", "--yes", *more)
        assert result.stdout.startswith("lee approved plan"), result.exception
    result = commands("approve", "--role", "operations_manager", "--as", "park", "--key", "agent", "--yes")
    assert "the agent holds 2 keys, and none of them stands in the signers file for this person" in str(
        result.exception
    )


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    """An ssh-agent of our own."""
    socket = str(tmp_path / "agent")
    started = subprocess.run(["ssh-agent", "-s", "-a", socket], capture_output=True, text=True, check=True)
    pid = re.search(r"SSH_AGENT_PID=(\d+)", started.stdout)
    assert pid is not None
    yield socket
    os.kill(int(pid[1]), signal.SIGTERM)


def typed(program: str, words: str) -> tuple[str, list[str]]:
    """Run a program on a terminal and type once it asks; return what it showed, and all command lines then."""
    near, far = pty.openpty()
    # As the session's own terminal: what is typed is shown on any other.
    argv = ["setsid", "--ctty", "--wait", sys.executable, "-c", program]
    with subprocess.Popen(argv, stdin=far, stdout=far, stderr=far) as child:
        os.close(far)
        said, seen = b"", list[str]()
        limit = time.monotonic() + 90
        while time.monotonic() < limit:
            if select.select([near], [], [], 0.2)[0]:
                try:
                    said += os.read(near, 4096)
                except OSError:
                    break  # the program has ended
            if b"passphrase" in said and not seen:
                listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
                seen = listed.stdout.splitlines()
                os.write(near, words.encode())
        child.kill()
    os.close(near)
    return said.decode(errors="replace"), seen
