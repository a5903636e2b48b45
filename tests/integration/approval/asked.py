"""The commands of a made-up site, as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.testing import CliRunner, Result
from signed import SITE, Signed

from rollback_runner.cli import root
from rollback_runner.errors import RunnerError
from rollback_runner.site.site import Site

if TYPE_CHECKING:
    import pytest

FACTS = {
    "stake": {
        "shop-db": {
            "sentence": {"en": "37 orders", "ko": "주문 37건"},
            "verdict": {"en": "All can be saved.", "ko": "모두 살릴 수 있습니다."},
        }
    },
    "findings": [
        {"severity": "blocker", "key": "a", "sentence": {"en": "the backup is too old", "ko": "백업이 오래되었습니다"}},
        {"severity": "note", "key": "b", "sentence": {"en": "by the way", "ko": "참고"}},
    ],
}


def as_site(signed: Signed) -> Site:
    """The site as the command would have read it."""
    return Site(
        name=SITE,
        directory=signed.work,
        titles={"en": "Shop", "ko": "쇼핑몰"},
        critical=signed.critical,
        strategy="switch-first",
        budgets={},
        timezone="UTC",
        groups={},
        variables={"shop": signed.variables},
        secret_files=(),
    )


class Commands:
    """The commands of one site."""

    def __init__(self, signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
        self.signed = signed
        monkeypatch.setenv("RR_HOME", str(signed.home))
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        monkeypatch.setattr("rollback_runner.site.site.load", lambda _name, **_more: as_site(signed))

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(root, [*arguments, "--lang", "en"], standalone_mode=False)

    def approve(self, role: str, name: str, *more: str) -> Result:
        return self("approve", "--role", role, "--as", name, "--key", str(self.signed.key(name)), "--yes", *more)


def code(result: Result) -> Any:
    """The exit code: what the command returned, or its error's."""
    return result.exception.code if isinstance(result.exception, RunnerError) else result.return_value
