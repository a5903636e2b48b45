"""Text from a host whose bytes are not UTF-8, made readable: such text could be written nowhere, and would end a run.

Ansible keeps a byte that it cannot decode as a lone surrogate (PEP 383, ``surrogateescape``), and writing that as UTF-8
raises. Logs and messages of Korean hosts are often EUC-KR: that is read as Korean. Any other byte is shown as
``<0xB0>``, so that nothing is lost.
"""

from __future__ import annotations

import re

_ESCAPED = re.compile("[\udc80-\udcff]")
_STRETCH = re.compile("[^\x00-\x7f]+")
_FIRST = 0xDC00
_LONE = re.compile("[\ud800-\udfff]")


def readable(text: str) -> str:
    """Return the text with nothing in it that UTF-8 cannot hold; text that is well is returned as it is."""
    if text.isascii() or not _LONE.search(text):
        return text
    return _LONE.sub(_named, _STRETCH.sub(_decoded, text))


def _decoded(found: re.Match[str]) -> str:
    if not _ESCAPED.search(found[0]):
        return found[0]
    # All of the stretch: two bytes of EUC-KR may happen to be one letter of UTF-8.
    try:
        return found[0].encode("utf-8", "surrogateescape").decode("euc_kr")
    except UnicodeError:
        return _ESCAPED.sub(lambda one: f"<0x{ord(one[0]) - _FIRST:02X}>", found[0])


def _named(found: re.Match[str]) -> str:
    return f"<U+{ord(found[0]):04X}>"
