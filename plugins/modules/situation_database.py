"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: situation_database
short_description: Read both servers of a database, and what AWS says of RDS
description:
  - Reads of each side who it is, its position twice, sessions by user, replication, locked accounts and the
    error log, and from the binary log of RDS when the first transaction after the cut-over was committed.
  - Asks the AWS API at the same time for the instance, its parameter group, recent events, and who its security groups
    let in. What is refused or late there is named; the rest is kept.
  - A server that does not answer within its deadline is the result, not a failure.
options:
  cutover_gtid:
    description: gtid_executed at the moment of the cut-over.
    type: str
    required: true
  window:
    description: Seconds between two readings that rates are made of.
    type: float
    default: 2.0
  log_seconds:
    description: How far back is read, in seconds.
    type: int
    default: 21600
  instance:
    description: The RDS instance.
    type: str
    required: true
  group:
    description: Its parameter group.
    type: str
    required: true
  security_groups:
    description: The security groups in front of it.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds for all answers of the AWS API.
    type: float
    default: 6.0
extends_documentation_fragment:
  - failback.aws_login
  - failback.idc
  - failback.aws
  - failback.exempt_users
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SIT-03 | Read both servers
  situation_database:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    exempt_users: "{{ db_exempt_users }}"
    region: "{{ aws_region }}"
    credentials_file: "{{ aws_credentials_file }}"
    profile: "{{ aws_profile }}"
    instance: "{{ aws_db_instance }}"
    group: "{{ aws_parameter_group }}"
"""

RETURN = r"""
---
after:
  description: Nothing; what was seen is in the evidence.
  returned: always
  type: raw
evidence:
  description: idc, aws and cloud with what was read of each, idc_lacks and only_idc (transactions), cut_over (UTC).
  returned: always
  type: dict
"""
