"""What is concluded from the figures: how long they were watched, whether they are back, and whether they are true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback.errors import ConfigError

from rollback_runner.watching import agreement, coverage, levels, required, usual_levels
from rollback_runner.watching.agreement import Said
from rollback_runner.watching.notes import Gap
from rollback_runner.watching.series import Point, Series
from rollback_runner.watching.usual_levels import Usual

if TYPE_CHECKING:
    from collections.abc import Iterable

CPU = ("cpu_busy", "db1")
NET = ("network_in", "db1")


def series(values: dict[tuple[str, str], Iterable[tuple[float, float]]], gaps: tuple[Gap, ...] = ()) -> Series:
    by_figure: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for (figure, host), points in values.items():
        by_figure.setdefault(figure, {})[host] = list(points)
    return Series(by_figure, gaps)


def every(begin: float, end: float, value: float = 0.5, step: float = 5.0) -> list[tuple[float, float]]:
    return [(begin + step * number, value) for number in range(int((end - begin) / step) + 1)]


class TestCoverage:
    def test_whole(self) -> None:
        found = coverage.coverage(series({CPU: every(0, 100), NET: every(0, 100)}), [CPU, NET], 0, 100, 10)
        assert (found.watched, found.holes, found.absent, found.longest) == (100, (), (), 5)

    def test_a_gap_too_long_sets_the_watch_back_to_its_end_and_says_why(self) -> None:
        gap = Gap("ssh", "db1", 30.0, 60.0, "no route to host")
        points = [*every(0, 30), *every(60, 100)]
        found = coverage.coverage(series({CPU: points, NET: points}, (gap,)), [CPU, NET], 0, 100, 10)
        assert (found.watched, found.counts_from) == (40, 60)
        assert len(found.holes) == 1
        assert (found.holes[0].seconds, found.holes[0].keys, found.holes[0].open) == (30, (CPU, NET), False)
        assert found.holes[0].why == "no route to host"

    def test_a_gap_nobody_noted_is_found_in_the_samples(self) -> None:
        found = coverage.coverage(series({CPU: [*every(0, 30), *every(60, 100)]}), [CPU], 0, 100, 10)
        assert found.holes[0].why == "nobody watched: nothing was noted of it"

    @pytest.mark.parametrize(("points", "since"), [(every(20, 100), 0), (every(0, 80), 80)])
    def test_both_ends_count(self, points: list[tuple[float, float]], since: float) -> None:
        found = coverage.coverage(series({CPU: points}), [CPU], 0, 100, 10)
        assert [hole.since for hole in found.holes] == [since]

    def test_a_gap_that_lasts_leaves_nothing_watched(self) -> None:
        assert coverage.coverage(series({CPU: every(0, 80)}), [CPU], 0, 100, 10).watched == 0

    def test_a_figure_that_never_came_is_named(self) -> None:
        found = coverage.coverage(series({CPU: every(0, 100)}), [CPU, NET], 0, 100, 10)
        assert (found.absent, found.watched) == ((NET,), 0)

    def test_right_at_the_beginning_nothing_is_missing_yet(self) -> None:
        found = coverage.coverage(series({}), [CPU], 0, 3, 10)
        assert (found.absent, found.holes) == ((), ())

    def test_a_share_of_nothing_is_no_gap(self) -> None:
        found = coverage.coverage(series({}), [("errors", "lb1")], 0, 100, 10)
        assert (found.absent, found.holes, found.watched) == ((), (), 100)


def known(figure: str, host: str, level: float) -> dict[tuple[str, str], Usual]:
    return {(figure, host): Usual(figure, host, level, level, level, 30, "prometheus")}


class TestLevels:
    def judge(self, figure: str, host: str, value: float, usual: float) -> levels.Level:
        seen = series({(figure, host): every(0, 50, value)})
        return levels.levels(seen, [(figure, host)], known(figure, host, usual), levels.Tolerance())[0]

    def test_back(self) -> None:
        assert self.judge("latency_p95", "lb1", 0.2, 0.2).state == "back"

    def test_away_is_named_with_both_values(self) -> None:
        found = self.judge("latency_p95", "lb1", 0.9, 0.2)
        assert found.state == "away"
        assert found.sentence() == "latency_p95 of lb1 is 900 ms (usual 200 ms, at most 300 ms)"

    def test_a_single_peak_is_no_level(self) -> None:
        points = [*every(0, 50, 0.2), (51.0, 9.0)]
        seen = series({("latency_p95", "lb1"): points})
        found = levels.levels(seen, [("latency_p95", "lb1")], known("latency_p95", "lb1", 0.2), levels.Tolerance())
        assert found[0].state == "back"

    def test_users_who_did_not_come_back(self) -> None:
        found = self.judge("requests", "lb1", 1.0, 100.0)
        assert found.state == "away"
        assert "at least 50/s" in found.sentence()
        assert self.judge("requests", "lb1", 300.0, 100.0).state == "back"

    def test_low_is_bad(self) -> None:
        assert self.judge("mysql_buffer_pool_hit", "db1", 0.4, 0.99).state == "away"

    def test_errors_are_measured_finely(self) -> None:
        assert self.judge("errors", "lb1", 0.02, 0.001).state == "away"

    def test_no_sample_and_nothing_usual_are_no_pass(self) -> None:
        keys = [("latency_p95", "lb1"), ("latency_p95", "lb2")]
        found = levels.levels(series({keys[1]: every(0, 50)}), keys, known(*keys[0], 0.2), levels.Tolerance())
        assert [one.state for one in found] == ["no samples", "nothing usual"]
        assert found[1].sentence() == "nobody recorded what is usual for latency_p95 of lb2"

    def test_a_limit_of_the_sites_own(self) -> None:
        tolerance = levels.Tolerance.of({"share": 0.1, "figures": {"latency_p95": {"limit": 2}}})
        assert tolerance.allowed(known("latency_p95", "lb1", 0.2)["latency_p95", "lb1"]) == 2
        with pytest.raises(ConfigError, match=r"watching_tolerance\.figures\.latency"):
            levels.Tolerance.of({"figures": {"latency": {"limit": 2}}})


class TestAgreement:
    def compare(
        self, sampled: float, others: dict[str, float], load: float = 0.0, key: tuple[str, str] = CPU
    ) -> agreement.Compared:
        beside = {name: Said([Point(50, *key, value)], 0, 50) for name, value in others.items()}
        loads = {key: load} if load else {}
        return agreement.compare(series({key: every(0, 50, sampled)}), beside, (0, 50), loads, [key])[0]

    def test_two_sources_agree(self) -> None:
        found = self.compare(0.5, {"Prometheus": 0.52, "the source": 0.45})
        assert (found.wrong, found.proven) == ("", True)

    def test_a_sampler_that_is_stuck_is_found(self) -> None:
        found = self.compare(0.05, {"the source": 0.97})
        assert found.wrong == "cpu_busy of db1: the sampler says 5 %, the source asked beside it 97 %"

    def test_hosts_mixed_up_are_found(self) -> None:
        found = self.compare(900_000.0, {"Prometheus": 20_000.0}, key=NET)
        assert "the sampler says 900 kB/s, Prometheus asked beside it 20 kB/s" in found.wrong

    def test_a_load_made_on_purpose_must_show(self) -> None:
        key = ("requests", "lb1")
        assert self.compare(12.0, {}, 10.0, key).proven
        assert "10/s were made on purpose, and the sampler saw 0/s" in self.compare(0.0, {}, 10.0, key).wrong

    def test_a_value_that_only_fits_itself_is_not_proven(self) -> None:
        found = self.compare(0.5, {})
        assert (found.wrong, found.proven) == ("", False)

    def test_no_value_at_all(self) -> None:
        found = agreement.compare(series({}), {}, (0, 50), {}, [CPU])[0]
        assert found.wrong == "the sampler has no value of cpu_busy of db1 for these seconds"

    def test_each_source_is_held_against_its_own_seconds(self) -> None:
        """Prometheus speaks of the last minute, the sampler began to rise only now."""
        points = [*every(0, 40, 0.0), *every(45, 60, 1.0)]
        beside = {
            "Prometheus": Said([Point(60, *CPU, 0.25)], 0, 60),
            "the source": Said([Point(60, *CPU, 1.0)], 45, 60),
        }
        found = agreement.compare(series({CPU: points}), beside, (45, 60), {}, [CPU])[0]
        assert found.wrong == ""

    def test_what_happened_before_the_sampler_began_is_not_held_against_it(self) -> None:
        beside = {
            "Prometheus": Said([Point(60, *CPU, 0.7)], 45, 60),
            "the source": Said([Point(60, *CPU, 0.3)], 51, 60),
        }
        found = agreement.compare(series({CPU: every(51, 60, 0.3)}), beside, (51, 60), {}, [CPU])[0]
        assert (found.wrong, set(found.others)) == ("", {"the source"})
        found = agreement.compare(series({CPU: every(40, 60, 0.3)}), beside, (51, 60), {}, [CPU])[0]
        assert "the sampler says 30 %, Prometheus asked beside it 70 %" in found.wrong

    def test_a_figure_of_an_instant_is_held_against_the_nearest_of_its_seconds(self) -> None:
        key = ("mysql_threads_running", "db1")
        swinging = [(0.0, 3.0), (5.0, 3.0), (10.0, 31.0), (15.0, 3.0)]
        busy = agreement.compare(
            series({key: swinging}), {"Prometheus": Said([Point(12, *key, 40)], 0, 15)}, (0, 15), {}, [key]
        )[0]
        assert (busy.wrong, busy.others) == ("", {"Prometheus": (40.0, 31.0)})
        stuck = agreement.compare(
            series({key: every(0, 15, 3.0)}), {"Prometheus": Said([Point(12, *key, 40)], 0, 15)}, (0, 15), {}, [key]
        )[0]
        assert "the sampler says 3, Prometheus asked beside it 40" in stuck.wrong

    def test_sessions_come_and_go_and_a_dead_sampler_shows_all_the_same(self) -> None:
        key = ("sessions_idc", "lb1")
        assert self.compare(1.0, {"Prometheus": 8.0}, key=key).wrong == ""
        stuck = self.compare(0.0, {"Prometheus": 40.0}, key=key)
        assert stuck.wrong == "sessions_idc of lb1: the sampler says 0, Prometheus asked beside it 40"


class TestUsual:
    def test_what_is_kept_is_read_again(self) -> None:
        found = usual_levels.of_many([Point(float(n), "cpu_busy", "db1", n / 100) for n in range(1, 101)], "looked")
        again = usual_levels.parse(usual_levels.content(found))
        assert again == found
        assert (again[CPU].low, again[CPU].middle, again[CPU].high, again[CPU].samples) == (0.05, 0.5, 0.95, 100)

    def test_the_sites_word_counts(self) -> None:
        found = usual_levels.of_variables({"latency_p95": {"lb1": 0.3}})
        assert found["latency_p95", "lb1"].source == "site"
        with pytest.raises(ConfigError, match=r"watching_usual\.latency_p95\.lb1 is 'x'"):
            usual_levels.of_variables({"latency_p95": {"lb1": "x"}})
        with pytest.raises(ConfigError, match="latency is no figure"):
            usual_levels.of_variables({"latency": {"lb1": 1}})

    def test_what_was_measured_while_it_failed_is_not_usual(self) -> None:
        found = known("probe_failures", "lb1", 0.9) | known("latency_p95", "lb1", 5.0) | known("cpu_busy", "lb1", 0.1)
        kept, doubtful = usual_levels.without_failing(found)
        assert list(kept) == [("cpu_busy", "lb1")]
        told = "probe_failures of lb1 was 90% while it was looked at"
        assert doubtful == [f"{told}, so its response times and errors are not recorded as usual"]


def test_what_must_be_followed() -> None:
    groups = {"database_hosts": ["db1"], "app_hosts": ["app1"], "load_balancers": ["lb1"], "aws_app_hosts": ["aws1"]}
    service = required.Service(groups, ["db1"], ["door"])
    keys = required.required(service)
    assert {("mysql_queries", "db1"), ("requests", "lb1"), ("latency_p99", "door"), ("cpu_busy", "app1")} <= set(keys)
    assert not [host for _, host in keys if host == "aws1"]
    assert {figure for figure, _ in required.of_item(keys, "MON-02")} == {"network_in", "network_out"}
    skips = required.skips([{"figure": "disk_*", "because": "shared"}, {"host": "app1", "because": "gone"}])
    left = required.required(service, skips)
    assert not [key for key in left if key[0].startswith("disk_") or key[1] == "app1"]
    with pytest.raises(ConfigError, match=r"watching_skip\[0\] needs"):
        required.skips([{"figure": "x"}])
