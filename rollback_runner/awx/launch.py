"""Starts a job or the workflow in AWX, and follows it to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner.awx import client, judge, names, surveys, workflow
from rollback_runner.awx.judge import Seen
from rollback_runner.checklist import nearest
from rollback_runner.errors import RefusedError, RunnerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollback_runner.awx.client import Awx
    from rollback_runner.awx.content import Content

WORKFLOW = "workflow"
# Plays without a leg of their own: what they prove is not on record as a phase.
_NO_RECORD = frozenset({"baseline", "failed"})
# What a template must ask for, else AWX launches it as it is by default: for real.
_OF_A_CHECK = ("ask_job_type_on_launch", "ask_diff_mode_on_launch")
_LOOKS_AGAIN = 2.0  # seconds
_MOST_SILENCES = 30  # looks; a minute or more


@dataclass(frozen=True)
class Launched:
    """What was started: `what` is the leg or `workflow`, `number` AWX's number of the job."""

    what: str
    number: int
    name: str
    url: str
    check: bool = False

    @property
    def path(self) -> str:
        """Return where the API has it."""
        return f"{'workflow_jobs' if self.what == WORKFLOW else 'jobs'}/{self.number}/"


def start(awx: Awx, wanted: Content, what: str, given: Mapping[str, str], *, check: bool) -> Launched:
    """Launch with every answer that AWX needs.

    Raises `UsageError` for an unknown name or answer, `RefusedError` when AWX lacks the template, has somebody else's,
    or would drop something that was told; then nothing begins, or what AWX began all the same is canceled.
    """
    kind, entry = _template(wanted, what)
    survey = entry["survey_spec"]
    unknown = surveys.unknown(survey, dict(given)) if survey else sorted(given)
    if unknown:
        asked = [item["variable"] for item in survey.get("spec", [])]
        raise UsageError(
            f"{unknown[0]} is no question of {what}{nearest(unknown[0], asked)}; questions: {', '.join(asked)}."
        )
    told = surveys.answers(survey, dict(given)) if survey else {}
    open_ones = surveys.unanswered(survey, told) if survey else []
    if open_ones:
        raise UsageError(f"{what} needs an answer to {', '.join(open_ones)}.", next_step="--answer NAME=TEXT for each")
    if check and what == WORKFLOW:
        raise UsageError(
            "A workflow cannot be rehearsed as a whole.", next_step="launch a leg with --check, e.g. emergency"
        )
    body: dict[str, Any] = {"extra_vars": told}
    if check:
        body |= {"job_type": "check", "diff_mode": True}
    there = _ours(awx, wanted, kind, entry)
    _refuse_what_is_dropped(there, told, check=check)
    answer = awx.send("POST", f"{kind}/{there['id']}/launch/", body)
    number = int(answer["id"])
    page = "workflow" if what == WORKFLOW else "playbook"
    made = Launched(what, number, entry["name"], f"{awx.login.url.rstrip('/')}/#/jobs/{page}/{number}", check)
    # Somebody may have changed the template since we looked; what began in those moments is ended at once.
    if answer.get("ignored_fields"):
        awx.send("POST", f"{made.path}cancel/")
        raise RefusedError(
            f"AWX would have ignored {', '.join(sorted(answer['ignored_fields']))}: {made.name} {number} was canceled.",
            next_step="rollback-runner awx configure mends the template",
        )
    return made


def again(awx: Awx, wanted: Content, what: str, number: int) -> Launched:
    """Find what was started before. Raises `UsageError` when that number is something else."""
    _, entry = _template(wanted, what)
    page = "workflow" if what == WORKFLOW else "playbook"
    made = Launched(what, number, entry["name"], f"{awx.login.url.rstrip('/')}/#/jobs/{page}/{number}")
    job = awx.get(made.path)
    if job.get("name") != entry["name"]:
        raise UsageError(
            f"{number} is {job.get('name')} in AWX, not {entry['name']}.", next_step="rollback-runner awx status"
        )
    return Launched(what, number, made.name, made.url, job.get("job_type") == "check")


def follow(awx: Awx, wanted: Content, made: Launched, tell: Callable[[Seen], None]) -> judge.Verdict:
    """Look again until it is over, telling what changed, and judge it. A short silence of AWX is waited out."""
    before: dict[str, Seen] = {}
    silent = 0
    while True:
        try:
            job, seen = look(awx, wanted, made)
            silent = 0
        except (UsageError, RefusedError):
            raise
        except RunnerError:
            silent += 1
            if silent > _MOST_SILENCES:
                raise
            client.wait(_LOOKS_AGAIN)
            continue
        for one in judge.news(before, seen):
            tell(one)
        before = {one.name: one for one in seen}
        if job["status"] in judge.OVER:
            return _judged(wanted, made, job, seen)
        client.wait(_LOOKS_AGAIN)


def look(awx: Awx, wanted: Content, made: Launched) -> tuple[dict[str, Any], Sequence[Seen]]:
    """Read how it stands: AWX's job, and each node, or the job alone."""
    job = awx.get(made.path)
    if made.what != WORKFLOW:
        budget = int(wanted.template(made.what)["timeout"])
        return job, [_job(made.what, made.what, job, budget)]
    order = {node.identifier: number for number, node in enumerate(wanted.nodes)}
    found = awx.all(f"{made.path}workflow_nodes/")
    found.sort(key=lambda node: order.get(node["identifier"], len(order)))
    return job, [_node(awx, wanted, node) for node in found]


def _judged(wanted: Content, made: Launched, job: Mapping[str, Any], seen: Sequence[Seen]) -> judge.Verdict:
    if made.what == WORKFLOW:
        return judge.of_workflow(seen, wanted.nodes, str(job["status"]))
    return judge.of_job(seen[0], keeps_record=made.what not in _NO_RECORD, check=made.check)


def _node(awx: Awx, wanted: Content, node: Mapping[str, Any]) -> Seen:
    name = str(node["identifier"])
    told = (node.get("summary_fields") or {}).get("job")
    if not told:
        return Seen(name)
    if told.get("type") == "workflow_approval":
        approval = awx.get(f"workflow_approvals/{told['id']}/")
        by = ((approval.get("summary_fields") or {}).get("approved_or_denied_by") or {}).get("username", "")
        return Seen(name, str(approval["status"]), approval=True, timed_out=bool(approval.get("timed_out")), person=by)
    leg = next((one.leg for one in wanted.nodes if one.identifier == name), "")
    budget = int(wanted.template(leg)["timeout"]) if leg else 0
    if told["status"] not in judge.OVER:
        return _job(name, leg, told, budget)
    return _job(name, leg, awx.get(f"jobs/{told['id']}/"), budget)


def _job(name: str, leg: str, job: Mapping[str, Any], budget: int) -> Seen:
    seconds = float(job.get("elapsed") or 0)
    return Seen(name, str(job["status"]), seconds=seconds, budget=budget, record=judge.record_of(job), leg=leg)


def _template(wanted: Content, what: str) -> tuple[str, dict[str, Any]]:
    known = {entry["name"].rpartition(": ")[2]: entry for entry in wanted.objects["job_templates"]}
    prefix = names.of(wanted.site, "")
    known = {entry["name"].removeprefix(prefix): entry for entry in known.values()}
    if what == WORKFLOW and wanted.nodes:
        return "workflow_job_templates", wanted.objects["workflow_job_templates"][0]
    if what in known and what != workflow.FAILED:
        return "job_templates", known[what]
    choices = [*([WORKFLOW] if wanted.nodes else []), *(name for name in known if name != workflow.FAILED)]
    raise UsageError(
        f"There is nothing to launch called {what}{nearest(what, choices)}; there are: {', '.join(choices)}."
    )


def _refuse_what_is_dropped(there: Mapping[str, Any], told: Mapping[str, Any], *, check: bool) -> None:
    """Refuse a launch of which AWX would drop a part: a rehearsal would be a real run before its answer tells us."""
    name, mend = there["name"], "rollback-runner awx configure mends the template"
    off = [flag for flag in _OF_A_CHECK if check and not there.get(flag)]
    if off:
        raise RefusedError(
            f"{name} does not let AWX rehearse it ({', '.join(off)} is off), and would begin for real. "
            "Nothing was launched.",
            next_step=mend,
        )
    if told and not there.get("survey_enabled"):
        raise RefusedError(
            f"The survey of {name} is switched off, so AWX would drop {', '.join(sorted(told))}. Nothing was launched.",
            next_step=mend,
        )


def _ours(awx: Awx, wanted: Content, kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    found = [
        one
        for one in awx.all(f"{kind}/", name=entry["name"])
        if (one.get("summary_fields") or {}).get("organization", {}).get("name") == entry["organization"]
    ]
    if not found or not names.is_ours(wanted.site, found[0].get("description")):
        raise RefusedError(
            f"AWX has no {entry['name']} of ours.",
            next_step="rollback-runner awx configure, then the same command again",
        )
    return found[0]
