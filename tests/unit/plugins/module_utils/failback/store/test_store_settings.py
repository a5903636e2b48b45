"""A store is named by a mapping or a URL; what makes no sense is named, and no secret is part of it."""

from __future__ import annotations

import pytest
from failback.errors import ConfigError
from failback.store import of_mapping, of_url


def test_a_url_says_what_a_mapping_says() -> None:
    by_url = of_url("ssh://ops@ops1.example.org:2222/srv/rr?key_file=/k&known_hosts_file=/h", "shop")
    told = {"kind": "ssh", "host": "ops1.example.org", "port": 2222, "user": "ops", "directory": "/srv/rr"}
    assert by_url == of_mapping(told | {"key_file": "/k", "known_hosts_file": "/h"}, "shop")
    by_url = of_url("s3://rr-records/a/b?region=eu-west-1&credentials_file=/c", "shop")
    told = {"kind": "s3", "bucket": "rr-records", "prefix": "a/b", "region": "eu-west-1", "credentials_file": "/c"}
    assert by_url == of_mapping(told, "shop")
    assert of_url("file:///srv/rr", "shop") == of_mapping({"kind": "directory", "directory": "/srv/rr"}, "shop")


def test_a_directory_below_the_logins_home() -> None:
    assert of_url("ssh://ops1/~/rr", "shop").directory == "~/rr"


def test_what_a_marker_keeps_opens_the_same_store() -> None:
    first = of_url("ssh://ops@ops1:2222/srv/rr", "shop")
    assert of_mapping(first.as_dict(), "shop") == first


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "site_store.kind is missing"),
        ({"kind": "ftp"}, "must be one of directory, ssh, s3"),
        ({"kind": "ssh", "host": "a"}, "site_store.directory is missing"),
        ({"kind": "s3"}, "site_store.bucket is missing"),
        ({"kind": "s3", "bucket": "b", "host": "a"}, "site_store.host means nothing"),
        ({"kind": "ssh", "host": "a", "directory": "/d", "port": "ssh"}, "from 1 to 65535"),
        ({"kind": "ssh", "host": "a", "directory": "/d", "port": 70000}, "from 1 to 65535"),
    ],
)
def test_a_mapping_that_is_no_store_is_refused(said: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        of_mapping(said, "shop")


@pytest.mark.parametrize("url", ["ops1:/srv/rr", "http://a/b", ""])
def test_a_url_that_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="must begin with ssh://, s3:// or file://"):
        of_url(url, "shop")


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        of_url("ssh://ops:hunter2@ops1/srv", "shop")
    assert "hunter2" not in str(caught.value)


def test_rr_home_itself_is_no_store() -> None:
    assert not of_mapping({"kind": "directory"}, "shop").elsewhere
    assert of_mapping({"kind": "directory", "directory": "/mnt/rr"}, "shop").elsewhere
