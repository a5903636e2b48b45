"""Our restore beside what people would use, in one run: same data, same server settings, a fresh server each time.

`python -m benchmarks.restore [ROWS] [ROUNDS] [METHOD ...]`: rounds are interleaved, figures are medians. Every result
is checked: rows of every table, number of indexes and of foreign keys. ROWS defaults to 300,000.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import restore_data, restore_mydumper, tidy_when_ended
from benchmarks.restore_data import MOUNT, scratch_mysql

if TYPE_CHECKING:
    from collections.abc import Callable

    from scratch_mysql import TestServer

HOME = Path(os.environ.get("RR_HOME") or Path.cwd())
OPTIONS = (
    "--innodb-buffer-pool-size=1G",
    "--innodb-redo-log-capacity=1G",
    "--innodb-flush-log-at-trx-commit=1",
    "--sync-binlog=1",
    "--local-infile=ON",
)
THREADS = 2
BASE = "mysql < plain"
_CLIENT = "mysql --no-defaults -uroot -S /var/run/mysqld/mysqld.sock --local-infile=1"
_QUIET = "--init-command='SET SESSION sql_log_bin=0, unique_checks=0, foreign_key_checks=0, time_zone=\"+00:00\"'"
_REDO = "ALTER INSTANCE {verb} INNODB REDO_LOG"


def main(rows: int, rounds: int, chosen: list[str]) -> int:
    """Run every method in turn, print medians, ratios and our memory."""
    directory = HOME / ".lab" / "bench" / f"restore-{rows}"
    restore_data.prepare(directory, rows)
    methods = {name: run for name, run in METHODS.items() if not chosen or any(word in name for word in chosen)}
    times: dict[str, list[float]] = {name: [] for name in methods}
    told: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    total = sum(json.loads((directory / "counts.json").read_text()).values())
    for number in range(rounds):
        names = list(methods)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            seconds, figures = _one(directory, methods[name])
            times[name].append(seconds)
            told[name].append(figures)
            print(f"round {number + 1}: {name}: {seconds:.1f} s, {total / seconds:,.0f} rows/s", flush=True)
    _print(times, told, total)
    return 0


def _one(directory: Path, run: Callable[[TestServer, Path], dict[str, float]]) -> tuple[float, dict[str, float]]:
    mounts = [f"{directory}:{MOUNT}:ro"]
    with scratch_mysql.running("bench", OPTIONS, tmpfs=False, mounts=mounts) as server:
        started, spent = time.monotonic(), _cpu(server)
        figures = run(server, directory)
        seconds = figures.get("seconds") or time.monotonic() - started
        figures["cpu"] = _cpu(server) - spent
        _check(server, directory)
    return seconds, figures


def _cpu(server: TestServer) -> float:
    """CPU seconds of mysqld and our own processes: the same on a busy machine. Clients in the container are not in."""
    fields = server.shell("cat /proc/$(pidof mysqld)/stat").rpartition(")")[2].split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used + ours.ru_utime + ours.ru_stime


def _check(server: TestServer, directory: Path) -> None:
    """Stop the benchmark when a method did not do the work."""
    for table, rows in json.loads((directory / "counts.json").read_text()).items():
        found = int(server.root(f"SELECT COUNT(*) FROM shop.`{table}`"))
        if found != rows:
            raise SystemExit(f"{table}: {found} rows instead of {rows}")
    indexes = server.root(
        "SELECT COUNT(DISTINCT table_name, index_name) FROM information_schema.statistics WHERE table_schema='shop'"
    )
    keys = server.root("SELECT COUNT(*) FROM information_schema.referential_constraints WHERE constraint_schema='shop'")
    if (int(indexes), int(keys)) != (INDEXES, KEYS):
        raise SystemExit(f"{indexes} indexes and {keys} foreign keys instead of {INDEXES} and {KEYS}")


def _mysql(server: TestServer, _: Path) -> dict[str, float]:
    server.shell(f"{_CLIENT} --init-command='SET SESSION sql_log_bin=0' < {MOUNT}/plain.sql", timeout=7200)
    return {}


def _mysqlimport(server: TestServer, directory: Path) -> dict[str, float]:
    """Mysqlimport cannot load JSON columns (error 3144) nor skip generated ones: those tables by LOAD DATA."""
    texts = f"for f in {MOUNT}/tab/*.txt; do cat ${{f%.txt}}.sql; done"
    server.shell(f"{_CLIENT} {_QUIET} -e 'CREATE DATABASE shop'; ({texts}) | {_CLIENT} {_QUIET} shop")
    loads = {line.split("`")[1]: line for line in (directory / "hand-loads.txt").read_text().splitlines()}
    hard = [name for name, load in loads.items() if "@none" in load or ") SET " in load]
    files = " ".join(f"{MOUNT}/tab/{name}.txt" for name in loads if name not in hard)
    socket = "--no-defaults -uroot -S /var/run/mysqld/mysqld.sock"
    server.root("SET GLOBAL foreign_key_checks=0, GLOBAL unique_checks=0")  # it has no way to set its own session
    server.shell(f"mysqlimport {socket} --local --use-threads={THREADS} shop {files}", timeout=7200)
    each = f"xargs -d '\\n' -P {THREADS} -n 1 {_CLIENT} {_QUIET} -e"
    chosen = "|".join(f"/{name}\\.txt" for name in hard)
    server.shell(f"grep -E '{chosen}' {MOUNT}/hand-loads.txt | {each}", timeout=7200)
    server.shell(f"{_CLIENT} {_QUIET} shop < {MOUNT}/tab/programs.sql")
    return {}


def _by_hand(server: TestServer, _: Path) -> dict[str, float]:
    """Parallel LOAD DATA into bare tables with the redo log off, then indexes, then keys unchecked, then programs."""
    each = f"xargs -d '\\n' -P {THREADS} -n 1 {_CLIENT} {_QUIET} -e"
    server.shell(
        f"{_CLIENT} -e '{_REDO.format(verb='DISABLE')}'; {_CLIENT} {_QUIET} < {MOUNT}/hand-bare.sql;"
        f" {each} < {MOUNT}/hand-loads.txt; {each} < {MOUNT}/hand-late.txt; {_CLIENT} < {MOUNT}/hand-keys.sql;"
        f" {_CLIENT} {_QUIET} shop < {MOUNT}/tab/programs.sql; {_CLIENT} -e '{_REDO.format(verb='ENABLE')}'",
        timeout=7200,
    )
    return {}


def _myloader(server: TestServer, directory: Path) -> dict[str, float]:
    argv = [
        "docker",
        "run",
        "--rm",
        "--label",
        "rr.test=1",
        "-v",
        f"{directory}:{MOUNT}:ro",
        "--entrypoint",
        "myloader",
    ]
    argv += [restore_data.tools_image(), f"--defaults-file={MOUNT}/mydumper.cnf", "-h", server.host, "-t", str(THREADS)]
    done = subprocess.run([*argv, "-d", f"{MOUNT}/mydumper"], check=False, capture_output=True, text=True)
    # It stumbles over the routines that its own mydumper wrote, after the rows; tables are checked as for all others.
    if done.returncode and "schema-post.sql" not in done.stderr:
        raise SystemExit(f"myloader: {done.stderr[-500:]}")
    return {}


def _ours(name: str) -> Callable[[TestServer, Path], dict[str, float]]:
    def run(server: TestServer, directory: Path) -> dict[str, float]:
        argv = [sys.executable, "-m", "benchmarks.restore_ours", json.dumps(server.login_dict()), str(directory / name)]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        figures = json.loads(done.stdout)
        return {**figures["stages"], "memory": figures["memory"], "seconds": figures["seconds"]}

    return run


METHODS: dict[str, Callable[[TestServer, Path], dict[str, float]]] = {
    BASE: _mysql,
    "mysqlimport": _mysqlimport,
    "by hand, LOAD DATA": _by_hand,
    "myloader 0.10, INSERT": _myloader,
    "ours, plain": _ours("plain.sql"),
    "ours, mydumper INSERT": _ours("mydumper"),
    "ours, mydumper LOAD DATA": _ours(restore_mydumper.NAME),
    "ours, tab": _ours("tab"),
    "ours, Shell": _ours("shell"),
}
INDEXES, KEYS = 50, 16  # of the lab's shop


def _print(times: dict[str, list[float]], told: dict[str, list[dict[str, float]]], total: int) -> None:
    base = statistics.median(times[BASE]) if times.get(BASE) else 0.0
    print(f"\n{total:,} rows, medians of {len(next(iter(times.values())))}; x: times as fast as {BASE}")
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        spread = (max(seconds) - min(seconds)) / middle
        ratio = f"{base / middle:.2f} x" if base else "-"
        print(f"{name:24} {middle:8.1f} s  {total / middle:10,.0f} rows/s  {ratio}  (spread {spread:.0%})")
        print(f"    {statistics.median(f['cpu'] for f in told[name]):.1f} CPU seconds")
        if figures := [f for f in told[name] if "memory" in f]:
            parts = {
                key: statistics.median(f[key] for f in figures)
                for key in figures[0]
                if key not in {"memory", "seconds", "cpu"}
            }
            print("    " + ", ".join(f"{key} {value:.1f}" for key, value in parts.items()) + " s;", end=" ")
            print(f"memory {max(f['memory'] for f in figures) / 2**20:.0f} MiB above the interpreter")


if __name__ == "__main__":
    tidy_when_ended()
    numbers = [int(word.replace(",", "")) for word in sys.argv[1:] if word.replace(",", "").isdigit()]
    words = [word for word in sys.argv[1:] if not word.replace(",", "").isdigit()]
    sys.exit(main(numbers[0] if numbers else 300_000, numbers[1] if len(numbers) > 1 else 3, words))
