"""Fixtures of the tests of permissions and paths."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
# The helpers that run one action plugin, and those of the servers, are the MySQL tests' own.
for directory in (HERE, HERE.parent / "mysql", HERE.parent / "dns", HERE.parent / "lb"):
    sys.path.insert(0, str(directory))
