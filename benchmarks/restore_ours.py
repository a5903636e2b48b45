"""Our restore in a process of its own, so that its memory is its own: `python -m benchmarks.restore_ours LOGIN URL`.

LOGIN is JSON. Prints JSON: seconds of each stage, and the highest memory (VmHWM) above that of the started interpreter.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins" / "module_utils"))

from failback.mysql import Login
from failback.restore import engine
from failback.restore.context import Options
from failback.restore.recognise import read_backup
from failback.restore.source import open_source


def main(login: str, url: str) -> int:
    """Restore and print the figures."""
    before = memory("VmRSS")
    started = time.monotonic()
    backup = read_backup(open_source(url))
    seconds = {"read_backup": time.monotonic() - started}
    with engine.opened(Login.from_dict(json.loads(login)), backup, Options(read_only=False)) as context:
        for stage in engine.STAGES:
            begun = time.monotonic()
            result = engine.run_stage(context, stage)
            seconds[stage] = time.monotonic() - begun
            if stage == "foreign_keys":
                seconds["of which orphan scan"] = float(str(result.evidence["seconds_scanning"]))
    print(json.dumps({"stages": seconds, "memory": memory("VmHWM") - before, "seconds": time.monotonic() - started}))
    return 0


def memory(name: str) -> int:
    """Read one line of this process's memory, in bytes."""
    line = next(x for x in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if x.startswith(name))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
