"""A drill of a bad release: the lab set up, customers at the door, production brought back, the ledger checked.

Where the site asks for signatures (a database that is changed), the lab's people give them as people do: the plan is
frozen, each signs it with a key of their own, and only then the command is given. The time that counts begins there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from failback import incident
from failback.approval import policy

from rollback_runner.content import ROOT
from rollback_runner.deployment import carry, look, plan
from rollback_runner.deployment.look import Wish
from rollback_runner.drill import changes, command, expectation, moments
from rollback_runner.drill import deployment_clients as clients
from rollback_runner.errors import Exit, RunnerError, UsageError
from rollback_runner.record import report, store
from rollback_runner.run import carry as runs
from rollback_runner.run.options import Options
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.drill.scenarios import Run, Scenario
    from rollback_runner.site.site import Site

SITE = ROOT / "inventories" / "lab_releases"
# Who freezes the plan, and who signs it in which role (site_approvals of the lab's site).
MAKER = "kim"
SIGNERS = {"technical_lead": "lee", "operations_manager": "park"}
_SIGN = 300.0  # seconds; with the plan a reversal is rehearsed that never was
# Of the customers' ledger, in the report's order; times in seconds.
_FIGURES = (
    *("command_to_first_good_answer_seconds", "command_seconds", "no_answer_from_the_application_seconds"),
    *("requests", "failed_requests", "failed_by_release", "acknowledged_orders", "lost_orders", "changed_orders"),
    *("doubled_orders", "refused_but_stored"),
)


class ReleaseStages:
    """One drill of a release's rollback, in stages as those of the failback (stages.py). Raises `UsageError`."""

    def __init__(self, scenario: Scenario, home: Path, language: Language, *, silent: bool) -> None:
        self.scenario = scenario
        self.seconds: dict[str, float] = {}  # when the command was given, and when it ended
        self._home = home
        self._language = language
        self._silent = silent
        self._application = scenario.application

    def create(self) -> None:
        """Have the lab with the bad release live, and do the faults that come first."""
        clients.lab(self._home, ["up"], silent=self._silent)
        incident.close(self._home, _site().name)
        for fault in self.scenario.before:
            clients.lab(self._home, ["fault", fault], silent=self._silent)

    def start_clients(self, name: str) -> int:
        """Start customers at the door; return their process."""
        return clients.start(self._home, self._application, name).pid

    def stop_clients(self, _name: str, process: int) -> None:
        """End the customers, whichever process started them."""
        clients.stop(process)

    def faults_under_traffic(self) -> None:
        """Do the faults that come while customers ask."""
        for fault in self.scenario.during:
            clients.lab(self._home, ["fault", fault], silent=self._silent)

    def carry_out(self, run: Run) -> tuple[dict[str, Any], list[str]]:
        """Have the plan signed and carry it out; return the report, and what is not as the scenario expects."""
        for fault in run.first:
            clients.lab(self._home, ["fault", fault], silent=self._silent)
        site = _site()
        self._signed(site)
        began = time.time()
        with moments.watched(self._home, run.at, (*command.LAB, "releases")) as faults:
            content = self._carry_out(Wish(self._application, reason=f"drill {self.scenario.name}"), site)
        self.seconds = {"began": began, "ended": time.time()}
        problems = expectation.of_run(run.expect, content, faults)
        return content, problems + self.world(run.expect.serving)

    def again(self) -> tuple[dict[str, Any], list[str]]:
        """Roll back to what is live by now, which must change nothing. A rollback of the rollback is another drill."""
        before = self._observed()
        last = next(run for run in store.all_runs(self._home) if (run.read_report() or {}).get("deployment"))
        target = (last.read_report() or {})["deployment"]["to"]
        wish = Wish(self._application, to=target, reason=f"drill {self.scenario.name}, a second time")
        content = self._carry_out(wish, _site())
        problems = expectation.of_run(self.scenario.expect, content)
        changed = changes.read(store.find(self._home, content["run"]).directory)
        return content, problems + expectation.of_repeat(changed, before, self._observed(), content["run"])

    def world(self, serving: str) -> list[str]:
        """Ask every door which release it serves; return what is not as it must be."""
        words = ["world", "--application", self._application, "--serving", serving]
        wrong: list[str] = json.loads(command.ask(self._home, *words))["wrong"] if serving else []
        return wrong

    def ledger(self, _content: dict[str, Any], name: str) -> tuple[dict[str, Any], list[str]]:
        """Compare the customers' ledger with the database."""
        found, passed = clients.check(self._home, self._application, name)
        problems = found.pop("problems", [])
        began, ended = self.seconds["began"], self.seconds["ended"]
        found["command_seconds"] = round(ended - began, 3)
        if found.get("first_good_answer"):
            found["command_to_first_good_answer_seconds"] = round(found["first_good_answer"] - began, 3)
        return found, [] if passed else [*problems] or ["the customers' ledger does not match"]

    def judged(self, content: dict[str, Any], found: dict[str, Any], problems: list[str]) -> dict[str, Any]:
        """Put what customers and doors say into the run's report; a proven run with problems is proven no more."""
        content["metrics"] = metrics(found)
        if problems and content["exit_code"] == Exit.PROVEN:
            content |= {"status": "failed", "outcome": "unproven", "exit_code": int(Exit.FAILED)}
            content["failures"].append(_failure(problems))
        directory = store.find(self._home, content["run"])
        store.write_json(directory, "ledger.json", found | {"problems": problems})
        report.write(directory, content)
        if content["exit_code"] == Exit.PROVEN:
            incident.close(self._home, _site().name)
        return content

    @contextmanager
    def to_ourselves(self) -> Iterator[None]:
        """Nothing to hold: each verb of the releases lab holds its lock itself."""
        yield

    def _carry_out(self, wish: Wish, site: Site) -> dict[str, Any]:
        asked = carry.Asked(str(SITE), self._home, wish, self._language, yes=True, silent=self._silent)
        options = Options(drill=self.scenario.name, takeover=runs.takeover(self._home, site.name))
        return carry.carry_out(asked, options, lambda _shown, _question: "")

    def _observed(self) -> dict[str, Any]:
        words = ["world", "--application", self._application]
        observed: dict[str, Any] = json.loads(command.ask(self._home, *words))["observed"]
        return observed

    def _signed(self, site: Site) -> None:
        """Freeze the plan and have it signed, where signatures are asked for.

        Raises RunnerError with what a command said, and what looking raises.
        """
        looked = look.look(site, self._home, Wish(self._application))
        looked.need()
        if not plan.asks_for_approvals(site, looked.facts):
            return
        people = self._home / ".lab" / "releases" / "people"
        freeze = ["deployment", "plan", "--app", self._application, "--reason", f"drill {self.scenario.name}"]
        _command(self._home, *freeze, "--freeze", "--as", MAKER, "--key", str(people / MAKER))
        for role in policy.ROLES:
            if role in SIGNERS:
                person = SIGNERS[role]
                words = ["--role", role, "--as", person, "--key", str(people / person), "--yes"]
                _command(self._home, "approve", *words)


def metrics(found: dict[str, Any]) -> dict[str, Any]:
    """Pick the report's figures from what the ledger's check says; the rest stays in ledger.json."""
    flat = {name: found[name] for name in _FIGURES if name in found}
    held, unknown = found.get("held") or {}, found.get("unknown_orders") or {}
    return flat | {
        "held_requests": held.get("count", 0),
        "held_requests_max_seconds": held.get("longest_seconds", 0.0),
        "unknown_orders": unknown.get("total", 0),
    }


def _site() -> Site:
    try:
        return sites.load(str(SITE), applications=True)
    except RunnerError as error:
        raise UsageError(f"The releases lab's site cannot be read: {error}") from error


def _command(home: Path, *words: str) -> None:
    argv = [sys.executable, "-m", "rollback_runner", words[0], *words[1:], "-i", str(SITE)]
    environment = os.environ | {"RR_HOME": str(home)}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_SIGN, check=False)
    if done.returncode != 0:
        raise RunnerError(f"`rollback-runner {words[0]}` ended with {done.returncode}: {done.stderr.strip()}")


def _failure(problems: list[str]) -> dict[str, Any]:
    return {
        "phase": "drill",
        "ids": [],
        "host": "rr-rel-client",
        "task": "Compare the ledger with the database",
        "status": "failed",
        "message": f"the customers' ledger does not match: {'; '.join(problems)}; see ledger.json",
    }
