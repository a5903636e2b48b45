"""What the documentation of our modules has in common; named there as failback.<part in lower case>."""

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

    AWS_API = r"""
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
