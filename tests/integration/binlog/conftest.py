"""Helpers of the neighbours: ``idc_side.run_action`` runs one action plugin in this process."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mysql"))
