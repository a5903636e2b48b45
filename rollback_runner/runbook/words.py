"""Spelling values for bash, so that what stands on paper can be typed or pasted as it is. Pure."""

from __future__ import annotations

import re
import shlex

# What plan.content puts in the place of this machine's own directories; the terminal sets them as variables.
STAND_INS = ("RR_HOME", "SITE", "PROJECT")
_STAND_IN = re.compile(rf"(\$(?:{'|'.join(STAND_INS)}))")


def word(value: object) -> str:
    """Spell one word of a command line. `$RR_HOME` and its like stay variables, everything else is literal."""
    parts = _STAND_IN.split(str(value))
    spelt = [f'"{part}"' if _STAND_IN.fullmatch(part) else shlex.quote(part) for part in parts if part]
    return "".join(spelt) or "''"


def line(values: object) -> str:
    """Spell a command given as a list of words, or as one text that is split as a shell would."""
    words = values if isinstance(values, list | tuple) else shlex.split(str(values or ""))
    return " ".join(word(one) for one in words)


def name(host: str) -> str:
    """Turn a host's name into the beginning of a function's name: `shop-db` is `shop_db`."""
    return re.sub(r"\W", "_", host)
