"""What does not go back with the code on Vercel, by name. Pure.

Facts (vercel.com/docs/instant-rollback): the old build keeps the environment of its time, its configuration may be
stale, and cron jobs return to what the old build knew. Values are never read: keys and times are enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.deployment.model import Named
from failback.deployment.said import Said
from failback.deployment.vercel import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.model import Deployment

_VALUE = Said(
    "It was changed at {changed}; {id} was built at {created} and keeps the older value.",
    "{changed}에 변경되었습니다. {id}은(는) {created}에 빌드되어 예전 값을 그대로 씁니다.",
)
_OLD_VALUE = Said(
    "If the old value no longer works (a rotated key, a moved address), make the old value work again, or "
    "build the commit {commit} anew with today's environment.",
    "예전 값이 더는 통하지 않으면(교체된 키, 바뀐 주소) 다시 통하게 하거나, 현재 환경 변수로 커밋 {commit}을(를) 새로 "
    "빌드하십시오.",
)
_CRON = Said(
    "It is defined by {owner}. Vercel puts the cron jobs back to those that {id} knew.",
    "{owner}에 정의되어 있습니다. Vercel은 크론 작업을 {id}이(가) 알던 것으로 되돌립니다.",
)
_CRONS = Said(
    "Compare Settings, Cron Jobs after the rollback; a job that only the newer code has does not run.",
    "롤백 후 Settings의 Cron Jobs를 비교하십시오. 새 코드에만 있는 작업은 실행되지 않습니다.",
)
_STORE = Said(
    "A store that is connected to the project keeps its content, whatever code serves.",
    "프로젝트에 연결된 저장소의 내용은 어떤 코드가 운영되든 그대로입니다.",
)
_STORE_READ = Said(
    "Check that the older code can read what the newer one has written there.",
    "새 코드가 쓴 내용을 이전 코드가 읽을 수 있는지 확인하십시오.",
)
_DOMAIN = Said(
    "The domain moves; its redirects, certificate and DNS records stay as they are now.",
    "도메인은 전환되지만 리디렉션, 인증서, DNS 레코드는 지금 그대로입니다.",
)
_CACHE = Said(
    "The project's data cache is kept between deployments: the older code may read entries of the newer one.",
    "프로젝트의 데이터 캐시는 배포가 바뀌어도 남으므로 이전 코드가 새 코드의 항목을 읽을 수 있습니다.",
)
_PURGE = Said(
    "If entries have another form, purge it: `vercel cache purge --type data`.",
    "항목의 형식이 다르면 비우십시오: `vercel cache purge --type data`.",
)
_PROJECT = Said(
    "The project was last changed at {changed}, after {id} was built; the build keeps what it was built with",
    "프로젝트 설정이 {id} 빌드 이후인 {changed}에 변경되었습니다. 빌드는 당시 설정을 그대로 씁니다",
)
_ACTIVITY = Said(
    "Look at the project's activity for what was changed since.",
    "프로젝트의 Activity에서 그 뒤 무엇이 변경되었는지 확인하십시오.",
)
_PROJECT_SETTINGS = ("nodeVersion", "framework", "rootDirectory", "buildCommand", "outputDirectory")


def named(answer: Mapping[str, Any], since: Deployment, target: Deployment) -> Sequence[Named]:
    """Name it from the project's answer. ``since`` serves now, ``target`` will."""
    return (
        *_environment(answer, target),
        *_crons(answer, since, target),
        *_stores(answer),
        *_domains(answer),
        *_cache(answer),
        *_configuration(answer, target),
    )


def _environment(answer: Mapping[str, Any], target: Deployment) -> list[Named]:
    found = []
    for entry in _rows(answer.get("env")):
        key, changed = str(entry.get("key") or ""), reading.moment(entry.get("updatedAt") or entry.get("createdAt"))
        if not key or not _of_production(entry.get("target")) or not changed or changed <= target.created:
            continue
        found.append(
            Named.of(
                "environment",
                key,
                _VALUE.filled(changed=changed, id=target.id, created=target.created),
                _OLD_VALUE.filled(commit=target.commit[:12] or "of the target"),
            )
        )
    return found


def _crons(answer: Mapping[str, Any], since: Deployment, target: Deployment) -> list[Named]:
    crons = answer.get("crons")
    if not isinstance(crons, dict):
        return []
    owner = str(crons.get("deploymentId") or since.id)
    return [
        Named.of("cron", f"{one.get('schedule')} {one.get('path')}", _CRON.filled(owner=owner, id=target.id), _CRONS)
        for one in _rows(crons.get("definitions"))
    ]


def _stores(answer: Mapping[str, Any]) -> list[Named]:
    """Name what keeps data of its own and stays as it is: connected stores and Edge Config."""
    found = {}
    for entry in _rows(answer.get("env")):
        hint = entry.get("contentHint")
        store = str(hint.get("storeId") or "") if isinstance(hint, dict) else ""
        store = store or str(entry.get("edgeConfigId") or "")
        if store:
            kind = str(hint.get("type") or "") if isinstance(hint, dict) else "edge-config"
            found[store] = kind
    return [Named.of("other", f"{kind} {store}", _STORE, _STORE_READ) for store, kind in sorted(found.items())]


def _domains(answer: Mapping[str, Any]) -> list[Named]:
    names = reading.domains(reading.live(answer))
    return [Named.of("domain", name, _DOMAIN) for name in names]


def _cache(answer: Mapping[str, Any]) -> list[Named]:
    shared = isinstance(answer.get("dataCache"), dict) and not answer["dataCache"].get("userDisabled")
    if not shared:
        return []
    return [Named.of("cache", "data cache", _CACHE, _PURGE)]


def _configuration(answer: Mapping[str, Any], target: Deployment) -> list[Named]:
    changed = reading.moment(answer.get("updatedAt"))
    if not changed or changed <= target.created:
        return []
    kept = ", ".join(f"{name} {answer[name]}" for name in _PROJECT_SETTINGS if answer.get(name))
    now = Said(f" (now: {kept})", f" (현재: {kept})") if kept else Said()
    told = Said(f"{_PROJECT.en}{now.en}.", f"{_PROJECT.ko}{now.ko}.").filled(changed=changed, id=target.id)
    return [Named.of("configuration", "project settings", told, _ACTIVITY)]


def _of_production(target: Any) -> bool:
    return target is None or target == "production" or (isinstance(target, list) and "production" in target)


def _rows(found: Any) -> list[dict[str, Any]]:
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
