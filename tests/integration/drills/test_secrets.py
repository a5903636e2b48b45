"""Every password and key of the lab is looked for, during a real phase and after it, and found nowhere."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import drill_run as run
import drill_watch as watch
import pytest

from lab import world

pytestmark = pytest.mark.lab

SHORTEST = 8  # characters; a shorter value would be a word
NO_SECRET = ("region",)  # of the credentials file


def secrets() -> dict[str, bytes]:
    """Every value of every secret file, and each line of every private key's body."""
    lab = run.HOME / ".lab"
    found = {}
    for path in sorted((lab / "secrets").iterdir()):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            name, _, value = line.rpartition("=") if " = " in line else ("", "", line)
            if name.strip() not in NO_SECRET and not value.startswith("["):
                found[f"{path.name}:{number}"] = value.strip().encode()
    keys = [path for folder in ("ssh", "ca", "hosts") for path in (lab / folder).rglob("*") if path.is_file()]
    for path in keys:
        lines = path.read_bytes().splitlines()
        if lines and b"PRIVATE KEY" in lines[0]:
            # The first line of a key says its kind and is the same in every key.
            found |= {f"{path.relative_to(lab)}:{n}": line for n, line in enumerate(lines[2:-1])}
    return {name: value for name, value in found.items() if len(value) >= SHORTEST}


def test_no_secret_is_found_in_processes_record_or_output() -> None:
    run.reset("--read-only-delay", "2")
    wanted = secrets()
    before = set((run.HOME / "runs").glob("2*"))

    with watch.processes(wanted) as watched:
        done = run.command(
            *("phase", "emergency", "-i", run.SITE, "--yes", *run.ALONE),
            *("--break-lock", "the lab was reset for another test"),
        )

    assert done.code == 0, done.output
    assert world.gone_home(world.state(run.HOME)) == []
    # The net has no holes: it knows every file, it looked often, and it saw what the command starts.
    assert {"idc-rr_admin", "aws-rr_admin", "repl", "shop_app", "tsig-idc", "aws-credentials"} <= {
        name.partition(":")[0] for name in wanted
    }
    assert any(name.startswith("ssh/id_ed25519") for name in wanted)
    assert watched.looks > 100
    assert any("ssh" in program for program in watched.programs), watched.programs
    assert any("python" in program for program in watched.programs), watched.programs

    (made,) = [path for path in set((run.HOME / "runs").glob("2*")) - before if not path.is_symlink()]
    files = [path for path in made.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"journal.jsonl", "events.jsonl", "report.json", "report.md", "plan.json"} <= {path.name for path in files}
    found = set(watched.found) | watch.search(wanted, done.output.encode(), "the command's output")
    for path in files:
        found |= watch.search(wanted, path.read_bytes(), str(path.relative_to(made)))
    assert found == set()
    assert list(Path(tempfile.gettempdir()).glob(f"rollback-runner-{made.name}-*")) == [], "scratch files are left"


def test_the_net_would_catch_one() -> None:
    planted = {"planted": b"pw-planted-4711-x"}
    with watch.processes(planted) as watched:
        subprocess.run(["sleep", "0.3"], env={"PLANTED": "pw-planted-4711-x", "PATH": "/usr/bin:/bin"}, check=True)
    assert watched.found == {"planted in the environment of sleep"}
