"""Documentation of stopgap_trial. The work is done in plugins/action/stopgap_trial.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stopgap_trial
short_description: Prove through the front doors that a stop-gap service could be put up
description:
  - Sends requests with the header C(X-Stopgap-Trial), which the load balancer answers as if the stop-gap were up, for
    these requests alone. Nobody else's request is touched.
  - Wanted are 503 with C(X-Stopgap) and C(Retry-After) and a body for the page and for a write, and the usual answer
    for a read. Where the stop-gap is up already, that is the proof.
options:
  doors:
    description: Ways in from outside, each with name, url, host_header, ca_file.
    type: list
    elements: dict
    required: true
  read_path:
    description: A path that only reads.
    type: str
    default: /
  timeout:
    description: Seconds a door has to answer.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: CONT-03 | Check that every front door could show the page and refuse writes
  stopgap_trial:
    doors: [{name: www, url: "http://192.0.2.10", host_header: www.example.org}]

- name: CONT-03 | Check that a slow door could show the page
  stopgap_trial:
    doors: [{name: www, url: "https://www.example.org"}]
    timeout: 15

- name: CONT-03 | Check that the shop's catalogue would stay readable
  stopgap_trial:
    doors: [{name: www, url: "http://192.0.2.10", host_header: www.example.org}]
    read_path: /catalogue
"""

RETURN = r"""
---
before:
  description: Nothing; it only looks.
  returned: always
  type: raw
after:
  description: Whether every door is proven.
  returned: always
  type: dict
evidence:
  description: By door, the answers to the page, a read, a write, and to everybody else.
  returned: always
  type: dict
"""
