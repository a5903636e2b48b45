"""What can happen to a backup, done to a sound one: each damage with words that must name it, and what is no damage."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def cut_at_a_table(text: bytes) -> bytes:
    return text[: text.index(b"-- Table structure for table `many`")]


def error_in_the_middle(text: bytes) -> bytes:
    place = text.index(b"(15000,")
    return text[:place] + b"mysqldump: Error 2013: Lost connection to MySQL server during query\n"


def error_and_more(text: bytes) -> bytes:
    place = text.index(b"(15000,")
    line = b"mysqldump: Error 2020: Got packet bigger than 'max_allowed_packet' bytes when dumping `many` at row: 9\n"
    return text[:place] + line + text[place:]


def error_between(text: bytes) -> bytes:
    place = text.index(b"-- Table structure for table `many`")
    return text[:place] + b"ERROR 1146 (42S02): Table 'nasty.many' doesn't exist\n" + text[place:]


def latin1_bytes(text: bytes) -> bytes:
    return text.replace("한국어 텍스트".encode(), "한국어 텍스트".encode("euc_kr"))


def field_lost(text: bytes) -> bytes:
    return text.replace(b",'row 15000',", b",", 1)


def column_lost(text: bytes) -> bytes:
    """As mydumper 0.10 does with columns that have DEFAULT CURRENT_TIMESTAMP."""
    lost = b"INSERT INTO `child` (`id`) VALUES (1),(2);"
    found, count = re.subn(rb"INSERT INTO `child` VALUES [^;]*;", lost, text)
    assert count == 1
    return found


def section_lost(text: bytes) -> bytes:
    start = text.index(b"-- Dumping data for table `many`")
    return text[:start] + text[text.index(b"UNLOCK TABLES;", start) :]


def put_before_many(statement: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text.replace(b"LOCK TABLES `many`", statement + b";\nLOCK TABLES `many`", 1)


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text.replace(old, new, 1)


def views_lost(text: bytes) -> bytes:
    return text[: text.index(b"-- Final view structure")] + text[text.rindex(b"/*!40103 SET TIME_ZONE=@OLD") :]


def compacted(text: bytes) -> bytes:
    return swapped(b"-- MySQL dump", b"-- Some dump")(text)[: text.rindex(b"/*!40111 SET SQL_NOTES=@OLD")]


def many_members(text: bytes) -> bytes:
    return b"".join(gzip.compress(text[low : low + 700_001], 1) for low in range(0, len(text), 700_001))


def twice_packed(text: bytes) -> bytes:
    return gzip.compress(gzip.compress(text, 1), 1)


def flipped(text: bytes) -> bytes:
    packed = bytearray(gzip.compress(text, 1))
    packed[len(packed) // 2] ^= 0xFF
    return bytes(packed)


def zstd_flipped(text: bytes) -> bytes:
    packed = bytearray(zstandard.ZstdCompressor(level=1, write_checksum=True).compress(text))
    packed[len(packed) // 2] ^= 0xFF
    return bytes(packed)


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "is empty"),
    "packed-empty": (lambda _: gzip.compress(b""), "unpacks to nothing"),
    "cut-in-a-row": (lambda t: t[: len(t) * 3 // 5], "cut short"),
    "cut-at-a-table": (cut_at_a_table, "no line '-- Dump completed'"),
    "cut-at-a-table-in-sound-gzip": (lambda t: gzip.compress(cut_at_a_table(t), 1), "no line '-- Dump completed'"),
    "cut-before-the-trailer": (lambda t: t[: t.rindex(b"-- Dump completed")], "no line '-- Dump completed'"),
    "gzip-cut": (lambda t: gzip.compress(t, 1)[:-9], "gzip data is cut short"),
    "gzip-flipped": (flipped, "gzip data is damaged"),
    "gzip-and-rubbish": (lambda t: gzip.compress(t, 1) + b"mysqldump: Got error", "is no gzip"),
    "gzip-in-gzip": (twice_packed, "gzip within gzip"),
    "zstd-cut": (lambda t: zstandard.compress(t)[:-5], "zstd data is cut short"),
    "zstd-flipped": (zstd_flipped, "zstd data is damaged"),
    "error-at-the-end": (error_in_the_middle, "an error message ends the statement"),
    "error-in-the-rows": (error_and_more, "error message stands among the rows of nasty.many"),
    "error-between": (error_between, "an error message stands in it"),
    "error-only": (lambda _: b"mysqldump: Got error: 1045: Access denied for user\n", "is no dump of a known kind"),
    "no-utf8": (latin1_bytes, "no UTF-8"),
    "utf16": (lambda t: t.decode("utf-8", "replace").encode("utf-16"), "UTF-16"),
    "field-lost": (field_lost, "not every one has 4 fields"),
    "column-lost": (column_lost, "the rows of nasty.child lack the column p: its values were not dumped"),
    "section-lost": (section_lost, "section with the rows of nasty.many is missing"),
    "drops-another": (put_before_many(b"DROP DATABASE `hr`"), "drops the database hr"),
    "uses-another": (put_before_many(b"USE `hr`"), "hr"),
    "other-database": (swapped(b"Database: nasty", b"Database: hr"), "has no table of the database nasty"),
    "newer-server": (swapped(b"-- Server version\t9.7", b"-- Server version\t10.1"), "was made on MySQL 10.1"),
    "mariadb": (swapped(b"version\t9.7.4", b"version\t11.4.2-MariaDB"), "MariaDB"),
    "no-create": (swapped(b"CREATE TABLE `many`", b"CREATE TABLE `money`"), "does not create that table"),
    "view-lost": (views_lost, "stand-in for the view"),
    "xz": (lambda _: b"\xfd7zXZ\x00" + b"x" * 100, "packed with xz"),
    "not-a-dump": (lambda _: b"<html>404 Not Found</html>\n" * 10, "no dump of a known kind"),
    "compact": (compacted, "that it is whole"),
}  # fmt: skip


WELL: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda t: t,
    "gzip of several members": many_members,
    "gzip padded with zeros": lambda t: gzip.compress(t, 1) + bytes(4096),
    "zstd of several frames": lambda t: zstandard.compress(t[:999]) + zstandard.compress(t[999:]),
    "a warning about the password first": lambda t: b"mysqldump: [Warning] Using a password can be insecure.\n" + t,
    "two dumps behind each other": lambda t: t + t.replace(b"Database: nasty", b"Database: other", 1),
}  # fmt: skip


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str, keep: float) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        raw = (folder / name).read_bytes()
        (folder / name).write_bytes(raw[: int(len(raw) * keep)])

    return act


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        raw = (folder / name).read_bytes()
        assert old in raw
        (folder / name).write_bytes(raw.replace(old, new))

    return act


def repacked(name: str) -> Callable[[Path], None]:
    """Lose the last rows, at the end of a row, inside sound packing."""

    def act(folder: Path) -> None:
        text = zstandard.decompress((folder / name).read_bytes(), max_output_size=1 << 26)
        (folder / name).write_bytes(zstandard.compress(text[: text.rindex(b"\n", 0, -200) + 1]))

    return act


DIRECTORY_DAMAGES: list[tuple[str, Callable[[Path], None], str]] = [
    ("tab", remove("many.txt"), "file with the rows of nasty.many is missing"),
    ("tab", remove("many.sql"), "definition of its table is missing"),
    ("tab", cut("many.txt", 0.5), "cut in the middle of a row"),
    ("tab", cut("texts.sql", 0.4), "texts.sql"),
    ("tab", replaced("many.txt", b"\trow 15000\t", b"\t"), "do not all have 4 fields"),
    ("mydumper", remove("metadata"), "but no metadata"),
    ("mydumper", replaced("metadata", b"Finished dump", b"Finally"), "does not say that the dump was finished"),
    ("mydumper", remove("nasty.many.00001.sql"), "chunk 00001 is missing"),
    ("mydumper", cut("nasty.many.00001.sql", 0), "holds no rows"),
    ("mydumper", cut("nasty.many.00001.sql", 0.5), "cut short"),
    ("mydumper", remove("nasty.many-schema.sql"), "does not create that table"),
    ("shell", remove("@.done.json"), "@.done.json: is missing"),
    ("shell", remove("@.json"), "not @.json"),
    ("shell", remove("nasty@many@0.tsv.zst"), "is missing"),
    ("shell", remove("nasty@many@@2.tsv.zst"), "has no last chunk"),
    ("shell", cut("nasty@many@1.tsv.zst", 0), "holds 0 bytes of text"),
    ("shell", cut("nasty@many@1.tsv.zst", 0.5), "zstd data is"),
    ("shell", repacked("nasty@many@1.tsv.zst"), "its files hold"),
    ("shell", cut("nasty@many@1.tsv.zst.idx", 0.5), "cut short"),
    ("shell", remove("nasty@many.json"), "nasty@many.json: is missing"),
    ("shell", replaced("@.json", b'"version": "2.0.1"', b'"version": "3.0.0"'), "newer than known"),
    ("shell", replaced("nasty.json", b"}", b""), "is no JSON"),
]
