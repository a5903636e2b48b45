"""The hand-written way back from a migration: a file beside it, and the review that stands for its bytes.

Beside the migration, at the commit it is part of, or in the site's own directory of reversals, which wins: it can be
written after the release. ``drizzle/0002_name.sql`` has ``drizzle/0002_name.down.sql``; a folder with
``migration.sql`` has ``down.sql``, the name Drizzle itself means to use. The review lies beside it as
``NAME.down.review.json``::

    {"sha256": "...", "migration_sha256": "...", "reviewed_by": "...", "reviewed_at": "2026-05-04T10:00:00Z",
     "loses": {"en": "...", "ko": "..."}}

Both digests are of the files' bytes: a reversal that was changed after the review, or that was written for another
content of the migration, is not used. ``migration_sha256`` and ``loses`` may be left out.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from failback.approval import canonical
from failback.deployment.database import steps
from failback.deployment.database.model import Reversal
from failback.errors import ConfigError, FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.deployment.database.model import Text
    from failback.deployment.migrations.gate import Migration
    from failback.deployment.migrations.repository import Repository

_MOST = 1_000_000  # bytes: a reversal is written by hand


def names(path: str) -> tuple[str, str]:
    """Name a migration's reversal and its review, by the migration's path; pure."""
    here = PurePosixPath(path)
    stem = here.with_name("down") if here.name == "migration.sql" else here.with_name(f"{here.stem}.down")
    return f"{stem}.sql", f"{stem}.review.json"


def find(migration: Migration, repository: Repository | None, own: str, directory: str) -> Reversal:
    """Find and judge the reversal of one migration. What is wrong with it is its ``problem``, never an error.

    ``own``: the site's directory of reversals, "" when there is none; ``directory``: that of the migrations, which
    paths inside ``own`` are relative to. Raises ConfigError when ``own`` is named and is no directory.
    """
    path, review_path = names(migration.path)
    try:
        place, content, review = _read(migration, repository, own, directory)
    except ConfigError:
        raise
    except FailbackError as error:
        return Reversal(migration.name, path, problem=_plain(str(error)))
    if content is None:
        return Reversal(migration.name, path, problem=_missing(migration.name, path))
    return judge(migration, place, content, review, review_path)


def judge(migration: Migration, path: str, content: bytes, review: bytes | None, review_path: str) -> Reversal:
    """Judge a reversal by its bytes and its review; pure."""
    digest = hashlib.sha256(content).hexdigest()
    name = PurePosixPath(path).name
    if len(content) > _MOST:
        return Reversal(migration.name, path, digest, problem=_plain(f"{name} is larger than {_MOST} bytes"))
    try:
        taken = steps.taken(content.decode())
    except UnicodeDecodeError:
        return Reversal(migration.name, path, digest, problem=_plain(f"{name} is not UTF-8"))
    except RefusedError as error:
        return Reversal(migration.name, path, digest, problem=_plain(f"{name}: {error}"))
    if review is None:
        return Reversal(migration.name, path, digest, taken, problem=_unreviewed(name, PurePosixPath(review_path).name))
    try:
        told = canonical.read(review, PurePosixPath(review_path).name)
    except FailbackError as error:
        return Reversal(migration.name, path, digest, taken, problem=_plain(str(error)))
    who, when = str(told.get("reviewed_by") or "").strip(), str(told.get("reviewed_at") or "").strip()
    problem = _problem(migration, name, digest, told, who, when)
    return Reversal(migration.name, path, digest, taken, who, when, _loses(told), problem)


def _problem(migration: Migration, name: str, digest: str, told: Mapping[str, Any], who: str, when: str) -> Text | None:  # noqa: PLR0913, PLR0917 - a review has these parts
    if str(told.get("sha256") or "").lower() != digest:
        return {
            "en": f"{name} was changed since it was reviewed: have it reviewed again",
            "ko": f"{name}이(가) 검토 이후에 변경되었습니다. 다시 검토를 받으십시오",
        }
    if str(told.get("migration_sha256") or migration.sha256).lower() != migration.sha256:
        return {
            "en": f"{name} was reviewed for another content of {migration.name}: have it reviewed again",
            "ko": f"{name}은(는) 내용이 다른 {migration.name}을(를) 기준으로 검토되었습니다. 다시 검토를 받으십시오",
        }
    if not who:
        return {
            "en": f"the review of {name} does not say who reviewed it",
            "ko": f"{name}의 검토 기록에 검토자가 없습니다",
        }
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return {
            "en": f"the review of {name} does not say when it was reviewed (ISO 8601 with its zone)",
            "ko": f"{name}의 검토 기록에 검토 시각(시간대를 포함한 ISO 8601)이 없습니다",
        }
    return None


def _read(
    migration: Migration, repository: Repository | None, own: str, directory: str
) -> tuple[str, bytes | None, bytes | None]:
    path, review_path = names(migration.path)
    if own:
        base = Path(own).expanduser()
        if not base.is_dir():
            raise ConfigError(f"there is no directory {own}: correct deployment_migrations.reversals")
        inside = PurePosixPath(directory.strip("/"))
        relative = PurePosixPath(path)
        relative = relative.relative_to(inside) if relative.is_relative_to(inside) else relative
        review = PurePosixPath(review_path)
        review = review.relative_to(inside) if review.is_relative_to(inside) else review
        if (base / relative).is_file():
            return str(base / relative), _file(base / relative), _file(base / review)
    if repository is None or not migration.commit:
        return path, None, None
    folder = str(PurePosixPath(path).parent)
    tree = repository.trees([migration.commit], folder).get(migration.commit, ("", ""))[1]
    files = repository.files(tree)
    return path, files.get(PurePosixPath(path).name), files.get(PurePosixPath(review_path).name)


def _file(path: Path) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FailbackError(f"cannot read {path}: {error.strerror}") from error


def _loses(told: Mapping[str, Any]) -> Text | None:
    said = told.get("loses")
    if isinstance(said, str) and said:
        return {"en": said, "ko": said}
    if isinstance(said, dict) and (said.get("en") or said.get("ko")):
        return {key: str(said.get(key) or said.get("en") or said.get("ko")) for key in ("en", "ko")}
    return None


def _missing(name: str, path: str) -> Text:
    return {
        "en": f"there is no reversal of {name} ({path})",
        "ko": f"{name}의 되돌리기 SQL이 없습니다 ({path})",
    }


def _unreviewed(name: str, review: str) -> Text:
    return {
        "en": f"nobody reviewed {name}: there is no {review}",
        "ko": f"{name}을(를) 검토한 사람이 없습니다. {review} 파일이 없습니다",
    }


def _plain(text: str) -> Text:
    return {"en": text, "ko": text}
