"""Writes for people what was looked at: the list, one deployment, the plan, and how production stands. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from rollback_runner import korean, next_steps
from rollback_runner.deployment import words
from rollback_runner.plan.view import Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.deployment.look import Looked
    from rollback_runner.messages import Texts
    from rollback_runner.site.site import Site

_STYLES = {"live": "head", "previous": "good", "candidate": "", "beside": "bad", "left": "warn", "unknown": "warn"}
_COMMIT = 7  # digits
_MESSAGE = 40  # columns of a commit's message in the list
_STATEMENT = 110  # characters of a statement in the plan
_MOST = 12  # deployments that a choice skips, in the plan


def listing(looked: Looked, texts: Texts, now: datetime | None = None) -> Iterator[Line]:
    """Write every deployment with its mark; why one is no candidate stands below it."""
    facts, moment = looked.facts, now or datetime.now(UTC)
    project: Mapping[str, Any] = facts.project or {}
    yield Line(texts("deployment.list.title", app=looked.wish.application, live=project.get("live") or "-"), "head")
    yield from _production(project, texts)
    head = [texts(f"deployment.list.{name}") for name in ("mark", "id", "age", "commit", "author", "served", "knows")]
    rows = [_row(one, moment, texts) for one in facts.deployments]
    widths = [max(cell_len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    yield Line("  " + "  ".join(map(set_cell_size, head, widths)).rstrip(), "head")
    for one, row in zip(facts.deployments, rows, strict=True):
        style = _STYLES.get(one["mark"]["word"], "")
        told = "  ".join(map(set_cell_size, row, widths))
        message = " ".join(str(one.get("message") or "").split())
        yield Line(f"  {told}  {_cut(message, _MESSAGE)}".rstrip(), style)
        if one["mark"].get("why"):
            yield Line(f"    {texts('deployment.why_not', why=words.why(one['mark'], texts))}")
    yield from _findings(looked, texts)


def show(looked: Looked, one: Mapping[str, Any], texts: Texts, now: datetime | None = None) -> Iterator[Line]:
    """Write all that is known of one deployment."""
    moment = now or datetime.now(UTC)
    mark = one["mark"]
    word = texts(f"deployment.mark.{mark['word']}")
    why = f": {words.why(mark, texts)}" if mark.get("why") else ""
    yield Line(f"{one['id']}  {word}{why}", _STYLES.get(mark["word"], ""))
    rows = {
        "target": one.get("target"),
        "state": one.get("state"),
        "made": f"{words.clock(str(one.get('created')))} ({words.age(str(one.get('created')), moment, texts)})",
        "commit": " ".join(str(one.get(key) or "") for key in ("commit", "ref")).strip(),
        "message": one.get("message"),
        "author": one.get("author"),
        "address": one.get("address"),
        "build": one.get("build"),
        "served": ", ".join(words.clock(str(each)) for each in one.get("served") or ()) or texts("deployment.never"),
        "unsound": one.get("unsound"),
        "knows": _knows(one, texts) + (f": {_why_knows(one, texts)}" if _why_knows(one, texts) else ""),
    }
    for name, value in rows.items():
        if value:
            yield Line(f"  {set_cell_size(texts(f'deployment.show.{name}'), 18)} {value}")
    for service, image in (one.get("images") or {}).items():
        yield Line(f"  {set_cell_size(texts('deployment.show.image'), 18)} {service}: {image}")
    if looked.facts.chosen and looked.facts.chosen["to"]["id"] == one["id"]:
        yield Line("  " + texts("deployment.would_be_target", why=words.why(looked.facts.chosen, texts)), "good")


def plan(site: Site, looked: Looked, texts: Texts) -> Iterator[Line]:
    """Write what would be done, to which deployment and why, the database's part, and what it loses."""
    facts = looked.facts
    content: Mapping[str, Any] = facts.plan or {}
    stops = facts.strategy in {"forward", "refuse"}
    yield Line(texts("deployment.plan.title", site=site.titles[texts.language], move=words.move(facts, texts)), "head")
    if stops:
        why = words.said((facts.choice or {}).get("why"), texts)
        yield Line("  " + texts(f"deployment.stops.{facts.strategy}", app=looked.wish.application, why=why), "bad")
    yield from _target(looked, texts)
    for domain in content.get("domains", ()):
        yield Line("  " + texts("deployment.plan.domain", domain=domain))
    yield from _database(looked, texts)
    yield from _findings(looked, texts)
    if not stops:
        yield from _stays(looked, texts)
        yield Line("  " + texts("deployment.plan.point." + ("data" if facts.changes_data else "code")))
    if (
        not stops
        and facts.project
        and facts.project.get("auto_assign") is not False
        and content.get("kind") == "rollback"
    ):
        yield Line("  " + texts("deployment.plan.pushes"))
    if looked.wish.reason:
        yield Line("  " + texts("deployment.plan.reason", reason=looked.wish.reason))
    if facts.digest:
        yield Line("  " + texts("plan.digest", digest=facts.digest))


def _target(looked: Looked, texts: Texts) -> Iterator[Line]:
    chosen: Mapping[str, Any] = looked.facts.chosen or {}
    if not chosen:
        return
    to = chosen["to"]
    told = " ".join(
        part for part in (str(to.get("commit") or "")[:_COMMIT], _cut(str(to.get("message") or ""), 60)) if part
    )
    yield Line("  " + texts("deployment.plan.target", id=to["id"], commit=told or "-"))
    yield Line("  " + texts(f"deployment.plan.by.{chosen['by']}", why=words.why(chosen, texts)))
    for skip in chosen["skips"][:_MOST]:
        yield Line("    " + texts("deployment.plan.skips", id=skip["id"], why=words.why(skip, texts)))
    if len(chosen["skips"]) > _MOST:
        yield Line("    " + texts("whole.more", count=len(chosen["skips"]) - _MOST))


def _database(looked: Looked, texts: Texts) -> Iterator[Line]:
    gate, choice = looked.facts.gate, looked.facts.choice
    if gate is None and choice is None:
        yield Line("  " + texts("deployment.plan.no_database"))
        return
    if gate is not None:
        style = {"nothing": "good", "compatible": "good", "breaking": "bad", "unknown": "bad"}[gate["verdict"]]
        yield Line("  " + texts(f"deployment.gate.{gate['verdict']}", ahead=len(gate["ahead"])), style)
        for why in gate.get("why", ()):
            yield Line(f"    {words.said(why, texts)}")
        for migration in gate["ahead"]:
            yield from migration_lines(migration, texts)
        for kind in ("unknown", "edited", "half_applied", "pending", "skipped"):
            if gate.get(kind):
                named = ", ".join(_names(gate[kind]))
                yield Line("    " + texts(f"deployment.gate.{kind}_ones", names=named), "warn")
    if choice is not None:
        yield from _choice(choice, texts)


def migration_lines(migration: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    """Write a migration with the class and the rule of each of its statements."""
    yield Line(
        "    "
        + texts("deployment.plan.ahead", name=migration["name"], kind=texts(f"deployment.kind.{migration['kind']}"))
    )
    for one in migration["statements"]:
        style = "" if one["kind"] == "compatible" else "bad"
        kind = texts(f"deployment.kind.{one['kind']}")
        yield Line(
            f"      {one['number']}. {kind} ({one['rule']}): {_cut(' '.join(one['statement'].split()), _STATEMENT)}",
            style,
        )
        for told in (one.get("reason"), *one.get("warns", ())):
            if words.said(told, texts):
                yield Line(f"         {words.said(told, texts)}")


def _choice(choice: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    strategy = choice["strategy"]
    by = texts(f"deployment.by.{choice['by']}")
    style = "bad" if not choice.get("rolls_back", True) else "warn" if choice.get("changes_data") else "good"
    yield Line(
        "  " + texts("deployment.plan.strategy", strategy=texts(f"deployment.strategy.{strategy}"), by=by), style
    )
    yield Line(f"    {words.said(choice.get('why'), texts)}")
    for one in choice.get("options", ()):
        mine = one["strategy"] == strategy
        word = texts("deployment.option." + ("taken" if mine else "open" if one["open"] else "closed"))
        told = texts(f"deployment.strategy.{one['strategy']}")
        yield Line(
            f"    {set_cell_size(word, 10)} {told}: {words.said(one['said'] if one['open'] else one['why'], texts)}"
        )
        if mine:
            for lost in words.each(one.get("loses", ()), texts):
                yield Line("      " + texts("deployment.loses", what=lost), "warn")
    for one in choice.get("reversals", ()):
        if one["migration"] in choice.get("undo", ()):
            values = {"path": one["path"], "sha": one["sha256"][:12], "by": one["reviewed_by"] or "-"}
            yield Line("    " + texts("deployment.plan.reversal", **values))
            for statement in one.get("statements", ()):
                yield Line(f"      {_cut(' '.join(statement.split()), _STATEMENT)}")
    backup = choice.get("backup")
    if strategy == "restore" and backup:
        yield Line("    " + texts("deployment.plan.backup", name=backup["name"], at=words.clock(backup["taken_at"])))
    if step := next_steps.complete(words.said(choice.get("next_step"), texts)):
        yield Line(f"    {texts('report.next')}: {step}", "warn")


def _production(project: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    if project.get("domains"):
        yield Line("  " + texts("deployment.domains", domains=", ".join(project["domains"])))
    if project.get("beside"):
        yield Line("  " + texts("deployment.beside", ids=", ".join(project["beside"])), "bad")
    if project.get("moving"):
        yield Line("  " + texts("deployment.moving", what=project["moving"]), "warn")
    word = {True: "on", False: "off", None: "unknown"}[project.get("auto_assign")]
    yield Line("  " + texts(f"deployment.auto_assign.{word}"), "" if word == "on" else "warn")


def production(looked: Looked, texts: Texts) -> Iterator[Line]:
    """Write how production stands: what serves, on which domains, what moves, whether new pushes are held back."""
    project: Mapping[str, Any] = looked.facts.project or {}
    yield Line(texts("deployment.list.title", app=looked.wish.application, live=project.get("live") or "-"), "head")
    yield from _production(project, texts)
    last = project.get("last_request")
    if last:
        values = {"to": last["to"], "by": last.get("by") or "-", "at": words.clock(last["requested"])}
        told = texts(f"deployment.request.{last['kind']}", **values, ended=texts(f"deployment.ended.{last['ended']}"))
        yield Line("  " + told, "bad" if last["ended"] in {"failed", "superseded"} else "")
        if last.get("problem"):
            yield Line(f"    {last['problem']}", "bad")
    for told in project.get("limits", ()):
        yield Line(f"  {told}")


def _findings(looked: Looked, texts: Texts) -> Iterator[Line]:
    for one in looked.findings:
        if one["severity"] != "note":
            style = "bad" if one["severity"] == "blocker" else "warn"
            said = korean.said(words.said(one["sentence"], texts), texts.language)
            told = words.spoken(said, looked.facts.korean, texts.language)
            yield Line(f"  {texts('severity.' + one['severity'])}: {told}", style)
    for failure in looked.failures:
        told = words.spoken(korean.told(failure.message, texts.language), looked.facts.korean, texts.language)
        yield Line(f"  {texts.status(failure.status)}: {failure.task}: {told}", "bad")


def _stays(looked: Looked, texts: Texts) -> Iterator[Line]:
    """Name before anything moves what does not go back with the code, and what to do about it."""
    named = looked.facts.named
    if not named:
        return
    yield Line("  " + texts("deployment.plan.stays"), "warn")
    for one in named[:_MOST]:
        told = words.said({"en": one["told"], "ko": one.get("told_ko")}, texts).rstrip(".")
        step = words.said({"en": one.get("next_step"), "ko": one.get("next_step_ko")}, texts).rstrip(".")
        follows = f" {texts('report.next')}: {next_steps.complete(step)}." if step else ""
        yield Line(f"    {one['name']}: {told}.{follows}")
    if len(named) > _MOST:
        yield Line("    " + texts("whole.more", count=len(named) - _MOST))


def _row(one: Mapping[str, Any], now: datetime, texts: Texts) -> list[str]:
    served: Sequence[str] = one.get("served") or ()
    state = str(one.get("state") or "unknown")
    mark = texts(f"deployment.mark.{one['mark']['word']}")
    return [
        mark if state == "ready" else f"{mark} ({state})",
        str(one["id"]),
        words.age(str(one.get("created") or ""), now, texts),
        str(one.get("commit") or "-")[:_COMMIT],
        str(one.get("author") or "-"),
        words.clock(max(served)) if served else "-" if one.get("promoted") is not True else texts("deployment.yes"),
        _knows(one, texts),
    ]


def _knows(one: Mapping[str, Any], texts: Texts) -> str:
    found = one.get("knows")
    state = str(found.get("state") or "unknown") if isinstance(found, dict) else "none"
    return texts(f"deployment.knows.{state}")


def _why_knows(one: Mapping[str, Any], texts: Texts) -> str:
    found = one.get("knows")
    return words.why(found, texts) if isinstance(found, dict) else ""


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        str(row.get("name") or (row.get("file") or {}).get("name") or row.get("digest") or row.get("key"))
        for row in rows
    ]


def _cut(text: str, most: int) -> str:
    return text if cell_len(text) <= most else set_cell_size(text, most - 3).rstrip() + "..."
