"""List what lies beside a host's known files. ``failback.remote`` sends this to the host's Python (3.8 or newer).

Only names, sizes and times are read, never a content.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Report = dict[str, Any]


def serve(request: Report) -> Report:
    """List the files of each folder that the request names."""
    found: list[Report] = []
    unread: list[str] = []
    for folder in request["folders"]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        info = entry.stat(follow_symlinks=False)
                        found.append(
                            {"path": str(Path(folder) / entry.name), "bytes": info.st_size, "at": info.st_mtime}
                        )
        except OSError as error:
            unread.append(f"{folder}: {error.strerror}")
    return {"files": sorted(found, key=lambda one: str(one["path"])), "unread": unread}
