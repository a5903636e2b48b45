from __future__ import annotations

import pytest
from failback.kept_way import SeenAs, cut_off, reason

KEEP = ["192.0.2.0/28", "2001:db8::/64"]


@pytest.mark.parametrize(
    ("addresses", "outside"),
    [
        (("192.0.2.7",), ""),
        (("::ffff:192.0.2.7",), ""),
        (("2001:db8::5",), ""),
        (("198.51.100.1", "192.0.2.7"), ""),  # two addresses behind one name: nobody knows which of them it is
        ((), ""),
        (("192.0.2.16",), "192.0.2.16"),
        (("::ffff:192.0.2.16",), "192.0.2.16"),
        (("2001:db8:0:1::5",), "2001:db8:0:1::5"),
    ],
)
def test_who_is_cut_off(addresses: tuple[str, ...], outside: str) -> None:
    assert cut_off(SeenAs("whoever", addresses), KEEP) == outside


@pytest.mark.parametrize(("address", "network"), [("192.0.2.16", "192.0.2.16/32"), ("2001:db8::5", "2001:db8::5/128")])
def test_the_reason_says_what_to_add(address: str, network: str) -> None:
    assert reason(address, KEEP)[1] == f"add {network} to aws_keep_sources"
