"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: rds_network
short_description: Close the network way to RDS except for the kept sources
description:
  - In a security group, rules that let others in on the port are taken out and noted in tags; it stops new
    connections only.
  - In a network ACL, entries are put in front; it cuts live connections too, and those of neighbours in the
    subnet on that port.
options:
  state:
    description: V(verified) only looks, and fails when others are let in.
    type: str
    required: true
    choices: [closed, verified, open]
  kind:
    description: What to change.
    type: str
    required: true
    choices: [security_group, network_acl]
  ids:
    description: Ids of the groups or ACLs.
    type: list
    elements: str
    required: true
  keep_sources:
    description: "CIDRs that may still reach RDS: the tool and the IDC replica."
    type: list
    elements: str
    required: true
  port:
    description: Port of the database.
    type: int
    default: 3306
extends_documentation_fragment:
  - failback.aws_api
  - failback.aws_login
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Close the network
  rds_network:
    region: "{{ aws_region }}"
    state: closed
    kind: security_group
    ids: "{{ aws_security_groups }}"
    keep_sources: "{{ aws_keep_sources }}"

- name: Rehearse it
  rds_network:
    region: "{{ aws_region }}"
    state: closed
    kind: security_group
    ids: "{{ aws_security_groups }}"
    keep_sources: "{{ aws_keep_sources }}"
  check_mode: true
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
