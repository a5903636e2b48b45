"""A store in a bucket of S3, or of what speaks its protocol and knows conditional writes (If-Match, If-None-Match).

A journal is one object: it is written anew as a whole under the condition that it still is what was looked at. The
digest of what was written stands beside it (metadata `sha256`), since an ETag is the content's only sometimes.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import exceptions
from botocore.config import Config

from failback.errors import ConfigError
from failback.store import place
from failback.store.base import ABSENT, BULK_DEADLINE, DEADLINE, MovedErrorAt, Probe, Version
from failback.store.errors import AheadError, ForkedError, MovedError, StoreError, StoreGoneError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from failback.store.settings import Settings

_CONNECT = 2.0  # seconds
_WORKERS = 8
_CHUNK = 1 << 20
_MOST = 5 << 30  # bytes that one request may write (S3 user guide, "Uploading objects")
_MOVED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Store:
    """Each file is an object below the prefix and the site's name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bucket = settings.bucket
        self._root = "/".join(filter(None, (settings.prefix.strip("/"), settings.site))) + "/"

    @property
    def where(self) -> str:
        """Name the place for people."""
        return f"s3://{self._bucket}/{self._root.rstrip('/')}"

    def listing(self) -> Mapping[str, Version]:
        """List every file, a thousand in one exchange."""
        found: dict[str, Version] = {}
        with self._answering("list"):
            pages = self._client(BULK_DEADLINE).get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._root):
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(self._root)] = Version(int(one["Size"]), str(one["ETag"]))
        return found

    def read(self, key: str, deadline: float = DEADLINE) -> tuple[bytes, str]:
        """Read one file and its version."""
        with self._answering(key):
            try:
                got = self._client(deadline).get_object(**self._at(key))
                return got["Body"].read(), str(got["ETag"])
            except exceptions.ClientError as error:
                if _code(error) in _MISSING:
                    return b"", ABSENT
                raise

    def read_many(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        """Read several files, some at a time."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            for key, (content, version) in zip(keys, pool.map(self._read_bulk, keys), strict=True):
                if version:
                    yield key, content, version

    def put(self, key: str, content: bytes, expect: str | None, deadline: float = DEADLINE) -> str:
        """Write a file whole. Raises MovedError."""
        digest = hashlib.sha256(content).hexdigest()
        with self._answering(key):
            try:
                return self._write(key, content, digest, expect, deadline)
            except exceptions.ClientError as error:
                if _code(error) not in _MOVED | _MISSING:
                    raise
            there, version = self.read(key, deadline)
            if version and there == content:
                return version  # it was written before, and the answer got lost
            raise MovedError(key)

    def put_many(self, files: Iterable[tuple[str, bytes, str | None]]) -> Iterator[tuple[str, str | MovedErrorAt]]:
        """Write several files, some at a time."""

        def one(file: tuple[str, bytes, str | None]) -> tuple[str, str | MovedErrorAt]:
            try:
                return file[0], self.put(*file, deadline=BULK_DEADLINE)
            except MovedError:
                return file[0], MovedErrorAt(file[0])

        with ThreadPoolExecutor(_WORKERS) as pool:
            yield from pool.map(one, list(files))

    def extend(self, key: str, have: bytes, more: bytes, deadline: float = DEADLINE) -> str:
        """Append: look, then write the whole under the condition that it still is what was seen."""
        size, digest, version = self._look(key, deadline)
        whole = have + more
        if size <= len(whole) and digest == hashlib.sha256(whole[:size]).hexdigest():
            if size == len(whole) and version:
                return version
            return self.put(key, whole, version, deadline)
        there, _ = self.read(key, deadline)
        if there.startswith(have):
            raise AheadError(key, there[len(have) :])
        raise ForkedError(key)

    def fetch(self, key: str, target: Path) -> str:
        """Stream a file into `target`."""
        sha = hashlib.sha256()
        with self._answering(key):
            got = self._client(BULK_DEADLINE).get_object(**self._at(key))
            with target.open("wb") as stream:
                for chunk in got["Body"].iter_chunks(_CHUNK):
                    sha.update(chunk)
                    stream.write(chunk)
        if got["Metadata"].get("sha256") not in {None, sha.hexdigest()}:
            raise StoreError(f"{key} did not arrive whole from {self.where}: run it again")
        return str(got["ETag"])

    def send(self, key: str, source: Path, digest: str, expect: str | None) -> str:
        """Stream a file there; S3 compares its digest before it takes it, and so do we: not every stand-in does."""
        if place.digest_of(source) != digest:
            raise StoreError(f"{source} changed while it was brought to {self.where}: run it again")
        if source.stat().st_size > _MOST:
            raise StoreError(f"{source} is larger than S3 takes in one piece (5 GiB): copy it by hand")
        with self._answering(key):
            try:
                with source.open("rb") as stream:
                    return self._write(key, stream, digest, expect, BULK_DEADLINE)
            except exceptions.ClientError as error:
                if _code(error) not in _MOVED | _MISSING:
                    raise
            _, found, version = self._look(key, DEADLINE)
            if version and found == digest:
                return version
            raise MovedError(key)

    def digests(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Read the digests anew, of what is there and not of what was noted."""

        def one(key: str) -> tuple[str, str]:
            sha = hashlib.sha256()
            with self._answering(key):
                try:
                    got = self._client(BULK_DEADLINE).get_object(**self._at(key))
                except exceptions.ClientError as error:
                    if _code(error) in _MISSING:
                        return key, ""
                    raise
                for chunk in got["Body"].iter_chunks(_CHUNK):
                    sha.update(chunk)
            return key, sha.hexdigest()

        with ThreadPoolExecutor(_WORKERS) as pool:
            return {key: digest for key, digest in pool.map(one, keys) if digest}

    def probe(self) -> Probe:
        """Write, read and remove an object, see that conditions are kept, and look at the clock."""
        began, clock = time.monotonic(), time.time()
        key = f".probe-{secrets.token_hex(4)}"
        self.put(key, b"probe", ABSENT)
        try:
            with self._answering(key):
                got = self._client(DEADLINE).get_object(**self._at(key))
            try:
                self.put(key, b"other", ABSENT)
            except MovedError:
                pass
            else:
                raise StoreError(f"{self.where} does not keep the condition If-None-Match: it cannot hold a lock")
        finally:
            with self._answering(key):
                self._client(DEADLINE).delete_object(**self._at(key))
        took = time.monotonic() - began
        moment = parsedate_to_datetime(got["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
        return Probe(moment + 0.5 - (clock + took / 2), took)  # the header has whole seconds

    def _write(self, key: str, body: Any, digest: str, expect: str | None, deadline: float) -> str:
        condition = {} if expect is None else {"IfMatch": expect} if expect else {"IfNoneMatch": "*"}
        told = {"Metadata": {"sha256": digest}, "ChecksumSHA256": base64.b64encode(bytes.fromhex(digest)).decode()}
        return str(self._client(deadline).put_object(**self._at(key), Body=body, **told, **condition)["ETag"])

    def _look(self, key: str, deadline: float) -> tuple[int, str, str]:
        with self._answering(key):
            try:
                head = self._client(deadline).head_object(**self._at(key))
            except exceptions.ClientError as error:
                if _code(error) in _MISSING:
                    return 0, hashlib.sha256(b"").hexdigest(), ABSENT
                raise
        digest = head["Metadata"].get("sha256") or self.digests([key]).get(key, "")  # copied there by other means
        return int(head["ContentLength"]), str(digest), str(head["ETag"])

    def _read_bulk(self, key: str) -> tuple[bytes, str]:
        return self.read(key, BULK_DEADLINE)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._root + key}

    def _client(self, deadline: float) -> Any:
        return _client(self._settings, deadline)

    @cached_property
    def _whose(self) -> str:
        return self._settings.credentials_file or self._settings.profile or "the environment"

    @contextmanager
    def _answering(self, key: str) -> Iterator[None]:
        try:
            yield
        except exceptions.ClientError as error:
            raise StoreError(f"the store {self.where} said no to {key}: {error}") from error
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
            raise StoreError(f"the store {self.where} cannot be asked: {error} (looked in {self._whose})") from error
        except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
            raise StoreGoneError(f"the store {self.where} does not answer: {error}") from error
        except exceptions.BotoCoreError as error:
            raise StoreError(f"the store {self.where} cannot be asked: {error}") from error


@lru_cache(maxsize=4)
def _client(settings: Settings, deadline: float) -> Any:
    """Make a client once for this process and those forked from it before it was used."""
    session = botocore.session.Session(profile=settings.profile or None)
    if settings.credentials_file:
        path = Path(settings.credentials_file).expanduser()
        if not path.is_file():
            raise ConfigError(f"the AWS credentials file {path} is not there: correct site_store.credentials_file")
        session.set_config_variable("credentials_file", str(path))
    config = Config(
        connect_timeout=_CONNECT,
        read_timeout=deadline,
        retries={"total_max_attempts": 2, "mode": "standard"},
        max_pool_connections=_WORKERS,
        s3={"addressing_style": "path"} if settings.endpoint_url else None,
    )
    try:
        return session.create_client(
            "s3", region_name=settings.region, endpoint_url=settings.endpoint_url or None, config=config
        )
    except exceptions.BotoCoreError as error:
        raise ConfigError(f"no S3 client: {error}: correct site_store") from error


def _code(error: exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
