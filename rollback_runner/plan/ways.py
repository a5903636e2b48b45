"""The ways through: which playbooks a strategy takes, in which order, and which items each must prove. Pure.

Every way begins with `prepare` and `approve`: nobody starts blind or alone. It ends with `complete` and `watch`: people
know, the loose ends are tied, and the figures are back. A leg is what one playbook does.
`phase NAME` carries out one leg, `rollback` all legs of the site's strategy in one run. `--part` picks a leg of a phase
that a strategy splits: where IDC's data is gone it must be restored before the emergency phase, though restoring is the
work of the full phase.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollback_runner.checklist import nearest, of_phase
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = ("DATA-01", "DATA-02", "DATA-03", "DATA-04", "DATA-05", "DATA-06")
# What can be asked of a serving IDC alone; definitions and rows were compared before it opened.
_ASK_AGAIN = ("DATA-01", "DATA-04", "DATA-06")
_ENV = ("ENV-01", "ENV-02", "ENV-03", "ENV-04", "ENV-05")
_VERIFY = ("VERIFY-01", "VERIFY-02", "VERIFY-03", "VERIFY-04", "VERIFY-05")
_PREPARE = tuple(item.id for item in of_phase("prepare"))
# What stands ready before anything is touched, of the phase that goes through all others.
_READY = ("CONT-01", "CONT-03", "CONT-04", "CONT-05")
# What runs along with all phases is judged at the end, when the record holds all of it.
_COMPLETE = tuple(
    item.id for phase in ("complete", "communicate", "risk") for item in of_phase(phase) if item.id not in _READY
)
_STOP = ("AWS-01", "AWS-02", "AWS-03", "AWS-04")
_OPEN = ("IDC-01", "IDC-02", "IDC-03", "IDC-05", "SWITCH-01", "SWITCH-02", "SWITCH-03", "SWITCH-04", "SWITCH-05")


@dataclass(frozen=True)
class Leg:
    """One playbook on the way. `items` are those it must prove, of whatever phase; empty: all of its phase.

    `goes_back` says whether a failure before the promotion is answered by the abort playbook: RDS is sound and only
    closed by this leg. Where RDS is the problem, or untouched, nobody opens it. `destroys` says whether the leg may
    only begin under a plan that was approved.
    """

    phase: str
    playbook: str
    goes_back: bool
    part: str = ""
    items: tuple[str, ...] = ()
    destroys: bool = False

    @property
    def name(self) -> str:
        """Name the leg as reports and `--part` do: `full`, or `full:restore`."""
        return f"{self.phase}:{self.part}" if self.part else self.phase


@dataclass(frozen=True)
class Way:
    """A strategy: when it is right, and its legs in order."""

    strategy: str
    reason: str
    legs: tuple[Leg, ...]
    without: Mapping[str, str] = field(default_factory=dict)  # items that have no place on it, and why


# A release is rolled back by a way of its own (`deployment rollback`): no service is taken back, so it is not in WAYS.
DEPLOYMENT = Leg("deployment", "deployment_rollback.yml", goes_back=False)
DEPLOYMENT_LOOK = Leg(
    "deployment",
    "deployment_look.yml",
    goes_back=False,
    part="look",
    items=("DEPLOY-01", "DEPLOY-02", "DEPLOY-06", "DEPLOY-07"),
)
DEPLOYMENT_WAY = Way(
    "deployment",
    "a release is bad, and the one before it is still there: production goes back to it without a rebuild",
    (DEPLOYMENT,),
)
# What `abort` plays; its items are those of the phase it takes back.
ABORT = Leg("emergency", "abort.yml", goes_back=False)
PREPARE = Leg("prepare", "prepare.yml", goes_back=False, items=(*_PREPARE, *_READY))
APPROVE = Leg("approve", "approve.yml", goes_back=False)
COMPLETE = Leg("complete", "complete.yml", goes_back=False, items=_COMPLETE)
WATCH = Leg("watch", "watch.yml", goes_back=False)
_EMERGENCY = Leg("emergency", "emergency.yml", goes_back=True, destroys=True)
_FULL = Leg("full", "full.yml", goes_back=False)
# Under stop-first RDS is no measure of anything: IDC is compared before it opens, with the manifest of the cut-over.
_RESTORE_ALONE = Leg("full", "restore.yml", goes_back=False, part="restore", items=(*_DATA, "VERIFY-01"), destroys=True)
_FULL_ALONE = Leg("full", "full.yml", goes_back=False, items=(*_ENV, *_ASK_AGAIN, *_VERIFY[1:]))
_RESTORE = Leg("full", "restore.yml", goes_back=False, part="restore", items=_DATA, destroys=True)

WAYS: dict[str, Way] = {
    way.strategy: way
    for way in (
        Way(
            "switch-first",
            "the data on IDC up to the cut-over is usable, so only what RDS took since then must be fetched",
            (PREPARE, APPROVE, _EMERGENCY, _FULL, COMPLETE, WATCH),
        ),
        Way(
            "restore-first",
            "the data on IDC is damaged or gone and RDS is still sound: IDC is restored and caught up while RDS serves",
            (PREPARE, APPROVE, _RESTORE, _EMERGENCY, _FULL, COMPLETE, WATCH),
        ),
        Way(
            "stop-first",
            "the data on RDS is going bad: it is fenced at once, and what it took since the cut-over is set aside",
            (
                PREPARE,
                APPROVE,
                Leg("emergency", "stop.yml", goes_back=True, part="stop", items=_STOP, destroys=True),
                _RESTORE_ALONE,
                Leg("emergency", "open.yml", goes_back=False, part="open", items=_OPEN, destroys=True),
                _FULL_ALONE,
                COMPLETE,
                WATCH,
            ),
            {"IDC-04": "RDS is no measure there; VERIFY-01 compares IDC with the record of the cut-over"},
        ),
    )
}


def way(strategy: str) -> Way:
    """Find a strategy. Raises `UsageError` with the nearest one."""
    if strategy == DEPLOYMENT_WAY.strategy:
        return DEPLOYMENT_WAY
    if strategy not in WAYS:
        raise UsageError(
            f"There is no strategy {strategy}{nearest(strategy, list(WAYS))}; there are: {', '.join(WAYS)}.",
            next_step="--strategy NAME, or site_strategy in the inventory",
        )
    return WAYS[strategy]


def leg(strategy: str, phase: str, part: str) -> Leg:
    """Pick one leg by its phase and part. Raises `UsageError`, naming the legs there are."""
    found = [one for one in way(strategy).legs if one.phase == phase]
    exact = [one for one in found if one.part == part]
    if exact:
        return exact[0]
    names = ", ".join(one.name for one in found) or "none"
    parts = [one.part for one in found if one.part]
    if not part and parts:
        raise UsageError(
            f"The strategy {strategy} splits the phase {phase}: {names}.",
            next_step=f"rollback-runner phase {phase} --part {parts[0]}",
        )
    raise UsageError(
        f"The strategy {strategy} has no leg {phase}:{part}; of the phase {phase} it has: {names}.",
        next_step="rollback-runner phase --help",
    )


def named(strategy: str, name: str) -> Leg:
    """Find a leg by the name a record gives it. Raises `UsageError`."""
    phase, _, part = name.partition(":")
    return leg(strategy, phase, part)
