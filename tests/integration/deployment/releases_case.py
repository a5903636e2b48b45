"""The releases lab as a test uses it: its site (or a copy that a test may change), commands, what runs, and a kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from failback import lock

from lab.releases import deploy, lifecycle, repository
from lab.releases.applications import SHOP
from lab.releases.topology import DIRECTORY, WEB, Paths
from rollback_runner.drill import deployment_clients as clients
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOME = Path(os.environ.get("RR_HOME") or Path(__file__).parents[3])
SITE = str(HOME / "inventories" / "lab_releases")
LIMIT = 600.0  # seconds
APP = ("--app", "shop-web")
PEOPLE = HOME / ".lab" / "releases" / "people"


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "rollback_runner", *words]


def command(*words: str) -> tuple[int, str]:
    done = subprocess.run(argv(*words), cwd=HOME, capture_output=True, text=True, timeout=LIMIT, check=False)
    return done.returncode, done.stdout + done.stderr


def paths() -> Paths:
    return Paths.from_environment()


def start_anew() -> dict[str, str]:
    """Bring the state every drill starts from; give the releases' ids."""
    lifecycle.up(paths())
    command("incident", "close", "-i", SITE, "--reason", "a test ended")
    place = store.lock_path(HOME, "releases")
    if (left := lock.read(place)) is not None and left.stale:
        lock.release(place, left.epoch)
    return deploy.identifiers(repository.commits(paths(), SHOP))


def runs() -> set[str]:
    found = set()
    for host in WEB:
        told = ["docker", "exec", host.container, "readlink", f"{DIRECTORY}/current"]
        found.add(subprocess.check_output(told, text=True).strip())
    return {one.removeprefix("releases/") for one in found}


def freeze_and_sign(site: str, *words: str) -> None:
    """Kim freezes the plan, Lee and Park sign it with their keys."""
    freeze = ["deployment", "plan", "-i", site, *APP, *words, "--freeze", "--as", "kim", "--key", str(PEOPLE / "kim")]
    code, said = command(*freeze)
    assert code == 0, said
    for role, name in (("technical_lead", "lee"), ("operations_manager", "park")):
        key = ["--as", name, "--key", str(PEOPLE / name)]
        code, said = command("approve", "-i", site, "--role", role, *key, "--yes")
        assert code == 0, said


@dataclass(frozen=True)
class Copied:
    """A copy of the lab's site whose application a test changes."""

    directory: Path

    def say(self, **variables: Any) -> None:
        path = self.directory / "group_vars" / "deployments_compose.yml"
        known = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump(known | variables, allow_unicode=True), encoding="utf-8")


def copied(folder: Path) -> Copied:
    """Copy the site; what it names stays where it is."""
    site = folder / "site"
    shutil.copytree(SITE, site)
    return Copied(site)


def without_reversal(clone: Path) -> None:
    """Clone the shop's repository as if nobody had written a reversal: same commits, without those files."""
    source = HOME / ".lab" / "releases" / "repositories" / "shop"

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(clone), *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(source), str(clone)], check=True)
    for commit in git("rev-list", "--all").split():
        rows = git("ls-tree", f"{commit}:drizzle").splitlines()
        kept = [row for row in rows if ".down." not in row]
        if kept == rows:
            continue
        made = subprocess.run(
            ["git", "-C", str(clone), "mktree"],
            input="\n".join(kept) + "\n",
            capture_output=True,
            text=True,
            check=True,
        )
        git("replace", git("rev-parse", f"{commit}:drizzle"), made.stdout.strip())


def kill_tree(pid: int) -> None:
    """SIGKILL a process and all below it at once, as a power cut would."""
    table = subprocess.check_output(["ps", "-eo", "pid=,ppid="], text=True).split()
    parents = {int(one): int(parent) for one, parent in zip(table[::2], table[1::2], strict=True)}
    family = [pid]
    for above in family:
        family.extend(one for one, parent in parents.items() if parent == above and one not in family)
    for one in family:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def seen(text: str) -> Callable[[], bool]:
    """Tell whether a journal that began after now holds the text."""
    began = time.time()

    def look() -> bool:
        for journal in (HOME / "runs").glob("*-releases-deployment/journal.jsonl"):
            if journal.stat().st_mtime >= began and text in journal.read_text(encoding="utf-8"):
                return True
        return False

    return look


def killed_at(text: str, *words: str) -> None:
    """Give a command and kill it as soon as its record holds the text."""
    look = seen(text)
    with subprocess.Popen(
        argv(*words), cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as running:
        limit = time.monotonic() + LIMIT
        while not look() and running.poll() is None:
            assert time.monotonic() < limit
            time.sleep(0.01)
        assert running.poll() is None, running.stdout and running.stdout.read().decode()[-3000:]
        kill_tree(running.pid)


@contextmanager
def at_the_door(name: str) -> Iterator[None]:
    """Keep customers ordering for as long as the block lasts; their ledger has this name."""
    process = clients.start(HOME, "shop-web", name).pid
    try:
        yield
    finally:
        clients.stop(process)


def newest_report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HOME / "runs" / "latest" / "report.json").read_text(encoding="utf-8"))
    return found
