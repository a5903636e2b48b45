"""What a drill came to, held against what its scenario expects. Pure: report, ledger and world in, sentences out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner.drill import clients

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rollback_runner.drill.moments import Fault
    from rollback_runner.drill.scenarios import Expected, Scenario


def of_run(expect: Expected, content: Mapping[str, Any], faults: Iterable[Fault] = ()) -> list[str]:
    """Say how a run did not end as it must, and which faults never came."""
    problems = []
    got = (content["exit_code"], content["outcome"])
    if got != (expect.exit, expect.outcome):
        problems.append(
            f"{content['run']} ended with exit code {got[0]} ({got[1]}), not {expect.exit} ({expect.outcome})"
        )
    problems += [
        f"{content['run']}: the fault {fault.moment.fault} never came, for no task {fault.moment.task!r} began"
        for fault in faults
        if not fault.done
    ]
    return problems


def of_ledger(scenario: Scenario, found: Mapping[str, Any]) -> list[str]:
    """Say what the clients' ledger has that it must not have, and what it cannot prove."""
    problems = [f"{zero}: {found[zero]}, not 0" for zero in scenario.zeros if found.get(zero) != 0]
    if not found.get("acknowledged_writes"):
        problems.append("no write was acknowledged, so nothing is proven")
    if not clients.measured(found):
        problems.append("not both databases were sampled, so nobody knows of two writers")
    lost = found.get("lists", {}).get("lost", ())
    if "lost_writes" not in scenario.zeros:
        # What was accepted is what RDS had alone. A write that IDC acknowledged is nobody's to give away.
        rds = {write["server_uuid"] for write in lost}
        if len(rds) > 1:
            problems.append(f"writes of both sides are lost: {', '.join(sorted(map(str, rds)))}")
    elif not problems and not found.get("passed"):
        rest = {name: len(writes) for name, writes in found.get("lists", {}).items() if writes}
        told = ", ".join(f"{name} {count}" for name, count in rest.items()) or "the check did not pass"
        problems.append(f"the clients' ledger does not match: {told}")
    return problems


def side(content: Mapping[str, Any]) -> str:
    """Name the side whose database must hold every acknowledged write: RDS, as long as IDC was not opened."""
    return "rds" if content["promoted"] == "no" else "idc"


def of_repeat(changed: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any], run: str) -> list[str]:
    """Say what a second run changed: the tasks that say so themselves, and what is otherwise in the world.

    The row that proves that writes arrive is written each time; it is no part of what decides who serves.
    """
    problems = [f"{run} changed something again: {task}" for task in sorted(set(changed))]
    moved = sorted(key for key in before if before[key] != after.get(key))
    return problems + [f"{run} changed {key}: {before[key]!r} became {after.get(key)!r}" for key in moved]
