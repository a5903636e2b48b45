"""Base class of our action plugins.

They run in the controller's own process: about 40 ms a task instead of 300 ms for a module, and the write outage
is made of those. A subclass names its ``ARGUMENTS`` (as in a module's argument_spec) and implements ``perform``::

    class ActionModule(FailbackAction):
        ARGUMENTS = {"name": {"type": "str", "required": True}}

        def perform(self, args: Arguments) -> Outcome:
            before = read()
            if before != wanted and not self.check_mode:
                with self.act("change the thing", thing=name) as outcome:
                    outcome["written"] = change()
            return Outcome(changed=before != wanted, before=before, after=read(), evidence={})

The result always has ``changed``, ``before``, ``after`` and ``evidence``. An error from ``failback.errors`` becomes
``failed`` with ``msg``, and ``refused`` when a gate said no.

A look that must not end the play at the first thing it finds (the phase prepare) returns ``findings`` instead: Ansible
goes on, the verdict fails the item on a blocker, and the phase's last task stops. ``waiting`` says which person's word
is missing.

A plugin that destroys something says so by ``DESTROYS``: before its first act the plan's approvals are verified again
(failback.approval.guard).
"""

from __future__ import annotations

import gc
import json
import os
import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ansible.plugins.action import ActionBase

from failback import incident, job, journal, lock, way_out
from failback.approval import guard
from failback.approval.guard import Guard
from failback.arguments import Arguments
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.scrub import scrub_beside
from failback.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.approval.mark import Destroys
    from failback.findings import Finding

__all__ = ["Arguments", "Completed", "FailbackAction", "Outcome"]

# Ansible forks a worker for each task and host, and loads this file before it does. A collection in a worker would look
# at all that it inherited, and get a copy of its own of the controller's memory: measured, 28 MB each instead of 17.
os.register_at_fork(after_in_child=gc.freeze)


@dataclass(frozen=True)
class Outcome:
    """What a plugin saw and did. ``after`` is what was observed, never what was sent."""

    changed: bool
    before: object = None
    after: object = None
    evidence: dict[str, object] = field(default_factory=dict)
    msg: str = ""
    findings: Sequence[Finding] = ()
    waiting: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Completed:
    """The end of a command on the host."""

    rc: int
    stdout: str
    stderr: str


class FailbackAction(ActionBase):  # type: ignore[misc]  # ansible ships no types
    """Argument validation, check mode, journal, epoch guard and uniform results."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {}
    RULES: ClassVar[dict[str, Any]] = {}  # mutually_exclusive, required_if, ... as in a module
    DESTROYS: ClassVar[Destroys | None] = None  # asks for approvals before its first act
    _guard: Guard | None = None
    _approved: dict[str, object]

    def perform(self, args: Arguments) -> Outcome:
        """Read the world, act if needed, read it again. Raises FailbackError."""
        raise NotImplementedError

    @property
    def check_mode(self) -> bool:
        """True in a rehearsal: read and plan everything, touch nothing."""
        return bool(self._task.check_mode)

    @property
    def host(self) -> str:
        """The inventory name of the host the task runs for."""
        return str(self._task_vars.get("inventory_hostname", ""))

    @property
    def place(self) -> str:
        """The inventory name of the host that is worked from: the delegate, where there is one."""
        return str(self._task.delegate_to or self.host)

    @property
    def run_id(self) -> str:
        """The run this act belongs to; "manual" outside of one."""
        directory = os.environ.get("RR_RUN_DIR", "")
        return Path(directory).name if directory else "manual"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's entry point; subclasses implement ``perform``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._task_vars: dict[str, Any] = task_vars or {}
        self._approved = {}
        way_out.take(self._said(way_out.VARIABLES))  # this worker's own environment: it ends with the task
        _, values = self.validate_argument_spec(self.ARGUMENTS, **self.RULES)
        try:
            with self._guarded(values):
                outcome = self.perform(Arguments(values))
        except FailbackError as error:
            result |= {"changed": False, "failed": True, "refused": error.refused, "msg": str(error)}
            result |= {"before": None, "after": None, "evidence": error.evidence | self._approved}
        else:
            result |= {"changed": outcome.changed, "before": outcome.before, "after": outcome.after}
            result |= {"evidence": outcome.evidence | self._approved} | self._found(outcome)
            if outcome.msg:
                result["msg"] = outcome.msg
            if outcome.failed:
                result |= {"failed": True, "msg": outcome.msg or outcome.waiting}
            if self._task.diff and outcome.changed:
                result["diff"] = {"before": _pretty(outcome.before), "after": _pretty(outcome.after)}
        clean: dict[str, Any] = scrub_beside(_journal_path() or Path("-"), _plain(result))
        return clean

    @contextmanager
    def act(self, what: str, **fields: object) -> Iterator[dict[str, object]]:
        """Wrap one side effect: epoch and approvals checked, intent on disk before it, outcome on disk after it.

        Yields a dict; what is put into it goes on record with the outcome. Raises RefusedError when another runner
        holds the lock by now, the plan is not approved, or nobody keeps a record (no RR_RUN_DIR).
        """
        if self.check_mode:
            raise RuntimeError(f"bug: {what!r} was about to act in check mode")
        if _journal_path() is None:
            raise RefusedError(job.UNRECORDED.format(what=f"nothing may act: will not {what}"))
        self._guard_epoch(what)
        self._guard_approval(what)
        record = {"act": what, "plugin": self._task.action, "host": self.host, "task": self._task.get_name()}
        self._journal("intent", record | fields)
        outcome: dict[str, object] = {}
        try:
            yield outcome
        except BaseException as error:
            self._journal("outcome", record | {"ok": False, "error": str(error), **outcome})
            raise
        self._journal("outcome", record | {"ok": True, **outcome})

    def note(self, kind: str, **fields: object) -> None:
        """Put an observation on record that is not an act, such as FINAL."""
        if not self.check_mode:
            self._journal(kind, {"plugin": self._task.action, "host": self.host, **fields})

    def turned(self, point: Literal["promoted", "went_back"]) -> None:
        """Tell the incident that a point was passed which decides what approvals are still asked for.

        What was done is done: a record that cannot be written is told, and stops nothing.
        """
        place = incident.of_environment()
        if place is None or self.check_mode or not place.is_dir():
            return
        try:
            (guard.promoted if point == "promoted" else guard.went_back)(place, self.host, self.run_id)
        except FailbackError as error:
            self._display.warning(f"{self.host}: {error}")

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep what was found with the open incident, under this name and host; nothing outside of one."""
        place = incident.of_environment()
        if place is not None and not self.check_mode:
            incident.keep(place, f"{name}.{self.host}".lower(), _plain(dict(content)))

    def command(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
        """Run one command on the host over the existing connection, at most ``timeout`` seconds (rc 124 then)."""
        bounded = ["timeout", "--kill-after=1", f"{timeout:g}", *argv]
        data = None if stdin is None else stdin.encode()
        raw = self._low_level_execute_command(shlex.join(bounded), sudoable=False, in_data=data)
        return Completed(int(raw["rc"]), str(raw["stdout"]), str(raw["stderr"]))

    def stream(self, host: str, port: int, *, timeout: float = 5.0, alone: bool = False) -> Stream:
        """Open a stream to host:port as seen from this task's host (``ssh -W``), or from here on a local connection.

        ``alone`` makes a connection of its own: slower, but over a shared one ssh does not say why the host said no.
        The caller closes it. Hand ``stream.sock`` to ``Server.connect``. Raises UnreachableError.
        """
        transport = str(self._connection.transport)
        if transport == "local":
            return Stream.direct(host, port, timeout=timeout)
        if transport != "ssh":
            raise ConfigError(f"cannot look from {self.place}: its connection is {transport}, only ssh and local can")
        binary = self._connection.get_option("ssh_executable")
        target = self._connection.get_option("host") or self._play_context.remote_addr
        options = ["-S", "none"] if alone else []
        argv = self._connection._build_command(binary, "ssh", *options, "-W", f"{host}:{port}", target)  # noqa: SLF001 - no other way to the host's own ssh settings
        return Stream.through([os.fsdecode(part) for part in argv], f"{self.place} -> {host}:{port}")

    def _found(self, outcome: Outcome) -> dict[str, Any]:
        """Return findings for the record, and add them to those of the host for the task that ends the phase."""
        found = [{"task": self._task.get_name(), **one.as_dict()} for one in outcome.findings]
        open_ones = [one for one in found if one["severity"] == "blocker"]
        if outcome.waiting:
            open_ones.append({"task": self._task.get_name(), "severity": "waiting", "sentence": outcome.waiting})
        told: dict[str, Any] = {}
        if found:
            told["findings"] = found
        if outcome.waiting:
            told["waiting"] = outcome.waiting
        if open_ones:
            before = self._task_vars.get("ansible_facts", {}).get("rr_open", ())
            told["ansible_facts"] = {"rr_open": [*before, *open_ones]}
        return told

    @contextmanager
    def _guarded(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Begin to verify the approvals of a task that will destroy something, beside what it looks at first."""
        if self.DESTROYS is None or self.check_mode or not self.DESTROYS.applies(values):
            yield
            return
        said = self._said(("site_approvals", "site_name", "site_critical"))
        self._guard = Guard.of(self.DESTROYS.mark, said, incident.of_environment())
        if self._guard is None:
            yield
            return
        self._guard.host = self.host
        self._guard.backup = str(values.get(self.DESTROYS.backup) or "")
        try:
            self._guard.begin()
            yield
        finally:
            self._guard.end()

    def _said(self, names: Sequence[str]) -> dict[str, Any]:
        return {name: self._templar.template(self._task_vars[name]) for name in names if name in self._task_vars}

    def _guard_approval(self, what: str) -> None:
        if self._guard is None or self._approved:
            return
        self._approved = self._guard.ask(what, self.run_id)
        if reason := self._approved.get("break_glass"):
            self.note("break_glass", reason=reason, act=what)
            self._display.warning(f"{self.host}: without approvals, by broken glass: {what} ({reason})")

    def _guard_epoch(self, what: str) -> None:
        path, epoch = os.environ.get("RR_LOCK", ""), os.environ.get("RR_EPOCH", "")
        if not path and not epoch:
            return
        if not path or not epoch.isdigit():
            raise RefusedError(f"will not {what}: RR_LOCK and RR_EPOCH must be set together; start the run again")
        try:
            lock.verify(path, int(epoch))
        except lock.LockError as error:
            raise RefusedError(f"will not {what}: {error}") from error

    def _journal(self, kind: str, fields: Mapping[str, object]) -> None:
        path = _journal_path()
        if path is None:
            return
        try:
            journal.append(path, kind, **_plain(dict(fields)))
        except journal.JournalError as error:
            raise FailbackError(f"stopped: the act could not be put on record: {error}") from error


def _journal_path() -> Path | None:
    directory = os.environ.get("RR_RUN_DIR", "")
    return Path(directory) / "journal.jsonl" if directory else None


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Make it JSON-able: dates and decimals become text, sets and tuples lists."""
    plain: dict[str, Any] = json.loads(json.dumps(value, default=_as_text, ensure_ascii=False))
    return plain


def _as_text(value: object) -> object:
    return sorted(value, key=str) if isinstance(value, set | frozenset) else str(value)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True, default=_as_text, ensure_ascii=False) + "\n"
