"""DEPLOY-06, 07 and 08 as tasks: a reversal from the look to the proof, and everything that must stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import database_servers
import database_site
import pytest
import reversal_case as case
from failback.deployment.database import shape

if TYPE_CHECKING:
    from pathlib import Path

    import scratch_mysql


@pytest.fixture(scope="module", name="server")
def _server() -> scratch_mysql.TestServer:
    return database_servers.named("live")


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests: what was rehearsed once is found again."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(name="site")
def _site(tmp_path: Path, server: scratch_mysql.TestServer, home: Path) -> database_site.Site:
    with server.connect() as session:
        case.install(session)
    site = database_site.make(tmp_path, server)
    site.variables["rr_home"] = str(home)
    return site


def columns(server: scratch_mysql.TestServer) -> set[str]:
    with server.connect() as session:
        return set(shape.read(session, case.SCHEMA).columns("orders"))


def test_from_the_look_to_the_proof(site: database_site.Site, server: scratch_mysql.TestServer) -> None:
    """Rehearsed on a scratch server, foreseen in check mode, carried out, and nothing left for a second run."""
    first = site.play(*site.look())
    choice = first.of("DEPLOY-07")["evidence"]
    assert choice["strategy"] == "reversal", [one["why"]["en"] for one in choice["options"]]
    assert choice["rehearsed_now"]
    assert {loss["object"]: loss["figures"].get("rows") for loss in choice["loses"]} == {
        "orders.channel": 3,
        "orders.weight": 1,
        "orders.remark": None,
    }

    ahead = site.play(*site.look("rule"), site.act(), check=True)  # as a survey says that nobody chose
    assert ahead.of("DEPLOY-07")["evidence"]["by"] == "rule"
    assert not ahead.of("DEPLOY-07")["evidence"]["rehearsed_now"]
    assert ahead.of("DEPLOY-08")["changed"]
    assert "channel" in columns(server)

    done = site.play(*site.look(), site.act(), {**site.act(), "name": "again"})
    assert done.of("DEPLOY-08")["changed"], done.messages
    assert done.of("DEPLOY-08")["evidence"]["touched"]
    assert not done.of("again")["changed"]
    assert columns(server) == {"id", "customer_id", "total", "note"}

    after = site.play(*site.look(), site.act())
    assert after.of("DEPLOY-07")["evidence"]["strategy"] == "nothing"
    assert not after.of("DEPLOY-08")["changed"]


def test_data_is_changed_only_when_it_was_approved(site: database_site.Site, server: scratch_mysql.TestServer) -> None:
    """A site that asks for approvals gets no reversal without them, and nothing is touched."""
    site.variables |= {
        "site_critical": False,
        "site_approvals": {
            "signers_file": str(site.work / "signers"),
            "roles": {"technical_lead": ["kim"], "operations_manager": ["lee"]},
            "required": ["technical_lead", "operations_manager"],
        },
    }
    done = site.play(*site.look(), site.act()).of("DEPLOY-08")
    assert done["refused"], done
    assert "asks for approvals" in done["msg"]
    assert not done["evidence"]["touched"]
    assert "channel" in columns(server)


@pytest.mark.usefixtures("site")
def test_no_way_back_is_refused(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """What nobody reviewed does not run: the look goes on to tell the plan, the act refuses."""
    other = database_site.make(tmp_path / "other", server, review=b"")
    played = other.play(*other.look(), other.act())
    choice = played.of("DEPLOY-07")["evidence"]
    assert choice["strategy"] == "forward"
    assert "nobody reviewed 0002_bad.down.sql" in choice["why"]["en"]
    assert played.of("DEPLOY-08")["refused"]
    assert "channel" in columns(server)
