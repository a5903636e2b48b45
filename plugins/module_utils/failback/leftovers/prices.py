"""What a resource costs, by the prices that the site gives. Pure.

No price list is built in: prices differ by region and contract and change, and a wrong figure is worse than none. A
resource whose price the site does not give is told as unknown and never counted as nothing. Amounts are of the site's
currency; a month has 730 hours, as on AWS's own bills.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from failback.leftovers.model import Resource

HOURS_A_DAY = 24.0
HOURS_A_MONTH = 730.0
_DAYS_A_MONTH = HOURS_A_MONTH / HOURS_A_DAY
# Charged for nothing: groups and rules.
FREE = frozenset({"rds_parameter_group", "rds_subnet_group", "security_group", "network_acl"})
# What the site prices: names below `prices`, each a number or a number by class or type.
KNOWN = (
    "rds_instance",
    "rds_storage",
    "rds_snapshot",
    "ec2_instance",
    "ebs_volume",
    "ebs_snapshot",
    "elastic_ip",
    "load_balancer",
    "hosted_zone",
)


@dataclass(frozen=True)
class Cost:
    """``day`` is None where no price is known; ``parts`` says what it is made of, ``unknown`` what is missing."""

    day: float | None
    parts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def month(self) -> float | None:
        """The same over a month."""
        return None if self.day is None else round(self.day * _DAYS_A_MONTH, 2)


@dataclass(frozen=True)
class PriceList:
    """The site's prices and budget. ``budget_month`` 0 means that it has none."""

    currency: str
    as_of: str
    budget_month: float
    prices: Mapping[str, Any]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PriceList:
        """Build from ``site_cloud_costs``. Raises ConfigError for a name or a value that means nothing."""
        prices = dict(data.get("prices") or {})
        unknown = sorted(set(prices) - set(KNOWN))
        if unknown:
            raise ConfigError(
                f"site_cloud_costs.prices: {', '.join(unknown)} is no price: known are {', '.join(KNOWN)}"
            )
        for name, value in prices.items():
            for one in value.values() if isinstance(value, dict) else (value,):
                if isinstance(one, bool) or not isinstance(one, int | float) or one < 0:
                    raise ConfigError(f"site_cloud_costs.prices.{name}: {one!r} is no price")
        try:
            budget = float(data.get("budget_month") or 0)
        except (TypeError, ValueError) as error:
            raise ConfigError("site_cloud_costs.budget_month is not a number") from error
        return cls(str(data.get("currency") or "USD"), str(data.get("as_of") or ""), budget, prices)

    def price(self, name: str, kind: str = "") -> float | None:
        """Return one price; a table is asked for the class or type."""
        value = self.prices.get(name)
        if isinstance(value, dict):
            value = value.get(kind)
        return None if value is None else float(value)


def cost(one: Resource, known: PriceList) -> Cost:
    """Work out what a resource costs a day, as it stands now."""
    if one.kind in FREE:
        return Cost(0.0)
    rows = list(_rows(one))
    parts, unknown = [], []
    total = 0.0
    for name, kind, amount, words in rows:
        price = known.price(name, kind)
        if price is None:
            unknown.append(f"{name}{f'.{kind}' if kind else ''}")
            continue
        total += price * amount
        parts.append(f"{words} x {price:g}")
    if unknown:
        return Cost(None, tuple(parts), tuple(unknown))
    return Cost(round(total, 4), tuple(parts))


def _rows(one: Resource) -> Iterable[tuple[str, str, float, str]]:
    """Name the prices that make up the cost of a day: price, class, how much of it a day, and in words."""
    facts, stopped = one.facts, one.state in {"stopped", "stopping"}
    if one.kind == "rds_instance":
        copies = 2 if facts.get("multi_az") else 1
        if not stopped:
            yield "rds_instance", str(facts.get("class", "")), HOURS_A_DAY * copies, f"{HOURS_A_DAY * copies:g} h"
        gib = float(facts.get("storage_gib") or 0) * copies
        yield "rds_storage", str(facts.get("storage_type", "")), gib / _DAYS_A_MONTH, f"{gib:g} GiB a month"
    elif one.kind == "rds_snapshot":
        gib = float(facts.get("storage_gib") or 0)
        yield "rds_snapshot", "", gib / _DAYS_A_MONTH, f"at most {gib:g} GiB a month"
    elif one.kind == "ec2_instance":
        if not stopped:
            yield "ec2_instance", str(facts.get("type", "")), HOURS_A_DAY, f"{HOURS_A_DAY:g} h"
    elif one.kind in {"ebs_volume", "ebs_snapshot"}:
        gib = float(facts.get("gib") or 0)
        yield one.kind, str(facts.get("type", "")), gib / _DAYS_A_MONTH, f"{gib:g} GiB a month"
    elif one.kind in {"elastic_ip", "load_balancer"}:
        yield one.kind, str(facts.get("type", "")), HOURS_A_DAY, f"{HOURS_A_DAY:g} h"
    elif one.kind == "hosted_zone":
        yield "hosted_zone", "", 1 / _DAYS_A_MONTH, "a month"


@dataclass(frozen=True)
class Sum:
    """What all of it costs. ``unknown`` counts resources without a price: they come on top of ``day`` and ``month``."""

    day: float
    month: float
    currency: str
    unknown: tuple[str, ...]
    budget_month: float

    @property
    def over_budget(self) -> bool:
        """Whether what is known alone is over the budget."""
        return bool(self.budget_month) and self.month > self.budget_month

    def sentence(self) -> str:
        """Say it in one sentence; what is unknown is said and not counted."""
        said = f"what is left on AWS costs {self.day:.2f} {self.currency} a day, {self.month:.2f} a month"
        if self.budget_month:
            # With prices unknown nobody can say that it stays within.
            word = "over" if self.over_budget else "so far within" if self.unknown else "within"
            said += f", {word} the budget of {self.budget_month:.2f} a month"
        if self.unknown:
            said += f", and {len(self.unknown)} more whose price is not known: {', '.join(self.unknown)}"
        return said


def sum_up(found: Iterable[tuple[Resource, Cost]], known: PriceList) -> Sum:
    """Add up."""
    rows = list(found)
    day = sum(one.day for _, one in rows if one.day is not None)
    unknown = tuple(resource.key for resource, one in rows if one.day is None)
    return Sum(round(day, 4), round(day * _DAYS_A_MONTH, 2), known.currency, unknown, known.budget_month)
