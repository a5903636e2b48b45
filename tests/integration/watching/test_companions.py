from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from watched_site import SECRET, Site, wait_for

from rollback_runner import companions
from rollback_runner.watching import notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

PROJECT = Path(__file__).parents[3]


def begun(site: Site) -> int:
    """How often watching began, by the record."""
    path = notes.path(site.incident)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return sum(json.loads(line)["kind"] == "watch_began" for line in lines)


def processes(site: Site) -> list[int]:
    """The sampler processes of this incident, by their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"rollback_runner.companion" in words and str(site.incident).encode() in words:
            found.append(int(path.parent.name))
    return found


def test_it_works_until_told_to_end_and_the_record_says_so(site: Site) -> None:
    companion = site.ensure()
    assert companion.alive, companion.problem
    wait_for(lambda: begun(site), site.log)
    assert companions.alive(site.incident, "sampler")
    assert [one.name for one in companions.states(site.incident)] == ["sampler"]
    assert companions.stop(site.incident, "sampler")
    assert companions.state(site.incident, "sampler").state == "stopped"
    assert processes(site) == []
    assert notes.read(site.incident).ended is not None
    assert not companions.stop(site.incident, "sampler")


def test_ensures_at_once_from_several_processes_start_one(site: Site) -> None:
    program = (
        "import sys; from pathlib import Path; from rollback_runner import companions;"
        " a = [Path(word) for word in sys.argv[1:]]; print(companions.ensure('sampler', *a).pid)"
    )
    argv = [sys.executable, "-c", program, str(site.directory), str(site.home), str(site.incident)]

    def one(_number: int) -> str:
        return subprocess.run(argv, capture_output=True, text=True, check=True, cwd=PROJECT).stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(one, range(4)))
    assert len(told) == 1
    wait_for(lambda: begun(site), site.log)
    assert processes(site) == [int(told.pop())]
    assert begun(site) == 1


def test_a_second_process_gives_way_even_when_the_file_about_the_first_is_lost(site: Site) -> None:
    first = site.ensure()
    wait_for(lambda: begun(site), site.log)
    (site.incident / "companions" / "sampler.json").write_text("{", encoding="utf-8")
    assert companions.state(site.incident, "sampler").alive  # the lock tells
    (site.incident / "companions" / "sampler.json").unlink()
    second = site.ensure()
    wait_for(lambda: "works already" in site.log(), site.log)
    wait_for(lambda: processes(site) == [first.pid])
    assert second.pid != first.pid
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not processes(site))
    assert site.ensure().alive


def test_a_number_used_again_by_another_process_is_not_mistaken_for_it(site: Site) -> None:
    site.ensure()
    companions.stop(site.incident, "sampler")
    path = site.incident / "companions" / "sampler.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**kept, "pid": os.getpid()}), encoding="utf-8")
    assert not companions.alive(site.incident, "sampler")
    assert not companions.stop(site.incident, "sampler")  # and we still live
    assert site.ensure().alive


def test_one_that_is_suspended_counts_as_stuck_and_is_replaced(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site.ensure()
    wait_for(lambda: begun(site), site.log)
    os.kill(first.pid, signal.SIGSTOP)
    monkeypatch.setattr(companions, "STUCK_AFTER", 1.0)
    wait_for(lambda: companions.state(site.incident, "sampler").state == "stuck")
    second = site.ensure()
    assert second.alive
    assert second.pid != first.pid
    wait_for(lambda: processes(site) == [second.pid])


def test_it_ends_when_the_incident_is_closed_and_none_begins_after(site: Site) -> None:
    site.ensure()
    wait_for(lambda: begun(site), site.log)
    site.current.unlink()
    wait_for(lambda: not processes(site), site.log)
    last = json.loads(notes.path(site.incident).read_text(encoding="utf-8").splitlines()[-1])
    assert (last["kind"], last["why"]) == ("watch_ended", "closed")
    assert site.ensure().state == "over"
    assert processes(site) == []


def test_it_outlives_who_started_it_and_holds_nothing_of_theirs(site: Site, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from rollback_runner import companions;"
        " a = [Path(word) for word in sys.argv[1:]]; print(companions.ensure('sampler', *a).pid)"
    )
    argv = [sys.executable, "-c", program, str(site.directory), str(site.home), str(site.incident)]
    environment = {**os.environ, "RR_RUN_DIR": str(tmp_path / "run"), "RR_EPOCH": "7", "RR_LOCK": "x"}
    # Its output ends although the companion lives on: it holds no end of it.
    done = subprocess.run(
        argv, capture_output=True, text=True, check=True, cwd=PROJECT, env=environment, timeout=30
    )  # fmt: skip
    pid = int(done.stdout)
    wait_for(lambda: begun(site), site.log)
    assert os.getsid(pid) == pid
    carried = Path(f"/proc/{pid}/environ").read_bytes()
    assert not [name for name in (b"RR_RUN_DIR=", b"RR_EPOCH=", b"RR_LOCK=") if name in carried]
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10


def test_no_secret_is_in_its_arguments_its_log_or_its_files(site: Site) -> None:
    companion = site.ensure()
    wait_for(lambda: "lost: mysql" in site.log(), site.log)
    assert SECRET.encode() not in Path(f"/proc/{companion.pid}/cmdline").read_bytes()
    kept = [path for path in site.incident.rglob("*") if path.is_file()]
    assert len(kept) > 4
    assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []
    log = site.incident / "companions" / "sampler.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert site.incident.joinpath("figures").stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_started_is_told_and_never_raised(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(companions.os, "open", full)
    found = site.ensure()
    assert (found.state, found.alive) == ("failed", False)
    assert "No space left" in found.problem


def test_a_site_that_became_invalid_is_said_in_the_log(site: Site) -> None:
    site.change("all", site_titel="x")
    site.ensure()
    wait_for(lambda: companions.state(site.incident, "sampler").state == "gone", site.log)
    assert "site_titel is not known" in site.log()


def test_modules_know_their_companions() -> None:
    names: Sequence[str] = sorted(__import__("rollback_runner.companion", fromlist=["MODULES"]).MODULES)
    assert names == ["messenger", "sampler"]
