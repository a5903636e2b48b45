"""An incident made up for the war room: people, a plan, a run that goes on, and a server that shows it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from failback import incident as incidents
from failback import journal, lock
from failback.people import words
from failback.people.words import Word

from rollback_runner.content import ROOT
from rollback_runner.war_room import tokens
from rollback_runner.watching import series
from rollback_runner.watching.series import Point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PLAN = "e" * 64
RUN = "20260301T040000Z-lab-emergency"
SCRIPT = "<script>window.broken=1</script><img src=x onerror=window.broken=2>"


@dataclass
class Made:
    """The incident, the run in it, and where it lies."""

    home: Path
    incident: Path
    run: Path
    seq: int = 0

    def token(self, person: str = "", label: str = "") -> str:
        place = tokens.place(self.home, "lab")
        return tokens.issue(place, person=person, label=label, hours=1, by="a test")[1]

    def task(self, sentence: str, item: str) -> None:
        """Have the run begin a task, as the engine writes it down."""
        journal.append(self.run / "journal.jsonl", "task", task=f"role : {item} | {sentence}", play="Play")

    def event(self, kind: str, item: str, sentence: str, **res: Any) -> None:
        """Have the runner tell of a task."""
        data = {"play": "Play", "task": f"role : {item} | {sentence}", "host": "shop-db", "res": res, "duration": 0.1}
        line = {
            "event": kind,
            "created": datetime.now(UTC).isoformat(),
            "runner_ident": "emergency",
            "event_data": data,
        }
        with (self.run / "events.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def said(self) -> tuple[Word, ...]:
        return words.read(self.incident).said


def make(home: Path) -> Made:
    """Make the incident up. The run is this process': it goes on as long as the test does."""
    place = incidents.begin(home, "lab")
    (place / "plan.json").write_text(json.dumps({"digest": PLAN}), encoding="utf-8")
    moment = {"utc": "2026-03-01T04:00:00Z", "local": "2026-03-01T13:00:00+09:00", "zone": "Asia/Seoul"}
    cause = {"category": "performance", "statement": f"RDS answers too slowly {SCRIPT}"}
    words.say(place, Word("confirm", "SIT-01", "lee", note=SCRIPT, details=cause))
    words.say(place, Word("confirm", "SIT-02", "jung", details={"moment": moment, "source": "an alarm"}))
    words.say(place, Word("acknowledge", "TEAM-01", "kim"))
    sentence = {"en": "12 orders", "ko": "주문 12건"}
    incidents.keep(place, "stake.shop-db", {"sentence": sentence, "verdict": {"sentence": sentence}, "lines": []})
    series.place(place).mkdir()
    now = time.time()
    series.append(place, [Point(now - 60 + n, "requests", "idc-lb1", 90.0 + n % 7) for n in range(60)])
    run = home / "runs" / RUN
    run.mkdir(parents=True)
    (run / "secret-files").write_text("", encoding="utf-8")
    leg = {
        "phase": "emergency",
        "playbook": "emergency.yml",
        "part": "",
        "goes_back": True,
        "items": [],
        "destroys": True,
    }
    asked = [{"id": item, "hosts": ["shop-db"], "excused": "", "absent": []} for item in ("AWS-01", "AWS-02")]
    steps = [{"play": "Play", "name": f"Do what {item} asks", "ids": [item], "optional": False, "hosts": "databases"}
             for item in ("AWS-01", "AWS-02")]  # fmt: skip
    plan = {"leg": leg, "items": asked, "steps": steps, "budget": 900.0, "strategy": "switch-first", "reason": "why",
            "forecast": {"p50": 30.0, "p90": 60.0, "runs": 3}, "site": "lab", "digest": PLAN}  # fmt: skip
    (run / "plan.json").write_text(json.dumps({"plans": [plan]}), encoding="utf-8")
    (home / "runs" / "locks").mkdir()
    lock.acquire(home / "runs" / "locks" / "lab.lock", site="lab", reason="a test", run=RUN)
    options = {"check": False, "incident": str(place), "drill": "", "approved_plan": PLAN}
    journal.append(run / "journal.jsonl", "begin", phase="emergency", site="lab", legs=["emergency"],
                   strategy="switch-first", plan=PLAN, epoch=1, options=options, holder="a test")  # fmt: skip
    made = Made(home, place, run)
    for item, kind in (("AWS-01", "runner_on_ok"), ("AWS-02", "runner_on_start")):
        made.task(f"Do what {item} asks", item)
        made.event("playbook_on_task_start", item, f"Do what {item} asks")
        made.event(kind, item, f"Do what {item} asks", changed=True)
    return made


@dataclass
class Served:
    """A war room that is served, and a client that speaks HTTP and nothing more."""

    port: int
    pid: int
    made: Made
    log: Path
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None, *, body: bytes | None = None,
        cookie: str = "", **headers: str,
    ) -> tuple[int, dict[str, str], str]:  # fmt: skip
        """Ask for a page as a browser of this origin would; headers given as names_with_underscores win."""
        sent = {"Host": f"127.0.0.1:{self.port}", "Accept-Language": "en"}
        if cookie:
            sent["Cookie"] = cookie
        if form is not None:
            body = urlencode(form).encode()
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.base}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            link.request(method, path, body=body, headers={name: value for name, value in sent.items() if value})
            answer = link.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read().decode("utf-8", "replace")
        finally:
            link.close()

    def enter(self, token: str) -> str:
        """Sign in; return the cookie."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = urlencode({"token": token, "lang": "en"})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.base}
        link.request("POST", "/sign-in", body=body, headers=headers)
        answer = link.getresponse()
        answer.read()
        given = answer.headers.get_all("set-cookie") or []
        link.close()
        assert answer.status == http.client.SEE_OTHER, answer.status
        return next(value.partition(";")[0] for value in given if value.startswith("rr_room="))

    def form(self, cookie: str, item: str) -> dict[str, str]:
        """Read the hidden fields of an item's form from the page of whoever this is."""
        _status, _headers, page = self.ask("GET", "/mine", cookie=cookie)
        forms = [found[0] for found in re.finditer(r'<form method="post" action="/say".*?</form>', page, re.DOTALL)]
        mine = next(form for form in forms if f'name="item" value="{item}"' in form)
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', mine))


def stop(served: Served) -> None:
    """Take the server away, as a machine that went down would."""
    os.kill(served.pid, signal.SIGKILL)


@contextmanager
def served(made: Made) -> Iterator[Served]:
    """Serve the made-up incident in a process of its own, as the command does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = made.home / "serve.log"
    environment = os.environ | {"RR_HOME": str(made.home)}
    argv = [sys.executable, "-m", "rollback_runner", "serve", "--port", str(port), "--lang", "en"]
    with log.open("w") as stream:
        process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=stream, stderr=stream)
    found = Served(port, process.pid, made, log)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                if found.ask("GET", "/healthz")[0] == http.client.OK:
                    break
            except OSError:
                pass
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.wait(20)
