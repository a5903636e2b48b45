"""A backup in S3: one object, or all objects under a prefix, read by ranges."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from failback import aws
from failback.errors import DamagedError
from failback.restore.model import Entry
from failback.restore.source_reader import ResumingReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO


@dataclass
class S3Source:
    """Objects under ``prefix``; where the prefix itself is an object's key, that object alone."""

    url: str
    bucket: str
    prefix: str
    settings: Mapping[str, object]
    _client: Any = field(default=None, repr=False)
    _seen: dict[str, Entry] = field(default_factory=dict, repr=False)

    def entries(self) -> Sequence[Entry]:
        """List every object. Raises UnreachableError, FailbackError, DamagedError when there is none."""
        folder = f"{self.prefix}/" if self.prefix else ""
        with aws.answering(f"list {self.url}"):
            pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
            found = [item for page in pages for item in page.get("Contents", [])]
        single = [item for item in found if item["Key"] == self.prefix and self.prefix]
        under = [item for item in found if item["Key"].startswith(folder) and not item["Key"].endswith("/")]
        chosen = single or under
        if not chosen:
            raise DamagedError(f"there is no backup at {self.url}: correct the URL, or use another source")
        listed = [
            Entry(
                "" if single else item["Key"][len(folder) :],
                int(item["Size"]),
                f"{item['ETag']} {item['LastModified'].isoformat()}",
            )
            for item in chosen
        ]
        self._seen = {entry.name: entry for entry in listed}
        return sorted(listed, key=lambda entry: entry.name)

    def open(self, name: str, offset: int = 0) -> BinaryIO:
        """Open one object; goes on from the byte reached where the connection breaks."""
        if name not in self._seen:
            self.entries()
        if name not in self._seen:
            raise DamagedError(f"{name} is no longer at {self.url}: list the backup again")
        entry = self._seen[name]
        key = f"{self.prefix}/{name}".lstrip("/") if name else self.prefix
        tag = entry.stamp.split(" ", 1)[0]

        def start(at: int) -> _Body:
            with aws.answering(f"give {self.url} {name}".rstrip()):
                # IfMatch: an object that was overwritten meanwhile must not be joined to the old one's beginning.
                answer = self._s3().get_object(Bucket=self.bucket, Key=key, Range=f"bytes={at}-", IfMatch=tag)
            return _Body(answer["Body"])

        return cast(
            "BinaryIO", io.BufferedReader(ResumingReader(f"{self.url} {name}".strip(), entry.size, start, offset))
        )

    def _s3(self) -> Any:
        if self._client is None:
            self._client = aws.Account.from_arguments(self.settings).client("s3")
        return self._client


class _Body:
    """The body of an answer; its breaks as OSError."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int, /) -> bytes:
        """Read what is there. Raises OSError when the connection breaks."""
        from botocore.exceptions import BotoCoreError, IncompleteReadError  # noqa: PLC0415 - slow to load
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - as above

        try:
            data: bytes = self._body.read(size)
        except (HTTPError, BotoCoreError, IncompleteReadError) as error:
            raise OSError(str(error)) from error
        return data

    def close(self) -> None:
        """Let go of the connection."""
        self._body.close()
