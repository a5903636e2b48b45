"""The site's store, for a command: which one it is, what is brought from it first and to it at the end.

A site without `site_store` (or with a `directory` store that names no directory) has none, and nothing here costs it
more than a look into its files. `RR_STORE` names one by URL, for a container that has nothing else.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import lock, store, way_out
from failback.errors import ConfigError, FailbackError
from failback.store import locks, said, seam
from failback.store.exchange import Exchanged, Wish, exchange

from rollback_runner import next_steps
from rollback_runner.errors import RecordError, UsageError
from rollback_runner.record import store as records
from rollback_runner.site import inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from failback.store import Settings, Store

WITHOUT = "RR_WITHOUT_STORE"  # the reason for which a person goes on without the store
_BEAT = 20.0  # seconds between two signs of life at the store
_BEATS_A_PUSH = 3  # after so many of them everything that changed is brought there


@dataclass
class Place:
    """A site's store in this process: `current` once everything of it was brought here.

    `clashes` are the files that were changed on both sides. `scratch`: the home vanishes with this process's container.
    """

    site: str
    home: Path
    settings: Settings
    store: Store
    current: bool = False
    trouble: str = ""
    told: bool = False  # of what could not be brought there, by a run that is on record here
    clashes: tuple[str, ...] = ()
    scratch: bool = False


_PLACES: dict[tuple[Path, str], Place] = {}


def find(site_name: str, home: Path) -> Place | None:
    """Find a site's store by the site's files; None where RR_HOME is all there is. Raises `UsageError`."""
    url = os.environ.get("RR_STORE", "")
    try:
        directory = inventory.locate(site_name)
    except UsageError:
        return None  # who needs the site says so
    if not url and not _mentions(directory):
        return None
    found = inventory.read(directory)
    shared = next(iter(found.hosts.values()), {})
    way_out.take(shared)  # a store may be a bucket
    site = str(shared.get("site_name", ""))
    named: Any = shared.get("site_store")
    if not site or (not url and not isinstance(named, dict)):
        return None  # whoever loads the site says what is wrong with it
    try:
        settings = store.of_url(url, site) if url else store.of_mapping(_filled(named, found), site)
    except ConfigError as error:
        raise UsageError(f"{directory}: {error}.", next_step=f"rollback-runner doctor -i {site_name}") from error
    if not settings.elsewhere:
        return None
    return _PLACES.setdefault((home, site), Place(site, home, settings, store.open_store(settings)))


def of(home: Path, site: str) -> Place | None:
    """Return the store that this process found for the site before."""
    return _PLACES.get((home, site))


def begin(site_name: str, home: Path, say: Callable[[str], None]) -> Place | None:
    """Bring here what the store has, and have the lock and every new run kept there from now on.

    A store that is silent is said: what only reads goes on with what is here, and what acts is refused when it takes
    the lock. With a reason in `RR_WITHOUT_STORE` all goes on as if there were none. Raises `UsageError`, `RecordError`.
    """
    place = find(site_name, home)
    if place is None:
        return None
    if os.environ.get(WITHOUT):
        _keep_lock_at(place, b"")
        _PLACES.pop((home, place.site), None)
        return None
    name_to_the_lock(place)
    pull(place, say)
    return place


def name_to_the_lock(place: Place) -> None:
    """Have the lock kept at the store from now on. Raises `RecordError` when that cannot be written down.

    A run that goes on here without the store, by a person's word, keeps it here until it is over: who only looks must
    not hand its lock to a store that knows nothing of it.
    """
    _keep_lock_at(place, seam.marker(place.settings))


def marker(home: Path, site: str) -> bytes | None:
    """Say where whoever takes the lock now has it kept: at this store; b"": here alone; None: as it was."""
    place = of(home, site)
    if place is not None:
        return seam.marker(place.settings)
    return b"" if os.environ.get(WITHOUT) else None


def pull(place: Place, say: Callable[[str], None], wish: Wish | None = None) -> Exchanged | None:
    """Bring here what changed there; None, and a sentence, when the store does not answer."""
    try:
        done = exchange(place.store, place.home, place.site, wish or Wish(push=False))
        lock.mirror(records.lock_path(place.home, place.site))
    except (FailbackError, lock.LockError, OSError) as error:
        place.trouble = str(error)
        say(f"{error}. What is shown is what this machine has.")
        return None
    place.current, place.trouble, place.clashes = True, "", tuple(done.clashes)
    _point_at_newest(place.home)
    for key in done.clashes:
        say(_clash(place, key))
    return done


def push(place: Place, say: Callable[[str], None], wish: Wish | None = None) -> Exchanged | None:
    """Bring there what changed here; None, and a sentence, when the store does not answer."""
    try:
        done = exchange(place.store, place.home, place.site, wish or Wish(pull=False))
    except (FailbackError, OSError) as error:
        place.trouble = str(error)
        step = next_steps.complete("rollback-runner store push")
        say(f"{error}. What is new lies in {place.home} alone. Next: {step}")
        return None
    place.trouble, place.clashes = "", tuple(done.clashes)
    for key in done.clashes:
        say(_clash(place, key))
    return done


def may_act(home: Path, site: str) -> None:
    """Refuse to act on what may be old. Raises `RecordError`."""
    place = of(home, site)
    if place is not None and not place.current:
        raise RecordError(
            f"{place.trouble or 'The store was not read'}. Nothing was done: what others did is not known here.",
            next_step="rollback-runner store status; or the same command with --without-store REASON",
        )
    opened = incidents.current(home, site)
    bad = [key for key in place.clashes if opened and said.judged(key, site, opened.name)] if place is not None else []
    if bad:
        raise RecordError(
            f"{bad[0]} was changed here and at the store: who approved which plan is not known. Nothing was done.",
            next_step=f"look at both, then rollback-runner store pull {bad[0]} (takes the store's) or"
            f" rollback-runner store push {bad[0]} (takes this one)",
        )


@contextmanager
def held(home: Path, site: str, epoch: int, say: Callable[[str], None]) -> Iterator[None]:
    """While the lock is held, leave signs of life at the store; bring there at the start, now and then, and at the end.

    What people said elsewhere comes here along with it. A machine that is lost takes with it what was not brought there
    yet: never an act, which is announced there itself.
    """
    place = of(home, site)
    if place is None or epoch <= 0:
        yield
        return
    over = threading.Event()

    def live() -> None:
        beats = 0
        while not over.is_set():
            with suppress(FailbackError):
                locks.beat(place.store, epoch)
            beats += 1
            if beats % _BEATS_A_PUSH == 0:
                with suppress(FailbackError, OSError):
                    exchange(place.store, home, site, Wish(pull=False))
            over.wait(_BEAT)

    push(place, say)
    thread = threading.Thread(target=live, name="store-beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        place.told = push(place, say) is None


def tell_without(write: Callable[..., None], say: Callable[[str], None]) -> None:
    """Put on record that a person chose to go on without the store, and why."""
    if reason := os.environ.get(WITHOUT):
        write("store_lost", reason=f"a person goes on without it: {reason}")
        say(f"Without the store, by a person's word: {reason}")


def end(place: Place, say: Callable[[str], None]) -> None:
    """Bring there what a command left here.

    Raises `RecordError` when that fails, unless a run said so already, or the command has an error of its own to tell.
    Where the home vanishes with its container it raises in any case: what is not there then is nowhere.
    """
    heard: list[str] = []
    alone = not place.told and place.current and sys.exc_info()[1] is None
    done = push(place, heard.append)
    if place.scratch and (done is None or done.clashes):
        raise RecordError(
            f"{heard[0].partition(' Next: ')[0].removesuffix('.')}. The record of this run vanishes with its container:"
            " what it did is not known to be on record.",
            next_step="look at the service and at rollback-runner status before anything else is begun",
        )
    if done is None and alone:
        raise RecordError(f"{heard[-1].partition(' Next: ')[0]}", next_step="rollback-runner store push")
    for sentence in heard:
        say(sentence)


def leg_ended(home: Path, site: str, say: Callable[[str], None]) -> None:
    """Bring there what a leg left. What fails is said and tried again at the end."""
    place = of(home, site)
    if place is not None:
        push(place, say)


def _keep_lock_at(place: Place, named: bytes) -> None:
    try:
        lock.keep_at(records.lock_path(place.home, place.site), named)
    except lock.LockError as error:
        where = place.home
        raise RecordError(f"{error}.", next_step=f"df -h {where}; ls -l {where}/runs/locks") from error


def _filled(named: Mapping[str, Any], found: inventory.Inventory) -> dict[str, Any]:
    """Complete a store on a host of the inventory by what the inventory says of reaching that host."""
    settings = dict(named)
    variables = found.hosts.get(str(settings.get("host", "")))
    if settings.get("kind") != "ssh" or variables is None:
        return settings
    name = settings["host"]
    settings["host"] = variables.get("ansible_host", name)
    told = {
        "user": variables.get("ansible_user"),
        "port": variables.get("ansible_port"),
        "key_file": variables.get("ansible_ssh_private_key_file"),
        "ssh_args": " ".join(str(variables.get(f"ansible_ssh_{part}_args") or "") for part in ("common", "extra")),
        "python": variables.get("ansible_python_interpreter"),
    }
    for key, value in told.items():
        if value and str(value).strip() and not inventory.is_template(value):
            settings.setdefault(key, str(value).strip())
    return settings


def _mentions(directory: Path) -> bool:
    """Whether the site's files name a store: reading them takes a millisecond, asking Ansible half a second."""
    paths = [directory] if directory.is_file() else directory.rglob("*")
    for path in paths:
        with suppress(OSError, UnicodeDecodeError):
            if path.suffix in {"", ".yml", ".yaml", ".ini", ".json"} and path.is_file():
                text = path.read_text(encoding="utf-8")
                if any(line.lstrip(' "').startswith("site_store") for line in text.splitlines()):
                    return True
    return False


def _point_at_newest(home: Path) -> None:
    """Have `runs/latest` lead to the newest run, wherever it was carried out."""
    runs = records.all_runs(home)
    link = records.runs_directory(home) / "latest"
    with suppress(OSError):
        if runs and (not link.is_symlink() or link.readlink().name < runs[0].id):
            fresh = link.with_name(f".latest.{os.getpid()}")
            fresh.symlink_to(runs[0].id)
            fresh.replace(link)


def _clash(place: Place, key: str) -> str:
    step = f"rollback-runner store pull {key} (takes the store's) or rollback-runner store push {key} (takes this one)"
    return (
        f"{key} was changed here and at the store {place.store.where}; both are left as they are. Look at both, then"
        f" {next_steps.complete(step)}"
    )
