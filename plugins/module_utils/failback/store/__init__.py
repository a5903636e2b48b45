"""Where a site's state lies when it is not on the machine that runs the play: a directory, an ops host, or S3.

RR_HOME stays the working copy. The lock is taken at the store, and what announces an act is there before it; all else
is exchanged when a command begins and ends. `open_store` is the way in; docs/the-records-place.md tells people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.store.base import Store, Version
from failback.store.settings import Settings, of_mapping, of_url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings", "Store", "Version", "of_mapping", "of_url", "open_store"]


def open_store(what: Settings | str | Mapping[str, object], site: str = "") -> Store:
    """Open a store by its settings, its URL, or the mapping a site names. Nothing is contacted yet.

    Raises ConfigError when that is no store, with the name of what is wrong.
    """
    if isinstance(what, str):
        what = of_url(what, site)
    elif not isinstance(what, Settings):
        what = of_mapping(what, site)
    # Each backend is loaded when it is used: boto3 alone takes half a second.
    if what.kind == "ssh":
        from failback.store.ssh import SshStore  # noqa: PLC0415

        return SshStore(what)
    if what.kind == "s3":
        from failback.store.s3 import S3Store  # noqa: PLC0415

        return S3Store(what)
    from failback.store.directory import DirectoryStore  # noqa: PLC0415

    return DirectoryStore(what)
