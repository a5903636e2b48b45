"""Make the API's answers true: `python3 -m lab.aws.reconciler --config /etc/rr/reconciler.json`.

Twice a second it asks what the world should look like and carries out what changed: rules in the instance's namespace,
values in its server, its container, the name server's records. What fails is said once and tried again.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.aws import database, figures, firewall, instance, zone
from lab.aws.config import AwsConfig, ConfigError, read_config
from lab.aws.state import State, read_state, write_state

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL_SECONDS = 0.5
ASK_SECONDS = 5.0


def say(message: str) -> None:
    """Write one line to the log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {message}\n")
    sys.stderr.flush()


def ask(config: AwsConfig) -> dict[str, Any]:
    """Return what the API says the world is like. Raises OSError or ValueError."""
    url = f"{config.endpoint}/lab/desired?{config.region}"
    with urllib.request.urlopen(url, timeout=ASK_SECONDS) as answer:  # noqa: S310 - our own configuration's address
        content: dict[str, Any] = json.load(answer)
    return content


class Reconciler:
    """Carries out one look at a time and remembers what it has made true."""

    def __init__(self, config: AwsConfig) -> None:
        self._config = config
        before = read_state(config.state_file)
        self._state = State(
            instance_status=before.instance_status or "available",
            wanted_status=before.wanted_status or "available",
        )
        self._rules = ""
        self._records: zone.Records = {}
        self._delayed = database.Delayed(config.read_only_delay)
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._moving: Future[None] | None = None
        self._said: dict[str, str] = {}
        write_state(config.state_file, self._state)

    def step(self, desired: dict[str, Any], now: float) -> None:
        """Carry out what changed. `now` is in seconds of the monotonic clock."""
        if self._config.instance not in desired["instances"]:
            return
        before = self._state
        self._try("firewall", lambda: self._firewall(desired))
        self._try("zone", lambda: self._zone(desired))
        self._try("instance", lambda: self._instance(desired))
        self._try("parameters", lambda: self._parameters(desired, now))
        problem = "; ".join(text for text in self._said.values() if text)
        self._state = replace(self._state, parameters=dict(self._delayed.applied), problem=problem)
        if self._state != before:
            write_state(self._config.state_file, self._state)

    def _try(self, what: str, act: Callable[[], None]) -> None:
        """Do one thing; a failure is said when it is new, and must not keep the others from being done."""
        problem = ""
        try:
            act()
        except (RuntimeError, OSError) as error:
            problem = f"{what}: {error}"
        if problem and problem != self._said.get(what):
            say(problem)
        self._said[what] = problem

    def _firewall(self, desired: dict[str, Any]) -> None:
        rules = firewall.ruleset(desired, self._config.instance, self._config.rds_address)
        if rules.text != self._rules:
            firewall.apply(rules, self._config.netns_container)
            self._rules = rules.text
            say("firewall: rules in place" + "".join(f"; {text}" for text in rules.not_enforced))

    def _zone(self, desired: dict[str, Any]) -> None:
        wanted = zone.published(desired["records"], self._config.dns.zone)
        if wanted != self._records:
            zone.update(self._config.dns, wanted, self._records)
            self._records = wanted
            say(f"zone: {len(wanted)} record sets published")
        self._state = replace(self._state, records=desired["records_digest"])

    def _instance(self, desired: dict[str, Any]) -> None:
        wanted = desired["instances"][self._config.instance]["status"]
        if self._moving is not None:
            if not self._moving.done():
                return
            moved, self._moving = self._moving, None
            moved.result()
            done = self._state.wanted_status
            self._state = replace(self._state, instance_status=done)
            say(f"instance: {done}")
        action = instance.transition(wanted, self._state.wanted_status)
        if action:
            self._state = replace(
                self._state,
                wanted_status=wanted,
                instance_status="stopping" if action == "stop" else "starting",
            )
            self._moving = self._worker.submit(instance.carry_out, action, self._config.container)

    def _parameters(self, desired: dict[str, Any], now: float) -> None:
        group = desired["instances"][self._config.instance]["parameter_group"]
        wanted = database.carried(desired["parameters"].get(group, {}))
        self._delayed.see(wanted, now)
        if self._delayed.ripe(now) and self._state.instance_status == "available":
            changes = database.statements(self._delayed.wanted, self._delayed.applied)
            database.execute(self._config.mysql_exec, changes)
            self._delayed.arrived()
            say(f"parameters: {'; '.join(changes)}")


def main(argv: list[str] | None = None) -> int:
    """Reconcile until SIGTERM. Returns 2 when the configuration cannot be used."""
    parser = argparse.ArgumentParser(description="Makes the AWS stand-in's answers true.")
    parser.add_argument("--config", type=Path, required=True)
    try:
        config = read_config(parser.parse_args(argv).config)
    except ConfigError as error:
        say(str(error))
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    reconciler, silent = Reconciler(config), ""
    figures.Reporter(config, say).start(stop)
    while not stop.wait(INTERVAL_SECONDS):
        try:
            desired = ask(config)
        except (OSError, ValueError) as error:
            # The rules in place stay: an API that is away changes nothing in the world.
            if str(error) != silent:
                say(f"the API does not answer: {error}")
            silent = str(error)
            continue
        silent = ""
        reconciler.step(desired, time.monotonic())
    return 0


if __name__ == "__main__":
    sys.exit(main())
