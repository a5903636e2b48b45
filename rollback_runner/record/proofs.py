"""What proves an item, short enough for a table and whole enough to look up. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONG = 170  # characters of a proof in the table
_WHOLE = 2400  # characters of one task's evidence in the page; report.json has all of it
_MOST = 3  # proofs shown for a host before it is unfolded
_MOST_LINES = 7  # proofs shown for an item
_MANY = 3  # hosts, from which on each gives its last proof only
_SCALARS = 6  # values named in a proof
_EXAMPLES = 3  # entries named of a list
_DULL = frozenset({"", "ok", "All items completed", "All items skipped"})
# Where a task says in words what it saw, that is the proof.
_SENTENCES = ("headline", "sentence", "verdict", "summary", "detail")
_NAMES = ("name", "who", "role", "host", "channel", "table", "id", "path", "url")
_SKIPPED = frozenset({"sha256", "digest", "now", "version", "at_local", "nonce", "uuid", "server_uuid", "thread_id"})
_BIG = 99_999
_EXACT = 1000
Text = dict[str, str]


def short(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a few proofs: the newest tasks that said something, each {host, task, says: {en, ko}}."""
    found: list[dict[str, Any]] = []
    speaking = [host for host in item["hosts"] if any(task["outcome"] != "skipped" for task in host["evidence"])]
    most = 1 if len(speaking) > _MANY else _MOST
    for host in speaking:
        told = [task for task in host["evidence"] if task["outcome"] != "skipped"]
        telling = [task for task in told if says(task)["en"]] or told
        for task in telling[-most:]:
            words = {language: cut(text) for language, text in says(task).items()}
            found.append({"host": host["host"], "task": task["task"], "says": words})
    left = len(found) - _MOST_LINES
    if left > 1:
        return [*found[:_MOST_LINES], {"host": "", "task": f"… +{left}", "says": {"en": "", "ko": ""}}]
    return found


def whole(host: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every task of a host with its evidence as text; what was cut says how much is left out."""
    return [
        {
            "task": task["task"],
            "outcome": task["outcome"],
            "seconds": task["seconds"],
            "message": cut(task["message"], 600),
            "text": text_of(task),
        }
        for task in host["evidence"]
        if task["outcome"] != "skipped"
    ]


def text_of(task: Mapping[str, Any]) -> str:
    """Write before, after and evidence as indented text."""
    parts = {key: task[key] for key in ("before", "after", "evidence", "each") if task.get(key) not in (None, {}, [])}
    if not parts:
        return ""
    text = "\n".join(_lines(parts, 0))
    left = len(text) - _WHOLE
    return text if left <= 0 else f"{text[:_WHOLE].rstrip()}\n… (+{left:,})"


def cut(text: str, most: int = _LONG) -> str:
    """Shorten a sentence with an ellipsis."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def says(task: Mapping[str, Any]) -> Text:
    """Say what one task saw, in both languages where it has them."""
    after, found = task.get("after"), task.get("evidence")
    if _both(after):
        return _text(after)
    if isinstance(found, dict):
        spoken = [_text(found[key]) for key in _SENTENCES if _both(found.get(key))]
        if spoken:
            return {language: ". ".join(one[language] for one in spoken) for language in ("en", "ko")}
    message = str(task["message"] or "")
    if message not in _DULL:
        return _text(message)
    if isinstance(found, dict) and isinstance(found.get("said"), dict):
        return _text(_word(found))
    seen = found or after
    if isinstance(seen, dict):
        return _text(", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in _telling(seen)[:_SCALARS]))
    return _text("" if seen in (None, {}, []) else _value(seen))


def _word(found: Mapping[str, Any]) -> str:
    """Say who said what."""
    said = found["said"]
    by = str(found.get("by_name") or said.get("by") or "")
    what = str(said.get("statement") or said.get("note") or said.get("decision") or said.get("kind") or "")
    moment = said.get("moment")
    if isinstance(moment, dict) and moment.get("local"):
        what = f"{moment['local']} ({said.get('source') or what})"
    return f"{by}: {what} ({said.get('at', '')})"


def _telling(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Put plain values first, then counts of what is longer; digests and times of day tell a reader nothing."""
    plain: list[tuple[str, str]] = []
    longer: list[tuple[str, str]] = []
    for key, value in found.items():
        if value in (None, "", {}, []) or key in _SKIPPED:
            continue
        (longer if isinstance(value, dict | list) else plain).append((key, _value(value)))
    return [pair for pair in plain + longer if pair[1]]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < _EXACT else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) > _BIG else str(value)  # ports and years stay as they are
    if isinstance(value, dict):
        return _of_mapping(value)
    if isinstance(value, list):
        return _of_list(value)
    return str(value)


def _of_mapping(value: Mapping[str, Any]) -> str:
    if _both(value):
        return str(value["en"])
    plain = [(key, each) for key, each in value.items() if not isinstance(each, dict | list) and each not in (None, "")]
    if len(plain) < len(value):
        return _some([str(key) for key in value])
    return _some([f"{key} {_value(each)}" for key, each in plain])


def _of_list(value: Sequence[Any]) -> str:
    names = []
    for each in value:
        if isinstance(each, dict):
            name = next((each[key] for key in _NAMES if each.get(key)), "")
            names.append(_value(name) if not isinstance(name, dict | list) or name else "")
        else:
            names.append(_value(each))
    return _some([name for name in names if name]) or str(len(value))


def _some(names: Sequence[str]) -> str:
    more = len(names) - _EXAMPLES
    return ", ".join(names[:_EXAMPLES]) + (f" (+{more})" if more > 0 else "")


def _both(value: object) -> bool:
    return (
        isinstance(value, dict) and set(value) == {"en", "ko"} and all(isinstance(each, str) for each in value.values())
    )


def _text(value: Any) -> Text:
    return dict(value) if isinstance(value, dict) else {"en": str(value), "ko": str(value)}


def _lines(value: object, depth: int) -> list[str]:
    """Write nested values as indented `key: value` lines, as YAML looks."""
    pad = "  " * depth
    if isinstance(value, dict):
        found = []
        for key, each in value.items():
            if isinstance(each, dict | list) and each and not _flat(each):
                found += [f"{pad}{key}:", *_lines(each, depth + 1)]
            else:
                found.append(f"{pad}{key}: {_leaf(each)}")
        return found
    if isinstance(value, list):
        found = []
        for each in value:
            if isinstance(each, dict | list) and each and not _flat(each):
                inner = _lines(each, depth + 1)
                found += [f"{pad}- {inner[0].strip()}", *inner[1:]]
            else:
                found.append(f"{pad}- {_leaf(each)}")
        return found
    return [f"{pad}{_leaf(value)}"]


def _flat(value: object) -> bool:
    """Tell whether a list or mapping is short and holds plain values only: it stays on its line."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(not isinstance(each, dict | list) for each in inner) and len(str(value)) <= 90  # noqa: PLR2004 - one line


def _leaf(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
