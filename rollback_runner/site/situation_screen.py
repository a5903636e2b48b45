"""The situation as one screen: who serves and writes, the two sites side by side, then what is wrong.

Widths are counted in cells of the terminal, so Korean lines up too. Colours only say again what a word already says.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from rollback_runner.messages import Texts

SIDES = ("idc", "aws")
_SHOWN = {"wrong": 9, "notes": 4}  # sentences; the rest is counted
_COLOURS = {"critical": "bold red", "major": "bold red", "minor": "yellow"}


def show(fact: Mapping[str, Any], texts: Texts, stream: TextIO, columns: int) -> None:
    """Print the screen."""
    console = Console(file=stream, width=columns, highlight=False)
    with console.capture() as drawn:
        console.print(Group(*_parts(fact, texts)))
    # A table fills its cells with blanks, which wrap where a pipe's end is narrower.
    stream.write("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))


def _parts(fact: Mapping[str, Any], texts: Texts) -> Iterator[Any]:
    language = texts.language
    title = (fact.get("title") or {}).get(language, "")
    yield Text.assemble((title, "bold"), ("  " if title else ""), (_when(fact, texts), "dim"))
    yield Text(fact["headline"][language], style="bold")
    yield Text("")
    yield _sites(fact, texts)
    yield Text("")
    yield from _effect(fact["effect"], texts)
    yield from _sentences(fact["sentences"], texts)


def _when(fact: Mapping[str, Any], texts: Texts) -> str:
    utc = _minute(fact["at"], "%Y-%m-%d %H:%M:%S UTC")
    local = _minute(fact["at_local"], "%H:%M:%S") if fact["at_local"] else "?"
    seen = texts("situation.seen_at", utc=utc, local=local, zone=fact["timezone"])
    if not fact["baseline_at"]:
        return f"{seen}; {texts('situation.no_baseline')}"
    at = _minute(fact["baseline_at"], "%Y-%m-%d %H:%M UTC")
    return f"{seen}; {texts('situation.baseline', at=at)}"


def _minute(text: str, form: str) -> str:
    return datetime.fromisoformat(text).strftime(form)


def _sites(fact: Mapping[str, Any], texts: Texts) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True, header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("IDC", ratio=1, overflow="fold")
    table.add_column("AWS", ratio=1, overflow="fold")
    cells = {"users": _users, "names": _names, "balancers": _balancers, "servers": _servers, "database": _database}
    cells |= {"replication": _replication, "sessions": _sessions, "containers": _containers, "hosts": _hosts}
    cells |= {"cloud": _cloud}
    for name, cell in cells.items():
        drawn = [cell(fact["sites"][side], texts) for side in SIDES]
        if any(one.plain for one in drawn):
            table.add_row(Text(texts(f"situation.row.{name}"), style="dim"), *drawn)
    return table


def _lines(parts: list[Text]) -> Text:
    return Text("\n").join(parts)


def _users(site: Mapping[str, Any], texts: Texts) -> Text:
    if site["share"] is None:
        return Text(texts("situation.no_requests"), style="dim")
    text = texts("situation.share", share=_share(site["share"]))
    return Text(text, style="bold" if site["share"] else "dim")


def _names(site: Mapping[str, Any], texts: Texts) -> Text:
    here = [one for one in site["names"] if one["servers"]]
    if not here:
        return Text(texts("situation.none_here"), style="dim")
    return _lines(
        [
            Text(texts("situation.name_all" if one["servers"] == one["of"] else "situation.name_here", **one))
            for one in here
        ]
    )


def _balancers(site: Mapping[str, Any], texts: Texts) -> Text:
    parts = []
    for one in site["balancers"]:
        if not one["answers"]:
            parts.append(Text(texts("situation.silent", name=one["node"]), style="bold red"))
            continue
        side = {"idc": "IDC", "aws": "AWS"}.get(one["serving"], one["serving"].upper())
        line = Text(texts("situation.node", node=one["node"], side=side, rate=one["rate"]))
        parts.append(line.append(texts("situation.held"), style="bold yellow") if one["held"] else line)
    return _lines(parts)


def _servers(site: Mapping[str, Any], texts: Texts) -> Text:
    del texts  # the states are HAProxy's own words
    parts = []
    for one in site["servers"]:
        states = sorted(set(one["states"].values()))
        style = "bold red" if {"down", "missing"} & set(states) else "" if states == ["ready"] else "dim"
        weights = {weight for weight in one["weights"].values() if weight is not None}
        odd = f" w{'/'.join(map(str, sorted(weights)))}" if weights - {1, 100} else ""
        rate = f", {one['rate']}/s" if one["rate"] else ""
        parts.append(Text(f"{one['name']} {'/'.join(states)}{odd}{rate}", style=style))
    return _lines(parts)


def _database(site: Mapping[str, Any], texts: Texts) -> Text:
    parts = []
    for one in site["databases"]:
        if not one["answers"]:
            parts.append(Text(texts("situation.silent", name=f"{one['name']} MySQL"), style="bold red"))
            continue
        parts.append(Text(texts("situation.db", name=one["name"], version=one["version"])))
        if one["takes_writes"]:
            parts.append(Text(texts("situation.db_open", rate=one["rate"]), style="bold"))
        else:
            how = one["read_only"] or texts("situation.db_locked")
            parts.append(Text(texts("situation.db_closed", how=how), style="dim"))
    return _lines(parts)


def _replication(site: Mapping[str, Any], texts: Texts) -> Text:
    """Say what a side follows and what it lacks; RDS follows nobody, which needs no line."""
    parts = []
    for one in site["databases"]:
        if not one["answers"]:
            continue
        channel = one["channel"]
        if site["cloud"]:
            if channel:
                parts.append(Text(texts("situation.follows", source=channel["source"]), style="yellow"))
            continue
        if channel is None:
            parts.append(Text(texts("situation.follows_nothing")))
        else:
            parts.append(Text(texts("situation.follows", source=channel["source"])))
            if channel["error"]:
                parts.append(Text(texts("situation.follow_broken", error=channel["error"][:80]), style="bold red"))
        if one["lacks"] is None:
            parts.append(Text(texts("situation.db_unknown"), style="yellow"))
        elif one["lacks"]:
            parts.append(Text(texts("situation.db_lacks", count=f"{one['lacks']:,}"), style="yellow"))
        else:
            parts.append(Text(texts("situation.db_level")))
    return _lines(parts)


def _sessions(site: Mapping[str, Any], texts: Texts) -> Text:
    parts = []
    for one in site["databases"]:
        if not one["answers"]:
            continue
        users = {name: user["count"] for name, user in one["sessions"].items() if not user["exempt"]}
        if not users:
            parts.append(Text(texts("situation.no_sessions"), style="dim"))
        else:
            shown = ", ".join(f"{name} {count}" for name, count in users.items())
            parts.append(Text(texts("situation.sessions", count=sum(users.values()), users=shown)))
    return _lines(parts)


def _containers(site: Mapping[str, Any], texts: Texts) -> Text:
    found = site["containers"]
    if not found:
        return Text(texts("situation.not_listed"), style="dim")
    good = [one for one in found if one["state"] == "running" and one["health"] in {"", "healthy"}]
    parts = [Text(texts("situation.containers", good=len(good), of=len(found)))]
    for one in found:
        if one not in good:
            health = one["health"] if one["state"] == "running" else one["state"]
            parts.append(Text(f"{one['name']} {health}", style="bold red"))
        elif one["changed"]:
            parts.append(Text(f"{one['name']} {texts('situation.image_changed')}", style="yellow"))
    return _lines(parts)


def _hosts(site: Mapping[str, Any], texts: Texts) -> Text:
    hosts = site["hosts"]
    parts = [Text(texts("situation.hosts", up=hosts["of"] - len(hosts["silent"]), of=hosts["of"]))]
    parts += [Text(texts("situation.silent", name=name), style="bold red") for name in hosts["silent"]]
    return _lines(parts)


def _cloud(site: Mapping[str, Any], texts: Texts) -> Text:
    parts = []
    for one in site["cloud"]:
        if not one["status"]:
            parts.append(Text(texts("situation.silent", name=f"{one['name']} (API)"), style="bold red"))
        else:
            style = "" if one["status"] == "available" else "bold red"
            days = one["backup_retention_days"]
            parts.append(Text(texts("situation.cloud", name=one["name"], status=one["status"], days=days), style=style))
    return _lines(parts)


def _effect(effect: Mapping[str, Any], texts: Texts) -> Iterator[Any]:
    word = texts(f"situation.severity.{effect['severity']}")
    line = Text(texts("situation.effect", severity=""), style="bold")
    line.append(word, style=_COLOURS.get(effect["severity"], "bold"))
    yield line.append(f"  ({texts('situation.because', because=effect['because'][texts.language])})", style="dim")
    errors = "?" if effect["error_rate"] is None else _share(effect["error_rate"])
    figures = texts(
        "situation.figures",
        rate="?" if effect["request_rate"] is None else effect["request_rate"],
        own=effect["own_rate"],
        errors=errors,
        p50=_seconds(effect["p50"]),
        p95=_seconds(effect["p95"]),
        clients="?" if effect["clients"] is None else effect["clients"],
    )
    yield Padding(Text(figures), (0, 0, 0, 2))


def _sentences(found: list[dict[str, Any]], texts: Texts) -> Iterator[Any]:
    wrong = [one for one in found if one["severity"] != "note"]
    notes = [one for one in found if one["severity"] == "note"]
    if not wrong:
        yield Text(texts("situation.well"), style="bold green")
    else:
        yield Text(texts("situation.wrong", count=len(wrong)), style="bold")
    yield _list(wrong[: _SHOWN["wrong"]], texts, numbered=True)
    if notes:
        yield Text(texts("situation.notes"), style="bold")
        yield _list(notes[: _SHOWN["notes"]], texts, numbered=False)
    more = max(0, len(wrong) - _SHOWN["wrong"]) + max(0, len(notes) - _SHOWN["notes"])
    if more:
        yield Text(texts("situation.more", count=more), style="dim")


def _list(found: list[dict[str, Any]], texts: Texts, *, numbered: bool) -> Table:
    table = Table.grid(padding=(0, 1))
    for number, one in enumerate(found, start=1):
        text = one[texts.language]
        style = {"blocker": "bold red"}.get(one["severity"], "")
        table.add_row(Text(f"{number:>2}." if numbered else " -"), Text(text, style=style, overflow="fold"))
    return table


def _share(share: float) -> str:
    value = share * 100
    return f"{value:.1f} %" if 0 < value < 10 else f"{value:.0f} %"  # noqa: PLR2004 - one digit is enough below ten


def _seconds(value: float | None) -> str:
    if value is None:
        return "?"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
