"""How this site's hosts are reached by SSH, for backups that lie there: the inventory's own settings and host keys."""

from __future__ import annotations

import hashlib
import shlex
from typing import TYPE_CHECKING, Any

from failback.restore.source_ssh import default_argv

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# A backup has many small files: one connection for all of them instead of a login each (0.3 to 0.7 s, seen in the lab).
_SHARED = ("-o", "ControlMaster=auto", "-o", "ControlPersist=60")


def site_ssh(hostvars: Mapping[str, Mapping[str, Any]]) -> Callable[[Sequence[str]], list[str]]:
    """Give the argv maker for ``open_source``; an unknown host is reached with the user's own settings."""

    def argv(words: Sequence[str]) -> list[str]:
        host, command = words
        if host not in hostvars:
            return default_argv(words)
        known = hostvars[host]
        made = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
        if key := known.get("ansible_ssh_private_key_file"):
            made += ["-i", str(key)]
        for name in ("ansible_ssh_common_args", "ansible_ssh_extra_args"):
            made += shlex.split(str(known.get(name) or ""))
        if port := known.get("ansible_port"):
            made += ["-p", str(port)]
        # Other settings, such as another file of host keys, must never use a connection that these have vouched for.
        settings = hashlib.sha256("\0".join(made).encode()).hexdigest()[:12]
        made += [*_SHARED, "-o", f"ControlPath=~/.ansible/cp/rr-{settings}-%C"]
        user, address = known.get("ansible_user"), str(known.get("ansible_host") or host)
        return [*made, f"{user}@{address}" if user else address, command]

    return argv
