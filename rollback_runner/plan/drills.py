"""Drill debt of a site: which ways were drilled, when, and what a real run still owes. Reads the record only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import project
from failback.approval import canonical
from failback.drills import debt, history, told

from rollback_runner.content import ROOT
from rollback_runner.errors import RefusedError
from rollback_runner.plan import ways

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from failback.drills.debt import Debt
    from failback.drills.history import Past

    from rollback_runner.plan.document import Frozen
    from rollback_runner.site.site import Site


@dataclass(frozen=True)
class Rules:
    """The variable `site_drills`: how many days a passed drill holds, and the other sites whose drills count."""

    valid_days: float = debt.VALID_DAYS
    at: tuple[str, ...] = ()


def rules(site: Site) -> Rules:
    """Read `site_drills`; what it does not say has its default."""
    found = next((host["site_drills"] for host in site.variables.values() if "site_drills" in host), None) or {}
    return Rules(float(found.get("valid_days", debt.VALID_DAYS)), tuple(found.get("at", ())))


def owed(site: Site, home: Path, content: Mapping[str, Any], *, now: datetime | None = None) -> Debt:
    """Say what a plan with this content owes."""
    wanted = _wanted(site, str(content["strategy"]), str(content["code"]))
    wanted = debt.Wanted(**{**vars(wanted), "plan": canonical.digest(content), "procedure": history.procedure(content)})
    return debt.judge(history.read(home), wanted, now or datetime.now(UTC), history.doubts)


def way_back(site: Site, home: Path, strategy: str, *, now: datetime | None = None) -> Debt:
    """Say when going back was last carried out."""
    wanted = _wanted(site, strategy, _code())
    return debt.way_back(history.read(home), wanted, now or datetime.now(UTC), history.doubts)


def refuse(site: Site, home: Path, plan: Frozen, *, drill: bool = False, break_glass: str = "") -> None:
    """Refuse to carry out for real what was never drilled, on a critical site. Raises `RefusedError`.

    A drill owes no drill, and broken glass goes first: both are on the record already.
    """
    if not site.critical or drill or break_glass:
        return
    found = told.of_plan(owed(site, home, plan.content), critical=True)
    grave = next((one for one in found if one.severity == "blocker"), None)
    if grave is not None:
        raise RefusedError(
            f"{site.name} is critical, and {grave.sentence}.",
            next_step=f"{grave.next_step}; or the same command with --break-glass REASON",
        )


def of_site(site: Site, home: Path, *, now: datetime | None = None) -> tuple[list[Past], list[Debt], Debt]:
    """Return the drills that count for this site, the newest first, the debt of each way, and that of the way back."""
    moment = now or datetime.now(UTC)
    runs = history.read(home)
    code = _code()
    mine = {site.name, *rules(site).at}
    each = [debt.judge(runs, _wanted(site, way, code), moment, history.doubts) for way in ways.WAYS]
    back = debt.way_back(runs, _wanted(site, site.strategy, code), moment, history.doubts)
    return [past for past in runs if past.drill and past.site in mine], each, back


def sites(site: Site) -> Sequence[str]:
    """Name the sites to learn from, the site itself first."""
    return tuple(dict.fromkeys((site.name, *rules(site).at)))


def as_dict(found: Debt) -> dict[str, Any]:
    """Return a debt as JSON would hold it."""
    return {
        "strategy": found.strategy,
        "state": found.state,
        "run": found.past.run if found.past else "",
        "days": found.days,
        "doubt": found.doubt,
    }


def _wanted(site: Site, strategy: str, code: str) -> debt.Wanted:
    rule = rules(site)
    return debt.Wanted(site.name, strategy, code=code, at=rule.at, valid_days=rule.valid_days)


def _code() -> str:
    return project.digest(project.files(ROOT))
