"""The sentences about a situation, in English and Korean. Names stand before a colon: no particle hangs on them.

They live here and not in the command's catalogue, since a play without the command writes them too.
"""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # who serves, who writes: the first line
    "serves.idc": ("IDC serves the users", "IDC가 사용자 요청을 처리하고 있습니다"),
    "serves.aws": ("AWS serves the users", "AWS가 사용자 요청을 처리하고 있습니다"),
    "serves.mixed": ("IDC and AWS both serve users", "IDC와 AWS가 사용자 요청을 나누어 처리하고 있습니다"),
    "serves.silent": ("no front door answers the users", "사용자 요청에 응답하는 프런트 도어가 없습니다"),
    "serves.none": ("nobody serves the users", "사용자 요청을 처리하는 쪽이 없습니다"),
    "serves.unknown": ("who serves the users is not known", "사용자 요청을 어느 쪽이 처리하는지 알 수 없습니다"),
    "writes.idc": ("IDC takes the writes ({rate} a second)", "쓰기는 IDC가 받습니다(초당 {rate}건)"),
    "writes.aws": ("RDS takes the writes ({rate} a second)", "쓰기는 RDS가 받습니다(초당 {rate}건)"),
    "writes.both": ("IDC and RDS both take writes", "IDC와 RDS가 모두 쓰기를 받습니다"),
    "writes.none": ("neither database takes writes", "어느 데이터베이스도 쓰기를 받지 않습니다"),
    "writes.unknown": ("who takes writes is not known", "어느 쪽이 쓰기를 받는지 알 수 없습니다"),
    "follows.idc": (
        "IDC follows RDS, {missing} transaction{missing_s} behind",
        "IDC는 RDS를 복제 중입니다(지연 {missing}건)",
    ),
    "follows.nothing": (
        "IDC follows nothing and lacks {missing} transaction{missing_s}",
        "IDC는 복제하지 않으며 트랜잭션 {missing}건이 없습니다",
    ),
    "follows.broken": (
        "IDC's replication has stopped and lacks {missing} transaction{missing_s}",
        "IDC 복제가 멈췄으며 트랜잭션 {missing}건이 없습니다",
    ),
    "follows.unknown": ("what IDC lacks is not known", "IDC에 없는 트랜잭션 수는 알 수 없습니다"),
    "follows.done": ("IDC has all that RDS has", "RDS의 데이터가 모두 IDC에 있습니다"),
    # databases
    "writers.both": (
        "{database}: IDC and RDS both take writes",
        "{database}: IDC와 RDS가 모두 쓰기를 받고 있습니다",
    ),
    "writers.none": (
        "{database}: neither IDC nor RDS takes writes",
        "{database}: IDC와 RDS 모두 쓰기를 받지 않습니다",
    ),
    "side.silent": ("{side} MySQL does not answer: {error}", "{side} MySQL 응답 없음: {error}"),
    "side.identity": (
        "{side}: another server answers at {address} (server_uuid {seen}, the site says {wanted})",
        "{side}: {address}에서 다른 서버가 응답합니다(server_uuid {seen}, 사이트 설정은 {wanted})",
    ),
    "follow.nothing": (
        "RDS takes {rate} writes a second; IDC follows nothing and lacks {missing} transaction{missing_s}",
        "RDS에 초당 {rate}건이 기록되고 있으나 IDC는 복제하지 않습니다. IDC에 없는 트랜잭션은 {missing}건입니다",
    ),
    "follow.still": (
        "IDC follows nothing and lacks {missing} transaction{missing_s} that RDS has",
        "IDC는 복제하지 않습니다. RDS에만 있는 트랜잭션은 {missing}건입니다",
    ),
    "follow.broken": (
        "IDC's replication channel {channel} has stopped ({error}); IDC lacks {missing} transaction{missing_s}",
        "IDC 복제 채널 {channel} 중단({error}). IDC에 없는 트랜잭션은 {missing}건입니다",
    ),
    "follow.lag": (
        "IDC follows RDS through {channel} and is {missing} transaction{missing_s} behind",
        "IDC가 채널 {channel}로 RDS를 복제 중이며 {missing}건 뒤처져 있습니다",
    ),
    "idc.errant": (
        "IDC has {extra} transaction{extra_s} since the cut-over that RDS has not: somebody wrote there",
        "이관 이후 IDC에만 있는 트랜잭션이 {extra}건입니다. IDC에 쓰기가 있었습니다",
    ),
    "rds.fenced": (
        "RDS is fenced: {count} account{count_s} locked by this tool",
        "RDS 쓰기 차단 중: 이 도구가 계정 {count}개를 잠갔습니다",
    ),
    "rds.retention": (
        "RDS throws its binary logs away as soon as it can (retention NULL): the way back can close at any moment",
        "RDS가 바이너리 로그를 곧바로 지우고 있습니다(보관 시간 NULL). 복귀에 필요한 로그가 언제든 사라질 수 있습니다",
    ),
    "db.unread": ("{side} MySQL does not tell: {what}", "{side} MySQL에서 읽지 못한 항목: {what}"),
    # what users meet
    "effect.errors": (
        "{share} of the answers are errors (5xx): {errors} of {requests} in {seconds} s",
        "응답의 {share}가 오류(5xx)입니다: {seconds}초 동안 {requests}건 중 {errors}건",
    ),
    "effect.endpoint": (
        "Most errors are on {endpoint}: {count} in the log of {container} since {first}",
        "오류가 가장 많은 엔드포인트는 {endpoint}입니다: {first} 이후 {container} 로그에 {count}건",
    ),
    "door.silent": ("{door}: front door does not answer: {error}", "{door}: 프런트 도어 응답 없음: {error}"),
    "door.health": ("{door}: {path} answers {status}", "{door}: {path} 응답 {status}"),
    "door.slow": (
        "{door}: p95 is {now}, at the baseline {then}",
        "{door}: p95 {now}, 기준 시점은 {then}",
    ),
    # names
    "dns.side": (
        "{name} answers with {side} ({value}) on {what}",
        "{name}: {what} {side}({value})로 응답합니다",
    ),
    "dns.all": ("all {count} servers", "네임서버 {count}대 모두"),
    "dns.both": ("both servers", "네임서버 2대 모두"),
    "dns.one": ("its server", "네임서버가"),
    "dns.disagree": ("{name}: name servers disagree: {list}", "{name}: 네임서버 응답이 서로 다릅니다: {list}"),
    "dns.other": (
        "{name} answers {values} on {servers}, which belongs to neither side",
        "{name}: {servers}에서 어느 쪽도 아닌 {values}(으)로 응답합니다",
    ),
    "dns.silent": ("{name}: name server {server} {error}", "{name}: 네임서버 {server} 조회 실패: {error}"),
    # load balancers
    "lb.silent": (
        "Load balancer {node} does not tell its state: {error}",
        "로드 밸런서 {node} 상태 확인 불가: {error}",
    ),
    "lb.absent": (
        "Load balancer {node} may be missing by the site's word ({reason}) and does not answer",
        "로드 밸런서 {node} 응답 없음(사이트에서 부재 허용: {reason})",
    ),
    "lb.none": (
        "Load balancer {node} has no server that takes requests: {states}",
        "로드 밸런서 {node}: 요청을 받을 서버가 없습니다({states})",
    ),
    "lb.down": ("Load balancer {node}: server {server} is down{why}", "로드 밸런서 {node}: 서버 {server} 다운{why}"),
    "lb.drained": (
        "Load balancer {node}: server {server} is up but drained or of weight 0",
        "로드 밸런서 {node}: 서버 {server} 정상이나 drain 상태이거나 가중치가 0입니다",
    ),
    "lb.differ": (
        "Load balancers send users to different sides: {list}",
        "로드 밸런서마다 보내는 쪽이 다릅니다: {list}",
    ),
    "lb.held": (
        "Load balancer {node} keeps requests waiting until {until}",
        "로드 밸런서 {node}: {until}까지 요청을 대기시키고 있습니다",
    ),
    "lb.strangers": (
        "Load balancer {node} has servers that belong to neither side: {servers}",
        "로드 밸런서 {node}: 어느 쪽에도 속하지 않은 서버가 있습니다({servers})",
    ),
    "lb.missing": (
        "Load balancer {node} does not know the servers {servers}",
        "로드 밸런서 {node}: 설정에 없는 서버 {servers}",
    ),
    # hosts and containers
    "host.silent": ("{host} cannot be reached: {error}", "{host}: 접속 불가: {error}"),
    "container.missing": ("{host}: there is no container {container}", "{host}: 컨테이너 {container} 없음"),
    "container.unknown": (
        "{host}: docker does not tell about {container}: {error}",
        "{host}: 컨테이너 {container} 상태 확인 불가: {error}",
    ),
    "container.stopped": (
        "{host}: container {container} is {state}{why}{since}",
        "{host}: 컨테이너 {container} 상태 {state}{why}{since}",
    ),
    "container.since": (", since {at}", ", {at}부터"),
    "container.memory": (" (killed for want of memory)", " (메모리 부족으로 종료)"),
    "container.code": (" (exit code {code})", " (종료 코드 {code})"),
    "nothing": ("", ""),
    "container.unhealthy": (
        "{host}: container {container} runs but is {health}",
        "{host}: 컨테이너 {container} 실행 중이나 상태 검사 결과 {health}",
    ),
    "container.image": (
        "{host}: container {container} runs another image than at the baseline ({now}, was {then})",
        "{host}: 컨테이너 {container} 이미지가 기준 시점과 다릅니다(현재 {now}, 기준 {then})",
    ),
    "container.restarts": (
        "{host}: docker restarted container {container} {count} time{count_s} since the baseline",
        "{host}: 컨테이너 {container} 기준 시점 이후 재시작 {count}회",
    ),
    "container.log": (
        "{host}: the log of {container} has {count} error line{count_s} since {first}, most often: {line}",
        "{host}: {container} 로그에 {first} 이후 오류 {count}건, 가장 많은 것: {line}",
    ),
    # AWS
    "aws.silent": ("The AWS API does not tell about {name}: {error}", "AWS API에서 {name} 조회 실패: {error}"),
    "aws.unread": ("The AWS API does not tell {what}", "AWS API에서 읽지 못한 항목: {what}"),
    "aws.status": (
        "RDS instance {name} is {status}, not available",
        "RDS 인스턴스 {name} 상태: {status} (정상은 available)",
    ),
    "aws.pending": (
        "RDS instance {name} has pending changes: {what}",
        "RDS 인스턴스 {name}: 적용 대기 중인 변경 {what}",
    ),
    "aws.group": ("RDS parameter group {group} is {status}", "RDS 파라미터 그룹 {group} 상태: {status}"),
    "aws.other_group": (
        "RDS instance {name} uses the parameter group {seen}, the site says {wanted}",
        "RDS 인스턴스 {name}: 파라미터 그룹 {seen} 사용 중, 사이트 설정은 {wanted}",
    ),
    "aws.read_only": (
        "The RDS parameter group {group} sets read_only",
        "RDS 파라미터 그룹 {group}에 read_only가 설정되어 있습니다",
    ),
    "aws.backup": (
        "RDS instance {name} has no automated backups, so it may keep no binary logs",
        "RDS 인스턴스 {name}: 자동 백업이 꺼져 있어 바이너리 로그가 남지 않을 수 있습니다",
    ),
    "aws.closed": (
        "Security group {group} lets nobody in on port {port}",
        "보안 그룹 {group}: 포트 {port}에 허용된 출발지가 없습니다",
    ),
    "aws.other_groups": (
        "RDS instance {name} has the security groups {seen}, the site says {wanted}",
        "RDS 인스턴스 {name}: 보안 그룹 {seen}, 사이트 설정은 {wanted}",
    ),
    "aws.event": ("RDS said at {at}: {text}", "RDS 이벤트 {at}: {text}"),
    # baseline
    "baseline.none": (
        "No baseline is recorded for {hosts}, so nothing there is compared",
        "기준 상태 기록이 없어 비교하지 않은 호스트: {hosts}",
    ),
    "baseline.bad": ("{error}", "기준 상태 기록을 쓸 수 없습니다: {error}"),
    # severity, with the rule that gave it
    "severity.door": ("{door} does not answer", "{door} 응답 없음"),
    "severity.doors": ("no front door answers", "모든 프런트 도어 응답 없음"),
    "severity.noserver": ("no load balancer has a server that takes requests", "요청을 받을 서버가 없음"),
    "severity.errors": (
        "{share} of the answers are errors; the rule: {limit} or more",
        "응답의 {share}가 오류(기준: {limit} 이상)",
    ),
    "severity.slow": (
        "p95 at {door} is {now}, {times} times the baseline; the rule: {limit} times or more",
        "{door} p95 {now}, 기준 시점의 {times}배(기준: {limit}배 이상)",
    ),
    "severity.none": ("no figure is over a limit", "한도를 넘은 수치 없음"),
    "severity.unknown": (
        "neither a load balancer nor a front door told a figure",
        "로드 밸런서와 프런트 도어에서 수치를 얻지 못함",
    ),
    # causes
    "cause.rds_status": ("The RDS instance {name} is {status}.", "RDS 인스턴스 {name}의 상태가 {status}입니다."),
    "cause.rds_event": ("RDS reported at {at}: {text}", "RDS가 {at}에 알린 내용: {text}"),
    "cause.rds_silent": ("RDS MySQL does not answer ({error}).", "RDS MySQL이 응답하지 않습니다({error})."),
    "cause.log": (
        "{container} on {host} logs {count} error line{count_s} since {first}: {line}",
        "{first}부터 {host} {container} 로그에 오류 {count}건: {line}",
    ),
    "cause.slow": (
        "Through {door} the service is slower than before the migration: p95 {now}, {then} at the baseline.",
        "{door} 경유 응답이 이관 전보다 느립니다: p95 {now}, 기준 시점 {then}.",
    ),
    "cause.down": (
        "The load balancer {node} sees server {server} down{why}.",
        "로드 밸런서 {node}에서 서버 {server} 다운{why}.",
    ),
    "cause.container": (
        "Container {container} on {host} is {state}{why}.",
        "{host} 컨테이너 {container} 상태 {state}{why}.",
    ),
    "cause.split": (
        "Both databases took writes: IDC has {extra} transaction{extra_s} that RDS has not.",
        "두 데이터베이스에 모두 쓰기가 있었습니다. IDC에만 있는 트랜잭션 {extra}건.",
    ),
    "cause.dns": ("Name servers do not agree on {name}.", "{name}에 대한 네임서버 응답이 서로 다릅니다."),
    "cause.endpoint": (
        "Requests fail at {endpoint}: {count} answers with 5xx logged by {container} on {host} since {first}.",
        "{endpoint} 요청 실패: {first} 이후 {host} {container} 로그에 5xx {count}건.",
    ),
}
