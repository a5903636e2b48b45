"""Bring the IDC's MySQL server up again, empty, when its data is gone. See plugins/modules/mysql_rebuild.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback import container as containers
from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.mysql import Login
from failback.rebuild import judge, look, service, words, work
from failback.rebuild.place import Paths

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.rebuild.judge import Decision, Seen

POLL = 0.3


class ActionModule(FailbackAction):
    """Judge from the world, act only if the data is truly gone, prove what stands afterwards."""

    DESTROYS = Destroys("destroys")
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "name": {"type": "str", "required": True},
        "mysql": {"type": "dict", "required": True},
        "admin_hosts": {"type": "list", "elements": "str", "default": ["%"]},
        "command": {"type": "list", "elements": "str", "default": []},
        "needed_bytes": {"type": "int", "default": 0},
        "replace": {"type": "bool", "default": False},
        "reason": {"type": "str", "default": ""},
        "strategy": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 120.0},
        "stop_timeout": {"type": "int", "default": 60},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look, decide, act, prove. Raises RefusedError where a person must decide, FailbackError on breakage."""
        self._login = Login.from_dict(args.mapping("mysql"), "db_idc")
        if not self._login.server_uuid:
            raise ConfigError("db_idc lacks server_uuid: a rebuilt server must carry its own; add it to the inventory")
        self._name, self._timeout = args.text("name"), args.number("timeout")
        order = judge.Order(
            uuid=self._login.server_uuid,
            replace=args.flag("replace"),
            reason=args.text("reason"),
            strategy=args.text("strategy"),
            run=self.run_id,
        )
        self._prepare(args)
        seen = self._see(tried=False)
        decision = judge.decide(seen, order)
        before = self._facts(seen)
        evidence: dict[str, object] = {"decision": decision.act, "why": decision.why, **seen.words.facts}
        if decision.act == "start" and not self.check_mode:
            work.clean(self, self._service, self._paths, seen.listing)
            seen = self._try_start()
            decision = judge.decide(seen, order)
            evidence |= {"decision": decision.act, "why": decision.why, "tried_to_start": True, **seen.words.facts}
        return self._carry_out(decision, seen, order, args, (before, evidence))

    def _carry_out(
        self,
        decision: Decision,
        seen: Seen,
        order: judge.Order,
        args: Arguments,
        told: tuple[dict[str, object], dict[str, object]],
    ) -> Outcome:
        before, evidence = told
        if decision.act == "refuse":
            raise RefusedError(f"{self._name} on {self.host}: {decision.why}", evidence | {"before": before})
        if decision.act == "none":
            tried = "tried_to_start" in evidence
            after = self._facts(seen)
            if seen.server is not None and not seen.server.schemas:
                after |= look.closed(self._login)
            return Outcome(tried, before, after, evidence, msg="it had only to be started" if tried else "")
        plan = work.plan(self._service, self._settings, seen.listing, order, decision, args.count("needed_bytes"))
        evidence |= plan.facts
        if self.check_mode:
            return Outcome(changed=True, before=before, after={"would": decision.act}, evidence=evidence)
        worker = work.Worker(self, self._service, plan, stop_timeout=args.count("stop_timeout"))
        begun = time.monotonic()
        if seen.status in {"running", "restarting", "paused"}:
            worker.stop_service(seen.status)
        worker.remove_helper()
        if decision.act == "rebuild":
            worker.build(self._login, args.texts("admin_hosts"), keep_persisted=seen.listing.persisted is not None)
        evidence |= worker.swap(resume=decision.act == "resume")
        after = self._start_and_prove(evidence)
        evidence["seconds"] = round(time.monotonic() - begun, 1)
        return Outcome(changed=True, before=before, after=after, evidence=evidence)

    def _prepare(self, args: Arguments) -> None:
        done = self.command(containers.inspect_argv(self._name), timeout=20.0)
        containers.parse_inspect(self._name, done.rc, done.stdout, done.stderr)
        self._service = service.parse_service(self._name, done.stdout, args.texts("command"))
        told = self.command(service.help_argv(self._service), timeout=60.0)
        if told.rc != 0:
            found = words.read(told.stderr + told.stdout)
            raise FailbackError(
                f"the server of {self._name} on {self.host} does not even tell its settings"
                f" ({' | '.join(found.lines) or ' '.join(told.stderr.split())[-300:]}): mend its configuration or"
                " image",
                found.facts,
            )
        self._settings = service.parse_settings(self._service, told.stdout)
        self._paths = Paths.of(self._service, self._settings)

    def _see(self, *, tried: bool) -> Seen:
        """Read the container, its data directory and its server."""
        done = self.command(containers.inspect_argv(self._name), timeout=20.0)
        container = containers.parse_inspect(self._name, done.rc, done.stdout, done.stderr)
        listing = look.listing(self, self._service, self._settings)
        server = look.server(self._login, listing) if container.status == "running" else None
        found = words.Words()
        if server is None:
            found = look.last_words(self, container, listing)
        return judge.Seen(container.status, listing, server, found, tried)

    def _try_start(self) -> Seen:
        """Start the container as it is and wait until its server answers, ends, or says what is wrong."""
        with self.act(f"start the container {self._name} to hear what its server says"):
            done = self.command(["docker", "container", "start", self._name], timeout=60.0)
            if done.rc != 0:
                said = " ".join((done.stderr or done.stdout).split())[-300:]
                raise FailbackError(f"docker could not start {self._name} on {self.host}: {said}")
        deadline = time.monotonic() + self._timeout
        while True:
            seen = self._glance()
            if seen.server is not None or seen.status in {"exited", "dead"} or seen.words.damage:
                return self._see(tried=True)
            if time.monotonic() > deadline:
                return self._see(tried=True)
            time.sleep(POLL)

    def _glance(self) -> Seen:
        """As ``_see``, without a helper: cheap enough to poll."""
        done = self.command(containers.inspect_argv(self._name), timeout=20.0)
        container = containers.parse_inspect(self._name, done.rc, done.stdout, done.stderr)
        listing = look.NOT_LOOKED
        server = look.server(self._login, listing) if container.status == "running" else None
        found = words.Words() if server else look.last_words(self, container, listing)
        return judge.Seen(container.status, listing, server, found, tried=True)

    def _start_and_prove(self, evidence: dict[str, object]) -> dict[str, object]:
        seen = self._try_start()
        server = seen.server
        if server is None or server.refused:
            why = server.refused if server else f"it is {seen.status}: {' | '.join(seen.words.lines) or 'no word'}"
            raise FailbackError(
                f"{self._name} on {self.host} was made anew, but its server cannot be used: {why}. Old files are in"
                f" {evidence.get('set_aside')}",
                evidence | seen.words.facts,
            )
        after = self._facts(seen) | look.closed(self._login)
        wrong = look.not_as_new(after, self._login.server_uuid)
        if wrong:
            raise FailbackError(
                f"{self._name} on {self.host} was made anew, but {'; '.join(wrong)}: look into its configuration",
                evidence | {"after": after},
            )
        return after

    @staticmethod
    def _facts(seen: Seen) -> dict[str, object]:
        server: dict[str, object] | None = None
        if seen.server is not None:
            server = {**seen.server.__dict__, "schemas": dict(seen.server.schemas)}
        return {"status": seen.status, "data": seen.listing.facts, "server": server}
