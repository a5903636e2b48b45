"""The hard cases through real backups: written by mysqldump, read by the product, equal to their source."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import scratch_mysql
import tab_source
from failback.restore import engine
from failback.restore.recognise import read_backup
from failback.restore.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS = ("nasty",)
DUMP = (
    "mysqldump --no-defaults -uroot -S /var/run/mysqld/mysqld.sock --single-transaction --routines --triggers --events"
)
WAYS = {
    "plain": f"{DUMP} --hex-blob --databases nasty > /out/plain.sql",
    "packed": f"{DUMP} --databases nasty | gzip > /out/packed.sql.gz",
    "tab": f"mkdir -p -m 777 /out/tab && cd /out/tab && {DUMP} --tab=/out/tab nasty > programs.sql",
}
FILES = {"plain": "plain.sql", "packed": "packed.sql.gz", "tab": "tab"}


@pytest.fixture(scope="module")
def dumps() -> Iterator[tuple[Path, dict[str, Any]]]:
    with tempfile.TemporaryDirectory(prefix="rrt-dumps-") as made:
        directory = Path(made)
        directory.chmod(0o777)
        options = ("--secure-file-priv=",)
        with scratch_mysql.running("restore-dumps", options, mounts=[f"{directory}:/out"]) as server:
            server.root(tab_source.NASTY)
            for command in WAYS.values():
                server.shell(command)
            server.shell("chmod -R a+rX /out")
            yield directory, tab_source.picture(server, SCHEMAS)
            server.shell("rm -rf /out/*")


@pytest.fixture(scope="module")
def targets() -> Iterator[scratch_mysql.TestServer]:
    with scratch_mysql.running("restore-formats") as server:
        yield server


@pytest.mark.parametrize("way", list(WAYS))
def test_what_mysqldump_wrote_comes_back_equal(
    way: str, dumps: tuple[Path, dict[str, Any]], targets: scratch_mysql.TestServer
) -> None:
    directory, picture = dumps
    targets.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; DROP DATABASE IF EXISTS nasty")
    targets.root("DROP DATABASE IF EXISTS rollback_runner_restore")
    backup = read_backup(open_source(str(directory / FILES[way])))
    engine.restore(targets.login(), backup)
    got = tab_source.picture(targets, SCHEMAS)
    # A directory of --tab does not say how the schema was made.
    assert {key: got.get(key) for key in picture if way != "tab" or key != "nasty"} == {
        key: value for key, value in picture.items() if way != "tab" or key != "nasty"
    }
