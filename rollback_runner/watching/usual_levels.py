"""What is usual at a site: each figure's level before the migration, recorded beside the baseline.

``rollback-runner baseline`` makes it: from Prometheus' past where the site has one, else from some seconds of looking.
It is the sealed file ``baseline_directory/figures.json`` (`normal`): by figure, then host, the number that limits are
laid over (``usual``, the 95th percentile) beside what it rests on. A site may name levels itself (``watching_usual``),
which then count instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.baseline import store
from failback.errors import ConfigError
from failback.journeys.latency import percentile

from rollback_runner.watching.catalogue import FIGURES
from rollback_runner.watching.normal import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollback_runner.watching.series import Point

Key = tuple[str, str]  # figure, host
_FAILING = {"probe_failures": 0.02, "errors": 0.02}  # more than this at a usual moment is not usual


@dataclass(frozen=True)
class Usual:
    """The usual level of one figure of one host: its 5th, 50th and 95th percentile, and what they rest on.

    ``source`` is ``prometheus``, ``looked`` or ``site``; moments are seconds since 1970, 0 where the site named it.
    """

    figure: str
    host: str
    low: float
    middle: float
    high: float
    samples: int = 0
    source: str = "site"
    since: float = 0.0
    until: float = 0.0


def of_points(figure: str, host: str, points: Sequence[tuple[float, float]], source: str) -> Usual:
    """Reduce (moment, value) to a level; there must be at least one."""
    ordered = sorted(value for _, value in points)
    low, middle, high = (percentile(ordered, share) for share in (0.05, 0.5, 0.95))
    moments = [at for at, _ in points]
    return Usual(figure, host, low, middle, high, len(points), source, min(moments), max(moments))


def of_many(points: Iterable[Point], source: str) -> dict[Key, Usual]:
    """Reduce points of many figures."""
    grouped: dict[Key, list[tuple[float, float]]] = {}
    for point in points:
        grouped.setdefault((point.figure, point.host), []).append((point.at, point.value))
    return {key: of_points(*key, values, source) for key, values in grouped.items()}


def content(found: Mapping[Key, Usual]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what is kept."""
    kept: dict[str, dict[str, dict[str, Any]]] = {}
    for figure, host in sorted(found):
        one = found[figure, host]
        entry: dict[str, Any] = {"usual": one.high, "low": one.low, "middle": one.middle, "samples": one.samples}
        entry |= {"source": one.source, "since": round(one.since, 3), "until": round(one.until, 3)}
        kept.setdefault(figure, {})[host] = entry
    return kept


def parse(kept: Mapping[str, Any]) -> dict[Key, Usual]:
    """Read what `content` made; figures that are no longer known are passed over."""
    found: dict[Key, Usual] = {}
    for figure, hosts in kept.items():
        for host, said in hosts.items() if figure in FIGURES else ():
            high, samples, source = float(said["usual"]), int(said.get("samples", 0)), str(said.get("source", "site"))
            levels = (float(said.get("low", high)), float(said.get("middle", high)), high)
            span = (float(said.get("since", 0)), float(said.get("until", 0)))
            found[figure, host] = Usual(figure, host, *levels, samples, source, *span)
    return found


def read(directory: str, named: Mapping[str, Any] | None = None) -> dict[Key, Usual]:
    """Read what is usual; ``named`` are the levels of ``watching_usual``. Empty where nothing was recorded.

    Raises RefusedError for a file that was changed, ConfigError for levels without sense.
    """
    found = store.read(directory, NAME) if directory else None
    return parse((found or {}).get("figures") or {}) | of_variables(named or {})


def of_variables(named: Mapping[str, Any]) -> dict[Key, Usual]:
    """Read ``watching_usual``: by figure, then host, a level. Raises ConfigError."""
    found: dict[Key, Usual] = {}
    for figure, hosts in named.items():
        if figure not in FIGURES or not isinstance(hosts, dict):
            raise ConfigError(f"watching_usual: {figure} is no figure, or has no level by host")
        for host, level in hosts.items():
            if not isinstance(level, int | float) or isinstance(level, bool):
                raise ConfigError(f"watching_usual.{figure}.{host} is {level!r}, which is no number")
            value = float(level)
            found[figure, str(host)] = Usual(figure, str(host), value, value, value)
    return found


def without_failing(found: Mapping[Key, Usual]) -> tuple[dict[Key, Usual], list[str]]:
    """Leave out what was measured while requests failed: it must not become what a service comes back to.

    Returns the rest, and what was left out in sentences.
    """
    bad = {
        host: f"{one.figure} of {host} was {one.middle:.0%} while it was looked at"
        for (figure, host), one in found.items()
        if figure in _FAILING and one.middle > _FAILING[figure]
    }
    kinds = {"latency", "errors"}
    kept = {key: one for key, one in found.items() if key[1] not in bad or FIGURES[key[0]].kind not in kinds}
    return kept, [f"{told}, so its response times and errors are not recorded as usual" for told in bad.values()]
