"""Restart one service on the hosts of a wave. See plugins/modules/containers_restart.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback import container as containers
from failback import http
from failback.action import Outcome
from failback.baseline import store
from failback.environment import restart
from failback.environment.host import HostAction
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.journeys.client import Answer, Request, send

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.container import Container
    from failback.environment.order import Service

POLL = 0.25
STEADY = 3  # looks in a row at which it must be well: a container that dies at once looks well for a moment


class ActionModule(HostAction):
    """Looks, decides, restarts, and waits until the container is well.

    With ``only_check`` it looks alone; with ``waves`` it says in which of them it would act.
    """

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "service": {"type": "str", "default": ""},
        "containers": {"type": "list", "elements": "dict", "required": True},
        "baseline_directory": {"type": "str", "default": ""},
        "since": {"type": "str", "default": ""},
        "failback": {"type": "str", "default": ""},
        "alone": {"type": "bool", "default": False},
        "only_check": {"type": "bool", "default": False},
        "waves": {"type": "list", "elements": "dict", "default": []},
        "timeout": {"type": "float", "default": 60.0},
        "stop_timeout": {"type": "int", "default": 30},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Act or look. Raises FailbackError when a container does not get well, ContainerError when there is none."""
        wanted = args.text("service")
        here = [one for one in self.containers_here(args.mappings("containers")) if wanted in {"", one.name}]
        if args.flag("only_check"):
            return self._check(args, here)
        if args.given("waves"):
            return self._foresee(args, here)
        if not here:
            raise ConfigError(f"service_containers has no {wanted} for {self.host}")
        return self._restart(args, here[0])

    def _foresee(self, args: Arguments, here: list[Service]) -> Outcome:
        """Name the services of this host that are still to be restarted, and why each is or is not."""
        mine = [wave for wave in args.mappings("waves") if self.host in wave["hosts"]]
        alone = {str(wave["service"]): bool(wave["alone"]) for wave in mine}
        why: dict[str, str] = {}
        needed: list[str] = []
        for service in here:
            if service.name in alone:
                *_, plan = self._decide(args, service, alone=alone[service.name])
                why[service.name] = plan.why
                needed += [service.name] if plan.act != "none" else []
        return Outcome(changed=False, evidence={"needed": needed, "why": why})

    def _decide(
        self, args: Arguments, service: Service, *, alone: bool
    ) -> tuple[Container, str, restart.Case, restart.Plan]:
        """Look at the container. Raises RefusedError when it was made from another image than the baseline has."""
        seen = self._inspect(service.container)
        image = self._image(args, service.container)
        if restart.wrong_image(seen, image):
            raise RefusedError(
                f"{service.container} on {self.host} {restart.well(seen, image)}. A restart would not change that: make"
                " the container from the image of the baseline, or record a new baseline if this one is meant",
                {"container": seen.facts},
            )
        answers = self._not_ready(service) if seen.status == "running" else ""
        case = restart.Case(
            service.restart,
            args.text("since"),
            self.mark(service.container) if service.restart == "once" else {},
            args.text("failback") or self.run_id,
            alone,
        )
        return seen, image, case, restart.plan(seen, case, answers)

    def _restart(self, args: Arguments, service: Service) -> Outcome:
        seen, image, case, plan = self._decide(args, service, alone=args.flag("alone"))
        evidence: dict[str, object] = {"service": service.name, "container": service.container, "why": plan.why}
        evidence |= {"decision": plan.act, "image": seen.image, "image_checked": bool(image)}
        if self.check_mode:
            return Outcome(plan.act != "none", seen.facts, {"would": plan.act}, evidence)
        begun = time.monotonic()
        if plan.act != "none":
            self._act(args, service, seen, plan, case)
        after = self._await_well(args, service, image, evidence)
        evidence |= {"seconds": round(time.monotonic() - begun, 2), "health": after.health or "no health check"}
        evidence["restarts"] = after.restarts
        return Outcome(plan.act != "none", seen.facts, after.facts, evidence)

    def _act(self, args: Arguments, service: Service, seen: Container, plan: restart.Plan, case: restart.Case) -> None:
        with self.act(f"{plan.act} the container {service.container}", why=plan.why):
            # Before the act: a run that is killed in the middle then knows that the start time must have changed.
            mark = {"run": case.run, "id": seen.id, "started_before": seen.started_at}
            if service.restart == "once":
                self.mark(service.container, mark)
            argv = containers.act_argv(plan.act, service.container, args.count("stop_timeout"))
            done = self.command(argv, timeout=args.count("stop_timeout") + 30.0)
            if done.rc != 0:
                said = " ".join((done.stderr or done.stdout).split())[-300:]
                raise FailbackError(f"docker could not {plan.act} {service.container} on {self.host}: {said}")

    def _await_well(self, args: Arguments, service: Service, image: str, evidence: dict[str, object]) -> Container:
        """Wait until it is well. With a health check or a ready URL one good look says so; without, only time does."""
        name, limit = service.container, args.number("timeout")
        deadline = time.monotonic() + limit
        steady, restarts = 0, -1
        while True:
            seen = self._inspect(name)
            trouble = restart.well(seen, image) or self._not_ready(service)
            steady = 0 if trouble else steady + 1 if seen.restarts == restarts else 1
            restarts = seen.restarts
            if steady >= (1 if seen.health or service.ready_url else STEADY):
                return seen
            if time.monotonic() >= deadline:
                break
            time.sleep(POLL)
        logs = self.command(["docker", "logs", "--tail", "8", name], timeout=20.0)
        evidence["log"] = (logs.stdout + logs.stderr)[-1500:]
        raise FailbackError(
            f"{name} on {self.host} is not well after {limit:g} s: {trouble or 'docker keeps restarting it'}. It is not"
            f" given back to the load balancer; read its log (docker logs {name})",
            evidence | {"container": seen.facts},
        )

    def _check(self, args: Arguments, here: list[Service]) -> Outcome:
        """Look at every container of this host."""
        found: list[dict[str, object]] = []
        problems: list[str] = []
        for service in here:
            seen = self._inspect(service.container)
            image = self._image(args, service.container)
            trouble = restart.well(seen, image) or self._not_ready(service)
            found.append({"service": service.name, "image_checked": bool(image), **seen.facts})
            problems += [f"{service.container} on {self.host}: {trouble}"] if trouble else []
        evidence: dict[str, object] = {"containers": found, "problems": problems}
        if problems and not self.check_mode:
            raise FailbackError("; ".join(problems), evidence)
        return Outcome(changed=False, evidence=evidence)

    def _inspect(self, name: str) -> Container:
        done = self.command(containers.inspect_argv(name), timeout=20.0)
        return containers.parse_inspect(name, done.rc, done.stdout, done.stderr)

    def _image(self, args: Arguments, container: str) -> str:
        """Return the image digest of the baseline, "" where none was recorded."""
        known = store.read(args.text("baseline_directory"), self.host) if args.given("baseline_directory") else None
        entry = ((known or {}).get("containers") or {}).get(container) or {}
        return str(entry.get("image") or "")

    def _not_ready(self, service: Service) -> str:
        """Ask the ready URL as the host itself sees it; "" when it answers 2xx or there is none."""
        if not service.ready_url:
            return ""
        door = http.Door.from_dict({"name": service.container, "url": service.ready_url})
        answer = self._look_at(door)
        if answer.error:
            return f"{service.ready_url} does not answer: {answer.error}"
        return "" if 200 <= answer.status < 300 else f"{service.ready_url} answers {answer.status}"  # noqa: PLR2004 - HTTP

    def _look_at(self, door: http.Door) -> Answer:
        address, _, path = door.url.partition("://")[2].partition("/")
        host, _, port = address.partition(":")
        base = http.Door(door.name, f"{door.url.partition('://')[0]}://{address}")
        try:
            with self.stream(host, int(port or 80)) as stream:
                stream.sock.settimeout(5.0)
                return send(base, Request("GET", f"/{path}"), timeout=5.0, sock=stream.sock)
        except UnreachableError as error:
            return Answer(0, 0.0, error=str(error))
