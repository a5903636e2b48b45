"""Two machines with one store: what was begun on the first is known, refused and finished on the second."""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import store_host
from failback import journal
from failback.store import place
from installed_command import VALUES, Command
from test_interruptions import wait_for_intent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Machine(Command):
    """A command whose site keeps its record elsewhere."""

    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"RR_STORE": self.url}


@pytest.fixture(scope="session")
def ops_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store_host.OpsHost]:
    host = store_host.start(tmp_path_factory.mktemp("ops") / "keys")
    yield host
    store_host.stop(host)


@pytest.fixture(params=["directory"])
def machines(request: pytest.FixtureRequest, command: Command, tmp_path: Path) -> tuple[Machine, Machine]:
    """Both machines, the second one empty but for its secrets."""
    (tmp_path / "there").mkdir()
    (tmp_path / "b").mkdir()
    shutil.copytree(tmp_path / "secrets", tmp_path / "b" / "secrets")
    url = f"file://{tmp_path}/there"
    if request.param == "ssh":
        host: store_host.OpsHost = request.getfixturevalue("ops_host")
        keys = f"key_file={host.keys}/client&known_hosts_file={host.keys}/known_hosts"
        url = f"ssh://ops@127.0.0.1:{host.port}/~/records?{keys}"
    first = Machine(command.base, tmp_path, url)
    made = first("store", "init", "-i", str(first.site))
    assert made.returncode == 0, made.stderr
    return first, Machine(command.base, tmp_path / "b", url)


@pytest.mark.parametrize("machines", ["directory", pytest.param("ssh", marks=pytest.mark.long)], indirect=True)
def test_killed_on_one_machine_and_finished_on_another(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    first, second = machines
    first.scenario(rds_final="hang")
    process = first.start()
    wait_for_intent(first, "set rds_final", process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    run = (first.home / "runs" / "latest").readlink().name

    shown = second("status", "-i", str(second.site))
    assert shown.returncode == 0, shown.stderr
    assert f"{run}  unfinished" in shown.stdout
    assert "set rds_final" in shown.stdout
    assert "last sign of life at the store" in shown.stdout

    # The world is one, whoever looks at it.
    shutil.copy(first.home / "world.json", second.home / "world.json")
    refused = second("resume", "-i", str(second.site), "--yes")
    assert refused.returncode == 5, refused.stderr
    assert "that machine is gone for good" in refused.stderr

    done = second("resume", "-i", str(second.site), "--yes", "--break-lock", "the other machine is lost")
    assert done.returncode == 0, done.stdout + done.stderr
    assert second.statuses()["AWS-03"] == "done"
    assert second.report()["epoch"] == 2
    assert second("store", "verify", "-i", str(second.site)).returncode == 0
    assert second("store", "status", "-i", str(second.site)).returncode == 0

    again = first("status", "-i", str(first.site), "--json")
    assert json.loads(again.stdout)["runs"][0]["outcome"] == "proven"
    assert first("report", "-i", str(first.site)).returncode == 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "there").rglob("*") if path.is_file())
    assert not [value for value in VALUES if value.encode() in kept]


def test_no_store_no_act_but_by_a_persons_word(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    first, _ = machines
    (tmp_path / "there").rename(tmp_path / "away")
    refused = first.phase()
    assert refused.returncode == 1, refused.stderr
    assert "is not there" in refused.stderr
    assert "--without-store REASON" in refused.stderr
    assert first.world() == {}

    done = first.phase("--without-store", "the ops host burns as well")
    assert done.returncode == 0, done.stdout + done.stderr
    latest = first.home / "runs" / "latest" / "journal.jsonl"
    assert "the ops host burns as well" in latest.read_text()

    # It is back: what was done without it is brought there, and the next epoch is newer than both.
    (tmp_path / "away").rename(tmp_path / "there")
    pushed = first("store", "push", "-i", str(first.site))
    assert pushed.returncode == 0, pushed.stderr
    assert first.phase().returncode == 0
    assert first.report()["epoch"] == 2
    assert journal.verify(latest) == []


def test_a_share_that_is_not_mounted_is_never_made_a_store(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    first, second = machines
    assert first.phase().returncode == 0
    (tmp_path / "there").rename(tmp_path / "share")
    (tmp_path / "there").mkdir()  # the mount point without the mount
    done = dict(first.world())

    refused = first.phase()
    assert refused.returncode == 1, refused.stderr
    assert "carries no mark of a store" in refused.stderr
    assert "rollback-runner store init" in refused.stderr
    refused = first("store", "init", "-i", str(first.site))
    assert refused.returncode == 3, refused.stderr
    assert "it is not mounted, or another place" in refused.stderr
    assert "store init --anew" in refused.stderr
    assert second("store", "status", "-i", str(second.site)).returncode == 1
    assert list((tmp_path / "there").iterdir()) == []
    assert first.world() == done

    # It is lost for good: by a person's word another one is begun, and this machine brings there what it has.
    anew = first("store", "init", "--anew", "-i", str(first.site))
    assert anew.returncode == 0, anew.stderr
    assert "is the site's store from now on" in anew.stdout
    assert first("store", "push", "-i", str(first.site)).returncode == 0
    assert first.phase().returncode == 0
    assert first.report()["epoch"] == 2
    again = second("store", "init", "-i", str(second.site), "--json")
    assert json.loads(again.stdout)["was"] == "made"


def test_a_store_from_before_the_mark_gets_it_by_a_persons_word(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    first, _ = machines
    assert first.phase().returncode == 0
    (tmp_path / "there" / "pretend" / place.MARKER).unlink()
    assert first("store", "status", "-i", str(first.site)).returncode == 1
    said = first("store", "init", "-i", str(first.site))
    assert said.returncode == 0, said.stderr
    assert "has files and had no mark" in said.stdout
    assert first("store", "status", "-i", str(first.site)).returncode == 0


def test_a_site_without_a_store_says_so(command: Command) -> None:
    said = command("store", "status", "-i", str(command.site))
    assert said.returncode == 2
    assert "names no store" in said.stderr


@pytest.mark.parametrize(
    ("url", "words"), [("http://a/b", "must begin with ssh://"), ("s3:///x", "site_store.bucket is missing")]
)
def test_a_store_that_makes_no_sense_is_one_sentence(command: Command, url: str, words: str) -> None:
    said = Machine(command.base, command.home, url)("status", "-i", str(command.site))
    assert said.returncode == 2
    assert words in said.stderr
    assert "Traceback" not in said.stderr
