"""Carrying out a rebuild, step by step; each step is on record before and after, and safe to repeat."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from failback.errors import ConfigError, FailbackError, RefusedError
from failback.rebuild import first, scripts, service, words
from failback.rebuild.place import Paths, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from failback.action import Completed
    from failback.mysql import Login
    from failback.rebuild.judge import Decision, Order
    from failback.rebuild.place import Listing
    from failback.rebuild.service import Service, Settings

EMPTY_SERVER_BYTES = 512 << 20  # system tablespaces, undo and temporary files of a new server
INITIALISE_SECONDS = 300.0
MOVE_SECONDS = 120.0
_REFUSED_STATEMENT = 71
_TIME = "@TIME@"


class Acting(Protocol):
    """What an action plugin lends: commands on the host, and the record."""

    @property
    def host(self) -> str:
        """Name of the host, for messages."""

    def command(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
        """Run one command there."""

    def act(self, what: str, **fields: object) -> AbstractContextManager[dict[str, object]]:
        """Put one act on record."""


@dataclass(frozen=True)
class Plan:
    """All that is decided before anything is touched."""

    settings: Settings
    paths: Paths
    aside: str
    aside_on_host: str
    state: State
    built: bool  # an earlier run has finished making the new data directory
    needed: int
    facts: dict[str, object] = field(default_factory=dict)


def plan(  # noqa: PLR0913, PLR0917 - everything the decision rests on
    of: Service, settings: Settings, listing: Listing, order: Order, decision: Decision, needed: int
) -> Plan:
    """Say where things go. Raises RefusedError when there is no room."""
    paths = Paths.of(of, settings)
    known = listing.state
    going_on = known is not None and decision.act == "resume"
    built = going_on or (known is not None and known.step == "ready" and known.uuid == order.uuid)
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = known.set_aside if known is not None and built else f"{paths.aside_root}{stamp}-{_label(order.run)}"
    why = known.why if known is not None and going_on else decision.why
    state = State("building", order.run, order.reason if order.replace else "", why, aside, order.uuid, _TIME)
    need = needed + (0 if built else settings.redo_bytes + EMPTY_SERVER_BYTES)
    facts: dict[str, object] = {
        "datadir": paths.on_host(of, paths.datadir),
        "set_aside": paths.on_host(of, aside),
        "needed_bytes": need,
        "free_bytes": listing.free,
        "persisted_kept": list(listing.persisted or ()),
    }
    if not going_on and listing.free < need:
        raise RefusedError(
            f"there is no room for a new data directory of {of.name}: {listing.free / 2**30:.1f} GiB free,"
            f" {need / 2**30:.1f} GiB needed, and old files are kept. Make room on the file system of"
            f" {facts['datadir']}, then run this again",
            facts,
        )
    return Plan(settings, paths, aside, str(facts["set_aside"]), state, built, need, facts)


def _label(run: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", run)


def clean(on: Acting, of: Service, paths: Paths, listing: Listing) -> None:
    """Remove the new files that a stopped run left, before the old server is started over them."""
    if listing.state is None or listing.state.step not in {"building", "ready"}:
        return
    with on.act("remove the unfinished data directory of an earlier run", where=paths.new):
        done = on.command(service.script_argv(of, scripts.CLEAN, [paths.datadir, paths.new]), timeout=MOVE_SECONDS)
        if done.rc != 0:
            raise FailbackError(f"{of.name} on {on.host}: could not remove {paths.new}: {done.stderr.strip()[-300:]}")


class Worker:
    """The acts. Every one raises FailbackError with what the host said."""

    def __init__(self, on: Acting, of: Service, planned: Plan, *, stop_timeout: int) -> None:
        self._on, self._of, self._plan, self._stop_timeout = on, of, planned, stop_timeout
        self._user = "mysql" if of.as_root else of.user

    def stop_service(self, status: str) -> None:
        """Stop the service's container: its server runs on files that are to be moved."""
        argv = ["docker", "container", "stop", "-t", str(self._stop_timeout), self._of.name]
        if status == "paused":
            argv = ["docker", "container", "kill", self._of.name]  # it cannot hear a polite word
        with self._on.act(f"stop the container {self._of.name}", status=status):
            self._must(self._on.command(argv, timeout=self._stop_timeout + 30.0), "be stopped")

    def remove_helper(self) -> None:
        """Remove a helper that a killed run left at work: nothing may move files beside us."""
        seen = self._on.command(["docker", "container", "inspect", "-f", "{{.Id}}", self._of.helper], timeout=20.0)
        if seen.rc == 0:
            with self._on.act("remove the helper of an earlier run", container=self._of.helper):
                self._on.command(["docker", "container", "rm", "--force", self._of.helper], timeout=60.0)

    def build(self, login: Login, hosts: Sequence[str], *, keep_persisted: bool) -> None:
        """Make a whole new data directory beside the old files, which stay as they are."""
        if self._plan.built:
            return
        try:
            text = first.statements(login.user, hosts, login.password())
        except UnicodeDecodeError as error:
            raise ConfigError(f"the password in {login.password_file} is not UTF-8") from error
        paths, at = self._plan.paths, [self._plan.paths.datadir, self._plan.paths.new]
        with self._on.act("make a new data directory beside the old files", where=paths.new) as outcome:
            try:
                self._script(scripts.BEGIN, [*at, self._state("building"), self._user], "begin")
                self._server(scripts.INITIALISE, ["--initialize-insecure"], "initialise a new data directory")
                keep = "yes" if keep_persisted else "no"
                told = self._script(
                    scripts.IDENTIFY, [*at, login.server_uuid, self._user, keep], "give it its identity"
                )
                outcome["certificates_kept"] = "certificates kept" in told
                self._server(scripts.POPULATE, [], "create the tool's account", stdin=text)
                self._script(scripts.STATE, [paths.datadir, self._state("ready")], "note that it is ready")
            except FailbackError:
                # Nothing of the old was touched; InnoDB would stumble over a second set of files.
                self._on.command(service.script_argv(self._of, scripts.CLEAN, at), timeout=MOVE_SECONDS)
                raise

    def swap(self, *, resume: bool) -> dict[str, object]:
        """Move the old files aside and the new ones in; return what was set aside."""
        paths, settings = self._plan.paths, self._plan.settings
        elsewhere = [settings.binlog_folder, settings.binlog_base]
        with self._on.act("set the old files aside", where=self._plan.aside_on_host) as outcome:
            # Once new files may be in place, nothing more is moved out: what is there is new.
            if not resume or self._moving():
                args = [paths.datadir, self._plan.aside, self._state("moving"), *elsewhere]
                self._script(scripts.SET_ASIDE, args, "set the old files aside")
            done = self._script(
                scripts.PUBLISH,
                [
                    paths.datadir,
                    paths.new,
                    self._state("publishing"),
                    self._plan.aside,
                    self._state("published"),
                    self._user,
                ],
                "put the new data directory in place",
            )
            entries = [line.removeprefix("entry ") for line in done.splitlines() if line.startswith("entry ")]
            size = next((line.split()[-1] for line in done.splitlines() if line.startswith("kilobytes ")), "")
            told: dict[str, object] = {
                "set_aside": self._plan.aside_on_host if entries else "",
                "set_aside_bytes": int(size) * 1024 if size.isdigit() else 0,
                "set_aside_entries": sorted(entries),
            }
            outcome.update(told)
        return told

    def _moving(self) -> bool:
        """Whether the run that was stopped had not yet begun to put new files in place."""
        argv = service.script_argv(self._of, f'cat "$1/{scripts.MARKER}"', [self._plan.paths.datadir], look=True)
        return '"step": "moving"' in self._must(self._on.command(argv, timeout=60.0), "be looked into")

    def _state(self, step: str) -> str:
        return replace(self._plan.state, step=step).text()  # type: ignore[arg-type]

    def _script(self, script: str, args: Sequence[str], what: str) -> str:
        done = self._on.command(service.script_argv(self._of, script, args), timeout=MOVE_SECONDS)
        return self._must(done, f"{what}")

    def _server(self, script: str, options: Sequence[str], what: str, stdin: str | None = None) -> None:
        argv = service.server_argv(self._of, script, self._plan.paths.new, options)
        done = self._on.command(argv, stdin=stdin, timeout=INITIALISE_SECONDS)
        if done.rc == 0:
            return
        if done.rc == _REFUSED_STATEMENT:
            # The log quotes the statement, which may hold the password: only the error's number is told.
            code = re.search(r"MY-000061\] \[Server\] (\d+)", done.stderr)
            raise FailbackError(
                f"the new server of {self._of.name} on {self._on.host} refuses the tool's account (error"
                f" {code[1] if code else 'unknown'}; 1819 means that the password policy forbids the password)"
            )
        found = words.read(done.stderr)
        raise FailbackError(
            f"{self._of.name} on {self._on.host}: could not {what} (code {done.rc}):"
            f" {' | '.join(found.lines) or ' '.join(done.stderr.split())[-300:]}. Old files were not touched",
            found.facts,
        )

    def _must(self, done: Completed, what: str) -> str:
        if done.rc != 0:
            said = " ".join((done.stderr or done.stdout).split())[-300:]
            raise FailbackError(f"{self._of.name} on {self._on.host}: could not {what} (code {done.rc}): {said}")
        return str(done.stdout)
