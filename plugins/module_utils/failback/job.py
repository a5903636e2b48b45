"""What the last play of a phase knows of the record: who keeps it, and what it says of the run. Changes nothing.

A run is recorded by our command (RR_RUN_DIR) or by a job itself (RR_JOB beside it, set by the callback rr_record).
Where nobody records it nothing can be said of it, and so nothing is proven.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN = "RR_RUN_DIR"
BY_JOB = "RR_JOB"
HANDOVER = "handover.json"
# What AWX hands to later nodes; none of them is the name of a survey's variable, which would win over it.
ARTIFACTS = {"rr_run": "run", "rr_status": "status", "rr_plan_digest": "plan_digest", "rr_report": "report"}
UNRECORDED = (
    "nobody keeps the record of this run, so {what}. Start it with rollback-runner phase NAME, or set RR_RECORD=1 for"
    " ansible-playbook; a job of AWX keeps its own"
)


def kept_by_job(environment: Mapping[str, str]) -> bool:
    """Tell whether the job itself keeps the record."""
    return bool(environment.get(RUN)) and bool(environment.get(BY_JOB))


def kept_by_command(environment: Mapping[str, str]) -> bool:
    """Tell whether our command keeps the record."""
    return bool(environment.get(RUN)) and not environment.get(BY_JOB)


def read(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read what the record says the run came to. Raises RefusedError where there is no record, or it does not say."""
    directory = environment.get(RUN, "")
    if not directory:
        raise RefusedError(UNRECORDED.format(what="nothing can be said of it"))
    path = Path(directory) / HANDOVER
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError(
            f"the record does not say what this run came to ({path}: {error}); its journal beside it is whole"
        ) from error
    if not isinstance(found, dict) or not {"run", "status", "proven"} <= set(found):
        raise RefusedError(f"the record does not say what this run came to: {path} is not what a record writes")
    return found


def artifacts(found: Mapping[str, Any]) -> dict[str, str]:
    """Choose what is handed to later nodes of a workflow."""
    return {name: str(found.get(key) or "") for name, key in ARTIFACTS.items()}


def must_be_proven(found: Mapping[str, Any]) -> None:
    """Raise FailbackError where the run is not proven; RefusedError where a gate said no or a person is waited for."""
    if found["proven"]:
        return
    told = f"run {found['run']} is not proven ({found['status']}): {found.get('reason') or 'no reason was given'}."
    told += f" Its report: {found.get('report') or 'in the run directory'}"
    if found["status"] in {"refused", "waiting"}:
        raise RefusedError(told)
    raise FailbackError(told)
