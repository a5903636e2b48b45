"""The request that ended is ours, or nothing is proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from failback.deployment.model import Request
from failback.deployment.request import problem

BEGUN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OURS = Request("rollback", "b", "2026-11-22T12:00:01Z", "succeeded", since="c")


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({}, ""),
        ({"kind": "switch"}, ""),
        ({"ended": "skipped", "requested": ""}, ""),
        ({"requested": "2026-11-22T11:56:00Z"}, ""),  # clocks differ by less than five minutes
        ({"kind": "promote"}, "another request took the place"),
        ({"to": "a"}, "another request took the place"),
        ({"to": "a", "ended": "skipped"}, "another request took the place"),
        ({"ended": "superseded", "by": "lee"}, "by lee"),
        ({"ended": "failed", "problem": "aliases failed"}, "aliases failed"),
        ({"ended": "pending"}, "ended pending"),
        ({"ended": "unknown"}, "ended unknown"),
        ({"requested": "2026-11-22T10:00:00Z"}, "before we asked"),
        ({"requested": ""}, "may be an older one"),
    ],
)
def test_whose_request_it_was(changed: dict[str, str], word: str) -> None:
    found = problem(replace(OURS, **changed), "b", "rollback", BEGUN)  # type: ignore[arg-type]
    assert (word in found.en and found.ko) if word else not found
