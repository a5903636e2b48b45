"""Make a site's store, once and on a person's word: from then on a place without its mark is as good as gone.

A command that made one by itself would make it on a share that is not mounted, and the site would have two locks.
"""

from __future__ import annotations

import getpass
import json
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from failback.store.exchange import known

from rollback_runner.errors import RefusedError

if TYPE_CHECKING:
    from failback.store.base import State

    from rollback_runner.record.elsewhere import Place


def make(place: Place, site_name: str, *, anew: bool) -> State:
    """Make the place the site's store and say what it was before.

    Raises RefusedError where there is nothing although this machine exchanged files with the site's store, unless a
    person said that it begins `anew`; StoreError when the place does not answer or cannot be one.
    """
    found = place.store.state()
    if found == "made":
        return found
    count = known(place.home, place.site)
    if found == "empty" and count and not anew:
        raise RefusedError(
            f"{place.store.where} is empty, and the site's store had {count} files of this machine: it is not mounted,"
            " or another place.",
            next_step="mount it or correct site_store; where the store is lost for good, or moves:"
            f" rollback-runner store init --anew -i {site_name}",
        )
    told = {"site": place.site, "by": f"{getpass.getuser()}@{socket.gethostname()}", "time": _now()}
    place.store.init((json.dumps(told, ensure_ascii=False) + "\n").encode())
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
