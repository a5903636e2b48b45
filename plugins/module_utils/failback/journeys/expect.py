"""Whether a value or an answer is what a journey expects. Pure: every deviation says what was expected and what came.

A value is compared with a plain one (equal), or by one or more of the words in ``WORDS``:
{at_least: 1, at_most: 9}, {matches: REGEX}, {contains: x}, {length: 3}, {type: string}, {one_of: [a, b]}, {not: x},
{exists: false}, {each: {...}}, {equals: {...}} for a mapping that is meant literally.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError
from failback.journeys import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.journeys.client import Answer

_SHOWN = 200
_TYPES = {"string": str, "number": (int, float), "integer": int, "boolean": bool, "object": dict, "array": list}
WORDS = frozenset(
    {"equals", "not", "at_least", "at_most", "matches", "contains", "length", "type", "one_of", "exists", "each"}
)
ANSWER_WORDS = frozenset({"status", "headers", "json", "text", "seconds"})


def check_words(expected: Mapping[str, Any], where: str) -> None:
    """Refuse a word that nobody knows before anything is asked. Raises ConfigError."""
    unknown = sorted(set(expected) - ANSWER_WORDS)
    if unknown:
        raise ConfigError(
            f"{where}: expect does not know {', '.join(unknown)}; it knows {', '.join(sorted(ANSWER_WORDS))}"
        )
    for path, value in dict(expected.get("json") or {}).items():
        paths.parts(str(path), where)
        _check_value(value, f"{where}: {path}")
    for name, value in dict(expected.get("headers") or {}).items():
        _check_value(value, f"{where}: header {name}")
    _check_value(expected.get("text"), f"{where}: text")


def _check_value(value: Any, where: str) -> None:
    if isinstance(value, dict):
        unknown = sorted(set(map(str, value)) - WORDS)
        if unknown:
            raise ConfigError(f"{where}: {', '.join(unknown)} is no comparison; known are {', '.join(sorted(WORDS))}")
        if "matches" in value:
            try:
                re.compile(str(value["matches"]))
            except re.error as error:
                raise ConfigError(f"{where}: {value['matches']!r} is no pattern: {error}") from error


def problems(answer: Answer, expected: Mapping[str, Any]) -> list[str]:
    """Say where an answer deviates, one sentence each. Without ``status`` any 2xx will do."""
    if answer.error:
        return [f"no answer: {answer.error}"]
    found: list[str] = []
    status = expected.get("status")
    if status is None:
        found += [] if 200 <= answer.status < 300 else [f"status: expected success, came {answer.status}"]  # noqa: PLR2004 - HTTP
    else:
        found += deviations(answer.status, {"one_of": status} if isinstance(status, list) else status, "status")
    for name, value in dict(expected.get("headers") or {}).items():
        found += deviations(answer.header(name) or None, value, f"header {name}")
    if "seconds" in expected and answer.seconds > float(expected["seconds"]):
        found.append(f"time: expected at most {expected['seconds']:g} s, it took {answer.seconds:g} s")
    if "text" in expected:
        value = expected["text"]
        found += deviations(answer.text, value if isinstance(value, dict) else {"contains": value}, "text")
    if expected.get("json"):
        found += _json(answer, expected["json"])
    return found


def _json(answer: Answer, expected: Mapping[str, Any]) -> list[str]:
    try:
        document = answer.json()
    except ValueError:
        return [f"expected JSON, came {_show(answer.text)}"]
    found: list[str] = []
    for path, value in expected.items():
        wanted = value.get("exists") if isinstance(value, dict) else None
        try:
            seen = paths.look_up(document, path)
        except paths.NotThereError as error:
            found += [] if wanted is False else [f"{path}: expected {_show(value)}, but {error}"]
        else:
            found += deviations(seen, value, path)
    return found


def deviations(seen: Any, expected: Any, where: str) -> list[str]:
    """Compare one value. Booleans are no numbers here."""
    if not isinstance(expected, dict):
        return [] if _same(seen, expected) else [f"{where}: expected {_show(expected)}, came {_show(seen)}"]
    found: list[str] = []
    for word, wanted in expected.items():
        if word == "each":
            items = seen if isinstance(seen, list) else []
            found += [] if isinstance(seen, list) else [f"{where}: expected a list, came {_show(seen)}"]
            found += [one for n, item in enumerate(items) for one in deviations(item, wanted, f"{where}[{n}]")]
        elif not _holds(word, seen, wanted):
            found.append(f"{where}: expected {word.replace('_', ' ')} {_show(wanted)}, came {_show(seen)}")
    return found


def _holds(word: str, seen: Any, wanted: Any) -> bool:
    number = isinstance(seen, int | float) and not isinstance(seen, bool)
    right: Any = _TYPES.get(str(wanted), type(None))
    tests: dict[str, Callable[[], bool]] = {
        "equals": lambda: _same(seen, wanted),
        "not": lambda: not _same(seen, wanted),
        "one_of": lambda: any(_same(seen, one) for one in wanted),
        "at_least": lambda: number and seen >= wanted,
        "at_most": lambda: number and seen <= wanted,
        "matches": lambda: isinstance(seen, str) and re.search(str(wanted), seen) is not None,
        "contains": lambda: isinstance(seen, str | list | dict) and wanted in seen,
        "length": lambda: hasattr(seen, "__len__") and not deviations(len(seen), wanted, ""),
        "type": lambda: isinstance(seen, right) and not (isinstance(seen, bool) and wanted in {"number", "integer"}),
        "exists": lambda: bool(wanted),
    }
    return tests[word]()


def _same(seen: Any, wanted: Any) -> bool:
    return bool(seen == wanted) and isinstance(seen, bool) == isinstance(wanted, bool)


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
