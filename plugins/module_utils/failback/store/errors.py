"""What can be wrong with a store. Each has one decided answer; docs/decisions/0008 says which."""

from __future__ import annotations

from failback.errors import FailbackError


class StoreError(FailbackError):
    """The store answered, and it cannot do what was asked: no permission, no room, not a store."""


class StoreGoneError(StoreError):
    """The store did not answer within the deadline, or there is no way to it."""


class SilentError(StoreGoneError):
    """The store said nothing for so many seconds."""

    def __init__(self, where: str, seconds: float) -> None:
        super().__init__(f"the store {where} did not answer within {seconds:g} s")


class UnmadeError(StoreGoneError):
    """The place has no marker: it is not mounted, another one, or new. As good as gone, and never empty."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} carries no mark of a store: mount it or correct site_store, or, where it is new, make it once:"
            " rollback-runner store init"
        )


class MovedError(StoreError):
    """Somebody else changed the file since it was last seen here; nothing was written."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} was changed at the store by another machine since it was last seen here")


class AheadError(StoreError):
    """The file at the store goes on where ours ends: `more` is what ours lacks. Nothing was written."""

    def __init__(self, key: str, more: bytes) -> None:
        self.key, self.more = key, more
        super().__init__(f"{key} is {len(more)} bytes longer at the store")


class ForkedError(StoreError):
    """The file at the store and ours begin alike at most: two machines wrote to it. Nothing was written."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} went two ways: what is at the store does not continue what is here, nor the reverse")
