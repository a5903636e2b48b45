"""Proves again and again that RDS takes no write, from the promotion on: nothing after FINAL, and no way in.

Read over the tool's own login, which the fence exempts: accounts, sessions, events and the position of the binary log.
What Amazon's own account writes into its own tables (mysql.rds_*) is decoded and does not count; what cannot be decoded
does. Nothing is written to try it: attempts belong to the run, here the position that stands still is the proof.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from failback import aws_view, position
from failback.errors import FailbackError
from failback.gtid import GtidSet
from failback.mysql import Login, Server

from rollback_runner.watching.final import Finals
from rollback_runner.watching.held import Held
from rollback_runner.watching.series import Point
from rollback_runner.watching.source import Reading, Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

_PATIENCE = 5.0


class Frozen(Source):
    """One RDS instance; silent without a gap until IDC was opened, for there is nothing to prove before."""

    name = "rds_frozen"

    def __init__(self, pair: str, variables: Mapping[str, Any], finals: Finals, interval: float) -> None:
        self._instance = str(variables["aws_db_instance"])
        self.hosts = (self._instance,)
        self.interval = interval
        self._pair = pair
        self._held = Held(Login.from_dict(variables["db_aws"], "db_aws"), _PATIENCE, 2 * _PATIENCE, name="RDS")
        self._exempt = tuple(str(user) for user in variables.get("db_exempt_users") or ())
        self._finals = finals
        self._final: aws_view.Final | None = None
        # What Amazon wrote behind the fence, and where the last of it stands: it is decoded once.
        self._harmless = GtidSet()
        self._from: tuple[str, int] = ("", 0)

    def read(self) -> Reading:
        """Look at RDS once. Raises `SourceError` or another `FailbackError`."""
        found = self._finals.of(self._pair)
        if found is None:
            return Reading([])
        final = aws_view.Final.from_dict(found)
        if self._final != final:
            self._final, self._harmless, self._from = final, GtidSet(), (final.log_file, final.log_position)
        try:
            server = self._held.server()
            # The account's own view of beyond is decoded below, once; here it is told that nothing lies beyond.
            executed = GtidSet.parse(server.text("SELECT @@GLOBAL.gtid_executed"))
            beyond = self._beyond(server, final, executed)
            view = aws_view.read(server, aws_view.Final(executed, "", 0), self._exempt)
        except FailbackError:
            self.close()
            raise
        now = time.time()
        ways_in = len(view.open_accounts) + len(view.sessions) + len(view.events)
        lost = final.gtid - executed
        if lost:
            raise SourceError(f"{self._instance} no longer has {lost.count()} transactions of FINAL: was it restored?")
        return Reading(
            [
                Point(now, "rds_writes_after_final", self._instance, float(beyond)),
                Point(now, "rds_ways_in", self._instance, float(ways_in)),
            ]
        )

    def interrupt(self) -> None:
        """Wait for no answer any more."""
        self._held.cut()

    def close(self) -> None:
        """Close the connection."""
        self._held.close()

    def _beyond(self, server: Server, final: aws_view.Final, executed: GtidSet) -> int:
        """Count the transactions after FINAL that are not Amazon's housekeeping."""
        found = position.beyond(server, final.gtid | self._harmless, executed, *self._from)
        alarms = found.alarms
        if not alarms and not found.undecoded:
            for one in found.transactions:
                self._harmless |= GtidSet.parse(one.gtid)
                self._from = (one.log_file, one.log_position) if one.log_file else self._from
        return len(alarms) + found.undecoded.count()


def sources(site: Site, settings: Settings, place: Place) -> Iterator[Frozen]:
    """Yield one source per database pair with an RDS instance."""
    finals = Finals(place.home, place.incident)
    for pair in site.hosts("databases"):
        variables = site.variables[pair]
        if isinstance(variables.get("db_aws"), dict) and variables.get("aws_db_instance"):
            yield Frozen(pair, variables, finals, max(settings.freeze_interval, settings.interval))
