"""Whether a container is restarted, and whether it is well. Pure: what `docker inspect` says in, a decision out.

Once after each failback, not once a run: a run that is resumed must not restart what the run before restarted. What
tells is the world: the container's own start time against ``since`` (when IDC was promoted), and, where there was no
promotion yet, a mark on the host naming the run and the start time before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.container import Container


@dataclass(frozen=True)
class Plan:
    """What to do: "none", "start", "unpause" or "restart"; and why."""

    act: str
    why: str


@dataclass(frozen=True)
class Case:
    """What the decision depends on besides the container: the site's policy, and what was done before.

    ``since``: when IDC was promoted, "" when not known. ``mark``: what an earlier act left on the host. ``alone``: no
    other host would serve meanwhile.
    """

    policy: str
    since: str = ""
    mark: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
    alone: bool = False


def moment(text: str) -> datetime | None:
    """Read a time as docker, MySQL or we write it (UTC unless it says otherwise); None when it is none."""
    match = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$", text.strip())
    if match is None:
        return None
    fraction = (match[3] or ".0")[:7]
    zone = "+00:00" if match[4] in {None, "Z"} else match[4]
    found = datetime.fromisoformat(f"{match[1]}T{match[2]}{fraction.ljust(7, '0')}{zone}")
    # Docker says year 1 of a container that was never started.
    return found.astimezone(UTC) if found.year > 1 else None


def well(container: Container, image: str) -> str:
    """Say what is wrong with a container, "" when nothing is. ``image`` is the digest it must run, "" for any."""
    if image and container.image != image:
        return f"runs the image {container.image}, the baseline has {image}"
    if container.status != "running":
        return f"is {container.status}"
    if container.health not in {"", "healthy"}:
        return f"its health check says {container.health}"
    return ""


def wrong_image(container: Container, image: str) -> bool:
    """Whether a restart would only start what must not run: it keeps the image that the container was made from."""
    return bool(image) and container.image != image


def plan(container: Container, case: Case, answers: str) -> Plan:
    """Decide. ``answers`` is what its ready URL said instead of well, "" for well."""
    if container.status == "paused":
        return Plan("unpause", "it is paused")
    if container.status in {"created", "exited"}:
        return Plan("start", "it does not run")
    if container.status == "restarting" or container.health == "starting":
        return Plan("none", "it is starting")
    trouble = well(container, "") or answers
    if trouble and case.policy != "never":
        return Plan("restart", trouble)
    spared = _spared(container, case)
    if spared:
        return Plan("none", spared)
    return Plan("restart", f"it has run since {container.started_at}, before {case.since or 'this run'}")


def _spared(container: Container, case: Case) -> str:
    """Say why a container that is well is left alone; "" when it is to be restarted."""
    if case.policy == "never":
        return "the site says that it is never restarted"
    if case.policy == "needed":
        return "it is well, and is restarted only when it is not"
    if restarted(container, case):
        return f"it was restarted at {container.started_at}, after {case.since or 'the beginning of this run'}"
    return "it is well and the only one: a restart would interrupt the service" if case.alone else ""


def restarted(container: Container, case: Case) -> bool:
    """Whether it was restarted for this failback already."""
    begun, then = moment(container.started_at), moment(case.since)
    if begun is not None and then is not None:
        return begun > then  # a mark may be of an earlier failback from the same cut-over
    same = case.mark.get("run") == case.run and case.mark.get("id") == container.id
    return same and case.mark.get("started_before") != container.started_at
