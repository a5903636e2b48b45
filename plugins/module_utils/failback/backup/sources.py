"""The list ``backup_sources``, judged before anything is contacted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE_KEYS = frozenset({"name", "url", "manifest"})


def checked_sources(sources: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the list. Raises ConfigError for an entry that cannot be meant; an empty list is none of its business."""
    for number, source in enumerate(sources, 1):
        if not source.get("name") or not source.get("url") or set(source) - SOURCE_KEYS:
            raise ConfigError(
                f"entry {number} of backup_sources must have name and url, may have manifest, and nothing else:"
                f" it has {', '.join(sorted(source)) or 'nothing'}"
            )
    names = [str(source["name"]) for source in sources]
    if len(set(names)) != len(names):
        raise ConfigError(f"two entries of backup_sources have the same name: {', '.join(sorted(names))}")
    return list(sources)
