"""In the lab: the sampler's figures are those of their sources, of Prometheus, and of a load made on purpose."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from figures_site import Site, told

from lab import lifecycle, options
from lab.paths import LabPaths
from rollback_runner import companions
from rollback_runner.site import site as sites
from rollback_runner.watching import series

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab
LAB = str(Path(__file__).resolve().parents[3] / "inventories" / "lab")
ITEMS = ("MON-01", "MON-02", "MON-03", "MON-04", "MON-06")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Give the lab as a site with a record of its own, followed by a sampler of its own."""
    paths = LabPaths.from_environment()
    lifecycle.up(paths, options.settle(paths))
    home = tmp_path / "home"
    home.mkdir()
    (home / ".lab").symlink_to(paths.root)
    made = Site(home, monkeypatch)
    known = sites.load(LAB)
    made.groups, made.hostvars = known.groups, known.variables
    companions.ensure("sampler", known.directory, home, made.incident)
    limit = time.monotonic() + 90
    while not followed(made) and time.monotonic() < limit:
        time.sleep(0.5)
    yield made
    companions.stop(made.incident, "sampler")


def followed(site: Site) -> bool:
    """Whether the sampler has followed everything for as long as Prometheus will speak of."""
    seen = series.read(site.incident)
    begun = [min(at for at, _ in points) for hosts in seen.values.values() for points in hosts.values()]
    window = site.hostvars["shop"]["watching_prometheus"]["window"]
    return len(seen.figures) >= 20 and time.time() - max(begun, default=time.time()) > window


def beside(site: Site, **more: Any) -> dict[str, Any]:
    doors = site.hostvars["shop"]["service_front_doors"]
    directory = str(sites.load(LAB).directory)
    return {"figures_beside": {"site_directory": directory, "doors": doors, "seconds": 5, **more}}


def test_the_samplers_figures_are_true(site: Site) -> None:
    seen = site.play(beside(site))
    assert not told(seen)
    made = seen["evidence"]["made_on_purpose"]
    assert made["requests through idc-lb1"] > 5
    assert made["statements on idc-db1"] > 5
    compared = {(one["figure"], one["host"]): one for one in seen["evidence"]["compared"]}
    assert set(compared["cpu_busy", "idc-db1"]["beside"]) == {"the source", "Prometheus"}
    assert compared["requests", "idc-lb1"]["load"] > 1
    doors = site.hostvars["shop"]["service_front_doors"]
    for item in ITEMS:
        result = site.play({"figures_followed": {"item": item, "seen": seen["evidence"], "doors": doors}})
        assert not told(result), item
    # A sampler that is gone is told, and nothing passes on what it wrote before.
    companions.stop(site.incident, "sampler")
    gone = site.play(beside(site, seconds=1, load=False))
    (sentence,) = told(gone)
    assert sentence == "nobody follows the figures: the sampler is stopped"
    late = site.play({"figures_followed": {"item": "MON-01", "seen": gone["evidence"], "doors": doors}})
    assert any("has no sample" in one for one in told(late))
