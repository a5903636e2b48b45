"""Variables of journeys: where their values come from, and how ${name} is filled in. Values that are secret stay so.

A value is a word or number, {generate: uuid|digits|time}, or {secret_file: PATH}. ``Values.hide`` takes every secret
value out of a text before it is written anywhere.
"""

from __future__ import annotations

import re
import secrets
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = "[secret]"
_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_GENERATORS = {
    "uuid": lambda: str(uuid.uuid4()),
    "digits": lambda: str(secrets.randbelow(10**9)).zfill(9),
    "time": lambda: str(int(time.time())),
}


class Values:
    """The variables of one journey on its way through one door."""

    def __init__(self, declared: Mapping[str, Any], home: str = "") -> None:
        """Work out the declared values. Raises ConfigError."""
        self._values: dict[str, Any] = {}
        self._secret: set[str] = set()
        for name, value in declared.items():
            self.set(name, *_source(name, value, home))

    def set(self, name: str, value: Any, secret: bool = False) -> None:  # noqa: FBT001, FBT002 - reads well where it is used
        """Give a variable its value."""
        self._values[name] = value
        if secret and len(str(value)) > 0:
            self._secret.add(str(value))

    def fill(self, part: Any) -> Any:
        """Return the same structure with every ${name} filled in; a text that is one name alone keeps the value's type.

        Raises:
            ConfigError: a name that no variable and no capture has given a value.

        """
        if isinstance(part, str):
            whole = _NAME.fullmatch(part)
            return self._value(whole[1]) if whole else _NAME.sub(lambda found: str(self._value(found[1])), part)
        if isinstance(part, dict):
            return {self.fill(key): self.fill(value) for key, value in part.items()}
        if isinstance(part, list):
            return [self.fill(value) for value in part]
        return part

    def hide(self, text: str) -> str:
        """Take every secret value out of a text."""
        for value in sorted(self._secret, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return text

    def _value(self, name: str) -> Any:
        if name not in self._values:
            raise ConfigError(
                f"${{{name}}} has no value here: declare it under variables, or capture it in a step before"
            )
        return self._values[name]


def _source(name: str, value: Any, home: str) -> tuple[Any, bool]:
    """Return a declared variable's value and whether it is secret."""
    if not isinstance(value, dict):
        return value, False
    if set(value) == {"generate"} and value["generate"] in _GENERATORS:
        return _GENERATORS[value["generate"]](), False
    if set(value) == {"secret_file"}:
        path = Path(home, str(value["secret_file"])).expanduser()
        try:
            return path.read_text(encoding="utf-8").strip(), True
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"variable {name}: the file {path} cannot be read: {error}") from error
    raise ConfigError(
        f"variable {name} is a plain value, {{secret_file: PATH}} or {{generate: {'|'.join(_GENERATORS)}}}, not {value}"
    )
