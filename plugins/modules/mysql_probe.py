"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_probe
short_description: Try to log in and write as an account, from here or from a host
description:
  - Goes through the host's own ssh (ssh -W), so the real path is tried and nothing is needed there.
  - The write is one that changes nothing.
options:
  server:
    description: "Where to: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
  login:
    description: The account, where it differs from that in O(server).
    type: dict
    default: {}
  table:
    description: A table (schema.table) for an UPDATE that matches no row; empty only begins a writing transaction.
    type: str
    default: ""
  column:
    description: A text column of O(table); a random token is inserted into it and taken back, instead of the UPDATE.
    type: str
    default: ""
  expect:
    description: "Which answers are right: V(allowed), V(readable), V(refused) (locked account or read-only
      server), V(closed) (no way through), V(any)."
    type: list
    elements: str
    required: true
    choices: [allowed, closed, readable, refused, any]
  timeout:
    description: Seconds to wait for an answer.
    type: float
    default: 3.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check that RDS is out of reach
  mysql_probe:
    server: "{{ db_aws }}"
    login: "{{ db_app_login }}"
    expect: [closed]

- name: Rehearse it
  mysql_probe:
    server: "{{ db_aws }}"
    login: "{{ db_app_login }}"
    expect: [closed]
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
