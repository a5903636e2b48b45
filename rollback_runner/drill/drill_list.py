"""What people read of a drill: the list of scenarios, and whether one ended as it must. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.drill import scenarios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.drill.scenarios import Scenario
    from rollback_runner.messages import Texts


def screen(texts: Texts) -> str:
    """List every scenario: its name, what has happened, the way through, and how it must end."""
    lines = [texts("drill.list")]
    for one in scenarios.scenarios().values():
        serving = texts(f"drill.serving.{one.expect.serving}")
        outcome = texts(f"rp.outcome.{one.expect.outcome}")
        ends = texts("drill.ends", exit=one.expect.exit, outcome=outcome, serving=serving)
        also = [texts("drill.also", names=", ".join(one.aliases))] if one.aliases else []
        way = texts("drill.way", strategy=f"{one.strategy} ({', '.join(one.legs)})" if one.legs else one.strategy)
        lines += [f"  {one.name}", f"      {one.titles[texts.language]}", f"      {'; '.join([way, ends, *also])}"]
    return "\n".join(lines)


def verdict(scenario: Scenario, problems: Sequence[str], texts: Texts) -> list[str]:
    """Say in one line whether it ended as it must, and in one line each what did not."""
    title = scenario.titles[texts.language]
    if not problems:
        return [texts("drill.as_expected", title=title)]
    return [texts("drill.not_expected", title=title), *(texts("drill.problem", text=text) for text in problems)]
