"""What CloudWatch shows of the instance, measured: the reconciler puts it where Amazon would.

RDS reports once a minute; the lab more often, because a drill is short. A server that stands still reports nothing, as
on AWS.
"""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.aws.config import AwsConfig

EVERY_SECONDS = 10.0
READ_SECONDS = 10.0
NAMESPACE = "AWS/RDS"
# Line by line: the server's processor time (ticks), the machine's clock (seconds), processors, the disk, sessions.
SCRIPT = (
    "cat /proc/1/stat; cat /proc/uptime; nproc; df -P -B1 /var/lib/mysql | tail -n 1;"
    " mysql --user=rdsadmin --batch --skip-column-names"
    " -e \"SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Threads_connected'\""
)
TICKS = 100.0  # a second, on every Linux that Debian runs on


@dataclass(frozen=True)
class Reading:
    """One look inside. `processor` and `uptime` are in seconds, `free` in bytes."""

    processor: float
    uptime: float
    processors: int
    free: int
    sessions: int


def parse(text: str) -> Reading:
    """Read what `SCRIPT` printed. Raises ValueError when it is something else."""
    lines = text.strip().splitlines()
    try:
        fields = lines[0].rpartition(")")[2].split()
        # utime and stime are fields 14 and 15 of the line (proc(5)), so 12 and 13 behind the name.
        processor = (int(fields[11]) + int(fields[12])) / TICKS
        free = int(lines[3].split()[3])
        return Reading(processor, float(lines[1].split()[0]), int(lines[2]), free, int(lines[4]))
    except IndexError as error:
        raise ValueError(f"not what was asked for: {text[:200]!r}") from error


def metrics(before: Reading | None, now: Reading) -> list[tuple[str, float, str]]:
    """Return (name, value, unit) as RDS names them. The processor's share needs two readings of one server."""
    found = [("DatabaseConnections", float(now.sessions), "Count"), ("FreeStorageSpace", float(now.free), "Bytes")]
    if before is not None and now.uptime > before.uptime and now.processor >= before.processor:
        busy = (now.processor - before.processor) / (now.uptime - before.uptime) / now.processors
        found.append(("CPUUtilization", round(min(1.0, busy) * 100, 3), "Percent"))
    return found


class Reporter:
    """Measures and reports in a thread of its own: the world must not wait for figures."""

    def __init__(self, config: AwsConfig, say: Callable[[str], None]) -> None:
        self._config, self._say, self._problem = config, say, ""
        self._before: Reading | None = None
        settings = Config(connect_timeout=READ_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1})
        session = boto3.Session(aws_access_key_id="root", aws_secret_access_key="root", region_name=config.region)  # noqa: S106 - no secret: moto compares none
        self._cloudwatch: Any = session.client("cloudwatch", endpoint_url=config.endpoint, config=settings)

    def start(self, stop: threading.Event) -> None:
        """Report until `stop` is set."""
        threading.Thread(target=self._run, args=(stop,), name="figures", daemon=True).start()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(EVERY_SECONDS):
            problem = ""
            try:
                self.report()
            except (OSError, ValueError, subprocess.SubprocessError, BotoCoreError, ClientError) as error:
                problem, self._before = f"figures: {error}", None
            if problem and problem != self._problem:
                self._say(problem)
            self._problem = problem

    def report(self) -> None:
        """Measure once and put it into CloudWatch."""
        argv = ["docker", "exec", "--user", "root", self._config.container, "sh", "-c", SCRIPT]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=READ_SECONDS, check=True)
        now = parse(done.stdout)
        data = [
            {
                "MetricName": name,
                "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": self._config.instance}],
                "Timestamp": datetime.now(UTC),
                "Value": value,
                "Unit": unit,
            }
            for name, value, unit in metrics(self._before, now)
        ]
        self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
        self._before = now
