"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_reach
short_description: Reach a MySQL server from this host with the application's own account
description:
  - Opens the connection through ssh -W of the host, so the real path is proven and nothing is needed on the host.
options:
  server:
    description: "The server: host, port, ca_file, server_uuid (and an account, which is not used)."
    type: dict
    required: true
  account:
    description: user and password_file.
    type: dict
    required: true
  timeout:
    description: Seconds for each step.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Reach IDC MySQL
  mysql_reach:
    server: "{{ db_idc }}"
    account: "{{ db_app_login }}"

- name: Rehearse it
  mysql_reach:
    server: "{{ db_idc }}"
    account: "{{ db_app_login }}"
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
