"""Makes the command's own package importable for a plugin that needs it.

From a checkout or a project tree the package lies beside ``plugins``; an installed command carries ``plugins`` inside
the package, and Ansible runs in an interpreter that has it already.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_NAME = "rollback_runner"


def make_importable() -> None:
    """Put the tree that this file is part of on the path, unless the package is found already."""
    root = str(Path(__file__).resolve().parents[3])
    if importlib.util.find_spec(_NAME) is None and root not in sys.path:
        sys.path.insert(0, root)
