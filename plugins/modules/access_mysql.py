"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: access_mysql
short_description: Try the way to a MySQL server as its user would, or judge what its account may do
description:
  - Logs in over the path that will be used (C(ssh -W) of the task's host, or from here), asks who answers, and
    has something large sent both ways.
  - What the account may do is read from its own SHOW GRANTS, with the roles that are active when it logs in. No
    privilege is used to find out whether it is there.
options:
  look:
    description: What to look at.
    type: str
    choices: [path, permissions]
    required: true
  holder:
    description: Whose account it is - the tool's on V(idc) or V(rds), the V(replication) account, or the
      V(application)'s.
    type: str
    choices: [idc, rds, replication, application]
    required: true
  name:
    description: The server's name for people.
    type: str
    required: true
  server:
    description: "The server: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
  account:
    description: user and password_file, where it is not the server's own.
    type: dict
    default: {}
  peer:
    description: For V(idc) the other server, whose events will come over; for V(application) the tool's login
      on the same server.
    type: dict
    default: {}
  schemas:
    description: The schemas of the service.
    type: list
    elements: str
    default: []
  marker:
    description: Table and column of the first write after the promotion.
    type: dict
    default: {}
  items:
    description: Items of the checklist that use the path.
    type: list
    elements: str
    default: []
  tunnel:
    description: Whether a tunnel through this machine will do where the host has no way of its own.
    type: bool
    default: false
  writes:
    description: Whether the application's account must be able to make the first write here.
    type: bool
    default: false
  idc:
    description: The server is IDC MySQL. Not running yet is only a warning where the strategy makes it anew.
    type: bool
    default: false
  keep_sources:
    description: CIDRs that may still reach RDS behind the closed network (aws_keep_sources), for a path to RDS that is
      needed then; V([]) where no network is closed.
    type: list
    elements: str
    default: []
  accept_loss:
    description: Why a silent RDS is accepted; what is missing there is only a warning then.
    type: str
    default: ""
  timeout:
    description: Seconds each answer gets.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Reach RDS from the IDC server's host
  access_mysql:
    look: path
    holder: replication
    name: RDS
    server: "{{ db_replication }}"
    tunnel: true
  delegate_to: "{{ db_idc_host }}"

- name: Judge the tool's account on IDC
  access_mysql:
    look: permissions
    holder: idc
    name: IDC MySQL
    server: "{{ db_idc }}"
    peer: "{{ db_aws }}"
    schemas: "{{ db_schemas }}"

- name: Rehearse it, which does the same
  access_mysql:
    look: permissions
    holder: rds
    name: RDS
    server: "{{ db_aws }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Always empty; nothing is changed.
  returned: always
  type: raw
after:
  description: Whether nothing is missing.
  returned: always
  type: dict
evidence:
  description: "The path with its latency, or the account with its grants; never a password."
  returned: always
  type: dict
findings:
  description: "What is missing: severity, key, sentence, and the very command, grant or policy line that clears it."
  returned: when something is missing
  type: list
  elements: dict
"""
