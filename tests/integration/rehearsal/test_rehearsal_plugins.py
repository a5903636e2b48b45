"""The plugins of the role rehearsal in a real play, on a site of this machine that has no servers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from run_tasks import ROOT, play

from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterable

    from run_tasks import Played

HERE = {"ansible_connection": "local"}


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Copy the lab's inventory, with every machine being this one: what it is asked for is not here."""
    place = tmp_path / "site"
    shutil.copytree(ROOT / "inventories" / "lab", place)
    hosts = place / "hosts.yml"
    lines = hosts.read_text(encoding="utf-8").splitlines()
    changed = [
        line.split("ansible_host:", maxsplit=1)[0] + "ansible_connection: local" if "ansible_host:" in line else line
        for line in lines
    ]
    hosts.write_text("\n".join(changed) + "\n", encoding="utf-8")
    return place


def ask(tmp_path: Path, module: str, **arguments: Any) -> tuple[Played, dict[str, Any]]:
    done = play(tmp_path / "play", [{"name": "Look", module: arguments}], {"s": HERE})
    return done, done.of("Look")


def syntax(tmp_path: Path, inventory: Path, playbooks: list[str], **more: Any) -> dict[str, Any]:
    arguments = {"of": "syntax", "inventory": str(inventory), "strategy": "x", "playbooks": {"x": playbooks}} | more
    return ask(tmp_path, "rehearsal", **arguments)[1]


def test_every_playbook_of_the_project_parses(tmp_path: Path, inventory: Path) -> None:
    found = syntax(
        tmp_path, inventory, ["emergency.yml", "full.yml", "restore.yml", "stop.yml", "open.yml", "abort.yml"]
    )
    assert found.get("findings") is None
    assert found["changed"] is False


def test_a_playbook_that_does_not_parse_is_a_blocker_with_ansibles_words(tmp_path: Path, inventory: Path) -> None:
    found = syntax(tmp_path, inventory, ["emergency.yml", "nowhere.yml"])
    assert [one["severity"] for one in found["findings"]] == ["blocker"]
    assert "nowhere.yml" in found["findings"][0]["sentence"]
    assert "ansible-playbook --syntax-check" in found["findings"][0]["next_step"]


def test_an_inventory_that_does_not_parse_is_a_blocker(tmp_path: Path, inventory: Path) -> None:
    (inventory / "group_vars" / "all.yml").write_text("site_name: [", encoding="utf-8")
    found = syntax(tmp_path, inventory, ["emergency.yml"])
    assert "rehearsal:syntax:inventory" in [one["key"] for one in found["findings"]]
    assert "YAML parsing failed" in found["findings"][0]["sentence"]


def test_what_does_not_end_is_ended(tmp_path: Path, inventory: Path) -> None:
    found = syntax(tmp_path, inventory, ["emergency.yml"], timeout=0.05)
    assert "did not end within 0.05 s" in found["findings"][0]["sentence"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"of": "syntax", "inventory": "/nowhere", "strategy": "x"}, "there is no inventory at /nowhere"),
        ({"of": "syntax", "inventory": "/", "strategy": "y", "playbooks": {"x": ["a.yml"]}}, "known: x"),
        ({"of": "run", "inventory": "/", "strategy": "x", "timeout": 0}, "more than 0 seconds"),
    ],
)
def test_bad_input_is_one_error(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    done, found = ask(tmp_path, "rehearsal", **arguments)
    assert found["event"] == "runner_on_failed"
    assert said in done.messages


def test_a_rehearsal_that_fails_is_a_blocker_with_task_host_and_message(
    tmp_path: Path, inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("RR_HOME", str(home))
    (home / ".lab" / "secrets").mkdir(parents=True)
    found = ask(tmp_path, "rehearsal", of="run", inventory=str(inventory), strategy="switch-first")[1]
    # Without its secret files the command refuses to begin, and says which.
    assert [one["key"] for one in found["findings"]] == ["rehearsal:broken"]
    assert "cannot be read" in found["findings"][0]["sentence"]

    fill_in_secrets(sites.load(str(inventory)).secret_files)
    found = ask(tmp_path, "rehearsal", of="run", inventory=str(inventory), strategy="switch-first")[1]
    grave = [one for one in found["findings"] if one["severity"] == "blocker"]
    assert grave
    assert grave[0]["sentence"].startswith("emergency does not rehearse: ")
    assert "(idc-db1)" in grave[0]["sentence"] or "(shop-db)" in grave[0]["sentence"]
    assert grave[0]["next_step"].startswith("rollback-runner rehearse -i ")
    assert list(found["evidence"]["legs"]) == ["emergency", "full"]
    assert not (home / "runs").exists()


def test_it_does_not_rehearse_itself(tmp_path: Path, inventory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_REHEARSAL", "1")
    found = ask(tmp_path, "rehearsal", of="run", inventory=str(inventory), strategy="switch-first")[1]
    assert found["evidence"] == {"skipped": "this is a rehearsal already"}


def history(tmp_path: Path, **changes: Any) -> tuple[Played, dict[str, Any]]:
    arguments = {"proves": "drill", "home": str(tmp_path), "site": "lab", "strategy": "switch-first", "critical": True}
    return ask(tmp_path, "drill_history", **(arguments | changes))


def test_a_missing_drill_is_a_blocker_on_a_critical_site_and_stops_nothing(tmp_path: Path) -> None:
    found = history(tmp_path)[1]
    assert (found["changed"], found["after"]) == (False, "never")
    assert [(one["severity"], one["next_step"]) for one in found["findings"]] == [
        ("blocker", "rollback-runner drill plain")
    ]
    found = history(tmp_path, critical=False)[1]
    assert [one["severity"] for one in found["findings"]] == ["warning"]
    found = history(tmp_path, proves="way_back")[1]
    assert [(one["severity"], one["key"]) for one in found["findings"]] == [("warning", "way_back:never")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"home": "/nowhere"}, "set RR_HOME"), ({"valid_days": 0}, "more than 0"), ({"strategy": "fast"}, "one of")],
)
def test_bad_input_of_the_history_is_one_error(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    done, found = history(tmp_path, **changes)
    assert found["event"] == "runner_on_failed"
    assert said in done.messages


def fill_in_secrets(names: Iterable[str]) -> None:
    """Give every secret file some content."""
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n", encoding="utf-8")
        path.chmod(0o600)
