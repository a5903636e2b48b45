"""Compare network settings with the baseline and put them back. See plugins/modules/network_settings.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.baseline import compare
from failback.environment.host import READER_ARGUMENTS
from failback.environment.settings import SETTINGS_ARGUMENTS, SettingsAction

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(SettingsAction):
    """Routes, addresses, firewall rules, listening ports, hosts file, resolver."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {**READER_ARGUMENTS, **SETTINGS_ARGUMENTS}
    PART = "network"

    def differences(self, args: Arguments, then: dict[str, Any]) -> tuple[list[compare.Difference], list[str]]:
        """Read the network now and compare."""
        report = self.read_host(args, "network", files=[])
        return compare.network(then, report["network"]), report["unread"]
