"""A comparison that is slow enough to be killed in the middle: HOST HOST SECRETS LEDGER."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "plugins" / "module_utils"))

from failback.compare.options import Options
from failback.compare.progress import Progress
from failback.compare.run import compare
from failback.mysql import Login


class Slow(Progress):
    def add(self, rows: int, *, earlier: bool = False) -> None:
        super().add(rows, earlier=earlier)
        time.sleep(0.0 if earlier else 0.05)


idc, aws = (Login(host, 3306, "rr_admin", sys.argv[3]) for host in sys.argv[1:3])
compare(idc, aws, ["kinds"], Options(chunk_rows=200, ledger=Path(sys.argv[4])), Slow())
