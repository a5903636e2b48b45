from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from failback import journal
from watched_site import Site, front_door, wait_for

from rollback_runner import companions
from rollback_runner.cli.watch import watch
from rollback_runner.telling import escalation
from rollback_runner.watching import notes, series


def figures(site: Site) -> series.Series:
    return series.read(site.incident)


def test_hosts_and_doors_are_followed_and_what_is_lost_is_a_gap(site: Site) -> None:
    with front_door(site) as door:
        companion = site.ensure()
        wait_for(lambda: len(figures(site).of("cpu_busy").get("idc-db1", [])) > 3, site.log)
        found = figures(site)
        assert set(found.hosts("memory_used")) == {"idc-db1", "idc-app1", "idc-app2", "idc-lb1", "aws-lb1"}
        assert found.hosts("latency_p99") == ("idc-lb1",)
        assert door["asked"] > 0
        status = Path(f"/proc/{companion.pid}/status").read_text(encoding="utf-8")
        assert int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) < 120_000  # kB
    lost = {(gap.figure_source, gap.host) for gap in found.gaps if gap.until is None}
    assert {("mysql", "idc-db1"), ("mysql", "shop-prod"), ("haproxy", "idc-lb1")} <= lost
    assert all(gap.why for gap in found.gaps)
    assert journal.verify(notes.path(site.incident)) == []


def test_killed_and_started_again_it_goes_on_and_the_gap_is_on_record(site: Site) -> None:
    first = site.ensure()
    wait_for(lambda: _newest(site) and len(_lost(site, "mysql")) == 2, site.log)
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not _children_of(first.pid))
    wait_for(lambda: not companions.alive(site.incident, "sampler"))
    beat = (site.incident / "companions" / "sampler.beat").stat().st_mtime
    killed = time.time()
    site.ensure()
    wait_for(lambda: _newest(site) > killed, site.log)
    found = figures(site)
    (gap,) = [gap for gap in found.gaps if gap.figure_source == "sampler"]
    # From the last sign of life of the one to the first note of the other, whatever time that took.
    assert gap.since == pytest.approx(beat)
    assert gap.until == _began(site)[-1] >= killed
    assert "killed" in gap.why
    # The source that was lost before is one gap, not two.
    assert len(_lost(site, "mysql")) == 2
    assert journal.verify(notes.path(site.incident)) == []


def test_a_limit_broken_on_purpose_is_a_breach_that_people_are_told_of(site: Site) -> None:
    with front_door(site) as door:
        site.ensure()
        wait_for(lambda: figures(site).of("probe_failures"), site.log)
        door["status"] = 503
        wait_for(lambda: figures(site).breaches, site.log)
        (breach,) = figures(site).breaches
        assert (breach.figure, breach.host, breach.ended, breach.limit) == ("probe_failures", "idc-lb1", None, 0.5)
        (raised,) = wait_for(lambda: escalation.read(site.incident))  # type: ignore[misc]
        assert raised.trigger == "breach:probe_failures@idc-lb1"
        assert "idc-lb1" in raised.sentence["ko"]
        assert raised.facts[0].startswith("figures/notes.jsonl:probe_failures@idc-lb1")
        door["status"] = 200
        wait_for(lambda: figures(site).breaches[0].ended, site.log)
    (ended,) = figures(site).breaches
    assert ended.ended is not None
    assert ended.ended > ended.began
    assert ended.value > 0.5
    (settled,) = escalation.read(site.incident)
    assert settled.ended_at
    assert settled.outcome["en"].startswith("idc-lb1: ")


def test_a_breach_lives_through_a_kill_and_is_raised_once(site: Site) -> None:
    with front_door(site) as door:
        door["status"] = 503
        first = site.ensure()
        wait_for(lambda: figures(site).breaches, site.log)
        os.kill(first.pid, signal.SIGKILL)
        wait_for(lambda: not _children_of(first.pid))
        before = figures(site).breaches
        again = time.time()
        site.ensure()
        wait_for(lambda: figures(site).of("probe_failures")["idc-lb1"][-1][0] > again + 0.5, site.log)
        (after,) = figures(site).breaches
        assert (after.began, after.ended) == (before[0].began, None)
        assert len(escalation.read(site.incident)) == 1


def test_a_source_that_comes_back_ends_its_gap(site: Site) -> None:
    site.change("load_balancers", lb_socket=str(site.home / "admin.sock"))
    site.ensure()
    wait_for(lambda: any(gap.figure_source == "haproxy" for gap in figures(site).gaps), site.log)
    program = (
        "import socket,sys\ns=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);s.listen()\n"
        "while True:\n c,_=s.accept();c.recv(99);"
        "c.sendall(b'# pxname,svname,type,scur,req_tot,hrsp_2xx,\\nshop,idc-app1,2,4,,,\\nwww,FRONTEND,0,1,5,5,\\n');"
        "c.close()"
    )
    server = subprocess.Popen([sys.executable, "-c", program, str(site.home / "admin.sock")])
    try:
        wait_for(lambda: figures(site).of("sessions_idc").get("idc-lb1"), site.log)
        wait_for(
            lambda: all(gap.until for gap in figures(site).gaps if gap.figure_source == "haproxy"), site.log
        )  # fmt: skip
        assert figures(site).of("sessions_idc")["idc-lb1"][-1][1] == 4.0
        wait_for(lambda: figures(site).of("requests").get("idc-lb1"), site.log)
    finally:
        server.kill()
        server.wait()


def test_on_a_full_disk_it_goes_on_and_writes_what_it_kept(site: Site) -> None:
    with front_door(site) as door:
        pid = site.ensure().pid
        wait_for(lambda: _newest(site) and door["asked"], site.log)
        # No file may grow any more: the process sees what a full disk says, in another word (EFBIG).
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        stopped, written, asked = time.time(), _newest(site), door["asked"]
        wait_for(lambda: door["asked"] >= asked + 8, site.log)  # it goes on reading
        assert _newest(site) == written
        assert site.ensure().pid == pid
        restored = time.time()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        wait_for(lambda: _newest(site) > restored, site.log)
    times = [at for at, _ in figures(site).of("memory_used")["idc-db1"]]
    # What was measured meanwhile is there: nothing was lost.
    assert [at for at in times if stopped < at < restored]


def test_the_command_says_what_is_watched(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_HOME", str(site.home))
    site.ensure()
    wait_for(lambda: _newest(site) and _lost(site, "mysql"), site.log)

    def said(*words: str, code: int) -> str:
        done = CliRunner().invoke(watch, ["-i", str(site.directory), "--lang", "ko", *words], standalone_mode=False)
        assert (done.return_value or 0) == code, done.output
        return done.output

    # MySQL of this site is not there, so all is not well.
    shown = said("status", code=1)
    assert "메모리 사용률" in shown
    assert "mysql idc-db1" in shown
    told = json.loads(said("status", "--json", code=1))
    assert told["sampler"]["state"] == "alive"
    assert {line["figure"] for line in told["figures"]} >= {"memory_used", "disk_used"}
    assert "mysql_threads_running (count, MON-03)" in said("figures", code=0)
    assert "감시 중입니다" in said("start", code=0)
    assert "감시를 멈췄습니다" in said("stop", code=0)
    assert "감시 중이 아니었습니다" in said("stop", code=0)


def _newest(site: Site) -> float:
    return max((at for at, _ in figures(site).of("memory_used").get("idc-db1", [])), default=0.0)


def _began(site: Site) -> list[float]:
    return [line["at"] for line in journal.read(notes.path(site.incident)) if line["kind"] == "watch_began"]


def _lost(site: Site, source: str) -> list[notes.Gap]:
    return [gap for gap in figures(site).gaps if gap.figure_source == source]


def _children_of(pid: int) -> list[int]:
    """Processes of a group: a companion is the head of its session, and what it started is in it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == pid and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return found
