"""Keep on a host what was restarted for which failback. Runs there (Python 3.8 or newer, standard library only).

The file lies in the login user's own state directory and is replaced in one step.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Report = dict[str, Any]

_LONGEST = 86_400.0  # a mark older than a day belongs to another attempt


def serve(request: Report) -> Report:
    """Read the marks; with ``mark`` in the request add one first."""
    root = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    path = Path(root, "rollback-runner", "restarted.json")
    marks = _read(path)
    if request.get("mark"):
        marks[request["container"]] = {**request["mark"], "at": time.time()}
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=str(path.parent))
        with os.fdopen(handle, "w") as stream:
            json.dump(marks, stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    return {"mark": marks.get(request["container"], {})}


def _read(path: Path) -> Report:
    try:
        marks = json.loads(path.read_text())
        return {name: mark for name, mark in marks.items() if time.time() - mark["at"] < _LONGEST}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
