"""What a site says of its store, as a mapping (`site_store`) or a URL (`RR_STORE`). Pure; files are named, not read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("directory", "ssh", "s3")
_OF_KIND = {
    "directory": ("directory",),
    "ssh": ("host", "port", "user", "directory", "key_file", "known_hosts_file", "ssh_args", "python"),
    "s3": ("bucket", "prefix", "region", "endpoint_url", "credentials_file", "profile"),
}
_NEEDED = {"directory": (), "ssh": ("host", "directory"), "s3": ("bucket",)}
_SSH_PORT = 22


@dataclass(frozen=True)
class Settings:
    """One store. No field is a secret: keys and credentials are named by their files."""

    kind: str
    site: str
    directory: str = ""
    host: str = ""
    port: int = _SSH_PORT
    user: str = ""
    key_file: str = ""
    known_hosts_file: str = ""
    ssh_args: str = ""
    python: str = "python3"
    bucket: str = ""
    prefix: str = ""
    region: str = "us-east-1"
    endpoint_url: str = ""
    credentials_file: str = ""
    profile: str = ""

    @property
    def elsewhere(self) -> bool:
        """Whether there is a store at all besides RR_HOME."""
        return self.kind != "directory" or bool(self.directory)

    def as_dict(self) -> dict[str, Any]:
        """Return what a marker file keeps: the fields of its kind that are set."""
        named = {"kind", "site", *_OF_KIND[self.kind]}
        return {key: value for key, value in asdict(self).items() if key in named and value != ""}


def of_mapping(mapping: Mapping[str, object], site: str) -> Settings:
    """Build from `site_store`. Raises ConfigError naming the field."""
    kind = str(mapping.get("kind") or "")
    if kind not in KINDS:
        raise ConfigError(f"site_store.kind is {kind or 'missing'}; it must be one of {', '.join(KINDS)}")
    known = {"kind", "site", *_OF_KIND[kind]}
    if strange := sorted(set(mapping) - known):
        raise ConfigError(f"site_store.{strange[0]} means nothing to a store of kind {kind}: take it out")
    if missing := [name for name in _NEEDED[kind] if not mapping.get(name)]:
        raise ConfigError(f"site_store.{missing[0]} is missing: a store of kind {kind} needs it")
    if not site:
        raise ConfigError("bug: no site is named for whose record the store is")
    values = {name: str(mapping[name]) for name in _OF_KIND[kind] if name != "port" and mapping.get(name)}
    return Settings(kind=kind, site=site, port=_port(mapping.get("port")), **values)


def of_url(url: str, site: str) -> Settings:
    """Build from a URL: `ssh://user@host:port/dir`, `s3://bucket/prefix`, `file:///dir`; `?name=value` says the rest.

    A directory of a host begins with `/`; one below the login's home is written `/~/dir`. Raises ConfigError.
    """
    parts = urlsplit(url)
    if parts.password:
        raise ConfigError("RR_STORE carries a password: name a file instead (?key_file=..., ?credentials_file=...)")
    said: dict[str, object] = dict(parse_qsl(parts.query))
    path = unquote(parts.path)
    if parts.scheme == "ssh":
        home = path.startswith("/~/")
        told = {"host": parts.hostname, "port": parts.port, "user": parts.username, "directory": path[home:]}
        said |= {"kind": "ssh"} | {name: value for name, value in told.items() if value}
    elif parts.scheme == "s3":
        said |= {"kind": "s3", "bucket": parts.netloc, "prefix": path.strip("/")}
    elif parts.scheme == "file":
        said |= {"kind": "directory", "directory": path}
    else:
        raise ConfigError(f"RR_STORE is {parts.scheme or 'no URL'}; it must begin with ssh://, s3:// or file://")
    return of_mapping(said, site)


def _port(value: object) -> int:
    text = str(value or _SSH_PORT)
    if not text.isdigit() or not 0 < int(text) < 1 << 16:
        raise ConfigError(f"site_store.port is {text}; it must be a number from 1 to 65535")
    return int(text)
