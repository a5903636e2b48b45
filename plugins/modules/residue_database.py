"""Documentation of residue_database. The work is done in plugins/action/residue_database.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: residue_database
short_description: Find what a rollback left on RDS, in front of it, and on IDC MySQL
description:
  - Tells locked accounts, disabled events, read_only in the parameter group, closed network rules, replication channels
    and a changed event scheduler, each with its owner. What does not answer is told, and the rest is looked at all
    the same.
options:
  instance:
    description: The RDS instance.
    type: str
    required: true
  group:
    description: Its parameter group.
    type: str
    required: true
  security_groups:
    description: Its security groups.
    type: list
    elements: str
    default: []
  network_acls:
    description: The network ACLs in front of it.
    type: list
    elements: str
    default: []
  baseline_directory:
    description: Where the baseline is kept.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.idc
  - failback.aws
  - failback.aws_login
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: FOLLOW-01 | Read what the rollback left on both servers
  residue_database:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    region: ap-northeast-2
    instance: shop-prod
    group: shop-prod-mysql

- name: FOLLOW-01 | Read it with the rules in front of RDS
  residue_database:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    region: ap-northeast-2
    instance: shop-prod
    group: shop-prod-mysql
    security_groups: [sg-0123]

- name: FOLLOW-01 | Read it beside the baseline
  residue_database:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    region: ap-northeast-2
    instance: shop-prod
    group: shop-prod-mysql
    baseline_directory: /srv/baseline/shop
"""

RETURN = r"""
---
before:
  description: What was there before, where there is something to compare with.
  returned: always
  type: raw
after:
  description: What was seen, in a few words.
  returned: always
  type: raw
evidence:
  description: What was found, each with where, before, now, owner and how it goes; what was silent.
  returned: always
  type: dict
"""
