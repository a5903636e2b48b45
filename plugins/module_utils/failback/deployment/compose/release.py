"""What ``release.json`` of a release says, and what makes it unfit. Pure; the form stands in the package's text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
PINNED = re.compile(r"^(?:[a-z0-9][^\s@]*@)?sha256:[0-9a-f]{64}$")


@dataclass(frozen=True)
class Release:
    """One release as a host has it. ``unsound``: why it must not serve; "" where nothing is known against it."""

    id: str
    created: str = ""
    build: str = ""
    target: str = "production"
    commit: str = ""
    ref: str = ""
    message: str = ""
    author: str = ""
    unsound: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()


def parse(directory: str, content: object) -> Release:
    """Read one. Never raises: what cannot be read becomes a release that says why it is unfit."""
    if not isinstance(content, dict):
        return Release(directory, unsound="its release.json is missing or no JSON object")
    problems = _problems(directory, content)
    return Release(
        id=directory,
        created=_utc(content.get("created")),
        build=_word(content, "build"),
        target="preview" if content.get("target") == "preview" else "production",
        commit=_word(content, "commit"),
        ref=_word(content, "ref"),
        message=_word(content, "message"),
        author=_word(content, "author"),
        unsound="; ".join([*problems, *([_word(content, "unsound")] if content.get("unsound") else [])]),
        images={str(name): str(image) for name, image in _images(content).items()},
        environment=_words(content, "environment"),
        crons=_words(content, "crons"),
    )


def differences(host: str, here: Release, other: str, there: Release) -> str:
    """Say in which fields two hosts' copies of one release differ; "" when they are one."""
    fields = ("created", "build", "target", "commit", "images")
    apart = [name for name in fields if getattr(here, name) != getattr(there, name)]
    return f"{host} and {other} have different releases {here.id}: their {', '.join(apart)} differ" if apart else ""


def _problems(directory: str, content: Mapping[str, Any]) -> list[str]:
    found = []
    if not ID.match(directory):
        found.append("its id has characters that an id cannot have")
    if content.get("format") != FORMAT:
        found.append(f"its release.json is of format {content.get('format')!r}, not {FORMAT}")
    if content.get("id") != directory:
        found.append(f"its release.json says that it is {content.get('id')!r}")
    if content.get("target", "production") not in {"production", "preview"}:
        found.append(f"its target {content.get('target')!r} is neither production nor preview")
    if not _utc(content.get("created")):
        found.append("its release.json does not say in UTC when it was created")
    if not _word(content, "build"):
        found.append("its release.json names no build, so its answers could not be told from another's")
    images = _images(content)
    if not images:
        found.append("its release.json names no images")
    found += [
        f"image of {name} is not pinned by digest: {image}"
        for name, image in sorted(images.items())
        if not (isinstance(image, str) and PINNED.match(image))
    ]
    return found


def _images(content: Mapping[str, Any]) -> dict[str, Any]:
    images = content.get("images")
    return images if isinstance(images, dict) else {}


def _word(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def _words(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = content.get(key)
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _utc(value: object) -> str:
    """Give a time as ISO 8601 in UTC with Z, "" for what is none or names no zone."""
    try:
        told = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    return told.astimezone(UTC).isoformat().replace("+00:00", "Z") if told.tzinfo else ""
