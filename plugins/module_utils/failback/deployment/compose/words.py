"""What does not go back with the code on hosts of our own, in both languages. Pure data."""

from __future__ import annotations

from failback.deployment.said import Said

SET_OUTSIDE = Said(
    "set outside of the release and stays as it is for {since}",
    "릴리스 밖에서 설정된 값이며 {since}에 맞춘 그대로 남습니다",
)
SET_AS = Said(
    "set it as {target} needs it, or see that both take it as it is",
    "{target}에 맞게 설정하거나 지금 값이 두 릴리스 모두에 맞는지 확인하십시오",
)
CRON_LEFT = Said(
    "the job {name} of {since} is not part of {target}", "{since}의 작업 {name}이(가) {target}에는 없습니다"
)
CRON_OFF = Said("take it off the hosts by hand", "호스트에서 직접 제거하십시오")
CRON_MISSING = Said(
    "the job {name} of {target} may be missing on the hosts",
    "{target}의 작업 {name}이(가) 호스트에 없을 수 있습니다",
)
CRON_THERE = Said("see that it is there", "있는지 확인하십시오")
HOST_ENV = Said(
    "the variables of host.env on {hosts} are the host's and stay as they are",
    "{hosts}의 host.env 변수는 호스트의 것이므로 그대로 남습니다",
)
HOST_ENV_FITS = Said("see that {target} takes them", "{target}에서 쓸 수 있는지 확인하십시오")
VOLUME = Said("the volume {name} keeps what {since} wrote", "볼륨 {name}에는 {since}이(가) 쓴 내용이 그대로 남습니다")
VOLUME_READ = Said("see that {target} can read it", "{target}이(가) 읽을 수 있는지 확인하십시오")
CACHES = Said(
    "caches before the hosts may hold answers of {since}",
    "호스트 앞의 캐시에 {since}의 응답이 남아 있을 수 있습니다",
)
CACHES_EMPTY = Said("empty them, or wait", "캐시를 비우거나 만료되기를 기다리십시오")
