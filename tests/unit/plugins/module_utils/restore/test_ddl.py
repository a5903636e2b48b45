"""Taking CREATE TABLE apart: nothing in quotes or comments may mislead it."""

from __future__ import annotations

import pytest
from failback.errors import DamagedError, RefusedError
from failback.restore import definitions
from failback.restore.ddl import split
from failback.restore.ddl_tokens import text_of, tokens
from hypothesis import given
from hypothesis import strategies as st

NASTY = """CREATE TABLE `t,(``x` (
  `id` bigint NOT NULL AUTO_INCREMENT COMMENT 'KEY `x` (`y`), \\' ) '';--',
  `a` varchar(10) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'a,b)(', -- KEY `no` (`a`),
  `j` json /*!80023 INVISIBLE */ /* , KEY `neither` (`j`) */,
  `g` int GENERATED ALWAYS AS (json_extract(`j`,_utf8mb4'$.a,b')) VIRTUAL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`a`(3)),
  KEY `k)` (`id`,`a`) USING BTREE COMMENT 'x, y',
  KEY `mv` ((cast(json_extract(`j`,_utf8mb4'$[*]') as char(20) array))),
  FULLTEXT KEY `ft` (`a`) /*!50100 WITH PARSER `ngram` */ ,
  CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `s`.`p` (`b`) ON DELETE CASCADE,
  CONSTRAINT `c1` CHECK ((`a` <> _utf8mb4'(,)')) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COMMENT='ENGINE=MyISAM, `(`'
/*!50100 PARTITION BY RANGE (`id`)
(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */;"""


def create(*elements: str, tail: str = "ENGINE=InnoDB") -> str:
    return "CREATE TABLE t (" + ", ".join(elements) + ") " + tail


def test_nothing_in_quotes_or_comments_misleads() -> None:
    parts = split(NASTY)
    assert [index.name for index in parts.indexes] == ["u", "k)", "mv", "ft"]
    assert [index.kind for index in parts.indexes] == ["unique", "plain", "plain", "fulltext"]
    assert parts.indexes[3].clause.endswith("WITH PARSER `ngram` */")
    assert [key.name for key in parts.foreign_keys] == ["fk"]
    assert parts.columns == ("id", "a", "j", "g")
    assert parts.engine == "INNODB"
    assert parts.charsets == {"latin1", "utf8mb4"}
    for word in ("PRIMARY KEY", "NOT ENFORCED */", "INVISIBLE", "PARTITION p1", "'x, y'"):
        assert (word in parts.bare) == (word != "'x, y'"), word


@pytest.mark.parametrize(
    ("elements", "kept"),
    [
        (("id int AUTO_INCREMENT", "x int", "PRIMARY KEY (id)", "KEY a (x)"), []),
        (("id int AUTO_INCREMENT", "x int", "PRIMARY KEY (x, id)", "KEY b (x)", "KEY a (id)", "KEY c (x)"), ["b", "a"]),
        (("id int AUTO_INCREMENT", "x int", "UNIQUE KEY u (x)", "KEY a (id)"), ["a"]),
        (("a int NOT NULL", "b int", "UNIQUE u (a, b)", "UNIQUE INDEX v (a)", "UNIQUE KEY w (a)"), ["v"]),
        (("a varchar(9) NOT NULL", "UNIQUE KEY u (a(3))", "KEY k (a)"), []),
        (("a int PRIMARY KEY", "b int NOT NULL", "UNIQUE KEY u (b)"), []),
        (("a int", "KEY (a)", "INDEX k USING BTREE (a)", "INDEX USING BTREE (a)"), ["", ""]),
        (("a int", "CONSTRAINT named UNIQUE (a)"), []),
    ],
)
def test_keys_that_must_stand_before_the_rows_stay(elements: tuple[str, ...], kept: list[str]) -> None:
    assert list(split(create(*elements)).kept) == kept


def test_other_engines_keep_all_their_keys() -> None:
    parts = split(create("a int", "KEY k (a)", tail="ENGINE = MyISAM"))
    assert (parts.indexes, parts.kept, parts.transactional) == ((), ("k",), False)


def test_a_foreign_key_without_a_name_stays_in_the_table() -> None:
    parts = split(create("a int", "FOREIGN KEY (a) REFERENCES p (id)", "CONSTRAINT FOREIGN KEY (a) REFERENCES p (id)"))
    assert parts.foreign_keys == ()
    assert parts.bare.count("FOREIGN KEY") == 2


@pytest.mark.parametrize("text", ["CREATE TABLE t (a int", "CREATE TABLE t (a varchar(3) DEFAULT 'x)", "DROP TABLE t"])
def test_a_statement_that_is_not_whole_is_damage(text: str) -> None:
    with pytest.raises(DamagedError):
        split(text)


@pytest.mark.parametrize("text", ["CREATE TABLE t LIKE u", "CREATE TABLE t (LIKE u)"])
def test_what_no_dump_writes_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        split(text)


@given(st.text(alphabet="ab `'\"\\,()/*!5-#\n.", max_size=60))
def test_tokens_joined_again_are_the_text(text: str) -> None:
    try:
        found = tokens(text)
    except DamagedError:
        return
    assert "".join(item.text for item in found) == text
    assert text_of(found) == text.strip()


def test_definitions_that_say_the_same_are_equal() -> None:
    first = "CREATE TABLE `t` (\n  `a` varchar(3) COLLATE utf8mb4_bin\n) ENGINE=InnoDB AUTO_INCREMENT=7 CHARSET=utf8mb4"
    second = (
        "CREATE TABLE `t` (`a` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) ENGINE=InnoDB CHARSET=utf8mb4;"
    )
    assert definitions.levelled(first) == definitions.levelled(second)
    assert definitions.levelled(first) != definitions.levelled(first.replace("(3)", "(4)"))


def test_what_is_missing_is_named() -> None:
    wanted = split(create("a int", "b int", "KEY k (a)", "CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)"))
    there = split(create("a int", tail="ENGINE=MyISAM"))
    assert definitions.compare(wanted, there) == [
        "columns missing: b",
        "indexes missing: k",
        "foreign keys missing: f",
        "engine MYISAM instead of INNODB",
    ]
