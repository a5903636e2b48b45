"""What Vercel's answers say, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from failback.deployment.vercel import errors, named, operations, reading
from failback.errors import FailbackError, RefusedError, UnreachableError

READY: dict[str, Any] = {
    "uid": "dpl_1",
    "url": "shop-1.vercel.app",
    "target": "production",
    "readyState": "READY",
    "readySubstate": "PROMOTED",
    "createdAt": 1_790_000_000_000,
    "aliasAssigned": 1_790_000_060_000,
    "isRollbackCandidate": True,
}


def read(**more: Any) -> Any:
    return reading.deployment({**READY, **more})


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({}, "ready"),
        ({"readyState": "BUILDING"}, "building"),
        ({"readyState": "INITIALIZING"}, "building"),
        ({"readyState": "QUEUED"}, "queued"),
        ({"readyState": "ERROR"}, "error"),
        ({"readyState": "CANCELED"}, "canceled"),
        ({"readyState": "BLOCKED"}, "blocked"),
        ({"readyState": "DELETED"}, "deleted"),
        ({"readyState": "SOMETHING_NEW"}, "unknown"),
        ({"readyState": None}, "unknown"),
        ({"deleted": 2}, "deleted"),
        ({"deleted": 2, "undeleted": 3}, "ready"),
        ({"deleted": 4, "undeleted": 3}, "deleted"),
    ],
)
def test_state(row: dict[str, Any], state: str) -> None:
    assert read(**row).state == state


@pytest.mark.parametrize(
    ("row", "promoted"),
    [
        ({}, True),
        ({"readySubstate": "STAGED"}, False),
        ({"readySubstate": "ROLLING"}, False),
        ({"readySubstate": None}, None),
    ],
)
def test_what_is_not_said_is_unknown(row: dict[str, Any], promoted: bool | None) -> None:  # noqa: FBT001 - a table's column
    assert read(**row).promoted is promoted
    assert read(isRollbackCandidate=None).candidate is None
    assert reading.auto_assign({}) is None
    assert reading.auto_assign({"autoAssignCustomDomains": None}) is None
    assert reading.auto_assign({"autoAssignCustomDomains": False}) is False


@pytest.mark.parametrize("host", ["github", "gitlab", "bitbucket", "git"])
def test_the_facts_of_git(host: str) -> None:
    meta = {f"{host}CommitSha": "a" * 40, f"{host}CommitRef": "main", f"{host}CommitMessage": "Say it"}
    found = read(meta=meta | {f"{host}CommitAuthorLogin": "lee", f"{host}CommitAuthorName": "Lee Min"})
    assert (found.commit, found.ref, found.message, found.author) == ("a" * 40, "main", "Say it", "lee")


def test_a_build_of_changed_files_has_no_commit() -> None:
    assert read(meta={"gitCommitSha": "a" * 40, "gitDirty": "1"}).commit == ""
    assert read(meta={"gitCommitSha": "a" * 40, "gitDirty": "0"}).commit == "a" * 40
    assert read(gitSource={"type": "github", "sha": "b" * 40}).commit == "b" * 40


def test_the_build_that_answers_carry() -> None:
    meta = {"githubCommitSha": "a" * 40, "build": "r7"}
    row = {**READY, "meta": meta}
    assert [reading.deployment(row, builds).build for builds in ("id", "commit", "meta:build", "meta:other")] == [
        "dpl_1",
        "a" * 40,
        "r7",
        "",
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"checksConclusion": "failed"}, "checks failed"),
        ({"checksConclusion": "canceled"}, "checks were canceled"),
        ({"checksState": "running"}, "have not ended"),
        ({"aliasError": {"code": "x", "message": "no certificate"}}, "no certificate"),
        ({"softDeletedByRetention": True}, "retention policy"),
        ({"oomReport": "out-of-memory"}, "ran out of memory"),
        ({"checksConclusion": "succeeded", "checksState": "completed", "aliasError": None}, ""),
        ({"checksConclusion": "skipped"}, ""),
    ],
)
def test_what_speaks_against_it(row: dict[str, Any], said: str) -> None:
    found = read(**row).unsound
    assert bool(found) == bool(said)
    assert said in found


@pytest.mark.parametrize(("written", "by"), [(1_790_000_030_000, "kim"), (1_780_000_000_000, ""), (None, "")])
def test_who_asked_is_taken_only_from_a_reason_of_the_same_moment(written: int | None, by: str) -> None:
    last = {"toDeploymentId": "d", "jobStatus": "succeeded", "requestedAt": 1_790_000_000_000, "type": "rollback"}
    told = {"username": "kim", "description": "x", "userId": "u", "createdAt": written}
    found = reading.request({"lastAliasRequest": last, "rollbackDescription": told})
    assert found is not None
    assert found.by == by


@pytest.mark.parametrize("status", ["pending", "in-progress", "something new"])
def test_an_unknown_end_is_no_success(status: str) -> None:
    last = {"toDeploymentId": "d", "jobStatus": status, "requestedAt": 1, "type": "something new"}
    found = reading.request({"lastAliasRequest": last})
    assert found is not None
    assert found.ended in {"pending", "unknown"}
    assert found.kind == "switch"


def test_domains_elsewhere() -> None:
    rows = [
        {"alias": "a.example.org", "deploymentId": "dpl_1"},
        {"alias": "b.example.org", "deploymentId": "dpl_2"},
        {"alias": "c.example.org", "deploymentId": None},
        {"alias": "d.example.org", "deploymentId": "dpl_2", "redirect": "a.example.org"},
        {"alias": "preview.example.org", "deploymentId": "dpl_9"},
    ]
    wanted = ("a.example.org", "b.example.org", "c.example.org", "d.example.org")
    assert reading.elsewhere(rows, wanted, "dpl_1") == {"b.example.org": "dpl_2", "c.example.org": ""}
    production = {
        "alias": ["a.example.org", "shop-git-main.vercel.app"],
        "automaticAliases": ["shop-git-main.vercel.app"],
    }
    assert reading.domains(production) == ("a.example.org",)


def test_both_forms_of_domains_that_failed() -> None:
    nested = {
        "aliases": [
            {"status": "failed", "alias": {"alias": "a", "deploymentId": "d"}},
            {"status": "completed", "alias": {}},
        ]
    }
    flat = {"aliases": [{"status": "failed", "alias": "b", "id": "1"}]}
    assert reading.left_behind(nested) == ("a",)
    assert reading.left_behind(flat) == ("b",)
    assert reading.left_behind({"aliases": None}) == ()


def test_stores_and_settings_are_named_without_values() -> None:
    since, target = read(uid="dpl_2"), read()
    answer = {
        "updatedAt": READY["createdAt"] + 1,
        "nodeVersion": "22.x",
        "env": [
            {"key": "KV", "value": "secret", "contentHint": {"type": "redis-url", "storeId": "store_1"}},
            {"key": "EDGE", "value": "secret", "edgeConfigId": "ecfg_1"},
            {"key": "NEW", "value": "secret", "target": "production", "createdAt": READY["createdAt"] + 1},
        ],
    }
    found = named.named(answer, since, target)
    assert [(one.kind, one.name) for one in found] == [
        ("environment", "NEW"),
        ("other", "edge-config ecfg_1"),
        ("other", "redis-url store_1"),
        ("configuration", "project settings"),
    ]
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("status", "content", "kind", "said"),
    [
        (0, None, UnreachableError, "it did not answer"),
        (500, {}, UnreachableError, "trouble of its own"),
        (200, None, FailbackError, "not the API's"),
        (
            403,
            {"error": {"code": "forbidden", "message": "Not authorized", "invalidToken": True}},
            RefusedError,
            "expired",
        ),
        (403, {"err": {"message": "Not yours"}}, RefusedError, "Not yours"),
        (418, {"message": "bare"}, RefusedError, "bare"),
    ],
)
def test_other_answers(status: int, content: Any, kind: type[FailbackError], said: str) -> None:
    found = errors.refusal(operations.PROJECT, status, content)
    assert type(found) is kind
    assert said in str(found)
    assert "Next: " in str(found)


def test_its_own_words_are_one_short_line() -> None:
    found = errors.words({"error": {"message": "a\n\nb " * 500}})
    assert "\n" not in found
    assert len(found) <= 300


def test_a_domain_that_is_on_no_list_serves_nothing() -> None:
    """What nobody lists did not follow: it must never count as fine."""
    rows = [
        {"alias": "here.example.org", "deploymentId": "a"},
        {"alias": "old.example.org", "deploymentId": "b"},
        {"alias": "to.example.org", "redirect": "here.example.org"},
        {"alias": "not.asked.example.org", "deploymentId": "b"},
    ]
    wanted = ["here.example.org", "old.example.org", "to.example.org", "gone.example.org"]
    assert reading.elsewhere(rows, wanted, "a") == {"old.example.org": "b", "gone.example.org": ""}
