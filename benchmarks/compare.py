"""Our comparison of two servers beside what a person would use, in one run, on the same data.

`python -m benchmarks.compare [ROWS] [ROUNDS]`: rounds are interleaved, figures are medians; a row counts once though
both servers read it. Beside the clock stands the processor time of both mysqld, which a busy machine disturbs less.
ROWS defaults to 1,500,000. Nobody but ours counts NULLs, tells duplicates of a table without a key apart, compares
definitions or names the rows that differ.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import tidy_when_ended
from benchmarks.compare_data import PLAIN, statements

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / "plugins" / "module_utils"), str(PROJECT / "tests" / "integration")]

import scratch_mysql  # noqa: E402 - found by the path above
from failback.compare.options import Options  # noqa: E402
from failback.compare.run import compare  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from scratch_mysql import TestServer

OPTIONS = ("--innodb-buffer-pool-size=512M", "--innodb-flush-log-at-trx-commit=0")
BASE = "plain SHA2-256, 1 thread"
CHUNK = 50_000
Pair = tuple["TestServer", "TestServer"]


def main(rows: int, rounds: int) -> int:
    """Run every method in turn and print medians and ratios."""
    with ThreadPoolExecutor(2) as pool:
        started = list(pool.map(lambda name: scratch_mysql.start(name, OPTIONS), ("bench-idc", "bench-rds")))
    pair = (started[0], started[1])
    try:
        _load(pair, rows)
        total = sum(int(pair[0].root(f"SELECT COUNT(*) FROM bench.{table}")) for table in PLAIN)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
        for number in range(rounds + 1):
            for name, run in METHODS.items():
                figures = _timed(pair, run)
                if number:  # the first round warms both servers
                    times[name].append(figures)
        _print(times, total)
    finally:
        for server in pair:
            scratch_mysql.stop(server)
    return 0


def _load(pair: Pair, rows: int) -> None:
    """Make the data on one server and copy it to the other: tokens are random."""
    pair[0].root(statements(rows))
    dump = pair[0].shell(
        f"mysqldump --no-defaults -uroot -S {scratch_mysql.SOCKET} --set-gtid-purged=OFF --hex-blob -B bench"
    )
    pair[1].root(dump)


def _timed(pair: Pair, run: Callable[[Pair], None]) -> tuple[float, float]:
    before = sum(_processor(server) for server in pair)
    begun = time.monotonic()
    run(pair)
    return time.monotonic() - begun, sum(_processor(server) for server in pair) - before


def _processor(server: TestServer) -> float:
    """Seconds of processor time that mysqld has used (proc(5): utime and stime in ticks)."""
    fields = server.shell("cat /proc/$(pidof mysqld)/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _checksum(pair: Pair) -> None:
    tables = ", ".join(f"bench.{table}" for table in PLAIN)
    _same(_everywhere(pair, [f"CHECKSUM TABLE {tables}"], 1))


def _plain(threads: int) -> Callable[[Pair], None]:
    def run(pair: Pair) -> None:
        queries = []
        for table, (columns, key) in PLAIN.items():
            sql = f"SELECT COUNT(*), HEX(BIT_XOR(UNHEX(SHA2(CONCAT_WS('#', {columns}), 256)))) AS x FROM bench.{table}"
            if not key:
                queries.append(sql)
                continue
            with pair[0].connect() as server:
                span = server.row(f"SELECT MIN({key}) AS low, MAX({key}) AS high, COUNT(*) AS n FROM bench.{table}")
            low, high, count = (int(str(span[name])) for name in ("low", "high", "n"))
            step = max(1, (high - low + 1) * CHUNK // count)
            queries += [f"{sql} WHERE {key} >= {at} AND {key} < {at + step}" for at in range(low, high + 1, step)]
        _same(_everywhere(pair, queries, threads))

    return run


def _everywhere(pair: Pair, queries: list[str], threads: int) -> list[list[object]]:
    """Ask both servers everything, each by so many connections."""

    def ask(server: TestServer, part: list[str]) -> list[object]:
        with server.connect() as connection, connection.deadline(600):
            return [connection.rows(sql) for sql in part]

    with ThreadPoolExecutor(2 * threads) as pool:
        parts = [queries[at::threads] for at in range(threads)]
        futures = [[pool.submit(ask, server, part) for part in parts] for server in pair]
        return [[answer for future in side for answer in future.result()] for side in futures]


def _same(answers: list[list[object]]) -> None:
    if answers[0] != answers[1] or not answers[0]:
        raise SystemExit("the two servers are equal, and this method says they differ")


def _ours(workers: int) -> Callable[[Pair], None]:
    def run(pair: Pair) -> None:
        found = compare(pair[0].login(), pair[1].login(), ["bench"], Options(workers=workers, chunk_rows=CHUNK))
        if not found.equal:
            raise SystemExit(f"the two servers are equal, and ours says: {found.problems()}")

    return run


def _print(times: dict[str, list[tuple[float, float]]], total: int) -> None:
    medians = {name: tuple(statistics.median(side) for side in zip(*seen, strict=True)) for name, seen in times.items()}
    base = medians[BASE]
    print(f"{total:,} rows in {len(PLAIN)} tables on each of two servers")
    for name, (seconds, processor) in medians.items():
        rate, clock, cpu = total / seconds, base[0] / seconds, base[1] / processor
        print(
            f"{name:28s} {seconds:6.2f} s {rate:11,.0f} rows/s, {clock:.2f} x plain;"
            f" processor {processor:6.2f} s, {cpu:.2f} x plain"
        )


METHODS = {
    "CHECKSUM TABLE (no proof)": _checksum,
    BASE: _plain(1),
    "ours, 1 worker": _ours(1),
    "plain SHA2-256, 2 threads": _plain(2),
    "ours, 2 workers": _ours(2),
}

if __name__ == "__main__":
    tidy_when_ended()
    numbers = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*(numbers + [1_500_000, 3][len(numbers) :])))
