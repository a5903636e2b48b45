"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: container
short_description: Have a service container run, touched only if it must be
description:
  - Uses the docker command of the host. Starts what does not run; restarts a running one only when the MySQL server
      in it does not answer.
options:
  name:
    description: Name of the container.
    type: str
    required: true
  mysql:
    description: The MySQL server in it, as db_idc; without it, running is enough.
    type: dict
  timeout:
    description: Seconds until the server must answer.
    type: float
    default: 120.0
  stop_timeout:
    description: Seconds a server gets to stop when it must be restarted.
    type: int
    default: 60
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Start the MySQL container if it does not run
  container:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"

- name: Rehearse it
  container:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"
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
