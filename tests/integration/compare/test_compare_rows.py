"""Every planted difference is found and named; equal servers are equal, whatever the types, keys and chunk size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Sides


GROUPS: dict[str, list[tuple[str, str]]] = {
    "numbers": [
        (
            "UPDATE types SET f = 1.1000001 WHERE part = 1 AND i = -1",
            "f: IDC 1.1000001430511475 | RDS 1.100000023841858",
        ),
        ("UPDATE types SET g = 1.0000000000000002e-300 WHERE i = -1", "g: IDC 1.0000000000000002e-300 | RDS 1e-300"),
        ("UPDATE types SET d = d + 0.000000000000000000000000000001 WHERE i = -1", "567891 | RDS ..."),
        ("UPDATE types SET u = u - 1 WHERE i = -1", "u: IDC 18446744073709551614 | RDS 18446744073709551615"),
        ("UPDATE types SET b = b'11' WHERE i = -1", "b: IDC 0x0000000000000003 | RDS 0x0000000000000001"),
        ("UPDATE types SET e = 'c#' WHERE i = -1", "e: IDC 'c#' | RDS 'B'"),
    ],
    "texts": [
        ("UPDATE types SET s = 'x' WHERE i = -1", "s: IDC 'x' | RDS 'x,z'"),
        ("UPDATE types SET l = 'e' WHERE i = -1", "l: IDC 'e' | RDS 'é'"),
        ("UPDATE types SET ko = '나' WHERE i = -1", "ko: IDC '나' | RDS '가'"),
        ("UPDATE types SET bi = 0x00FE WHERE i = -1", "bi: IDC 0x00fe0000 | RDS 0x00ff0000"),
        ("UPDATE types SET vb = 0xFF00 WHERE i = -1", "vb: IDC 0xff00 | RDS 0xff00fe"),
        ("UPDATE types SET bl = 0xFF WHERE i = -1", "bl: IDC 0xff | RDS 0xfffe"),
        ("UPDATE types SET c = 'ab c', v = '#b' WHERE i = -1", "c: IDC 'ab c' | RDS 'ab'"),
    ],
    "others": [
        # In one step the server takes 1 and 1.0 for equal and changes nothing.
        (
            'UPDATE types SET j = NULL WHERE i = -1; UPDATE types SET j = \'{"b": 1.0, "a": [1, 2.0]}\' WHERE i = -1',
            "\"b\": 1.0}' | RDS '{",
        ),
        ("UPDATE types SET dt = '2026-01-01 00:00:00.123457' WHERE i = -1", "dt: IDC 2026-01-01 00:00:00.123457"),
        ("UPDATE types SET ti = '-838:59:58' WHERE i = -1", "ti: IDC -35 days, 1:00:02 | RDS -35 days, 1:00:01"),
        ("UPDATE types SET geo = ST_GeomFromText('POINT(1 2)', 4326) WHERE i = -1", "geo: IDC 0xe6100000"),
        ("UPDATE types SET vec = TO_VECTOR('[1,2,4]') WHERE i = -1", "kinds.types k='café', part=1: vec: IDC"),
    ],
    "tables": [
        ("UPDATE customers SET note = '' WHERE id = 1", "kinds.customers id=1: note: IDC '' | RDS NULL"),
        ("UPDATE customers SET note = NULL WHERE id = 2", "kinds.customers id=2: note: IDC NULL | RDS ''"),
        ("UPDATE customers SET name = 'ann' WHERE id = 1", "name: IDC 'ann' | RDS 'Ann'"),
        ("INSERT INTO customers VALUES (4, 'dd', NULL)", "kinds.customers id=4: only on IDC (id=4, name='dd', note=N"),
        ("UPDATE orders SET placed = placed + INTERVAL 1 SECOND WHERE id = 1", "placed: IDC 2026-03-29 01:30:01.125"),
        ("UPDATE orders SET price = 9.91 WHERE id = 1", "price: IDC 9.91 | RDS 9.90"),
        ("UPDATE types SET g = 0e0 WHERE part = 2", "g: IDC 0.0 | RDS -0.0"),
        ("SET sql_mode = ''; UPDATE types SET e = 'none' WHERE part = 2", "kinds.types k='b', part=2"),
        ("UPDATE docs SET body = CONCAT(body, '.') WHERE id = 1", "(10001 characters) | RDS ...long long"),
        ("UPDATE docs SET tags = '[1,2]' WHERE id = 1", "tags: IDC '[1, 2]' | RDS '[1, 2, 3]'"),
        ("UPDATE codes SET code = 'B' WHERE code = 'b'", "kinds.codes code='B': only on IDC (code='B', v=2)"),
        ("UPDATE codes SET v = 9 WHERE code = 'ß'", "kinds.codes code='ß': v: IDC 9 | RDS 3"),
        ("UPDATE bin_keys SET v = 9 WHERE k = 0x0000", "kinds.bin_keys k=0x0000: v: IDC 9 | RDS 2"),
        ("DELETE FROM bin_keys WHERE k = ''", "kinds.bin_keys k=0x: only on RDS"),
        ("UPDATE odd_keys SET v = 9 WHERE e = 'm'", "kinds.odd_keys e='m', f=1.100000023841858, d=2026-01-02 00:00:0"),
        ("UPDATE `we``ird #1` SET `c``d` = 'y'", "kinds.we`ird #1 a b=1: c`d: IDC 'y' | RDS 'x'"),
        ("UPDATE parts SET v = 7 WHERE id = 2", "kinds.parts id=2, at=2026-01-01: v: IDC 7 | RDS 2"),
        ("UPDATE many SET v = 'V77' WHERE seq = 77", "kinds.many tenant=0, seq=77: v: IDC 'V77' | RDS 'v77'"),
        ("DELETE FROM many WHERE seq = 6000", "kinds.many tenant=1, seq=6000: only on RDS"),
        ("UPDATE words SET w = LOWER(w) WHERE n = 52", "kinds.words w='a52': only on IDC"),
        ("INSERT INTO `empty` VALUES (5, NULL)", "kinds.empty id=5: only on IDC (id=5, v=NULL)"),
        ("UPDATE log SET n = n + 1 WHERE n = 77 LIMIT 1", "(line='line 77', n=77): 2 times on IDC, 3 times on RDS"),
    ],
    "tables again": [
        ("UPDATE customers SET note = 'x' WHERE id = 3", "note: IDC 'x' | RDS 'x '"),
        ("DELETE FROM customers WHERE id > 10", "kinds.customers id=18446744073709551614: only on RDS (id=18446744"),
        ("UPDATE orders SET placed = placed + INTERVAL 1 HOUR WHERE id = 3", "placed: IDC 2026-10-25 01:30:00"),
        ("INSERT INTO visits VALUES ('home', '2026-01-01', NULL)", "who=NULL): 3 times on IDC, 2 times on RDS"),
        ("DELETE FROM visits WHERE page IS NULL", "(page=NULL, at=NULL, who=NULL): 0 times on IDC, 2 times on RDS"),
    ],
    "without a key": [
        ("UPDATE visits SET page = 'else' WHERE page = 'home'", "who=NULL): 2 times on IDC, 0 times on RDS"),
    ],
}


@pytest.mark.parametrize("chunk_rows", [1, 700, 50_000])
def test_equal_servers_are_equal(sides: Sides, chunk_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # With tiny chunks every kind of bound is used: text, bytes, composite, unsigned.
    monkeypatch.setattr("failback.compare.chunks.MINIMUM_ROWS", 1)
    found = sides.compare(chunk_rows=chunk_rows if chunk_rows != 1 else 3)
    assert found.problems() == []
    assert found.equal
    assert {table.label for table in found.tables} >= {"kinds.types", "kinds.empty", "kinds.we`ird #1"}
    assert found.rows == sum(table.rows_aws or 0 for table in found.tables) > 15_000


@pytest.mark.parametrize("group", GROUPS)
def test_each_planted_row_is_found_and_named(sides: Sides, group: str) -> None:
    sides.plant("; ".join(sql for sql, _ in GROUPS[group]))
    found = sides.compare()
    assert not found.equal
    told = "\n".join(found.readable)
    assert [named for _, named in GROUPS[group] if named not in told] == [], told
    planted = {
        sql.replace("`we``ird", "we`ird").split()[2 if "INTO" in sql or "FROM" in sql else 1]
        for sql, _ in GROUPS[group]
    }
    assert len([table for table in found.tables if not table.equal]) <= len(planted)


def test_counts_are_exact_and_names_are_limited(sides: Sides) -> None:
    sides.plant(
        "UPDATE many SET v = 'q' WHERE seq % 2 = 0; DELETE FROM many WHERE seq > 5900; DELETE FROM log WHERE n < 9"
    )
    found = sides.compare(named=3, chunk_rows=1000)
    many, log = (next(table for table in found.tables if table.label == f"kinds.{name}") for name in ("many", "log"))
    assert (many.content, many.only_aws, many.only_idc) == (2950, 100, 0)
    assert log.only_aws == 27
    assert len(many.named) == 3
    assert "kinds.many: and 3047 more rows" in found.readable
    assert any(text.startswith("kinds.log: 27 rows differ (27 only on RDS)") for text in found.problems())


def test_a_row_on_either_side_of_everything_the_other_has_is_seen(sides: Sides) -> None:
    sides.plant(
        "INSERT INTO many VALUES (-5, -5, 'low'), (900, 900, 'high'); INSERT INTO words VALUES ('', 0), ('zzz', 1)"
    )
    found = sides.compare(chunk_rows=1000)
    for named in ("tenant=-5, seq=-5: only on IDC", "tenant=900, seq=900: only on IDC", "w='': only on IDC", "w='zzz'"):
        assert any(named in line for line in found.readable), named
