from __future__ import annotations

from failback.idc_events import IdcEvent, events_from, plan, without_account

ACCOUNTS = {"rr_admin@%"}


def an_event(name: str, status: str = "REPLICA_SIDE_DISABLED", definer: str = "rr_admin@%") -> IdcEvent:
    return IdcEvent("shop", name, definer, status, "STRICT_TRANS_TABLES", "+09:00")


def test_enables_what_ran_on_rds_and_nothing_else() -> None:
    events = [an_event("ran"), an_event("was_off"), an_event("runs", "ENABLED")]
    found = plan(events, {"shop.ran", "shop.runs"}, ACCOUNTS)
    assert [event.name for event in found.enable] == ["ran"]
    assert found.unknown == ()


def test_an_event_off_since_the_cutover_is_enabled_too() -> None:
    assert plan([an_event("old", "DISABLED")], {"shop.old"}, ACCOUNTS).enable


def test_does_not_enable_without_the_account_it_runs_as() -> None:
    found = plan([an_event("ran", definer="ghost@%")], {"shop.ran"}, ACCOUNTS)
    assert found.enable == ()
    assert [event.name for event in found.without_definer] == ["ran"]


def test_without_rds_nothing_is_enabled_on_a_guess() -> None:
    found = plan([an_event("waits"), an_event("off", "DISABLED")], None, ACCOUNTS)
    assert found.enable == ()
    assert [event.name for event in found.unknown] == ["waits"]


def test_keeps_definer_mode_and_time_zone() -> None:
    settings, alter = an_event("a`b", definer="o'brien@10.%").statements
    assert settings == "SET SESSION sql_mode = 'STRICT_TRANS_TABLES', time_zone = '+09:00'"
    assert alter == "ALTER DEFINER='o''brien'@'10.%' EVENT `shop`.`a``b` ENABLE"


def test_reads_the_servers_rows() -> None:
    row = {"s": "shop", "n": "e", "d": "x@%", "status": "ENABLED", "sql_mode": "", "time_zone": "SYSTEM"}
    assert events_from([row])[0].label == "shop.e"


def test_names_programs_without_an_account() -> None:
    rows = [
        {"kind": "view", "s": "shop", "n": "v", "d": "ghost@%"},
        {"kind": "view", "s": "shop", "n": "w", "d": "rr_admin@%"},
    ]
    assert without_account(rows, ACCOUNTS) == ["view shop.v (definer ghost@%)"]
