"""The baseline, ENV-02 and ENV-03 on real hosts over SSH, as a user without more rights than it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from env_site import CONTAINERS, Site, docker

if TYPE_CHECKING:
    from pathlib import Path

    from run_tasks import Played

FILES: list[Any] = ["/etc/shop/app.json", {"path": "/etc/shop/db_password", "secret": True}]
HOST = "app1"


def record(site: Site, work: Path, **more: Any) -> Played:
    arguments = {"of": "host", "baseline_directory": str(work / "baseline"), "containers": CONTAINERS, "files": FILES}
    task = {"name": "record", "baseline_record": {**arguments, "disks": ["/", "/srv/data"], "sample": 0.1, **more}}
    return site.play(work, [task], only=[HOST])


def settings(site: Site, work: Path, plugin: str, *, check: bool = False, **more: Any) -> Played:
    task = {"name": "settings", plugin: {"baseline_directory": str(work / "baseline"), **more}}
    return site.play(work, [task], only=[HOST], check=check)


@pytest.fixture(name="recorded")
def _recorded(site: Site, tmp_path: Path) -> Path:
    assert record(site, tmp_path).rc == 0
    return tmp_path


def test_a_baseline_holds_no_secret_names_what_it_could_not_read_and_is_kept(site: Site, recorded: Path) -> None:
    path = recorded / "baseline" / f"{HOST}.json"
    text = path.read_text()
    kept = json.loads(text)["baseline"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept["files"]["/etc/shop/db_password"]["secret"] is True
    assert (site.server.secrets / "rr_admin").read_text().strip() not in text
    assert "very-secret-salt" not in text
    assert "SESSION_SALT" in kept["containers"]["rrt-env-app1-shop"]["environment"]
    assert any("nftables" in line for line in kept["unread"])
    assert "nftables" not in kept["network"]
    again = record(site, recorded)
    assert again.of()["changed"] is False
    assert path.read_text() == text
    assert record(site, recorded, renew=True).of()["changed"] is True
    assert len(list((recorded / "baseline").glob(f"{HOST}.before-*.json"))) == 1


def test_a_changed_file_is_shown_put_back_and_read_again(site: Site, recorded: Path) -> None:
    path = site.etc(HOST) / "app.json"
    before = path.read_bytes()
    path.write_text('{"listen": 9090}\n')
    path.chmod(0o600)
    rehearsed = settings(site, recorded, "config_files", check=True)
    assert rehearsed.of()["changed"] is True
    assert path.read_bytes() != before
    reload = [{"path": "/etc/shop/app.json", "reload": ["docker", "kill", "--signal", "HUP", "rrt-env-app1-shop"]}]
    played = settings(site, recorded, "config_files", files=reload)
    assert played.rc == 0, played.messages
    seen = played.of()
    assert '+{"listen": 9090}' in seen["evidence"]["differences"][0]["diff"]
    assert "+mode 0600" in seen["evidence"]["differences"][0]["diff"]
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o644)
    assert seen["evidence"]["reloaded"] == ["docker kill --signal HUP rrt-env-app1-shop"]
    assert settings(site, recorded, "config_files", files=reload).of()["changed"] is False


def test_what_the_rollback_changes_on_purpose_stays_with_its_reason(site: Site, recorded: Path) -> None:
    path = site.etc(HOST) / "app.json"
    path.write_text(path.read_text().replace('"pool": 4', '"pool": 5'))
    meant = [{"path": "/etc/shop/*", "lines": '"pool"', "because": "SWITCH-01 changes it"}]
    played = settings(site, recorded, "config_files", expected=meant)
    assert played.rc == 0, played.messages
    assert played.of()["evidence"]["expected"][0]["because"] == "SWITCH-01 changes it"
    assert '"pool": 5' in path.read_text()
    path.write_text(path.read_text().replace("8080", "8081"))
    assert settings(site, recorded, "config_files", expected=meant).of()["changed"] is True


def test_what_does_not_validate_gets_its_content_back_and_nothing_is_read_again(site: Site, recorded: Path) -> None:
    path = site.etc(HOST) / "app.json"
    path.write_text('{"listen": 9090}\n')
    files = [
        {
            "path": "/etc/shop/app.json",
            "validate": ["sh", "-c", "echo no good; exit 3"],
            "reload": ["touch", "/home/ops/again"],
        }
    ]
    played = settings(site, recorded, "config_files", files=files)
    assert "does not validate on app1 (no good)" in played.messages
    assert path.read_text() == '{"listen": 9090}\n'
    assert docker("exec", f"rrt-env-{HOST}", "sh", "-c", "ls /home/ops/again 2>/dev/null || true") == ""


def test_a_changed_secret_is_refused_and_never_shown(site: Site, recorded: Path) -> None:
    (site.etc(HOST) / "db_password").write_text("another-password-9\n")
    played = settings(site, recorded, "config_files")
    assert played.of()["refused"] is True
    assert "kept as a digest only" in played.messages
    assert "another-password-9" not in str(played.results)


def test_a_changed_hosts_file_is_refused_with_the_command_that_puts_it_back(site: Site, recorded: Path) -> None:
    container = f"rrt-env-{HOST}"
    before = docker("exec", container, "cat", "/etc/hosts")
    docker("exec", container, "sh", "-c", "echo 192.0.2.9 db.example.org >> /etc/hosts")
    docker("exec", container, "ip", "route", "add", "198.51.100.0/24", "dev", "eth0")
    played = settings(site, recorded, "network_settings")
    assert played.of()["refused"] is True
    assert "+192.0.2.9 db.example.org" in str(played.of()["evidence"]["differences"])
    commands = [entry["command"] for entry in played.of()["evidence"]["refused"]]
    assert len(commands) == 2
    assert all(command in played.messages for command in commands)
    for command in commands:
        docker("exec", container, "sh", "-c", command.replace("sudo ", ""))
    assert docker("exec", container, "cat", "/etc/hosts") == before
    again = settings(site, recorded, "network_settings")
    assert (again.rc, again.of()["changed"]) == (0, False), again.messages


def test_with_the_rights_that_the_site_gives_everything_is_read_and_put_back(site: Site, tmp_path: Path) -> None:
    container = f"rrt-env-{HOST}"
    rights = ["docker", "exec", "-i", container]  # what `sudo -n` is elsewhere: root on this host
    docker("exec", container, "nft", "add table inet guard")
    assert record(site, tmp_path, privilege=rights).rc == 0
    kept = json.loads((tmp_path / "baseline" / f"{HOST}.json").read_text())["baseline"]
    assert kept["unread"] == []
    assert "table inet guard {" in kept["network"]["nftables"]
    hosts = docker("exec", container, "cat", "/etc/hosts")
    docker("exec", container, "sh", "-c", "echo 192.0.2.9 db >> /etc/hosts; chmod 600 /etc/hosts; nft flush ruleset")
    docker("exec", container, "ip", "route", "add", "198.51.100.0/24", "dev", "eth0")
    played = settings(site, tmp_path, "network_settings", privilege=rights)
    assert played.rc == 0, played.messages
    assert played.of()["changed"] is True
    assert docker("exec", container, "cat", "/etc/hosts") == hosts
    assert "table inet guard" in docker("exec", container, "nft", "list", "ruleset")
    assert "198.51.100.0" not in docker("exec", container, "ip", "route")
    assert settings(site, tmp_path, "network_settings", privilege=rights).of()["changed"] is False
    docker("exec", container, "nft", "flush", "ruleset")


def test_a_baseline_changed_by_hand_is_not_trusted(site: Site, recorded: Path) -> None:
    path = recorded / "baseline" / f"{HOST}.json"
    path.write_text(path.read_text().replace("8080", "8081"))
    played = settings(site, recorded, "config_files")
    assert played.of()["refused"] is True
    assert "was changed since it was recorded" in played.messages


def test_without_a_baseline_it_is_skipped_with_the_reason(site: Site, tmp_path: Path) -> None:
    played = settings(site, tmp_path, "network_settings")
    assert played.rc == 0
    assert played.of()["event"] == "runner_on_skipped"


def test_limits_and_a_nearly_full_disk(site: Site, recorded: Path) -> None:
    name = str(recorded / "baseline")
    room = {"disks": ["/srv/data"], "least_bytes": 1 << 20, "baseline_directory": name}
    tasks = [{"name": "disk", "disk_space": room}]
    docker("exec", f"rrt-env-{HOST}", "sh", "-c", "head -c 7900000 /dev/zero > /srv/data/full")
    played = site.play(recorded, tasks, only=[HOST])
    docker("exec", f"rrt-env-{HOST}", "rm", "/srv/data/full")
    assert "/srv/data has 0.00 GiB free" in played.messages
    assert site.play(recorded, tasks, only=[HOST]).rc == 0
    limits = {"memory_used": 0.0001, "cpu_busy": 0, "load_per_cpu": 0}
    task = {"name": "use", "host_resources": {"limits": limits, "sample": 0.1, "times": 2}}
    assert "memory_used is" in site.play(recorded, [task], only=[HOST]).messages
