"""The way to what lies outside the site: AWS, Vercel, S3, messengers. A site behind a proxy names it once.

Only HTTPS goes that way, and only what speaks to such a service: front doors, hosts, servers and AWX are asked
themselves, since a proxy's answer would say nothing about them. The names are those that botocore, requests and
Ansible's own modules read (Python manual, urllib.request.getproxies).
"""

from __future__ import annotations

import os
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = ("site_https_proxy", "site_no_proxy")
_PROXY, _BESIDE = ("https_proxy", "HTTPS_PROXY"), ("no_proxy", "NO_PROXY")
_OTHERS = ("all_proxy", "ALL_PROXY")  # would also lead where only HTTPS was meant


def take(said: Mapping[str, Any]) -> None:
    """Let this process, and what it starts, go the site's way. A site that names none leaves everything as it is.

    ``said`` has ``site_https_proxy``, a URL, and ``site_no_proxy``, a list of names, addresses and suffixes.
    """
    proxy = str(said.get("site_https_proxy") or "")
    if not proxy:
        return
    beside = ",".join(map(str, said.get("site_no_proxy") or ()))
    os.environ.update(dict.fromkeys(_PROXY, proxy) | dict.fromkeys(_BESIDE, beside))
    for name in _OTHERS:
        os.environ.pop(name, None)


def of_the_shell(said: Mapping[str, Any]) -> str:
    """Name a proxy that the shell has and the site does not: plays would not go through it. "" for none."""
    if said.get("site_https_proxy"):
        return ""
    return next((os.environ[name] for name in (*_PROXY, *_OTHERS) if os.environ.get(name)), "")


def proxy_to(host: str) -> tuple[str, int] | None:
    """Return host and port of the proxy that HTTPS to ``host`` goes through, None where it goes straight."""
    found = urllib.request.getproxies_environment()
    if not found.get("https") or urllib.request.proxy_bypass(host):
        return None
    text = found["https"]
    parts = urlsplit(text if "//" in text else f"//{text}")
    return (parts.hostname, parts.port or 3128) if parts.hostname else None
