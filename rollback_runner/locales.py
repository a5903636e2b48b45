"""The locale Ansible needs: whoever comes by SSH brings the name of one that this machine may not have."""

from __future__ import annotations

import locale
import os

from rollback_runner import messages

_ALWAYS = ("C.UTF-8", "en_US.UTF-8")  # Debian and RHEL 8 have the first; macOS before 15 only the second
_NAMES = ("LC_ALL", "LC_CTYPE", "LANG")


def settle() -> None:
    """Give this process and what it starts a locale with UTF-8, and keep the language that the former one asked for.

    ansible-core ends at once where the environment names a locale that is not installed, or one of another encoding
    (`ansible.cli`, `initialize_locale`). The language goes on as RR_LANG.
    """
    if _usable():
        return
    os.environ.setdefault("RR_LANG", messages.detect())
    before = {name: os.environ.get(name) for name in _NAMES}
    for name in _ALWAYS:
        os.environ["LC_ALL"] = name
        if _usable():
            return
    os.environ.pop("LC_ALL")  # none of them: Ansible says so in its own words
    os.environ.update({name: value for name, value in before.items() if value})


def _usable() -> bool:
    """Try the environment's locale as Ansible does, and put back what this process has."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "")
        encoding = locale.getlocale()[1] or ""
    except (locale.Error, ValueError):
        return False
    finally:
        locale.setlocale(locale.LC_ALL, before)
    return encoding.lower() in {"utf-8", "utf8"}
