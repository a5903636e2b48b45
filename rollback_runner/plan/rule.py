"""Which way through is right, by rule, from what is known of both sides. Pure.

The rules, the first that fits decides:

| what is known | way |
| --- | --- |
| IDC takes writes already | none: what was begun is finished; nothing may restore over a database that serves |
| the data on RDS is going bad | stop-first |
| IDC's data is damaged, gone or cannot be asked | restore-first (RDS out of reach: the loss must be accepted) |
| IDC's data is usable and RDS does not answer | switch-first, and the loss must be accepted |
| IDC's data is usable and RDS is sound | switch-first |
| one of the two is not known | the site's own strategy, until it is |

A person may decide otherwise; the plan then says what the rule says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Idc = Literal["serving", "gone", "damaged", "unknown", "usable"]
Rds = Literal["spoilt", "unreachable", "unknown", "sound"]
By = Literal["rule", "site", "person"]
# The worst first: several databases of one site go one way, that of the worst of them.
_IDC: tuple[Idc, ...] = ("serving", "gone", "damaged", "unknown", "usable")
_RDS: tuple[Rds, ...] = ("spoilt", "unreachable", "unknown", "sound")


@dataclass(frozen=True)
class Signals:
    """What is known of both sides; `why` names, per side, where it is known from."""

    idc: Idc = "unknown"
    rds: Rds = "unknown"
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """The way that is taken and why. `rule` is a key of the catalogue (`plan.rule.RULE`).

    `rule_says` is the way the rule takes, empty where too little is known; `by` is who decided.
    """

    strategy: str
    by: By
    rule: str
    rule_says: str
    loses: bool
    signals: Signals

    @property
    def against_rule(self) -> bool:
        """True when a person or the site goes another way than the rule."""
        return bool(self.rule_says) and self.rule_says != self.strategy


def worst(each: Iterable[Signals]) -> Signals:
    """Join what is known of several databases."""
    found = list(each)
    if not found:
        return Signals()
    idc = min((one for one in found), key=lambda one: _IDC.index(one.idc))
    rds = min((one for one in found), key=lambda one: _RDS.index(one.rds))
    why = {side: one.why[side] for side, one in (("idc", idc), ("rds", rds)) if one.why.get(side)}
    return Signals(idc.idc, rds.rds, why)


def choose(signals: Signals, *, of_site: str, asked: str = "") -> Choice:
    """Pick the way. `of_site` is taken while too little is known; `asked`, where given, whatever is known."""
    rule, says, loses = _rule(signals)
    usual = says or of_site
    by: By = "person" if asked not in {"", usual} else "rule" if says else "site"
    return Choice(asked or usual, by, rule, says, loses, signals)


def _rule(signals: Signals) -> tuple[str, str, bool]:
    gone = signals.rds == "unreachable"
    if signals.idc == "serving":
        return "idc_serves", "", False
    if signals.rds == "spoilt":
        return "rds_spoilt", "stop-first", False
    if signals.idc in {"damaged", "gone"}:
        return ("both_gone" if gone else "idc_damaged"), "restore-first", gone
    if signals.idc == "usable" and gone:
        return "rds_unreachable", "switch-first", True
    if signals.idc == "usable" and signals.rds == "sound":
        return "both_sound", "switch-first", False
    return "unknown", "", False
