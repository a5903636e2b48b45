"""A host that speaks EUC-KR: a real play goes on, and its events and its record are whole."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from rollback_runner.run import ansible_run

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.record.events import TaskSeen

PLAY = """---
- name: Hear a host
  "hosts": all
  gather_facts: false
  tasks:
    - name: WATCH-01 | Hear it
      ansible.builtin.raw: cat {log}
      changed_when: false
    - name: WATCH-02 | Go on
      ansible.builtin.raw: "true"
      changed_when: false
"""


def test_a_play_goes_on_when_a_host_speaks_euc_kr(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes("오류: 메모리 부족".encode("euc_kr") + b" \xff\n")
    (tmp_path / "site.yml").write_text(PLAY.format(log=tmp_path / "app.log"))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {here: {ansible_connection: local}}}\n")
    run = tmp_path / "run"
    run.mkdir()
    seen: list[TaskSeen] = []
    order = ansible_run.Order(tmp_path / "site.yml", tmp_path / "hosts.yml", run, {"RR_RUN_DIR": str(run)}, (), 60.0)
    ended = ansible_run.run(order, seen.append, threading.Event(), lambda: None)
    assert ended.status == "successful"
    assert [(one.name, one.outcome) for one in seen if one.kind == "result"] == [
        ("WATCH-01 | Hear it", "ok"),
        ("WATCH-02 | Go on", "ok"),
    ]
    events = [json.loads(line) for line in (run / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    said = [one["event_data"]["res"]["stdout"] for one in events if one.get("event") == "runner_on_ok"]
    assert said == ["오류: 메모리 부족 <0xFF>\n", ""]
