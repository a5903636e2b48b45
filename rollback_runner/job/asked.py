"""What a job asks for: whether a record is to be kept, which AWX job it is, and what a person chose in its survey.

Pure: environment and extra variables in, a typed answer out. AWX gives every answer of a survey as a text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback import job

from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORD = "RR_RECORD"
WORKFLOW = "RR_AWX_WORKFLOW"  # the workflow job whose approval nodes are read
_YES = frozenset({"1", "true", "yes", "on", "y", "t"})
_NO = frozenset({"", "0", "false", "no", "off", "n", "f", "none"})
_TEXTS = (
    *("rr_strategy", "rr_accept_loss", "rr_break_glass", "rr_break_lock", "rr_drill"),
    *("rr_reason", "rr_confirm_site", "rr_site"),
)
# Listed by AWX, and no run of ours: it only says that a workflow failed.
_NO_RUN = frozenset({"workflow_failed.yml"})


@dataclass(frozen=True)
class AwxJob:
    """The AWX job this is. `workflow` is the id of the workflow job it belongs to, 0 outside of one."""

    id: int
    user: str = ""
    workflow: int = 0

    @property
    def told(self) -> str:
        """Name the job as the lock and the report do."""
        return f"AWX job {self.id}" + (f" of workflow job {self.workflow}" if self.workflow else "")


@dataclass(frozen=True)
class Asked:
    """What was asked of one play. `site` is where its inventory lies in the project, "" for the one Ansible was given.

    `confirm_site` is the name that was typed in a survey, `deployment` the variables of a release's rollback, by name.
    """

    awx: AwxJob | None = None
    strategy: str = ""
    accept_loss: str = ""
    break_glass: str = ""
    break_lock: str = ""
    drill: str = ""
    reason: str = ""
    confirm_site: str = ""
    site: str = ""
    stay_fenced: bool = False
    deployment: Mapping[str, str] = field(default_factory=dict)


def wanted(playbook: str, environment: Mapping[str, str], variables: Mapping[str, Any]) -> bool:
    """Tell whether the play keeps its own record: not under our command, and asked for, or in an AWX job.

    Raises `UsageError` for RR_RECORD that is neither yes nor no.
    """
    if environment.get(job.RUN) or playbook in _NO_RUN:
        return False
    said = environment.get(RECORD)
    return flag(RECORD, said) if said is not None else awx_job(environment, variables) is not None


def read(environment: Mapping[str, str], variables: Mapping[str, Any]) -> Asked:
    """Read what was asked. Raises `UsageError` for a yes or no that is neither."""
    texts = {name.removeprefix("rr_"): _text(variables.get(name)) for name in _TEXTS}
    return Asked(
        awx=awx_job(environment, variables),
        stay_fenced=flag("rr_stay_fenced", variables.get("rr_stay_fenced")),
        deployment={name: _text(value) for name, value in variables.items() if name.startswith("deployment_")},
        **texts,
    )


def awx_job(environment: Mapping[str, str], variables: Mapping[str, Any]) -> AwxJob | None:
    """Find the AWX job: by the variables AWX adds to every job (`awx_` or `tower_`), or by its environment."""
    number = _number(_awx(variables, "job_id"))
    if not number and environment.get("AWX_HOST"):
        number = _number(environment.get("JOB_ID"))
    if not number:
        number = _number(environment.get("AWX_JOB_ID"))
    if not number:
        return None
    return AwxJob(number, _text(_awx(variables, "user_name")), _number(_awx(variables, "workflow_job_id")))


def flag(name: str, value: object) -> bool:
    """Read a yes or no as a survey or a shell says it. Raises `UsageError`."""
    said = _text(value).lower()
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise UsageError(f"{name} is {said!r}; it must be true or false.", next_step=f"{name}=true, or leave it away")


def _awx(variables: Mapping[str, Any], name: str) -> object:
    return variables.get(f"awx_{name}", variables.get(f"tower_{name}"))


def _number(value: object) -> int:
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
