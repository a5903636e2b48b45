"""What an account needs to restore a schema is asked for when the plan is made."""

from __future__ import annotations

import pytest
from failback.deployment.database import rights

TOOL = "GRANT ALL PRIVILEGES ON `rollback\\_runner\\_%`.* TO `a`@`%`"
SHOP = "GRANT ALL PRIVILEGES ON `shop`.* TO `a`@`%`"
SERVER = "GRANT PROCESS, SYSTEM_VARIABLES_ADMIN ON *.* TO `a`@`%`"


@pytest.mark.parametrize(
    ("lines", "lacks"),
    [
        ([SERVER, SHOP, TOOL], set()),
        (["GRANT ALL PRIVILEGES ON *.* TO `root`@`%`", "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO `root`@`%`"], set()),
        ([SERVER, SHOP], {"`rollback_runner_restore`.*", "`rollback_runner_aside_%`.*"}),
        ([SERVER, TOOL, "GRANT SELECT ON `shop`.* TO `a`@`%`"], {"`shop`.*"}),
        ([SHOP, TOOL], {"*.*"}),
    ],
)
def test_what_a_restore_would_lack(lines: list[str], lacks: set[str]) -> None:
    assert set(rights.missing_of(lines, "shop")) == lacks


def test_it_is_named() -> None:
    assert "CREATE" in rights.missing_of([SERVER, SHOP], "shop")["`rollback_runner_restore`.*"]
