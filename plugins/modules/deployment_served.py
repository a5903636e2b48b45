"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_served
short_description: Prove on every domain which build serves
description:
  - Every domain, and every host where the provider has hosts, must answer several times in a row with the
    target's build.
  - An answer from a cache, one that names no build, and one of the faulty build do not count.
  - Domains that only the provider knows are asked too; the faulty build there is a blocker.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  target:
    description: The evidence of DEPLOY-02, as deployment_target returned it.
    type: dict
    required: true
  times:
    description: Right answers in a row that each door must give.
    type: int
    default: 5
  within:
    description: Seconds after which a door that did not give them is told.
    type: float
    default: 30.0
  timeout:
    description: Seconds for one request.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-05 | Check that the faulty deployment serves nobody
  deployment_served:
    target: "{{ __deployment_target.evidence }}"

- name: Ask longer
  deployment_served:
    target: "{{ __deployment_target.evidence }}"
    times: 50

- name: Rehearse it
  deployment_served:
    target: "{{ __deployment_target.evidence }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: What was seen first, where there is something to compare.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: wanted and faulty build, live, doors (url, answers by build, right_in_a_row, seconds), others
    (domains only the provider knows).
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
