"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_route
short_description: Find how IDC reaches RDS, and open a tunnel where it does not
description:
  - "Tries to reach RDS from the database host with the replication account. Where there is no way, opens ssh -R
      from here: a loopback port of the host then leads through this machine to RDS."
  - The tunnel ends by itself after O(lifetime). The way and the reason are in the evidence; RV(after.replication)
      is what M(mysql_channel) needs.
options:
  state:
    description: Whether a way shall be there, or the tunnel be gone.
    type: str
    default: open
    choices: [open, closed]
  aws:
    description: RDS, the same keys.
    type: dict
  replication:
    description: "How the IDC server reaches RDS: host, port, user, password_file, ca_file."
    type: dict
  port:
    description: Loopback port of the database host.
    type: int
    default: 13306
  lifetime:
    description: Seconds after which the tunnel ends by itself.
    type: int
    default: 3600
  timeout:
    description: Seconds for each try.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Find the way
  mysql_route:
    aws: "{{ db_aws }}"
    replication: "{{ db_replication }}"

- name: Rehearse it
  mysql_route:
    aws: "{{ db_aws }}"
    replication: "{{ db_replication }}"
  check_mode: true

- name: Close the tunnel
  mysql_route:
    state: closed
"""

RETURN = r"""
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: What was planned, done and seen, with durations in seconds.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
