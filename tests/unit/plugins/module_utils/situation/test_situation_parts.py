"""Deadlines, HAProxy's figures, and the screen's widths."""

from __future__ import annotations

import io
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from failback.errors import FailbackError
from failback.situation import draw, stats
from failback.situation.effect import Rule
from failback.situation.patience import within
from rich.cells import cell_len

sys.path.insert(0, str(Path(__file__).parent))
import situation_made_up as m

from rollback_runner import messages
from rollback_runner.site import situation_screen

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

HEADER = (
    "# pxname,svname,qcur,qmax,scur,smax,slim,stot,econ,eresp,wretr,status,weight,lastchg,type,check_status,last_chk,"
    "hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,srv_abrt,ttime,addr"
)


def table(good: int, bad: int) -> list[stats.Row]:
    rows = [
        f"www,FRONTEND,,,7,9,100,{good},,,,OPEN,,,0,,,0,{good},0,0,{bad},0,,,",
        f'shop,app1,0,0,2,3,,{good + bad},0,0,0,UP,1,42,2,L7OK,"Layer7, well",0,{good},0,0,{bad},0,0,12,10.0.0.1:80',
        f"shop,BACKEND,0,0,2,3,10,{good + bad},0,0,0,UP,1,42,1,,,0,{good},0,0,{bad},0,0,12,",
    ]
    return stats.parse("\n".join([HEADER, *rows, ""]))


def test_two_readings_make_rates() -> None:
    found = stats.between(table(1000, 10), table(1180, 30), "shop", 2.0)
    assert (found["requests"], found["rate"], found["errors"], found["error_rate"]) == (200, 100.0, 20, 0.1)
    assert (found["clients"], found["in_flight"], found["average_seconds"]) == (7, 2, 0.012)
    assert found["servers"]["app1"]["requests"] == 200
    assert found["servers"]["app1"]["said"] == "Layer7, well"


def test_a_restart_in_between_counts_from_nothing() -> None:
    assert stats.between(table(1000, 10), table(30, 0), "shop", 2.0)["requests"] == 30


def test_without_a_request_there_is_no_share() -> None:
    assert stats.between(table(5, 0), table(5, 0), "shop", 2.0)["error_rate"] is None


@pytest.mark.parametrize("text", ["", "Permission denied\n", "Unknown command.\n"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="show stat"):
        stats.parse(text)


def test_who_is_late_is_told_and_the_others_are_kept() -> None:
    def refuse() -> None:
        raise FailbackError("no")

    end = threading.Event()
    found = within(0.3, {"late": end.wait, "quick": lambda: 7, "refused": refuse})
    end.set()  # not before: whoever had waited for it would wait for ever
    assert found["quick"].answer == 7
    assert found["late"].error == "no answer within 0.3 s"
    assert found["refused"].error == "no"


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        within(1.0, {"bug": lambda: 1 // 0})


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("columns", [80, 120])
def test_the_screen_fits_without_colours_and_says_the_same(language: Language, columns: int) -> None:
    broken = m.database(idc_lacks=1204)
    looks = m.site(
        databases={"shop-db": broken},
        hosts={"idc-app1": m.host(("shop", m.container(state="exited"))), "idc-db1": {"answers": False, "error": "x"}},
        sides={"idc-app1": "idc", "idc-db1": "idc", "idc-lb1": "idc"},
    )
    fact, _ = draw.whole(looks, {}, Rule(), datetime.fromtimestamp(m.NOW, UTC))
    stream = io.StringIO()
    situation_screen.show(fact, messages.Texts(language), stream, columns)
    lines = stream.getvalue().splitlines()
    assert max(cell_len(line) for line in lines) <= columns
    assert all(line == line.rstrip() for line in lines)
    assert "\x1b" not in stream.getvalue()
    for words in ("1,204", "shop exited", "idc-db1", "AWS"):
        assert words in stream.getvalue()
    assert len(lines) < 45
