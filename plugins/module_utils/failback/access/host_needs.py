"""What the SSH user must be allowed on each kind of host, and the DNS key on its server. Pure data."""

from __future__ import annotations

from failback.access.model import Permission, Words

_EVERYWHERE = ("IDC-02", "SWITCH-01", "SWITCH-02")
_FILE_GRANT = "one of: chmod g+rwx {path}; usermod -aG {group} {user}; setfacl -m u:{user}:rwx {path}"

LOGIN = Permission(
    key="ssh:login",
    holder="ssh",
    items=(*_EVERYWHERE, "AWS-04"),
    what=Words("log in by key, to a host whose key is on record", "기록된 호스트 키를 확인하고 키로 로그인"),
    probe="ssh_login",
    grant="append the public key of ansible_ssh_private_key_file to ~{user}/.ssh/authorized_keys on {host}",
)
PYTHON = Permission(
    key="ssh:python",
    holder="ssh",
    items=_EVERYWHERE,
    what=Words("run Python 3", "Python 3 실행"),
    probe="agent",
    grant="install python3 on {host}, or correct ansible_python_interpreter",
)
FORWARDING = Permission(
    key="ssh:forwarding",
    holder="ssh",
    items=("IDC-01", "IDC-03", "AWS-04"),
    what=Words("look at MySQL from the host, over its sshd", "호스트의 sshd를 거쳐 MySQL 접속 확인"),
    probe="forwarding",
    grant="AllowTcpForwarding yes in sshd_config of {host} (in a Match block for {user}), then reload sshd",
)
DOCKER = Permission(
    key="ssh:docker",
    holder="ssh",
    items=("IDC-02", "SWITCH-01", "ENV-01"),
    what=Words("start, signal and restart containers", "컨테이너 시작, 신호 전송, 재시작"),
    probe="docker_inspect",
    grant="usermod -aG {group} {user} on {host}",
)
CONFIG_FILE = Permission(
    key="ssh:file",
    holder="ssh",
    items=("SWITCH-01", "SWITCH-02", "ENV-03"),
    what=Words("replace a configuration file", "설정 파일 교체"),
    probe="test_write",
    grant=_FILE_GRANT,
)
READ_FILES = Permission(
    key="ssh:read",
    holder="ssh",
    items=("DATA-01", "TECH-02"),
    what=Words("read the backups and binary logs", "백업과 바이너리 로그 읽기"),
    probe="test_read",
    grant="setfacl -R -m u:{user}:rX {path} on {host}",
)
CA_FILE = Permission(
    key="ssh:replication_ca",
    holder="ssh",
    items=("IDC-01",),
    what=Words("mysqld on IDC reads the CA of RDS", "IDC의 mysqld가 RDS의 CA 인증서 읽기"),
    probe="docker_exec_cat",
    grant="put the CA file of RDS where db_replication.ca_file says, readable for mysqld in {container}",
)
COMMANDS = Permission(
    key="ssh:command",
    holder="ssh",
    items=("SWITCH-01", "SWITCH-02"),
    what=Words("run the site's validate and reload commands", "사이트의 검증 명령과 재적용 명령 실행"),
    probe="command",
    grant="{user} ALL=({as_user}) NOPASSWD: {command}   (visudo -f /etc/sudoers.d/rollback-runner on {host})",
)
SOCKET = Permission(
    key="lb:socket",
    holder="ssh",
    items=("SWITCH-02",),
    what=Words("open the load balancer's admin socket", "로드 밸런서의 관리 소켓 열기"),
    probe="socket_open",
    grant="usermod -aG {group} {user} on {host}, the socket with mode 660",
)
LEVEL = Permission(
    key="lb:level",
    holder="ssh",
    items=("SWITCH-02",),
    what=Words("hold requests and switch servers at that socket", "그 소켓에서 요청 보류와 서버 전환"),
    probe="socket_level",
    grant="stats socket {path} mode 660 level admin   (section global of {file} on {host}, then reload)",
)
TSIG_KNOWN = Permission(
    key="dns:key",
    holder="tsig",
    items=("SWITCH-03",),
    what=Words("sign updates that the primary server accepts", "주 네임서버가 받아들이는 서명"),
    probe="tsig_update",
    grant='key "{key}" {{ algorithm {algorithm}; secret "..."; }}; in the server, with the secret that is in {file}',
)
TSIG_POLICY = Permission(
    key="dns:update",
    holder="tsig",
    items=("SWITCH-03",),
    what=Words("change the service's names", "서비스 이름의 레코드 변경"),
    probe="tsig_update",
    grant="update-policy {{ grant {key} name {name}. {type}; }}; in the zone {zone}",
)

HOST: tuple[Permission, ...] = (
    LOGIN, PYTHON, FORWARDING, DOCKER, CONFIG_FILE, READ_FILES, CA_FILE, COMMANDS, SOCKET, LEVEL, TSIG_KNOWN,
    TSIG_POLICY,
)  # fmt: skip
