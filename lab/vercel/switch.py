"""Moving production in the stand-in: what is refused, and how a request that was taken goes on.

Refusals are those of the document: 402 too far back for the plan, 409 already so or another under way, 410 deleted, 422
not to be gone back to. A promotion behind a rolling release is 202 and waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.vercel.answers import Answer, RefusalError
from lab.vercel.faults import JOBS, SWITCHES
from lab.vercel.state import PENDING

if TYPE_CHECKING:
    from lab.vercel.faults import Faults
    from lab.vercel.state import World

UPGRADE = "To roll back further than the previous production deployment, upgrade to pro."
_FOREVER = 1 << 40  # ms: a job that never ends


def rollback(world: World, faults: Faults, number: str) -> Answer:
    """Take a request to go back to a deployment. Raises RefusalError."""
    _faulty(world, faults, number)
    one = world.find(number)
    if one is None:
        raise RefusalError(410 if world.known(number) else 400, "gone", "The deployment no longer exists")
    _free(world, number)
    if one["state"] != "READY" or one["target"] != "production" or one["substate"] != "PROMOTED":
        raise RefusalError(422, "unprocessable", "The deployment is not eligible for a rollback")
    if not world.candidate(one):
        raise RefusalError(402, "payment_required", UPGRADE)
    world.begin("rollback", number, _events(world, faults))
    return Answer(201)


def promote(world: World, faults: Faults, number: str) -> Answer:
    """Take a request to promote a deployment. Raises RefusalError."""
    _faulty(world, faults, number)
    one = world.find(number)
    if one is None or one["state"] != "READY" or one["target"] != "production":
        raise RefusalError(400, "bad_request", "The deployment cannot be promoted")
    _free(world, number)
    if world.project["rolling"]:
        world.project["queued"] = number
        world.save()
        return Answer(202)
    world.begin("promote", number, _events(world, faults))
    return Answer(201)


def by_another(world: World, number: str) -> None:
    """Promote a deployment as another person would, without any refusal."""
    world.begin("promote", number, [[0, "in-progress"], [world.job_ms, "succeeded"]])


def _free(world: World, number: str) -> None:
    job = world.project["job"]
    if job and job["status"] in PENDING:
        raise RefusalError(409, "conflict", "Another change of production is in progress")
    if world.project["live"] == number:
        raise RefusalError(409, "conflict", "The deployment is already the current production deployment")


def _faulty(world: World, faults: Faults, number: str) -> None:
    fault = faults.meet(SWITCHES)
    if fault is None:
        return
    if fault["name"] == "deleted":
        world.delete(str(fault.get("id") or number))
    elif fault["name"] == "already_live":
        world.begin("promote", number, [[0, "succeeded"]])
        world.settle()
    elif fault["name"] == "conflict":
        raise RefusalError(409, "conflict", "Another change of production is in progress")
    else:
        raise RefusalError(422 if fault["name"] == "not_ready" else 400, "unprocessable", "The deployment is not ready")


def _events(world: World, faults: Faults) -> list[list[Any]]:
    """Write down what will happen: it starts after a fifth of its time and ends after all of it."""
    start: list[list[Any]] = [[world.job_ms // 5, "in-progress"]]
    fault = faults.meet(JOBS) or {"name": ""}
    domains = world.project["domains"]
    ends: dict[str, list[Any]] = {
        "job_failed": [world.job_ms, "failed", *domains[-1:]],
        "job_skipped": [world.job_ms, "skipped"],
        "job_stuck": [_FOREVER, "failed"],
        "superseded": [world.job_ms // 2, "superseded", str(fault.get("to") or "")],
        "aliases_failed": [world.job_ms, "left", *domains[-1:]],
    }
    return [*start, ends.get(str(fault["name"]), [world.job_ms, "succeeded"])]
