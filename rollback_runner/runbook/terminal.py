"""What a terminal needs before the first step: a few bash functions with the site's own names. Pure.

No secret is in it, and none comes into a command line: passwords are read from the site's files at the moment of use
and reach `mysql` through an open file, SQL through standard input or `-e`, which holds none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.runbook.words import STAND_INS, line, name, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.runbook.site_view import Login, Machine, Pair, View

_SOCKET = (
    "import socket,sys;s=socket.socket(socket.AF_UNIX);s.settimeout(5);s.connect(sys.argv[1]);"
    "s.sendall(sys.argv[2].encode()+bytes([10]));sys.stdout.buffer.writelines(iter(lambda:s.recv(65536),bytes()))"
)


def preamble(view: View, places: Mapping[str, str]) -> str:
    """Write the functions. `places` says what `RR_HOME`, `SITE` and `PROJECT` stand for on this machine."""
    parts = [
        "\n".join(f"export {key}={word(places[key])}" for key in STAND_INS if key in places),
        'umask 077; mkdir -p "$HOME/by-hand" && cd "$HOME/by-hand"',
        f'for tool in {" ".join(tools(view))}; do command -v $tool >/dev/null || echo "MISSING: $tool"; done',
        _on(view),
        _lb(view),
        'login() { printf \'[client]\\npassword="%s"\\n\' "$(sed \'s/[\\\\"]/\\\\&/g\' "$1")"; }',
        *(_databases(pair) for pair in view.pairs),
        *_aws(view),
    ]
    return "\n\n".join(parts)


def tools(view: View) -> list[str]:
    """Name the programs that the commands need on this machine."""
    found = ["bash", "ssh", "curl", "mysql"]
    providers = {str(record.get("provider")) for record in view.records}
    found += ["dig", *(["nsupdate"] if "rfc2136" in providers else [])] if view.records else []
    return [*found, *(["aws"] if view.pairs else [])]


def _on(view: View) -> str:
    ways = list(dict.fromkeys(_options(one) for one in view.machines))
    arrays = "\n".join(f"ssh_{number}=({options})" for number, options in enumerate(ways, start=1))
    cases = "\n".join(
        f'    {word(one.host)}) set -- "${{ssh_{ways.index(_options(one)) + 1}[@]}}" {_target(one)} ;;'
        for one in view.machines
    )
    return (
        f"{arrays}\non() {{  # on HOST COMMAND: on one of the site's hosts\n"
        '  local host=$1 command=$2\n  case "$host" in\n'
        f'{cases}\n    *) echo "no such host: $host" >&2; return 2 ;;\n  esac\n  ssh "$@" "$command"\n}}'
    )


def _options(one: Machine) -> str:
    # -n: a pasted line after this one is for the shell and not for ssh.
    options = ["-n", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
    options += ["-i", one.key] if one.key else []
    options += ["-p", one.port] if one.port else []
    return f"{line(options)} {line(one.options)}" if one.options else line(options)


def _target(one: Machine) -> str:
    return word(f"{one.user}@{one.address}" if one.user else one.address)


def _lb(view: View) -> str:
    cases = "\n".join(f"    {word(node.host)}) socket={word(node.socket)} ;;" for node in view.nodes)
    return (
        "lb() {  # lb NODE 'COMMANDS': to HAProxy's admin socket on a node\n"
        f'  local socket\n  case "$1" in\n{cases}\n    *) echo "no such node: $1" >&2; return 2 ;;\n  esac\n'
        f'  on "$1" "python3 -c \'{_SOCKET}\' $socket $(printf %q "$2")"\n}}'
    )


def _databases(pair: Pair) -> str:
    here, app = name(pair.host), pair.app
    as_app = {"user": app.get("user", ""), "password_file": app.get("password_file", "")}
    servers = (
        ("idc", pair.idc),
        ("aws", pair.aws),
        ("app_idc", _with(pair.idc, as_app)),
        ("app_aws", _with(pair.aws, as_app)),
    )
    return "\n".join(f"{here}_{side}() {{ {_mysql(server)}; }}" for side, server in servers)


def _with(server: Login, account: Mapping[str, object]) -> Login:
    other = type(server)
    return other(
        server.host, server.port, str(account["user"]), str(account["password_file"]), server.ca_file, server.uuid
    )


def _mysql(server: Login) -> str:
    tls = f"--ssl-mode=VERIFY_CA --ssl-ca={word(server.ca_file)}" if server.ca_file else "--ssl-mode=REQUIRED"
    return (
        f"mysql --defaults-extra-file=<(login {word(server.password_file)}) --connect-timeout=5"
        f' -h {word(server.host)} -P {server.port} -u {word(server.user)} {tls} -N -B -r "$@"'
    )


def _aws(view: View) -> list[str]:
    found = []
    for pair in view.pairs:
        endpoint = f" --endpoint-url {word(pair.text('aws_endpoint_url'))}" if pair.text("aws_endpoint_url") else ""
        found.append(
            f"{name(pair.host)}_cloud() {{ AWS_PAGER="
            f" AWS_SHARED_CREDENTIALS_FILE={word(pair.text('aws_credentials_file'))}"
            f" aws --profile {word(pair.text('aws_profile'))} --region {word(pair.text('aws_region'))}{endpoint}"
            ' "$@"; }'
        )
    route53 = (view.service.get("dns_servers") or {}).get("route53") or {}
    if route53:
        endpoint = f" --endpoint-url {word(route53['endpoint_url'])}" if route53.get("endpoint_url") else ""
        found.append(
            f"route53() {{ AWS_PAGER= AWS_SHARED_CREDENTIALS_FILE={word(route53.get('credentials_file', ''))}"
            f" aws --profile {word(route53.get('profile', ''))} --region {word(route53.get('region', 'us-east-1'))}"
            f'{endpoint} route53 "$@"; }}'
        )
    return found
