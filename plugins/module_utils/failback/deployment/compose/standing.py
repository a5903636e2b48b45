"""How one host stands, judged from what its agent read. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from failback.deployment.compose.release import Release, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Served:
    """One line of a host's history."""

    time: str
    id: str
    since: str = ""
    kind: str = ""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Standing:
    """One host. ``live``: the release that its containers run as a whole, "" where there is none.

    ``problem``: why it is not simply running ``current``, in words. ``lacks``: images that are missing, by release.
    """

    host: str
    current: str
    live: str
    problem: str
    releases: Mapping[str, Release]
    lacks: Mapping[str, Sequence[str]]
    served: Sequence[Served]
    lock: Mapping[str, Any] | None
    pinned: Mapping[str, Any] | None
    stopped: bool = False
    host_env: bool = False
    writable: bool = True
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> Mapping[str, Any]:
        """What stands with the lock; nothing without one."""
        return dict((self.lock or {}).get("notes") or {})

    def unfit(self, release: str) -> list[str]:
        """Say why this host cannot run a release; nothing: it can."""
        known = self.releases.get(release)
        if known is None:
            return [f"{self.host} does not have the release {release}"]
        found = [f"{self.host}: {known.unsound}"] if known.unsound else []
        if self.lacks.get(release):
            found.append(f"{self.host} lacks the image {', '.join(self.lacks[release])} of {release}")
        return found


def judge(host: str, directory: str, report: Mapping[str, Any]) -> Standing:
    """Judge what the agent's ``look`` (or ``inspect``) reported."""
    releases = {name: _release(name, one) for name, one in report["releases"].items()}
    images: Mapping[str, str] = report["images"]
    lacks = {
        name: sorted(image for image in set(one.images.values()) if not images.get(image))
        for name, one in releases.items()
    }
    current = str(report["current"])
    live, problem, stopped = _running(report["running"], releases, images, directory)
    if not problem and live != current:
        problem = f"it runs {live or 'nothing'}, but its link `current` says {current or 'nothing'}"
    return Standing(
        host=host,
        current=current,
        live=live,
        problem=problem,
        releases=releases,
        lacks={name: missing for name, missing in lacks.items() if missing},
        served=[one for one in map(_served, report["served"]) if one.id],
        lock=report["lock"],
        pinned=report["pinned"] if isinstance(report["pinned"], dict) else None,
        stopped=stopped,
        host_env=bool(report["host_env"]),
        writable=bool(report["writable"]),
        config=report.get("config") or {},
    )


def file_problems(standing: Standing, release: str) -> list[str]:
    """Compare what compose makes of a release's file with release.json: other images, or something to build."""
    if not standing.config:
        return []
    if said := standing.config.get("problem"):
        return [f"{standing.host}: compose cannot use the file of {release}: {said}"]
    images = standing.config["images"]
    wanted = dict(standing.releases[release].images)
    found = [f"{standing.host}: the service {one} of {release} would be built" for one in standing.config["built"]]
    apart = sorted(name for name in {*images, *wanted} if images.get(name) != wanted.get(name))
    if apart:
        found.append(f"{standing.host}: compose.yml and release.json of {release} differ in {', '.join(apart)}")
    return found


def _release(name: str, told: Mapping[str, Any]) -> Release:
    found = parse(name, told["content"])
    missing = [one for one in told["missing"] if one != "release.json"]
    if not missing:
        return found
    why = f"it has no {' and no '.join(missing)}"
    return Release(**{**_fields(found), "unsound": "; ".join(part for part in (found.unsound, why) if part)})


def _fields(release: Release) -> dict[str, Any]:
    return {name: getattr(release, name) for name in release.__dataclass_fields__}


def _running(
    containers: Sequence[Mapping[str, Any]], releases: Mapping[str, Release], images: Mapping[str, str], directory: str
) -> tuple[str, str, bool]:
    """Say which release the containers are, what is wrong with them, and whether all of them are stopped."""
    if not containers:
        return "", "", False
    made_of = Counter(_release_of(str(one["file"]), directory) for one in containers)
    name = made_of.most_common(1)[0][0]
    if len(made_of) > 1:
        parts = " and ".join(one or "another file" for one in sorted(made_of))
        return "", f"its containers are of {parts}: a change was cut short", False
    if not name or name not in releases:
        return name, f"its containers are of {name or 'another file'}, which is no release here", False
    stopped = all(one["status"] in {"exited", "created"} for one in containers)
    wanted = releases[name].images
    here = {str(one["service"]): one for one in containers}
    problems = [f"{service} does not exist" for service in sorted(set(wanted) - set(here))]
    for service, one in sorted(here.items()):
        # One that ended well may have had one thing to do.
        if one["status"] != "running" and not stopped and (one["status"] != "exited" or one.get("exit_code")):
            problems.append(f"{service} is {one['status']}")
        if service in wanted and images.get(wanted[service]) != one["image"]:
            problems.append(f"{service} runs another image than {name} names")
    if stopped:
        problems.append(f"{name} is stopped")
    return name, "; ".join(problems), stopped


def _release_of(file: str, directory: str) -> str:
    path = PurePosixPath(file.partition(",")[0])
    inside = path.parent.parent == PurePosixPath(directory, "releases")
    return path.parent.name if path.name == "compose.yml" and inside else ""


def _served(line: Mapping[str, Any]) -> Served:
    def word(key: str) -> str:
        return line[key] if isinstance(line.get(key), str) else ""

    return Served(word("time"), word("id"), word("from"), word("kind"), word("by"), word("reason"))
