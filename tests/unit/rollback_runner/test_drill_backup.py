"""`drill backup` beside `drill SCENARIO`: which words lead where, the screen, and the exit codes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from failback.backup import place as places

from rollback_runner.cli import root
from rollback_runner.drill import drill as drills
from rollback_runner.drill import drill_backup
from rollback_runner.drill.drill_backup import Drilled, Result, _code, screen
from rollback_runner.errors import Exit, UsageError
from rollback_runner.messages import Texts

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language

PROOF = {
    "source": "nightly",
    "passed": True,
    "format": "mysqldump",
    "bytes": 8_113_514,
    "taken_at": "2026-11-22T08:14:32+00:00",
    "server_version": "9.7.4",
    "place": "here",
    "compared": "manifest",
    "tables": 19,
    "rows": 300_987,
    "seconds": {"verify": 2.7, "restore": 10.9, "compare": 1.7},
    "rows_per_second": 27_672.0,
    "bytes_per_second": 745_900.0,
    "differences": [],
    "problem": "",
}
AHEAD = {"p50_seconds": 10.9, "p90_seconds": 16.4, "proofs": 1, "basis": {"en": "1 proof", "ko": "증명 1건"}}
EVIDENCE = {"proof": PROOF, "forecast": AHEAD, "budget_seconds": 3600.0, "swept": [], "kept_in": "/proofs"}


@pytest.mark.parametrize(
    ("words", "scenario", "legs"),
    [
        ([], "plain", ()),
        (["plain"], "plain", ()),
        (["data-lost", "--leg", "full"], "data-lost", ("full",)),
        (["-i", "backup", "plain"], "plain", ()),
        (["--no-reset"], "plain", ()),
        (["scenario", "plain"], "plain", ()),
    ],
)
def test_a_scenario_is_drilled_as_before(
    monkeypatch: pytest.MonkeyPatch, words: list[str], scenario: str, legs: tuple[str, ...]
) -> None:
    seen: list[drills.Order] = []

    def run(order: drills.Order) -> tuple[dict[str, Any], int]:
        seen.append(order)
        return {}, 0

    monkeypatch.setattr(drills, "run", run)
    CliRunner().invoke(root, ["drill", *words, "--json"])
    assert [(order.scenario, tuple(order.legs)) for order in seen] == [(scenario, legs)]


@pytest.mark.parametrize(
    ("words", "site", "source"),
    [
        (["backup"], "inventories/lab", ""),
        (["backup", "-i", "shop", "--source", "nightly dump"], "shop", "nightly dump"),
        (["--json", "backup", "-i", "backup"], "backup", ""),
    ],
)
def test_a_backup_is_proven(monkeypatch: pytest.MonkeyPatch, words: list[str], site: str, source: str) -> None:
    seen: list[tuple[str, str]] = []

    def run(site_name: str, _home: object, name: str, _say: object) -> Drilled:
        seen.append((site_name, name))
        return Drilled("r", "shop", (), 3)

    monkeypatch.setattr(drill_backup, "run", run)
    done = CliRunner().invoke(root, ["drill", *words], standalone_mode=False)
    assert done.return_value == 3, done.output
    assert seen == [(site, source)]


def test_a_name_that_no_database_has_is_refused_before_anything_starts() -> None:
    site = SimpleNamespace(
        hosts=lambda _group: ("db1", "db2"),
        variables={"db1": {"backup_sources": [{"name": "a"}]}, "db2": {"backup_sources": [{"name": "b"}]}},
    )
    drill_backup._known(site, "b")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="There is no backup weekly; there are: a, b"):
        drill_backup._known(site, "weekly")  # type: ignore[arg-type]
    site.variables = {"db1": {}, "db2": {}}
    with pytest.raises(UsageError, match="The site names no backup"):
        drill_backup._known(site, "")  # type: ignore[arg-type]
    site.variables = {"db1": {"backup_sources": "{{ elsewhere }}"}, "db2": {}}
    drill_backup._known(site, "weekly")  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_screen(language: Language) -> None:
    shown = screen(Drilled("r", "shop", (Result("shop-db", "passed", "", EVIDENCE),), 0), Texts(language))
    assert len(shown.splitlines()) <= 20
    for word in ("nightly", "8.1 MB", "300,987", "27,672", "745.9 kB", "10.9", "/proofs", AHEAD["basis"][language]):  # type: ignore[index]
        assert word in shown
    failed = {**PROOF, "passed": False, "differences": ["shop.orders: 1 rows were restored, its manifest says 2"]}
    shown = screen(
        Drilled("r", "shop", (Result("db", "failed", "no", {**EVIDENCE, "proof": failed, "swept": ["rr-1"]}),), 1),
        Texts(language),
    )
    why = {"en": "shop.orders: 1 rows were restored", "ko": "shop.orders: 복원된 행 1, 매니페스트의 행 2"}
    assert why[language] in shown
    assert "rr-1" in shown
    assert "10.9 s in" not in shown
    refused = screen(Drilled("r", "shop", (Result("db", "refused", "no backup is sound"),), 3), Texts(language))
    assert "no backup is sound" in refused


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["passed"], Exit.PROVEN),
        (["passed", "refused"], Exit.REFUSED),
        (["refused", "failed"], Exit.FAILED),
        (["broken"], Exit.FAILED),
        (["usage", "refused"], Exit.USAGE),
        (["busy", "passed"], Exit.LOCKED),
        ([], Exit.FAILED),
    ],
)
def test_the_exit_code_is_that_of_the_gravest(outcomes: list[str], code: Exit) -> None:
    results = tuple(Result("db", outcome) for outcome in outcomes)
    assert _code(results, interrupted=False) == code
    assert _code((), interrupted=True) == Exit.INTERRUPTED


def test_an_interrupted_drill_removes_nothing_of_one_that_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[str] = []
    monkeypatch.setattr(drill_backup, "_PATIENCE", 0.0)
    monkeypatch.setattr(places, "sweep", lambda _place, prefix, _passwords: swept.append(prefix))
    variables = {"db": {"backup_proofs": str(tmp_path)}}
    site: Any = SimpleNamespace(name="shop", variables=variables, hosts=lambda _group: ["db"])
    with places.alone(tmp_path, "db"):
        drill_backup._clean_up(site, tmp_path)
    assert swept == []
    drill_backup._clean_up(site, tmp_path)
    assert swept == [places.stem("shop", "db", tmp_path)]


def test_a_server_that_stayed_is_said() -> None:
    result = Result("db", "passed", evidence={**EVIDENCE, "left": "the scratch server on here was not removed: why"})
    told = screen(Drilled("r", "shop", (result,), 0), Texts("en"))
    assert "was not removed: why. The next drill removes it." in told
