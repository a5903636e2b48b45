"""What differs from the baseline, as findings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.baseline.compare import Difference

_LONGEST = 160  # characters of a difference that go into a sentence; the whole is in the evidence


def differences(host: str, found: Sequence[Difference], unread: Sequence[str]) -> list[Finding]:
    """Judge what is not as in the baseline. The full phase puts it back where it may (ENV-02, ENV-03)."""
    told = []
    for one in found:
        gone = any(line in {f"-{one.name}", "+it is not there"} for line in one.diff)
        changed = "; ".join(line for line in one.diff if line[:1] in "+-" and line[:3] not in {"+++", "---"})
        short = changed if len(changed) <= _LONGEST else f"{changed[: _LONGEST - 3]}..."
        told.append(
            Finding(
                "blocker" if gone else "warning",
                f"drift:{host}:{one.name}",
                f"{one.name} on {host} is gone"
                if gone
                else f"{one.name} on {host} is not as in the baseline ({short})",
                (one.hint or "the full phase puts it back (ENV-02, ENV-03); sooner: put it back by hand")
                + ", or declare in environment_expected why it differs",
            )
        )
    unread = [one for one in unread if not one.startswith("container ")]  # told as a container
    if unread:
        told.append(
            Finding(
                "note",
                f"drift:{host}:unread",
                f"{len(unread)} things on {host} could not be read and are not compared: {'; '.join(unread)[:300]}",
                "let the SSH user read them, or set environment_privilege",
            )
        )
    return told


def settings(host: str, found: Sequence[Difference]) -> list[Finding]:
    """Judge settings of IDC MySQL that differ from the baseline; they are never changed by the tool."""
    return [
        Finding(
            "warning",
            f"drift:{host}:{one.name}",
            f"{one.name.removeprefix('mysql.')} of IDC MySQL is {one.diff[1][1:]}, the baseline has {one.diff[0][1:]}",
            one.hint,
        )
        for one in found
    ]


def no_baseline(host: str) -> Finding:
    """Say what cannot be judged."""
    return Finding(
        "warning",
        f"baseline:{host}:none",
        f"nothing was recorded of {host} before the migration, so its configuration and images cannot be judged",
        "compare them by eye; before the next migration: rollback-runner baseline",
    )
