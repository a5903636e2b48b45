"""Who is told, in which languages, how often: the audiences of a site, its partners among them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from failback.errors import ConfigError

from rollback_runner.checklist import Language
from rollback_runner.content import PACKAGE
from rollback_runner.telling.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("team", "management", "users", "partners", "support")
# People outside: they are told only what may leave the company, whatever a template asks for.
OUTSIDE = frozenset({"users", "partners"})
TEMPLATES = PACKAGE / "templates" / "telling"
_LANGUAGES: tuple[Language, ...] = get_args(Language)
# Seconds after which an audience hears again, though nothing new is known; 0: only when something is.
_EVERY = {"team": 1800.0, "management": 3600.0, "users": 1800.0, "partners": 0.0, "support": 1800.0}


@dataclass(frozen=True)
class Audience:
    """Those who read the same text. ``partner`` is set where the text is for one partner alone.

    ``channels`` replace those of ``site_audiences`` (partners), ``every`` is in seconds, ``contact`` whom to ask.
    """

    name: str
    languages: tuple[Language, ...] = _LANGUAGES
    channels: tuple[str, ...] = ()
    every: float = 0.0
    contact: Mapping[str, str] = field(default_factory=dict)
    partner: str = ""
    partner_name: Mapping[str, str] = field(default_factory=dict)
    effect: Mapping[str, str] = field(default_factory=dict)
    templates: Path = TEMPLATES
    not_needed: str = ""

    @property
    def outside(self) -> bool:
        """Whether its readers are no people of the company."""
        return self.name in OUTSIDE

    @property
    def key(self) -> str:
        """What tells it from the other audiences."""
        return f"{self.name}/{self.partner}" if self.partner else self.name

    def file(self, language: Language) -> Path:
        """Return where its texts are: the site's own file where there is one, else ours."""
        own = self.templates / f"{self.name}.{language}.j2"
        return own if own.is_file() else TEMPLATES / f"{self.name}.{language}.j2"

    def facts(self) -> dict[str, Fact | None]:
        """Return what is known of the readers themselves."""
        partner = {"name": dict(self.partner_name), "effect": dict(self.effect)} if self.effect else None
        partner = partner or ({"name": dict(self.partner_name)} if self.partner else None)
        return {
            "contact": Fact(dict(self.contact), ("site",)) if self.contact else None,
            "partner": Fact(partner, ("site",)) if partner else None,
        }


def of_site(given: Mapping[str, Any]) -> tuple[Audience, ...]:
    """Read ``site_audiences`` and ``site_partners``. Raises `ConfigError` for an audience nobody knows.

    A site that says nothing tells its team, by all its channels, and its users where it has a status page.
    """
    entries: Mapping[str, Any] | None = given.get("site_audiences")
    if entries is None:
        entries = {"team": {}} | ({"users": {}} if given.get("site_status_page") else {})
    found = []
    for name in NAMES:
        if name not in entries:
            continue
        entry: Mapping[str, Any] = entries[name] or {}
        base = Audience(
            name,
            languages=_languages(entry.get("languages"), f"site_audiences.{name}"),
            every=float(entry.get("every", _EVERY[name])),
            contact=_both(entry.get("contact")),
            templates=Path(str(entry["templates"])).expanduser() if entry.get("templates") else TEMPLATES,
            not_needed=str(entry.get("not_needed") or ""),
        )
        found += [base] if name != "partners" else []
    if strange := sorted(set(entries) - set(NAMES)):
        raise ConfigError(f"site_audiences: {', '.join(strange)} is no audience; they are {', '.join(NAMES)}")
    return (*found, *partners(given))


def partners(given: Mapping[str, Any]) -> tuple[Audience, ...]:
    """Read ``site_partners``: each is told by itself, by its own channels."""
    shared = (given.get("site_audiences") or {}).get("partners") or {}
    found = []
    for number, entry in enumerate(given.get("site_partners") or (), start=1):
        key = str(entry.get("key") or "")
        if not key:
            raise ConfigError(f"site_partners: entry {number} has no key")
        found.append(
            Audience(
                "partners",
                languages=_languages(entry.get("languages") or shared.get("languages"), f"site_partners.{key}"),
                channels=tuple(entry.get("channels") or ()),
                every=float(entry.get("every", shared.get("every", _EVERY["partners"]))),
                contact=_both(entry.get("contact") or shared.get("contact")),
                partner=key,
                partner_name=_both(entry.get("name") or key),
                effect=_both(entry.get("effect")),
                templates=Path(str(shared["templates"])).expanduser() if shared.get("templates") else TEMPLATES,
            )
        )
    if len({one.partner for one in found}) != len(found):
        raise ConfigError("site_partners: two entries have the same key")
    return tuple(found)


def _languages(value: Any, where: str) -> tuple[Language, ...]:
    if not value:
        return _LANGUAGES
    if strange := [str(one) for one in value if one not in _LANGUAGES]:
        raise ConfigError(f"{where}: {', '.join(strange)} is no language here; there are {', '.join(_LANGUAGES)}")
    return tuple(cast("Language", one) for one in value)


def _both(value: Any) -> dict[str, str]:
    """Read a text that is given once or per language."""
    if not value:
        return {}
    if isinstance(value, str):
        return dict.fromkeys(_LANGUAGES, value)
    first = str(next(iter(value.values())))
    return {language: str(value.get(language) or first) for language in _LANGUAGES}
