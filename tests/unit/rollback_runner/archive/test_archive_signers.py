"""An archive by somebody who does not count, or of journals that did not hold together, is told for what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from failback.approval import signing

from rollback_runner.archive import make, verify

if TYPE_CHECKING:
    from shelf_of_tests import Shelf

    Parts = dict[str, bytes]


def test_who_is_unknown_or_whose_key_ended_does_not_count(kept: Shelf) -> None:
    archives = {name: kept.make(name, kept.key(name), _at(number)).path for number, name in enumerate(("lee", "park"))}
    kept.lines.clear()
    kept.key("kim")
    assert {name: kept.kinds(path) for name, path in archives.items()} == {
        "lee": ["signer_unknown"],
        "park": ["signer_unknown"],
    }
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    kept.key("lee", f'valid-before="{yesterday:%Y%m%d%H%M%S}"')
    assert kept.kinds(archives["lee"]) == ["signature"]
    kept.key("park", 'namespaces="approval@rollback-runner"')
    assert kept.kinds(archives["park"]) == ["signature"]


def _at(number: int) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=number)


def test_a_key_that_ended_since_is_told(kept: Shelf) -> None:
    kept.lines.clear()
    ends = datetime.now().astimezone() - timedelta(hours=1)
    key = kept.key("lee", f'valid-before="{ends:%Y%m%d%H%M%S}"')
    made = kept.make("lee", key, datetime.now(UTC) - timedelta(hours=2))
    proof = verify.verify(made.path, kept.signers)
    assert (proof.good, proof.ended) == (True, True)


def test_the_key_of_another_and_a_signature_for_something_else_do_not_count(kept: Shelf) -> None:
    other = kept.key("lee")
    assert kept.kinds(kept.make("kim", other, _at(5)).path) == ["signature"]
    asked = replace(
        kept.asked(), sign=lambda text: signing.sign(text, str(kept.keys / "kim"), signing.APPROVAL, ask=False)
    )
    assert kept.kinds(make.make(asked).path) == ["signature"]


def test_an_archive_from_the_future_is_not_believed(kept: Shelf) -> None:
    made = kept.make(now=datetime.now(UTC) + timedelta(days=1))
    assert kept.kinds(made.path) == ["from_the_future"]


def test_another_archive_by_a_known_signer_is_told_from_the_one_that_was_noted(kept: Shelf) -> None:
    first, second = kept.make(now=_at(9)), kept.make()
    assert [p.kind for p in verify.verify(second.path, kept.signers, sha256=first.sha256).problems] == ["sha256"]


def test_a_journal_that_was_changed_before_it_was_sealed_is_told(kept: Shelf) -> None:
    path = kept.run / "journal.jsonl"
    path.write_text(path.read_text().replace('"kind":"leg"', '"kind":"gel"'))
    assert kept.kinds(kept.make(now=_at(9)).path) == ["journal"]
    path.write_text("".join(path.read_text().replace('"gel"', '"leg"').splitlines(keepends=True)[:-1]))
    found = verify.verify(kept.make().path, kept.signers)
    assert [one.kind for one in found.problems] == ["journal"]
    assert "lines were cut off" in found.problems[0].why


def test_a_journal_that_is_gone_is_told(kept: Shelf) -> None:
    (kept.run / "journal.jsonl").unlink()
    found = verify.verify(kept.make().path, kept.signers)
    assert [(one.kind, one.what) for one in found.problems] == [("cut", f"runs/{kept.run.name}/journal.jsonl")]
