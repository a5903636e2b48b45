from __future__ import annotations

import pytest
from failback.compare.definition_diff import definition_differences
from failback.compare.definitions import Definition
from failback.compare.grant_diff import grant_differences, grant_facts
from failback.compare.program_text import normal_body
from failback.compare.table_text import pieces
from failback.errors import FailbackError

CREATE = """CREATE TABLE `orders` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `cust``omer` bigint unsigned DEFAULT NULL,
  `ok` tinyint(1) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`ok`,`id` DESC),
  KEY `f` ((upper(`id`))),
  FULLTEXT KEY `ft` (`ok`),
  CONSTRAINT `fk` FOREIGN KEY (`cust``omer`) REFERENCES `customers` (`id`) ON DELETE CASCADE,
  CONSTRAINT `chk` CHECK ((`id` > 0))
) ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4 COMMENT='a AUTO_INCREMENT=5 b'
/*!50100 PARTITION BY HASH (`id`)
PARTITIONS 4 */"""


def table(create: str, name: str = "shop.orders") -> dict[tuple[str, str], Definition]:
    return {("table", name): Definition("table", name, pieces(create))}


def told(left: str, right: str) -> list[str]:
    return [entry.text for entry in definition_differences(table(left), table(right))]


def test_every_piece_has_its_name() -> None:
    found = pieces(CREATE)
    assert {key for key in found if key[0] in {"index", "foreign key", "check"}} == {
        ("index", "PRIMARY"),
        ("index", "u"),
        ("index", "f"),
        ("index", "ft"),
        ("foreign key", "fk"),
        ("check", "chk"),
    }
    assert found["column order", ""] == "id, cust`omer, ok"
    assert found["column", "id"] == "`id` int NOT NULL AUTO_INCREMENT"
    assert found["column", "ok"] == "`ok` tinyint(1) DEFAULT NULL"
    assert found["partitions", ""] == "/*!50100 PARTITION BY HASH (`id`) PARTITIONS 4 */"


def test_the_counter_and_the_order_of_indexes_say_nothing() -> None:
    other = CREATE.replace(" AUTO_INCREMENT=17", "").replace("int(11)", "int")
    unique, functional = "  UNIQUE KEY `u` (`ok`,`id` DESC),\n", "  KEY `f` ((upper(`id`))),\n"
    assert told(CREATE, other.replace(unique + functional, functional + unique)) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  UNIQUE KEY `u` (`ok`,`id` DESC),\n", "", "index u exists only on IDC"),
        ("`id` DESC", "`id`", "index u differs: IDC UNIQUE KEY `u` (`ok`,`id` DESC) | RDS UNIQUE KEY `u` (`ok`,`id`)"),
        ("ON DELETE CASCADE", "ON DELETE SET NULL", "foreign key fk differs"),
        ("(`id` > 0)", "(`id` > 1)", "check chk differs"),
        ("PARTITIONS 4", "PARTITIONS 8", "partitions differs"),
        ("tinyint(1)", "tinyint(1) /*!80023 INVISIBLE */", "column ok differs"),
        ("a AUTO", "b AUTO", "options differs"),
        ("  KEY `f`", "  KEY `f2`", "index f exists only on IDC"),
        ("  FULLTEXT KEY `ft` (`ok`),\n", "  SOMETHING NEW,\n", "definition SOMETHING NEW exists only on RDS"),
    ],
)
def test_a_changed_piece_is_named(old: str, new: str, sentence: str) -> None:
    assert any(f"table shop.orders: {sentence}" in text for text in told(CREATE, CREATE.replace(old, new)))


def test_another_order_of_columns_is_a_difference() -> None:
    ok, customer = "  `ok` tinyint(1) DEFAULT NULL,\n", "  `cust``omer` bigint unsigned DEFAULT NULL,\n"
    assert told(CREATE, CREATE.replace(customer + ok, ok + customer)) == [
        "table shop.orders has its columns in another order"
    ]


def test_one_side_only() -> None:
    assert [entry.text for entry in definition_differences(table(CREATE), {})] == [
        "table shop.orders exists only on IDC"
    ]


def test_what_a_session_set_is_told_and_not_held_against_a_side() -> None:
    def event(status: str, body: str) -> dict[tuple[str, str], Definition]:
        parts = {("status", ""): status, ("body", ""): body}
        return {("event", "shop.e"): Definition("event", "shop.e", parts)}

    (status,) = definition_differences(event("ENABLED", "DO 1"), event("DISABLED", "DO 1"))
    assert not status.serious
    (body,) = definition_differences(event("ENABLED", "DO 1"), event("ENABLED", "DO 2"))
    assert body.serious
    assert body.text == "event shop.e: body differs: IDC DO 1 | RDS DO 2"


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("BEGIN\n SET a = 1;\nEND", "BEGIN\n SET a = 1; \nEND;", True),
        ("SET a=1", "SET a = 1", True),
        ("SELECT a b", "SELECT ab", False),
        ("SELECT 'a  b'", "SELECT 'a b'", False),
        ("SELECT 'it''s  x'", "SELECT 'it''s x'", False),
        ("-- one\nSET a = 1", "-- one \n  SET a = 1", True),
        ("-- one\nSET a = 1", "-- one SET a = 1", False),
        ("SELECT 1 -- 2", "SELECT 1 - -2", False),
        ("SELECT `a b`", "SELECT `ab`", False),
        ("가 나", "가나", False),
    ],
)
def test_layout_is_not_the_program(left: str, right: str, same: bool) -> None:  # noqa: FBT001 - a table of cases
    assert (normal_body(left) == normal_body(right)) is same


def test_one_changed_grant_is_named() -> None:
    idc = {
        "'app'@'%'": [
            "GRANT USAGE ON *.* TO `app`@`%`",
            "GRANT SELECT, INSERT, UPDATE (`b`, `a`) ON `shop`.* TO `app`@`%` WITH GRANT OPTION",
            "GRANT `reader`@`%` TO `app`@`%`",
        ]
    }
    aws = {
        "'app'@'%'": [
            "GRANT INSERT, UPDATE (`a`), UPDATE (`b`) ON `shop`.* TO 'app'@'%' WITH GRANT OPTION",
            "GRANT `reader`@`%` TO `app`@`%`",
        ]
    }
    assert grant_differences(idc, aws) == ["account 'app'@'%': SELECT on `shop`.* only on IDC"]
    assert grant_differences(idc, {}) == ["account 'app'@'%' exists only on IDC"]


def test_grants_are_facts_whatever_their_order() -> None:
    assert grant_facts(["GRANT SELECT, INSERT ON *.* TO a@b"]) == grant_facts(
        ["GRANT INSERT ON *.* TO a@b", "GRANT SELECT ON *.* TO a@b"]
    )
    assert grant_facts(["REVOKE SELECT ON `s`.* FROM a@b"]) == {"not SELECT on `s`.*"}
    assert grant_facts(["GRANT PROXY ON ``@`` TO `root`@`%` WITH GRANT OPTION"])
    with pytest.raises(FailbackError, match="not a line of SHOW GRANTS"):
        grant_facts(["what is this"])
