"""Amounts in the business's own words, in English and Korean: "37 orders, 1,204 stock movements". Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Text = dict[str, str]  # en, ko
COUNTER = "건"  # what Korean counts records with; people are 명, things are 개
_SHOWN = 6  # tables in one sentence


@dataclass(frozen=True)
class Name:
    """What a table's rows are called: ``one`` of them, many (``en``), and in Korean with its counter."""

    en: str
    one: str
    ko: str
    counter: str = COUNTER

    def of(self, count: int) -> Text:
        """Say how many."""
        return {
            "en": f"{count:,} {self.one if count == 1 else self.en}",
            "ko": f"{self.ko} {count:,}{self.counter}",
        }


def names(given: Mapping[str, object]) -> dict[str, Name]:
    """Read ``site_tables``. Raises ConfigError naming the entry that cannot be used."""
    found = {}
    for label, value in given.items():
        entry = value if isinstance(value, dict) else {}
        lacking = [key for key in ("en", "ko") if not entry.get(key)]
        if lacking or "." not in label:
            what = f"lacks {' and '.join(lacking)}" if lacking else "is not schema.table"
            raise ConfigError(
                f"site_tables: {label} {what}: write it as shop.orders: {{en: orders, ko: 주문}} in group_vars/all.yml"
            )
        many = str(entry["en"])
        counter = str(entry.get("counter") or COUNTER)
        found[label] = Name(many, str(entry.get("one") or singular(many)), str(entry["ko"]), counter)
    return found


def singular(many: str) -> str:
    """Guess the word for one; a site says ``one`` where the guess is wrong."""
    if many.endswith("ies") and len(many) > len("ties"):
        return f"{many[:-3]}y"
    if re.search(r"(?:ss|sh|ch|x|z)es$", many):
        return many[:-2]
    return many[:-1] if many.endswith("s") and not many.endswith("ss") else many


def unnamed(label: str) -> Name:
    """Call rows of a table that the site gave no name by the table's."""
    return Name(f"rows of {label}", f"row of {label}", label)


@dataclass(frozen=True)
class Amount:
    """How much of one table. ``new``, ``changed`` and ``removed`` are None where only changes could be counted."""

    name: Name
    named: bool
    changes: int
    new: int | None = None
    changed: int | None = None
    removed: int | None = None

    @property
    def count(self) -> int:
        """Rows touched; changes of rows, where rows cannot be told apart."""
        if self.new is None or self.changed is None or self.removed is None:
            return self.changes
        return self.new + self.changed + self.removed

    def detail(self) -> Text:
        """Say one table on a line of its own."""
        said = self.name.of(self.count)
        if self.new is None or self.changed is None or self.removed is None:
            return {
                "en": f"{self.changes:,} changes to {self.name.en}",
                "ko": f"{self.name.ko} 변경 작업 {self.changes:,}회",
            }
        parts = [
            (amount, en, ko)
            for amount, en, ko in (
                (self.new, "new", "신규"),
                (self.changed, "changed", "변경"),
                (self.removed, "removed", "삭제"),
            )
            if amount
        ]
        return {
            "en": f"{said['en']} ({', '.join(f'{amount:,} {en}' for amount, en, _ in parts)})",
            "ko": f"{said['ko']}({', '.join(f'{ko} {amount:,}' for amount, _, ko in parts)})",
        }


def headline(amounts: Sequence[Amount]) -> Text:
    """Say all of it in one line; tables with a name come first, in the site's order."""
    there = [item for item in amounts if item.count]
    if not there:
        return {"en": "no rows of the service", "ko": "서비스 데이터 변경 없음"}
    ordered = [item for item in there if item.named]
    ordered += sorted((item for item in there if not item.named), key=lambda item: -item.count)
    shown, rest = ordered[:_SHOWN], ordered[_SHOWN:]
    english = [item.name.of(item.count)["en"] for item in shown]
    korean = [item.name.of(item.count)["ko"] for item in shown]
    if rest:
        total = sum(item.count for item in rest)
        rows, tables = plural(total, "row"), plural(len(rest), "other table")
        english.append(f"{rows} in {tables}")
        korean.append(f"그 밖의 테이블 {len(rest)}개 {total:,}건")
    return {"en": ", ".join(english), "ko": ", ".join(korean)}


def plural(count: int, word: str) -> str:
    """Write a number with its regular noun."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
