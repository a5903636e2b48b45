"""The shop's log-in and its description, without a database."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lab.shop import handlers, login
from lab.shop.fill import Sizes, fills

SHOP = Path(login.__file__).parent


def test_the_digest_is_the_one_of_the_generated_customers() -> None:
    customers = next(fill for fill in fills(Sizes(2_000)) if fill.table == "customers")
    assert customers.columns["password_digest"] == "unhex(sha2(concat('customer', n), 256))"
    assert login.matches("customer7", login.digest("customer7"))
    assert not login.matches("customer8", login.digest("customer7"))


def test_a_token_is_good_on_every_host_until_it_expires() -> None:
    token = login.issue(7, "shared", now=1000)
    assert login.customer_of(token, "shared", now=1000 + login.LIFETIME - 1) == 7
    assert login.customer_of(token, "shared", now=1000 + login.LIFETIME) is None
    assert login.customer_of(token, "another", now=1000) is None


@pytest.mark.parametrize(
    "token", ["", "7", "7.9999999999.", "x.9999999999.ab", "7.x.ab", "8.9999999999.0", "7.1.2.3", "7.9.가"]
)
def test_what_is_no_token_of_ours_opens_nothing(token: str) -> None:
    assert login.customer_of(token, "shared") is None


def test_every_path_of_the_description_is_served() -> None:
    document = json.loads((SHOP / "openapi.json").read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    source = Path(handlers.__file__).read_text(encoding="utf-8")
    cases = {tuple(re.findall(r'"([\w.]+)"', line)) for line in source.splitlines() if "case [" in line}
    for path in document["paths"]:
        parts = tuple(part for part in path.strip("/").split("/") if not part.startswith("{"))
        assert parts in cases, path
