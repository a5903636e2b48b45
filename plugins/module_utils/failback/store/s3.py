"""A store in a bucket of S3, or of what speaks its protocol and knows conditional writes (If-Match, If-None-Match).

A journal is one object: it is written anew as a whole under the condition that it still is what was looked at. The
digest of what was written stands beside it (metadata `sha256`), since an ETag is the content's only sometimes.

A wrong prefix looks like an empty store, as a share does that is not mounted: so the marker is asked for here too, once
in each process.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from botocore import exceptions

from failback.store import place, s3_client
from failback.store.base import ABSENT, BULK_DEADLINE, DEADLINE, MovedErrorAt, Probe, Version
from failback.store.errors import AheadError, ForkedError, MovedError, StoreError, StoreGoneError, UnmadeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from failback.store.base import State
    from failback.store.settings import Settings

_T = TypeVar("_T")
_CHUNK = 1 << 20
_MOST = 5 << 30  # bytes that one request may write (S3 user guide, "Uploading objects")
_MOVED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Store:
    """Each file is an object below the prefix and the site's name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bucket = settings.bucket
        self._made = False
        self._root = "/".join(filter(None, (settings.prefix.strip("/"), settings.site))) + "/"

    @property
    def where(self) -> str:
        """Name the place for people."""
        return f"s3://{self._bucket}/{self._root.rstrip('/')}"

    def state(self) -> State:
        """Say whether the place was made a store."""
        return s3_client.within(self.where, DEADLINE, self._state)

    def init(self, note: bytes) -> None:
        """Leave the marker, which makes the place a store. What cannot hold a lock is not made one."""

        def make() -> None:
            self._try_conditions()
            with suppress(MovedError):
                self._put(place.MARKER, note, ABSENT, DEADLINE)

        s3_client.within(self.where, DEADLINE, make)

    def listing(self) -> Mapping[str, Version]:
        """List every file, a thousand in one exchange."""
        return self._within(BULK_DEADLINE, self._listing)

    def read(self, key: str, deadline: float = DEADLINE) -> tuple[bytes, str]:
        """Read one file and its version."""
        return self._within(deadline, lambda: self._read(key, deadline))

    def read_many(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        """Read several files, some at a time."""
        with ThreadPoolExecutor(s3_client.WORKERS) as pool:
            for key, (content, version) in zip(keys, pool.map(self._read_bulk, keys), strict=True):
                if version:
                    yield key, content, version

    def put(self, key: str, content: bytes, expect: str | None, deadline: float = DEADLINE) -> str:
        """Write a file whole. Raises MovedError."""
        return self._within(deadline, lambda: self._put(key, content, expect, deadline))

    def put_many(self, files: Iterable[tuple[str, bytes, str | None]]) -> Iterator[tuple[str, str | MovedErrorAt]]:
        """Write several files, some at a time."""

        def one(file: tuple[str, bytes, str | None]) -> tuple[str, str | MovedErrorAt]:
            try:
                return file[0], self.put(*file, deadline=BULK_DEADLINE)
            except MovedError:
                return file[0], MovedErrorAt(file[0])

        with ThreadPoolExecutor(s3_client.WORKERS) as pool:
            yield from pool.map(one, list(files))

    def extend(self, key: str, have: bytes, more: bytes, deadline: float = DEADLINE) -> str:
        """Append: look, then write the whole under the condition that it still is what was seen."""
        return self._within(deadline, lambda: self._extend(key, have, more, deadline))

    def fetch(self, key: str, target: Path) -> str:
        """Stream a file into `target`."""
        sha = hashlib.sha256()
        with self._streaming(key):
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
        with self._streaming(key):
            try:
                with source.open("rb") as stream:
                    return self._write(key, stream, digest, expect, BULK_DEADLINE)
            except exceptions.ClientError as error:
                if _code(error) not in _MOVED | _MISSING:
                    raise
        _, found, version = self._within(DEADLINE, lambda: self._look(key, DEADLINE))
        if version and found == digest:
            return version
        raise MovedError(key)

    def digests(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Read the digests anew, of what is there and not of what was noted."""
        with ThreadPoolExecutor(s3_client.WORKERS) as pool:
            return {key: digest for key, digest in zip(keys, pool.map(self._digest, keys), strict=True) if digest}

    def probe(self) -> Probe:
        """Write, read and remove an object, see that conditions are kept, and look at the clock."""
        return self._within(DEADLINE, self._try_conditions)

    def _try_conditions(self) -> Probe:
        """See that nothing is written where it must not be: every lock after the first one rests on If-Match."""
        began, clock = time.monotonic(), time.time()
        key = f".probe-{secrets.token_hex(4)}"
        first = self._put(key, b"probe", ABSENT, DEADLINE)
        try:
            with self._answering(key):
                got = self._client(DEADLINE).get_object(**self._at(key))
            self._put(key, b"changed", first, DEADLINE)
            for condition, expect in (("If-None-Match", ABSENT), ("If-Match", first)):
                try:
                    self._put(key, condition.encode(), expect, DEADLINE)
                except MovedError:
                    continue
                raise StoreError(f"{self.where} does not keep the condition {condition}: it cannot hold a lock")
        finally:
            with self._answering(key):
                self._client(DEADLINE).delete_object(**self._at(key))
        took = time.monotonic() - began
        moment = parsedate_to_datetime(got["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
        return Probe(moment + 0.5 - (clock + took / 2), took)  # the header has whole seconds

    def _state(self) -> State:
        if self._read(place.MARKER, DEADLINE)[1]:
            return "made"
        with self._answering("list"):
            found = self._client(DEADLINE).list_objects_v2(Bucket=self._bucket, Prefix=self._root, MaxKeys=1)
        return "unmarked" if found.get("KeyCount") else "empty"

    def _listing(self) -> dict[str, Version]:
        found: dict[str, Version] = {}
        with self._answering("list"):
            pages = self._client(BULK_DEADLINE).get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._root):
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(self._root)] = Version(int(one["Size"]), str(one["ETag"]))
        return {key: at for key, at in found.items() if not key.startswith(".")}

    def _read(self, key: str, deadline: float) -> tuple[bytes, str]:
        with self._answering(key):
            try:
                got = self._client(deadline).get_object(**self._at(key))
                return got["Body"].read(), str(got["ETag"])
            except exceptions.ClientError as error:
                if _code(error) in _MISSING:
                    return b"", ABSENT
                raise

    def _put(self, key: str, content: bytes, expect: str | None, deadline: float) -> str:
        digest = hashlib.sha256(content).hexdigest()
        with self._answering(key):
            try:
                return self._write(key, content, digest, expect, deadline)
            except exceptions.ClientError as error:
                if _code(error) not in _MOVED | _MISSING:
                    raise
            there, version = self._read(key, deadline)
            if version and there == content:
                return version  # it was written before, and the answer got lost
            raise MovedError(key)

    def _extend(self, key: str, have: bytes, more: bytes, deadline: float) -> str:
        size, digest, version = self._look(key, deadline)
        whole = have + more
        if size <= len(whole) and digest == hashlib.sha256(whole[:size]).hexdigest():
            if size == len(whole) and version:
                return version
            return self._put(key, whole, version, deadline)
        there, _ = self._read(key, deadline)
        if there.startswith(have):
            raise AheadError(key, there[len(have) :])
        raise ForkedError(key)

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
        digest = head["Metadata"].get("sha256") or self._digest(key)  # copied there by other means
        return int(head["ContentLength"]), str(digest), str(head["ETag"])

    def _digest(self, key: str) -> str:
        sha = hashlib.sha256()
        with self._streaming(key):
            try:
                got = self._client(BULK_DEADLINE).get_object(**self._at(key))
            except exceptions.ClientError as error:
                if _code(error) in _MISSING:
                    return ""
                raise
            for chunk in got["Body"].iter_chunks(_CHUNK):
                sha.update(chunk)
        return sha.hexdigest()

    def _read_bulk(self, key: str) -> tuple[bytes, str]:
        return self.read(key, BULK_DEADLINE)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._root + key}

    def _client(self, deadline: float) -> Any:
        return s3_client.client(self._settings, deadline)

    def _within(self, deadline: float, call: Callable[[], _T]) -> _T:
        """Carry out a call at a store that was made one, however many exchanges it takes."""

        def at_a_store() -> _T:
            if not self._made:
                self._made = bool(self._read(place.MARKER, deadline)[1])
            if not self._made:
                raise UnmadeError(self.where)
            return call()

        return s3_client.within(self.where, deadline, at_a_store)

    @contextmanager
    def _streaming(self, key: str) -> Iterator[None]:
        """Answer for a big file, which takes its time: only silence counts, and what fails late is not begun again."""
        self._within(DEADLINE, lambda: None)
        with s3_client.asking(self.where, BULK_DEADLINE), self._answering(key):
            yield

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


def _code(error: exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
