"""A drill of a bad release: the lab set up, customers at the door, production brought back, the ledger checked.

Where the site asks for signatures (a database that is changed), the lab's people give them as people do: the plan is
frozen, each signs it with a key of their own, and only then the command is given. The time that counts begins there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import incident
from failback.approval import policy

from rollback_runner.content import ROOT
from rollback_runner.deployment import carry, look, plan
from rollback_runner.deployment.look import Wish
from rollback_runner.drill import deployment_clients as clients
from rollback_runner.errors import Exit, RunnerError, UsageError
from rollback_runner.record import report, store
from rollback_runner.run import carry as runs
from rollback_runner.run.options import Options
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.drill.scenarios import Scenario
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


@dataclass(frozen=True)
class Order:
    """What to drill; times in seconds of traffic."""

    scenario: Scenario
    home: Path
    language: Language
    before: float
    after: float
    reset: bool
    silent: bool


def run(order: Order) -> tuple[dict[str, Any], int]:
    """Run the drill; return the report with the ledger's figures in it, and the exit code."""
    application = order.scenario.application
    site = _site()
    if order.reset:
        clients.lab(order.home, ["up"], silent=order.silent)
        incident.close(order.home, site.name)
        for fault in order.scenario.before:
            clients.lab(order.home, ["fault", fault], silent=order.silent)
    site = _site()
    name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{application}"
    wish = Wish(application, reason=f"drill {order.scenario.name}")
    asked = carry.Asked(str(SITE), order.home, wish, order.language, yes=True, silent=order.silent)
    with clients.running(order.home, application, name):
        time.sleep(order.before)
        for fault in order.scenario.during:
            clients.lab(order.home, ["fault", fault], silent=order.silent)
        _signed(order, site, application)
        began = time.time()
        options = Options(drill=order.scenario.name, takeover=runs.takeover(order.home, site.name))
        content = carry.carry_out(asked, options, lambda _shown, _question: "")
        ended = time.time()
        if content["outcome"] != "interrupted":
            time.sleep(order.after)
    found, passed = clients.check(order.home, application, name)
    found["command_seconds"] = round(ended - began, 3)
    if found.get("first_good_answer"):
        found["command_to_first_good_answer_seconds"] = round(found["first_good_answer"] - began, 3)
    problems = found.pop("problems", [])
    content["metrics"] = metrics(found)
    directory = store.find(order.home, content["run"])
    if not passed and content["exit_code"] == Exit.PROVEN:
        content |= {"status": "failed", "outcome": "unproven", "exit_code": int(Exit.FAILED)}
        content["failures"].append(_failure(problems))
    store.write_json(directory, "ledger.json", found | {"problems": problems})
    report.write(directory, content)
    if content["exit_code"] == Exit.PROVEN:
        incident.close(order.home, site.name)
    return content, int(content["exit_code"])


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


def _signed(order: Order, site: Site, application: str) -> None:
    """Freeze the plan and have it signed, where signatures are asked for.

    Raises RunnerError with what a command said, and what looking raises.
    """
    looked = look.look(site, order.home, Wish(application))
    looked.need()
    if not plan.asks_for_approvals(site, looked.facts):
        return
    people = order.home / ".lab" / "releases" / "people"
    freeze = ["deployment", "plan", "--app", application, "--reason", f"drill {order.scenario.name}"]
    _command(order, *freeze, "--freeze", "--as", MAKER, "--key", str(people / MAKER))
    for role in policy.ROLES:
        if role in SIGNERS:
            person = SIGNERS[role]
            _command(order, "approve", "--role", role, "--as", person, "--key", str(people / person), "--yes")


def _command(order: Order, *words: str) -> None:
    argv = [sys.executable, "-m", "rollback_runner", words[0], *words[1:], "-i", str(SITE)]
    environment = os.environ | {"RR_HOME": str(order.home)}
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
