"""The doctor asks a real name server with the key, and says what is wrong in the words of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from daemons import free_port
from dns_site import AWS, KEY, ZONE
from failback.errors import FailbackError

from rollback_runner.site.doctor import names

if TYPE_CHECKING:
    from pathlib import Path

    from dns_site import Site


def refused(settings: dict[str, Any]) -> str:
    with pytest.raises(FailbackError) as error:
        names.key(settings)
    return str(error.value)


def test_each_fault_of_a_key_has_its_sentence(site: Site, tmp_path: Path) -> None:
    where = f"127.0.0.1:{site.primary.port}"
    assert names.key(site.server()) == f"127.0.0.1 knows the key {KEY} and serves {ZONE}"
    assert refused(site.server(key_name="nobody")) == (
        f"{where} does not know the key nobody: nothing was changed. Correct key_name in dns_servers.rfc2136"
    )
    bad = tmp_path / "bad.key"
    site.write_key(bad, "AAAA" * 8)
    assert refused(site.server(key_file=str(bad))) == (
        f"{where} refuses the key {KEY}: the secret in {bad} is not the server's. Nothing was changed."
        " Correct key_file in dns_servers.rfc2136, or copy the key statement again"
    )
    missing = str(tmp_path / "missing")
    assert (
        refused(site.server(key_file=missing)) == f"cannot read the DNS key file {missing}: No such file or directory"
    )
    assert "for books.example.org and does not serve it: correct server or zone in dns_servers.rfc2136" in refused(
        site.server(zone="books.example.org")
    )
    assert refused(site.server(key_algorithm="hmac-none")) == (
        f"the DNS key {KEY} (hmac-none) cannot be used: there is no such algorithm"
    )
    port = free_port()
    assert refused(site.server(port=port)) == (
        f"127.0.0.1:{port} cannot be reached for the question for {ZONE}: Connection refused."
        " Correct server or port in dns_servers.rfc2136, or bring it up"
    )
    assert site.primary.values() == [AWS]
