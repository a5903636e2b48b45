"""What becomes of an archive whose making is broken off: by a full disk, a kill, another maker, a wrong key."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from failback.errors import ConfigError, RefusedError

from rollback_runner.archive import make, verify

if TYPE_CHECKING:
    from shelf_of_tests import Shelf

CHILD = """
import os, resource, signal, sys
from dataclasses import replace
from pathlib import Path
import rollback_runner.content
from failback import incident as incidents
from failback.errors import FailbackError
from rollback_runner.archive import make
home, out, keys, how = (Path(text) if number < 3 else text for number, text in enumerate(sys.argv[1:]))
sign = make.signed_with(str(keys / "kim"), ask=False)
if how == "kill":
    sign = lambda text: os.kill(os.getpid(), signal.SIGKILL)
if how.isdigit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(how), int(how)))
try:
    made = make.make(make.Asked(home, "lab", incidents.current(home, "lab"), out, "kim", sign, (str(home / "secret"),)))
except FailbackError as error:
    print(error)
    sys.exit(1)
"""


def child(kept: Shelf, how: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", CHILD, str(kept.home), str(kept.out), str(kept.keys), how]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("room", ["0", "600", "3000", "6000"])
def test_a_full_disk_leaves_nothing_and_says_what_to_do(kept: Shelf, room: str) -> None:
    (kept.run / "evidence" / "data").write_bytes(os.urandom(20000))
    done = child(kept, room)
    assert done.returncode == 1, done.stderr
    assert "the archive cannot be written to" in done.stdout
    assert "df -h" in done.stdout
    assert [path.name for path in kept.out.iterdir()] == [".making"]


def test_being_killed_leaves_no_archive_and_the_next_one_sweeps_up(kept: Shelf) -> None:
    assert child(kept, "kill").returncode == -signal.SIGKILL
    left = [path.name for path in kept.out.iterdir() if path.name != ".making"]
    assert len(left) == 1
    assert left[0].endswith(".part")
    made = kept.make()
    assert sorted(path.name for path in kept.out.iterdir()) == sorted([".making", made.path.name])
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600


def test_one_at_a_time_and_never_over_another(kept: Shelf) -> None:
    asked = kept.asked()

    def meanwhile(text: bytes) -> bytes:
        with pytest.raises(RefusedError, match="another archive is being made"):
            kept.make()
        return asked.sign(text)

    made = make.make(replace(asked, sign=meanwhile))
    moment = verify.verify(made.path, kept.signers).manifest
    assert moment is not None
    with pytest.raises(RefusedError, match="is there already"):
        make.make(replace(asked, now=lambda: verify.datetime.fromisoformat(moment.made_at)))


def test_a_key_that_does_not_sign_leaves_nothing(kept: Shelf) -> None:
    with pytest.raises(ConfigError, match="there is no key"):
        kept.make(key=kept.keys / "nobody")
    assert [path.name for path in kept.out.iterdir()] == [".making"]
