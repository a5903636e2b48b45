"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_channel
short_description: Let IDC follow RDS, and wait until it has caught up
description:
  - Makes the replication channel rollback_runner on IDC (SOURCE_AUTO_POSITION, TLS, mysql.% filtered) and starts it
      with credentials that stay in memory.
  - Waits until IDC has all that RDS had less than O(max_lag) seconds ago, measured by GTID sets, without comparing
      clocks.
  - A standing channel from the same RDS is used as it is; any other channel is never changed. With O(state=absent)
      ours is removed.
options:
  state:
    description: Whether the channel shall be there.
    type: str
    default: running
    choices: [running, absent]
  aws:
    description: RDS, the same keys.
    type: dict
  replication:
    description: "How the IDC server reaches RDS: host, port, user, password_file, ca_file (a path on the IDC server)."
    type: dict
  max_lag:
    description: Seconds behind RDS that count as caught up.
    type: float
    default: 1.0
  timeout:
    description: Seconds after which it is given up.
    type: float
    default: 300.0
  wait:
    description: Whether to wait until IDC has caught up; without, the channel is started and the distance told.
    type: bool
    default: true
extends_documentation_fragment:
  - failback.idc
  - failback.accept_loss
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Follow RDS
  mysql_channel:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    replication: "{{ db_replication }}"

- name: Rehearse it
  mysql_channel:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    replication: "{{ db_replication }}"
  check_mode: true

- name: Take the channel away
  mysql_channel:
    state: absent
    idc: "{{ db_idc }}"
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
