"""What the documentation of our modules has in common; named there as failback.<part in lower case>.

Long because Ansible finds the parts by this file's name: one file, one word to remember. Each part is a few lines.
"""

from __future__ import annotations


class ModuleDocFragment:
    """Each attribute is one part."""

    IDC = r"""
options:
  idc:
    description: "IDC MySQL: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
"""

    AWS = r"""
options:
  aws:
    description: "RDS: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
"""

    SCHEMAS = r"""
options:
  schemas:
    description: The schemas of the service.
    type: list
    elements: str
    required: true
"""

    EXEMPT_USERS = r"""
options:
  exempt_users:
    description: Users whose accounts and sessions the fence leaves alone.
    type: list
    elements: str
    required: true
"""

    ACCEPT_LOSS = r"""
options:
  accept_loss:
    description: Why the loss of what did not reach IDC is accepted; only looked at when RDS does not answer.
    type: str
    default: ""
"""

    AWS_LOGIN = r"""
options:
  region:
    description: AWS region.
    type: str
    required: true
  endpoint_url:
    description: Empty on real AWS.
    type: str
    default: ""
  credentials_file:
    description: INI file with the credentials, mode 0600. Empty uses what boto3 finds by itself.
    type: str
    default: ""
  profile:
    description: Profile in it.
    type: str
    default: ""
"""

    AWS_API = r"""
options:
  silence:
    description: "When the AWS API does not answer: V(fail), or V(tell) and go on."
    type: str
    choices: [fail, tell]
    default: fail
"""

    DNS = r"""
options:
  records:
    description: The names that lead to a side. Keys are name, type (A or AAAA), idc, aws, ttl, provider and
      authoritative.
    type: list
    elements: dict
    required: true
  authoritative:
    description: Authoritative servers of records that name none, as address or address:port.
    type: list
    elements: str
    default: []
"""

    HAPROXY = r"""
options:
  socket:
    description: HAProxy's admin socket on the node; its level must be admin.
    type: str
    required: true
  backend:
    description: The backend whose servers are meant.
    type: str
    required: true
  servers_idc:
    description: Its servers on the IDC side.
    type: list
    elements: str
    required: true
  servers_aws:
    description: Its servers on the AWS side.
    type: list
    elements: str
    required: true
  absent_ok:
    description: Nodes that may be missing, each with the reason. Such a node is skipped if it does not answer.
    type: dict
    default: {}
"""

    TEAM = r"""
options:
  people:
    description: "Who can be called: by key, their name (en, ko) and contact, the channels that reach them."
    type: dict
    default: {}
  roles:
    description: "Who has which role: by role, person and deputy."
    type: dict
    default: {}
  critical:
    description: Whether an executive is needed too.
    type: bool
    default: false
"""

    CHANNELS = r"""
options:
  channels:
    description: "Ways to people: name, url_file (mode 0600, one Apprise URL in it), audience, read_back."
    type: list
    elements: dict
    default: []
"""

    LADDER = r"""
options:
  ladder:
    description: "Who is told when nobody answers: after (seconds), role, channel."
    type: list
    elements: dict
    default: []
"""

    BASELINE = r"""
options:
  baseline_directory:
    description: Directory of the recorded baseline, on the machine that runs the play.
    type: str
    required: true
"""

    # Of a module that goes on without a baseline.
    BASELINE_KNOWN = r"""
options:
  baseline_directory:
    description: Directory of the recorded baseline, on the machine that runs the play.
    type: str
    default: ""
"""

    READER = r"""
options:
  privilege:
    description: Words put before a command that needs more rights, such as sudo -n; empty where there are none.
    type: list
    elements: str
    default: []
  ignore_interfaces:
    description: Patterns of network interfaces that come and go by themselves.
    type: list
    elements: str
    default: [docker0, "br-*", "veth*"]
"""

    EXPECTED = r"""
options:
  expected:
    description: Differences that are meant, as in environment_expected.
    type: list
    elements: dict
    default: []
"""

    PUT_BACK = r"""
options:
  put_back:
    description: Put back what differs; without it only tell.
    type: bool
    default: true
"""

    FILES = r"""
options:
  files:
    description: Service configuration files, each a path, or path, secret (kept as a digest only), validate and
      reload (commands, one word an entry).
    type: list
    elements: raw
    default: []
"""

    DISKS = r"""
options:
  disks:
    description: Paths whose file systems are looked at.
    type: list
    elements: str
    default: [/]
"""

    LEAST = r"""
options:
  least_free:
    description: Share of space and inodes that must be free.
    type: float
    default: 0.1
  least_bytes:
    description: Bytes that must be free.
    type: int
    default: 1073741824
  least_days:
    description: Days the space must last.
    type: float
    default: 30.0
"""

    CONTAINERS = r"""
options:
  containers:
    description: The containers of the service, as in service_containers.
    type: list
    elements: dict
    required: true
"""

    # Of a module that can do without.
    CONTAINERS_KNOWN = r"""
options:
  containers:
    description: The containers of the service, as in service_containers.
    type: list
    elements: dict
    default: []
"""

    DOORS = r"""
options:
  doors:
    description: The front doors, as in service_front_doors.
    type: list
    elements: dict
    required: true
"""

    # How a door is asked as a user would, and how it is asked at a fixed pace.
    ASKING = r"""
options:
  home:
    description: Directory from which relative paths of secret files count.
    type: str
    default: ""
  timeout:
    description: Seconds one request may take.
    type: float
    default: 10.0
"""

    PACE = r"""
options:
  rate:
    description: Requests a second through each door.
    type: float
    default: 20.0
  seconds:
    description: How long each door is asked, seconds.
    type: float
    default: 5.0
  timeout:
    description: Seconds one request may take.
    type: float
    default: 5.0
"""

    JOURNEYS = r"""
options:
  directory:
    description: Directory of the site's journeys.
    type: str
    required: true
"""

    S3 = r"""
options:
  s3:
    description: "For s3:// sources: region, endpoint_url, credentials_file, profile."
    type: dict
    default: {}
"""

    DECRYPT = r"""
options:
  decrypt:
    description: "How encrypted backups are opened, by tool. V(age) takes key_file; V(gpg) password_file and home, both
      may be left out; V(openssl) password_file and options. All of them files on this machine."
    type: dict
    default: {}
"""

    DUMP_ZONE = r"""
options:
  time_zone:
    description: Zone of the host that dumped; a dump's own date has none.
    type: str
    default: UTC
"""

    # Attributes of a module that only looks, and of one that acts.
    LOOKS = r"""
attributes:
  check_mode:
    support: full
    description: Reads only, so a rehearsal does the same.
  diff_mode:
    support: N/A
    description: It never changes anything.
  idempotent:
    support: full
    description: A second run finds nothing to do.
"""

    ACTS = r"""
attributes:
  check_mode:
    support: full
    description: Reads everything and computes the whole plan, touches nothing.
  diff_mode:
    support: full
    description: Shows what is before and after.
  idempotent:
    support: full
    description: A second run finds nothing to do.
"""
