"""All permissions in one place, and how each is probed without being used."""

from __future__ import annotations

from failback.access.aws_needs import AWS
from failback.access.cleanup_needs import CLEANUP
from failback.access.host_needs import HOST
from failback.access.model import Permission, Words
from failback.access.mysql_needs import MYSQL

PERMISSIONS: tuple[Permission, ...] = (*MYSQL, *HOST, *AWS, *CLEANUP)

PROBES: dict[str, Words] = {
    "show_grants": Words(
        "SHOW GRANTS of the account itself, with the roles that are active when it logs in",
        "해당 계정의 SHOW GRANTS(로그인할 때 활성화되는 역할 포함)",
    ),
    "ssh_login": Words("logs in with strict checking of the host key", "호스트 키를 엄격히 확인하며 로그인"),
    "agent": Words("a program on standard input that only looks", "표준 입력으로 넣은, 조회만 하는 프로그램"),
    "forwarding": Words(
        "ssh -W to the host's own sshd, whose greeting comes back", "ssh -W로 그 호스트의 sshd에 접속해 인사말 확인"
    ),
    "docker_inspect": Words("docker container inspect", "docker container inspect"),
    "docker_exec_cat": Words("reads the file inside the container", "컨테이너 안에서 파일 읽기"),
    "test_write": Words(
        "the rights of the file and of its directory; nothing is opened for writing",
        "파일과 디렉터리의 권한 확인(쓰기용으로 열지 않음)",
    ),
    "test_read": Words("the rights of every file below", "하위 모든 파일의 권한 확인"),
    "command": Words(
        "looks the program up; behind sudo, sudo -n -l COMMAND, which runs nothing",
        "프로그램 존재 확인. sudo라면 실행하지 않는 sudo -n -l 명령",
    ),
    "socket_open": Words("opens it", "소켓 열기"),
    "socket_level": Words(
        "show cli level, and an order about a server that does not exist",
        "show cli level, 그리고 존재하지 않는 서버에 대한 명령",
    ),
    "tsig_update": Words(
        "a signed update that takes away a value the record does not have, while it has the values it has",
        "레코드에 없는 값을 지우는 서명된 갱신(현재 값이 그대로라는 전제 조건 포함)",
    ),
    "simulate": Words(
        "iam:SimulatePrincipalPolicy; without it a dry run (EC2) and the reading calls",
        "iam:SimulatePrincipalPolicy. 안 되면 EC2의 DryRun과 조회 호출",
    ),
    "at_use": Words(
        "nothing before its use: a denied act is named, and the rest goes on",
        "미리 확인하지 않음. 거부된 작업은 이름을 밝히고 나머지를 계속 진행",
    ),
}


def of_holder(holder: str) -> tuple[Permission, ...]:
    """Return the permissions of one holder, in the catalogue's order."""
    return tuple(one for one in PERMISSIONS if one.holder == holder)
