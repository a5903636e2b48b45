"""What a file was encrypted with, by its first bytes; and that text and packed data are never taken for it."""

from __future__ import annotations

import gzip

import pytest
import zstandard
from failback.errors import ConfigError
from failback.restore.encrypted import checked, encryption, plain_name

HEADS = {
    "age": [b"age-encryption.org/v1\n-> X25519 ", b"-----BEGIN AGE ENCRYPTED FILE-----\n"],
    "openssl": [b"Salted__\x01\x02\x03\x04\x05\x06\x07\x08", b"U2FsdGVkX1+abc"],
    "gpg": [
        b"-----BEGIN PGP MESSAGE-----\n",
        b"\x8c\x0d\x04\x09\x03\x08rest",  # gpg -c: a password, version 4
        b"\xc3\x0d\x04\x09\x03\x08rest",
        b"\x85\x01\x0c\x03\x01\x02rest",  # gpg -e: a key, version 3
        b"\x84\x5e\x03\x01\x02rest",
        b"\xc1\xc0\x4c\x03\x01\x02rest",
    ],
    "": [
        b"",
        b"-- MySQL dump 10.13",
        gzip.compress(b"x", mtime=0),
        zstandard.compress(b"x"),
        "é a French word in a file of rows".encode(),
        "Ã£".encode() * 20,
        b"\x85 an ellipsis in cp1252",
        b"\x8c\x8c\x8c\x8c\x8c\x8c",
        b"\xc3\xa9\n",
        b"{}",
    ],
}


@pytest.mark.parametrize(("tool", "head"), [(tool, head) for tool, heads in HEADS.items() for head in heads])
def test_it_is_told_by_content(tool: str, head: bytes) -> None:
    assert encryption(head) == tool


def test_names_lose_the_ending_of_their_encryption_only() -> None:
    assert plain_name("shop.sql.gz.age") == "shop.sql.gz"
    assert plain_name("@.json.GPG") == "@.json"
    assert plain_name("shop.sql.gz") == "shop.sql.gz"
    assert plain_name(".age") == ".age"
    assert plain_name("") == ""


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"pgp": {}}, "backup_decrypt.pgp is not known; there are age, gpg, openssl"),
        ({"gpg": "secret"}, "each a mapping"),
        ({"age": {"password": "x"}}, "backup_decrypt.age.password is not known; age takes key_file"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        checked(keys)
