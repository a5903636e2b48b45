"""A source in S3 is looked at as any other: well, encrypted, damaged, gone, and with credentials that are refused."""

from __future__ import annotations

import gzip
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from test_check_encrypted import Safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chains import Past
    from look_at import Looked

SHOP = {"db_schemas": ["shop"]}


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[tuple[Any, dict[str, str]]]:
    """A client for the empty bucket ``backups``, and the site's settings for it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    # All such servers of one process hold the same things: another test may have made the bucket.
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()  # noqa: S310 - ours
    (tmp_path / "credentials").write_text("[test]\naws_access_key_id = a\naws_secret_access_key = b\n")
    (tmp_path / "credentials").chmod(0o600)
    region = "ap-northeast-2"
    client = boto3.client("s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b", region_name=region)
    client.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": region})
    credentials = str(tmp_path / "credentials")
    yield client, {"region": region, "endpoint_url": url, "credentials_file": credentials, "profile": "test"}
    server.stop()


def test_a_source_in_s3(
    past: Past, check: Callable[..., Looked], bucket: tuple[Any, dict[str, str]], tmp_path: Path
) -> None:
    client, s3 = bucket
    safe = Safe("gpg", tmp_path / "safe")
    packed = gzip.compress(past.new.read_bytes())
    client.put_object(Bucket="backups", Key="plain/shop.sql.gz", Body=packed)
    client.put_object(
        Bucket="backups", Key="safe/shop.sql.gz.gpg", Body=safe.encrypt(packed, tmp_path / "s").read_bytes()
    )
    client.put_object(Bucket="backups", Key="cut/shop.sql.gz", Body=packed[:-20])
    sources = [{"name": name, "url": f"s3://backups/{name}"} for name in ("gone", "cut", "safe", "plain")]
    found = check(sources, backup_s3=s3, backup_decrypt=safe.decrypt(), **SHOP)
    assert found.keys("blocker", "warning") == {"backup:gone:missing", "backup:cut:damaged"}
    assert found.result["after"]["name"] == "safe"
    assert found.source("safe")["rows"] == found.source("plain")["rows"] == 6010
    nobody = check(sources, backup_s3={**s3, "credentials_file": str(tmp_path / "none")}, **SHOP)
    assert len(nobody.keys("blocker")) == 4
