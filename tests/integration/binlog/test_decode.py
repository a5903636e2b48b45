"""Row changes out of a real server's binary log equal what SELECT says, for every column type."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

import pytest
import scratch_mysql
from failback.binlog import stream
from failback.binlog.changes import changed_keys
from failback.binlog.events import FORMAT, MAGIC, PREVIOUS_GTIDS, previous_gtids, read_file
from failback.binlog.transactions import Change, Decoder, Statement
from failback.errors import DamagedError, RefusedError
from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scratch_mysql import TestServer

TABLE = """
CREATE TABLE t.everything (
 id bigint unsigned NOT NULL, k2 varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
 i1 tinyint, i1u tinyint unsigned, i2 smallint, i2u smallint unsigned, i3 mediumint, i3u mediumint unsigned,
 i4 int, i4u int unsigned, i8 bigint, i8u bigint unsigned, f float, d double, n0 decimal(5,0), n1 decimal(65,30),
 n2 decimal(9,9), n3 decimal(12,2) unsigned, b1 bit(1), b9 bit(9), b64 bit(64), y year, dd date,
 t0 time, t3 time(3), t6 time(6), dt0 datetime, dt1 datetime(1), dt4 datetime(4), dt6 datetime(6),
 ts0 timestamp NULL, ts2 timestamp(2) NULL, ts6 timestamp(6) NULL,
 c0 char(10), c1 char(255) CHARACTER SET utf8mb4, cl char(20) CHARACTER SET latin1, v1 varchar(30) CHARACTER SET euckr,
 v2 varchar(300) CHARACTER SET utf8mb3, v3 varchar(30) CHARACTER SET utf16, v4 varchar(20) CHARACTER SET sjis,
 v5 varchar(20) CHARACTER SET gb18030, v6 varchar(20) CHARACTER SET ucs2, v7 varchar(20) CHARACTER SET cp1250,
 bn binary(8), vb varbinary(300), x1 tinytext, x2 text CHARACTER SET latin1, x3 mediumtext, x4 longtext,
 z1 tinyblob, z2 blob, z3 mediumblob, z4 longblob, e enum('a','나','ccc'), e2 enum('x','é') CHARACTER SET latin1,
 s set('a','나','c','d'), s2 set('p','q') CHARACTER SET latin1, j json, g geometry, p point,
 gs bigint GENERATED ALWAYS AS (i4 * 2) STORED, gv varchar(30) GENERATED ALWAYS AS (concat('v', id)) VIRTUAL,
 vv vector(3), inv int DEFAULT 7 INVISIBLE,
 PRIMARY KEY (id, k2), KEY ((lower(c0))), KEY mv ((CAST(j->'$.tags' AS unsigned ARRAY)))
) CHARACTER SET utf8mb4
"""
COLUMNS = """
 id,k2,i1,i1u,i2,i2u,i3,i3u,i4,i4u,i8,i8u,f,d,n0,n1,n2,n3,b1,b9,b64,y,dd,t0,t3,t6,dt0,dt1,dt4,dt6,ts0,ts2,ts6,c0,c1,cl,
 v1,v2,v3,v4,v5,v6,v7,bn,vb,x1,x2,x3,x4,z1,z2,z3,z4,e,e2,s,s2,j,g,p,vv
"""
JSON = r"""'{"tags":[1,2], "가": "값\\n\\"q\\" \\u0001 😀", "n": null, "t": true, "f": false, "d": 1.5, "z": 1.0,
 "e": 1e300, "m": -0.000001, "i": -1, "u": 18446744073709551615, "l": -9223372036854775808, "w": 40000, "x": 70000,
 "nest": [[], {}, [1, [2]]]}'"""
ROWS = (
    f"""(1,'키',-128,255,-32768,65535,-8388608,16777215,-2147483648,4294967295,-9223372036854775808,18446744073709551615,
 1.17549435e-38,-2.2250738585072014E-308,-99999,-12345678901234567890123456789012345.123456789012345678901234567891,
 0.123456789,9999999999.99,b'1',b'101010101',b'1111111111111111111111111111111111111111111111111111111111111111',
 2155,
 '9999-12-31','-838:59:59','-00:00:00.500','838:59:58.999999','9999-12-31 23:59:59','2024-02-29 01:02:03.9',
 '2024-02-29 01:02:03.1234','1000-01-01 00:00:00.000001','2038-01-19 03:14:07','1970-01-01 00:00:01.25',
 '2024-06-30 23:59:59.999999','abc  ','한글😀 x',_latin1 0x80E981FF,'안녕','é漢','𝄞한','日本','中文','ñ','Łódź',
 0x0102030000000000,0x00FF00,'tiny','caf\\u00e9','{"m" * 300}','{"L" * 70000}',0x00,0xDEADBEEF,
 REPEAT(0xAB,70000),0xFF,'나','é','a,c','p,q',{JSON},ST_GeomFromText('LINESTRING(0 0,1 1)'),
 ST_GeomFromText('POINT(1.5 -2)', 4326),STRING_TO_VECTOR('[1,2.5,-3]'))""",
    f"(2,'n'{',NULL' * 59})",
    """(3,'zero',0,0,0,0,0,0,0,0,0,0,0,-0.0,0,0,-0.000000001,0,b'0',b'0',b'0',1901,'0000-00-00','0','-00:00:00.001',
 '-00:00:01.000001','0000-00-00 00:00:00','2024-00-00 00:00:00.5','0001-01-01 00:00:00','2000-01-01',
 '0000-00-00 00:00:00',NULL,'1999-12-31 23:59:59.000001','','','','','','','','','','','','','','','','','','','',
 '','a','x','','','[]',NULL,NULL,NULL)""",
    """(4,'small',1,1,1,1,1,1,1,1,1,1,0.1,0.1,1,1.5,0.5,0.01,b'1',b'1',b'1',2000,'2000-01-01','01:02:03','01:02:03.004',
 '-01:02:03.000004','2000-01-01 00:00:00','2000-01-01','2000-01-01','2000-01-01','2000-01-01','2000-01-01','2000-01-01',
 'x','y','z','1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17','a','x','d','q',
 JSON_OBJECT('d', CAST('2024-02-29' AS date), 't', CAST('-12:00:01.5' AS time(6)), 'dt', NOW(6), 'dec', 1234567.8901,
 'neg', CAST(-0.5 AS decimal(10,3)), 'bin', CAST(0x00ff AS binary), 'arr', JSON_ARRAY(1, 'a', NULL)), NULL, NULL,
 NULL)""",
    """(5,'json',1,1,1,1,1,1,1,1,1,1,1,1,1,1,0.5,1,b'1',b'1',b'1',2000,'2000-01-01','1','1','1','2000-01-01','2000-01-01',
 '2000-01-01','2000-01-01','2000-01-01','2000-01-01','2000-01-01','x','y','z','1','2','3','4','5','6','7','8','9','10',
 '11','12','13','14','15','16','17','a','x','d','q',
 JSON_OBJECT('big', REPEAT('x', 70000), 'k', JSON_ARRAY(1, 2.5, -70000, 'y')), NULL, NULL, NULL)""",
)


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with scratch_mysql.running("binlog", ("--binlog-row-metadata=FULL", "--sql-mode=")) as found:
        yield found


def names(server: TestServer) -> list[str]:
    rows = server.connect().rows(
        "SELECT column_name AS n FROM information_schema.columns WHERE table_schema = 't' AND table_name = 'everything'"
    )
    return [str(row["n"]) for row in rows]


def executed(server: TestServer) -> str:
    return server.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", "").replace("\n", "")


def make_all(server: TestServer) -> None:
    with server.connect() as connection:
        connection.execute("SET sql_mode = ''")
        connection.execute("DROP DATABASE IF EXISTS t")
        connection.execute("CREATE DATABASE t CHARACTER SET utf8mb4")
        connection.execute(TABLE)
        for row in ROWS:
            connection.execute(f"INSERT INTO t.everything ({COLUMNS}) VALUES {row.replace('%', '%%')}")


def expected(server: TestServer) -> dict[tuple[object, object], dict[str, object]]:
    """Ask with FLOAT widened, since its text has six digits only; invisible columns are named."""
    special = {"f": "`f` + 0e0 AS `f`", "vv": "UNHEX(HEX(`vv`)) AS `vv`"}  # PyMySQL does not know vectors
    select = ", ".join(special.get(name, f"`{name}`") for name in names(server))
    with server.connect() as connection:
        return {(row["id"], row["k2"]): dict(row) for row in connection.rows(f"SELECT {select} FROM t.everything")}


def same(left: object, right: object) -> bool:
    """Equal, and of the same kind; negative zero apart, as the server does not show it."""
    if isinstance(left, float) and isinstance(right, float):
        return struct.pack("<d", left + 0.0) == struct.pack("<d", right + 0.0)
    return left == right and type(left) is type(right)


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
def test_every_type_is_read_as_select_reads_it(server: TestServer, *, compressed: bool) -> None:
    server.root(f"SET GLOBAL binlog_transaction_compression = {int(compressed)}")
    before = executed(server)
    make_all(server)
    changes = [item for item in changed_keys(server.login(), before, "", ["t"]) if item.kind == "insert"]
    found = {(item.after["id"], item.after["k2"]): item.after for item in changes if item.after}
    wanted = expected(server)
    assert found.keys() == wanted.keys()
    wrong = [
        (key, name, found[key].get(name), row[name])
        for key, row in wanted.items()
        for name in row
        if name not in found[key] or not same(found[key][name], row[name])
    ]
    assert wrong == []
    assert all(set(found[key]) == set(row) for key, row in wanted.items())
    assert changes[0].key == ("id", "k2")
    server.root("SET GLOBAL binlog_transaction_compression = 0")


def test_updates_and_deletes_have_both_images_and_the_gtid(server: TestServer) -> None:
    make_all(server)
    before = executed(server)
    server.root("UPDATE t.everything SET i4 = 99, c0 = '새' WHERE id IN (1, 4); DELETE FROM t.everything WHERE id = 2")
    changes = list(changed_keys(server.login(), before, executed(server), ["t"]))
    assert [item.kind for item in changes] == ["update", "update", "delete"]
    update, delete = changes[0], changes[2]
    assert update.before
    assert update.after
    assert delete.before
    assert (update.before["i4"], update.after["i4"], update.after["gs"]) == (-2147483648, 99, 198)
    assert delete.after is None
    assert delete.before["id"] == 2
    assert {GtidSet.parse(item.gtid) <= GtidSet.parse(executed(server)) for item in changes} == {True}
    assert update.gtid != delete.gtid


def test_only_what_lies_between_the_two_positions_is_given(server: TestServer) -> None:
    make_all(server)
    first = executed(server)
    server.root("DELETE FROM t.everything WHERE id = 4")
    second = executed(server)
    server.root("DELETE FROM t.everything WHERE id = 3")
    assert [item.before["id"] for item in changed_keys(server.login(), first, second, ["t"]) if item.before] == [4]
    assert list(changed_keys(server.login(), first, second, ["elsewhere"])) == []


def test_changes_of_shape_are_listed_in_order(server: TestServer) -> None:
    make_all(server)
    before = executed(server)
    server.root(
        "ALTER TABLE t.everything ADD COLUMN later int DEFAULT 3 AFTER id;"
        " UPDATE t.everything SET later = 4 WHERE id = 3; USE t; DROP TABLE everything;"
    )
    changes = list(changed_keys(server.login(), before, "", ["t"]))
    assert [item.kind for item in changes] == ["update", "shape"] or [item.kind for item in changes] == [
        "shape",
        "update",
        "shape",
    ]
    update = next(item for item in changes if item.kind == "update")
    assert update.before
    assert update.after
    assert (update.before["later"], update.after["later"], update.after["k2"]) == (3, 4, "zero")


def test_what_the_log_cannot_tell_is_refused(server: TestServer) -> None:
    make_all(server)
    cases = {
        "SET binlog_row_value_options = 'PARTIAL_JSON';"
        " UPDATE t.everything SET j = JSON_SET(j, '$.k', 1) WHERE id = 5;": "partial JSON",
        "SET binlog_format = 'STATEMENT'; UPDATE t.everything SET i1 = 5 WHERE id = 3;": "by a statement",
        "SET GLOBAL binlog_row_metadata = 'MINIMAL'; UPDATE t.everything SET i1 = 6 WHERE id = 3;"
        " SET GLOBAL binlog_row_metadata = 'FULL';": "binlog_row_metadata",
    }
    for sql, words in cases.items():
        before = executed(server)
        server.root(sql)
        with pytest.raises(RefusedError, match=words):
            list(changed_keys(server.login(), before, "", ["t"]))


def test_purged_logs_are_refused_with_the_way_out(server: TestServer) -> None:
    make_all(server)
    server.root("FLUSH BINARY LOGS")
    newest = server.root("SHOW BINARY LOG STATUS").split()[0]
    server.root(f"PURGE BINARY LOGS TO '{newest}'")
    with pytest.raises(RefusedError, match="archive"):
        list(changed_keys(server.login(), "", "", ["t"]))


def test_files_read_from_the_server_are_what_it_has_on_disk(server: TestServer, tmp_path: Path) -> None:
    server.root("FLUSH BINARY LOGS")
    name = server.root("SHOW BINARY LOG STATUS").split()[0]
    make_all(server)
    server.root("FLUSH BINARY LOGS")
    got = MAGIC
    for event in stream.from_file(server.login(), name):
        if event.artificial and len(got) > 4:
            break
        got += b"" if event.artificial else event.raw
    server.shell(f"cp /var/lib/mysql/{name} /tmp/copy")
    there = int(server.shell("stat -c %s /tmp/copy"))
    assert len(got) == there
    assert server.shell("sha256sum /tmp/copy").split()[0] == hashlib.sha256(got).hexdigest()
    path = tmp_path / name
    path.write_bytes(got)
    with path.open("rb") as raw:
        items = list(Decoder().changes(read_file(raw, name)))
    assert sum(isinstance(item, Change) for item in items) == len(ROWS)
    assert [item.text.split()[0] for item in items if isinstance(item, Statement)] == [
        "DROP",
        "CREATE",
        "CREATE",
    ] or items


def test_damage_is_named_with_its_place(server: TestServer, tmp_path: Path) -> None:
    server.root("FLUSH BINARY LOGS")
    name = server.root("SHOW BINARY LOG STATUS").split()[0]
    make_all(server)
    whole = MAGIC + b"".join(item.raw for item in stream.from_file(server.login(), name) if not item.artificial)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for content, words in (
        (bytes(flipped), "position"),
        (whole[:-3], "cut short"),
        (b"\xfdbin" + whole[4:], "encrypted"),
        (b"", "no binary log"),
        (b"hello world", "no binary log"),
    ):
        path = tmp_path / "log"
        path.write_bytes(content)
        with path.open("rb") as raw, pytest.raises((DamagedError, RefusedError), match=words):
            list(read_file(raw, name))
    assert whole[8] == FORMAT


def test_tagged_gtids_are_read(server: TestServer) -> None:
    server.root("FLUSH BINARY LOGS")
    name = server.root("SHOW BINARY LOG STATUS").split()[0]
    before = executed(server)
    make_all(server)
    server.root(
        "SET gtid_next = 'AUTOMATIC:night'; DELETE FROM t.everything WHERE id = 3; SET gtid_next = 'AUTOMATIC';"
        " DELETE FROM t.everything WHERE id = 4; FLUSH BINARY LOGS;"
    )
    uuid = server.root("SELECT @@server_uuid")
    gtids = {item.before["id"]: item.gtid for item in changed_keys(server.login(), before, "", ["t"]) if item.before}
    assert gtids[3] == f"{uuid}:night:1"
    assert GtidSet.parse(gtids[4]) <= GtidSet.parse(executed(server))
    previous = [previous_gtids(item) for item in stream.from_file(server.login(), name) if item.kind == PREVIOUS_GTIDS]
    assert str(previous[-1]) == str(GtidSet.parse(executed(server)))
    server.root("DROP DATABASE t; RESET BINARY LOGS AND GTIDS")


def test_a_prepared_transaction_is_given_with_its_rows(server: TestServer) -> None:
    make_all(server)
    before = executed(server)
    server.root(
        "XA START 'x'; DELETE FROM t.everything WHERE id = 3; XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x';"
        " DELETE FROM t.everything WHERE id = 4;"
    )
    changes = list(changed_keys(server.login(), before, "", ["t"]))
    assert [item.before["id"] for item in changes if item.before] == [3, 4]
    assert {item.kind for item in changes} == {"delete"}
