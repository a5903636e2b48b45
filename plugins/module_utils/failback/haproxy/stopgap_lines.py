"""Read out of a HAProxy configuration whether a stop-gap would take effect. Pure; ``config`` explains the parsing."""

from __future__ import annotations

import re

from failback.haproxy import config

VARIABLE = "txn.rr_stopgap"
_READS_MAP = re.compile(r"map(?:_str)?\(\s*([^,)\s]+)")
_PAGE = re.compile(r"-m\s+str\b.*\bpage\b")
_READ_ONLY = re.compile(r"-m\s+str\b.*\bread-only\b")


def problems(text: str, path: str) -> list[str]:
    """Say what the configuration lacks for a stop-gap, each as one phrase; nothing when it has all.

    Looked for: a proxy that reads the mode from the map at ``path`` and returns an answer of its own for ``page`` and
    for ``read-only``, before the requests of a hold are made to wait.
    """
    found: set[str] = set()
    late = False
    held = False
    for line in text.splitlines():
        words = line.split("#")[0].strip()
        if words.split(maxsplit=1)[:1] and words.split(maxsplit=1)[0] in config.SECTIONS:
            held = False
        if not words.startswith("http-request"):
            continue
        held = held or "lua.rr_hold" in words
        if VARIABLE not in words:
            continue
        reads = _READS_MAP.search(words)
        if f"set-var({VARIABLE})" in words and reads and reads.group(1) == path:
            found.add("map")
            late = late or held
        if words.startswith("http-request return"):
            found |= {"page"} if _PAGE.search(words) else set()
            found |= {"read-only"} if _READ_ONLY.search(words) else set()
            late = late or held
    said = {
        "map": f"no http-request line sets {VARIABLE} from the map {path}",
        "page": f"nothing answers when {VARIABLE} is page",
        "read-only": f"nothing answers writes when {VARIABLE} is read-only",
    }
    missing = [words for name, words in said.items() if name not in found]
    return missing + (["the stop-gap's lines stand after lua.rr_hold, so its answer would wait"] if late else [])
