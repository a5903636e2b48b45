"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: access_ports
short_description: Try every network path of the plan that begins here
description:
  - Which paths there are is worked out from the inventory - front doors, name servers, the AWS API, ready URLs
    and, on a load balancer, the servers its running HAProxy will send to.
  - Each is opened and closed from the host that will use it. A port that refuses, one that drops and one without
    a route are told apart, and a certificate that does not verify is named.
  - MySQL is not among them. A connection that says nothing counts as an error there, so M(access_mysql) logs in.
options:
  timeout:
    description: Seconds one connection or one question gets.
    type: float
    default: 3.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Try every path from here
  access_ports:

- name: Rehearse it, which does the same
  access_ports:
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
  description: "paths: from, to, address, kind, items, why, answer and latency_ms of each."
  returned: always
  type: dict
findings:
  description: "What is missing: severity, key, sentence, and the very command, grant or policy line that clears it."
  returned: when something is missing
  type: list
  elements: dict
"""
