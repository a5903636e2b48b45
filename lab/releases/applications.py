"""The two applications of the releases lab and their releases. Pure data.

`shop` runs on the web hosts; its third migration breaks the releases before it. `window` is on the stand-in for Vercel;
its third migration is one that older releases can live with. The third release of both takes no order of three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.releases.topology import SOURCE

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Release:
    """One release: `orders` names its module, `migrations` how many of the migrations it brings with it."""

    name: str
    orders: str
    migrations: int
    author: str
    when: str  # of the commit
    served: str  # when production went to it
    message: str


@dataclass(frozen=True)
class Application:
    """One application; `schema` is its name in MySQL, too. `folders`: its migrations are in drizzle's newer layout."""

    name: str
    schema: str
    releases: tuple[Release, ...]
    source: Path
    folders: bool = False

    def release(self, name: str) -> Release:
        """Find a release."""
        return next(release for release in self.releases if release.name == name)


_FIRST = Release(*("r1", "first", 1, "Kim", "2026-03-02T09:00:00+00:00", "2026-03-02T09:30:00+00:00"), "Take orders")
_SECOND = Release(
    *("r2", "second", 2, "Lee", "2026-03-09T09:00:00+00:00", "2026-03-09T09:30:00+00:00"),
    "Keep a note with the order, and what happened to it",
)
SHOP = Application(
    "shop",
    "shop",
    (
        _FIRST,
        _SECOND,
        Release(
            *("r3", "third", 3, "Park", "2026-03-16T09:00:00+00:00", "2026-03-16T09:30:00+00:00"),
            "Say where an order came from, and give discounts",
        ),
    ),
    SOURCE / "shop",
)
WINDOW = Application(
    "window",
    "window_shop",
    (
        _FIRST,
        _SECOND,
        Release(
            *("r3", "wrapped", 3, "Park", "2026-03-16T09:00:00+00:00", "2026-03-16T09:30:00+00:00"),
            "Wrap gifts",
        ),
    ),
    SOURCE / "window",
    folders=True,
)
BOTH = (SHOP, WINDOW)
GOOD, BAD = "r2", "r3"
