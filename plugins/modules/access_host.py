"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: access_host
short_description: Look at what the SSH user may do on a host, without doing it
description:
  - A program on standard input looks at docker, at the rights of files and directories, at commands (behind sudo
    by C(sudo -l)) and at the load balancer's socket, whose level is asked for and which is given an order about a
    server that does not exist.
  - The login is made anew, because a shared connection outlives a changed host key; over it the host's own sshd
    is greeted, which proves that it forwards.
options:
  timeout:
    description: Seconds the look may take.
    type: float
    default: 60.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Look at this host
  access_host:

- name: Rehearse it, which does the same
  access_host:
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
  description: "The user, its groups, and what was looked at; no content of a file."
  returned: always
  type: dict
findings:
  description: "What is missing: severity, key, sentence, and the very command, grant or policy line that clears it."
  returned: when something is missing
  type: list
  elements: dict
"""
