"""All forms of the report of an AWX workflow job: the data, the text, and the page."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import awx_api
from failback import incident as incidents
from failback.errors import ConfigError

from rollback_runner.errors import UsageError
from rollback_runner.job import from_awx, workflow
from rollback_runner.record import making, report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site

_PATIENCE = 300.0  # seconds for all pages: a phase has some thousand events


@dataclass(frozen=True)
class Made:
    """The report of one workflow job; `html` by language."""

    content: Mapping[str, Any]
    html: Mapping[str, str]

    @property
    def json(self) -> str:
        """Return it as data."""
        return json.dumps(self.content, ensure_ascii=False, indent=2) + "\n"

    @property
    def exit_code(self) -> int:
        """Return the exit code that the command would have ended with."""
        return int(self.content["exit_code"])

    def markdown(self, language: Language) -> str:
        """Return it as text."""
        return report.markdown(self.content, [language])


def make(number: int, site: Site, url: str, token_file: str, ca_file: str = "") -> Made:
    """Read the workflow job and make its report. Raises `UsageError`, `RefusedError`, `RunnerError` as `workflow.read`.

    What is kept meanwhile lies in a directory of its own, and goes with it.
    """
    try:
        api = awx_api.Api.at(url, token_file, ca_file, patience=_PATIENCE)
    except ConfigError as error:
        raise UsageError(f"{error}.", next_step="--url URL --token-file FILE, or RR_AWX_URL and RR_AWX_TOKEN_FILE") \
            from error  # fmt: skip
    told = workflow.read(api, number)
    with tempfile.TemporaryDirectory(prefix="rr-awx-") as place:
        home = Path(place)
        content = from_awx.make(told, site, home)
        incident = incidents.shelf(home, site.name) / str(content["incident"])
        incident.mkdir(parents=True)
        _whole, files = making.draw(home, incident, site)
    return Made(content, {language: files[f"report.{language}.html"] for language in making.LANGUAGES})
