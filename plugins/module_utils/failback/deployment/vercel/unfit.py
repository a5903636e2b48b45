"""Why production on Vercel cannot move to a deployment, as far as looking alone tells. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.said import Said

if TYPE_CHECKING:
    from failback.deployment.model import Deployment, Project

UNDER_WAY = Said(
    "A {kind} to {to} is under way since {requested}. Next: wait for its end.",
    "{requested}부터 {to}(으)로 전환({kind})이 진행 중입니다. 다음: 끝날 때까지 기다리십시오.",
)
NO_DOMAIN = Said(
    "{name} is a production domain by deployment_domains or by the project, and Vercel's list gives it to no "
    "deployment, so it would not move. Next: assign it to the project, or correct deployment_domains "
    "(provider_domain: what Vercel calls it, empty where another front serves it).",
    "{name}은(는) deployment_domains나 프로젝트의 운영 도메인인데 Vercel 목록에는 어느 배포에도 연결되어 있지 "
    "않아 전환되지 "
    "않습니다. 다음: 프로젝트에 연결하거나 deployment_domains를 고치십시오(provider_domain: Vercel에서 쓰는 "
    "이름, 다른 곳이 "
    "앞에서 서비스하면 빈 값).",
)
_LIVE = Said(
    "{id} serves production already; there is nothing to do.", "{id}은(는) 이미 운영 중이므로 할 일이 없습니다."
)
_STATE = Said(
    "{id} is {state}, not ready. Next: choose another.", "{id}의 상태는 {state}입니다. 다음: 다른 배포를 고르십시오."
)
_PREVIEW = Said(
    "{id} is a preview; Vercel would build it anew. Next: choose a production deployment.",
    "{id}은(는) 미리보기 배포이므로 Vercel이 새로 빌드합니다. 다음: 운영 배포를 고르십시오.",
)
_NEVER = Said(
    "{id} never served production. Next: choose one that did, or promote it.",
    "{id}은(는) 운영에 쓰인 적이 없습니다. 다음: 쓰인 적이 있는 배포를 고르거나 promote를 쓰십시오.",
)
_NO_WAY = Said(
    "Vercel does not let production go back to {id}.{limit}",
    "Vercel이 {id}(으)로 되돌아가는 것을 허용하지 않습니다.{limit}",
)
_HOBBY = Said(
    " The plan Hobby rolls back to the deployment that was live directly before this one, and to no other; going "
    "further back needs the plan Pro.",
    " Hobby 요금제에서는 바로 직전에 운영하던 배포로만 롤백할 수 있고, 더 이전으로 가려면 Pro 요금제가 필요합니다.",
)
_UNSOUND = Said("{id}: {why}.", "{id}: {why}.")


def of_target(one: Deployment, kind: str, project: Project) -> list[Said]:
    """Say what about the target itself stands in the way."""
    found = []
    if one.id == project.live and not project.beside:
        found.append(_LIVE)
    if one.state != "ready":
        found.append(_STATE)
    if one.target != "production":
        found.append(_PREVIEW)
    if kind == "rollback" and one.id != project.live:
        if one.promoted is False:
            found.append(_NEVER)
        if one.candidate is False:
            limit = _HOBBY if project.limits else Said()
            found.append(Said(_NO_WAY.en.replace("{limit}", limit.en), _NO_WAY.ko.replace("{limit}", limit.ko)))
    if one.unsound:
        found.append(_UNSOUND)
    return [told.filled(id=one.id, state=one.state, why=one.unsound) for told in found]
