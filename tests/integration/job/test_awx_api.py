"""Reading AWX: over TLS with an authority of its own, over all pages, and never longer than the deadline."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from failback import awx_api
from failback.errors import ConfigError, RefusedError, UnreachableError

from lab.awx.server import Stand

if TYPE_CHECKING:
    from pathlib import Path


def token(folder: Path, text: str) -> str:
    path = folder / "token"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_all_pages_are_read(tmp_path: Path) -> None:
    with Stand() as stand:
        for number in range(60):
            stand.api.world.add("teams", {"name": f"team {number}", "organization": None})
        api = awx_api.Api.at(stand.url, token(tmp_path, stand.token("admin")))
        assert [one["name"] for one in api.all("teams/")] == [f"team {number}" for number in range(60)]
        with pytest.raises(awx_api.MissingError, match="teams/4711/"):
            api.get("teams/4711/")


def test_the_token_goes_to_awx_alone(tmp_path: Path) -> None:
    """Where a page says that the next one is somewhere else, only its path counts."""
    with Stand() as stand, Stand() as elsewhere:
        api = awx_api.Api.at(stand.url, token(tmp_path, stand.token("admin")))
        pages = iter([{"results": [], "next": f"{elsewhere.url}/api/v2/teams/?page=2"}, {"results": [], "next": None}])
        asked = []

        def answer(path: str) -> dict[str, object]:
            asked.append(path)
            return next(pages)

        api._read = answer  # type: ignore[method-assign]
        assert list(api.all("teams/")) == []
        assert asked == ["/api/v2/teams/", "/api/v2/teams/?page=2"]
        assert elsewhere.requests == []


def test_a_certificate_counts_by_its_authority(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "ca.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    with Stand(certificate=certificate, key=key) as stand:
        secret = token(tmp_path, stand.token("admin"))
        assert awx_api.Api.at(stand.url, secret, str(certificate)).get("ping/")["version"]
        with pytest.raises(UnreachableError, match="certificate"):
            awx_api.Api.at(stand.url, secret).get("ping/")
        with pytest.raises(ConfigError, match="RR_AWX_CA_FILE"):
            awx_api.Api.at(stand.url, secret, "/nowhere").get("ping/")


def test_who_accepts_and_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        api = awx_api.Api.at(url, token(tmp_path, "t0ken"), patience=0.2)
        with pytest.raises(UnreachableError, match="does not answer in time"):
            api.get("ping/")
        with pytest.raises(UnreachableError, match="does not answer in time"):
            api.get("ping/")  # the deadline is one for all that is asked


@pytest.mark.parametrize("url", ["", "awx.example.org", "ftp://awx", "http://kim:secret@awx", "http://awx?a=b"])
def test_what_is_no_address_is_said(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"RR_AWX_URL is .*: set it to the address of AWX alone") as told:
        awx_api.Api.at(url, token(tmp_path, "t0ken"))
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("text", ["", "two words", "t\u00f6ken"])
def test_what_is_no_token_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="holds no token"):
        awx_api.Api.at("http://awx", token(tmp_path, text))


def test_a_token_that_is_not_taken(tmp_path: Path) -> None:
    with Stand() as stand:
        secret = token(tmp_path, "wrong")
        with pytest.raises(RefusedError, match="does not take the token"):
            awx_api.Api.at(stand.url, secret).get("teams/")
