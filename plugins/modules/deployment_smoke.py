"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_smoke
short_description: Run the smoke test on the target itself, or on production
description:
  - C(deployment_smoke) lists the requests. Before production moves, the target is asked at its own address, and a
    problem refuses.
  - After the move every domain is asked, and a problem is a blocker among the findings, for nothing goes back by
    itself.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  at:
    description: Where the requests go.
    type: str
    choices: [target, domains]
    required: true
  target:
    description: The evidence of DEPLOY-02, as deployment_target returned it.
    type: dict
    required: true
  without_database:
    description: Leave out the requests that need the database, because it is changed back only after this.
    type: bool
    default: false
  for_users:
    description: It stands in for journeys that the site does not have; that is a warning.
    type: bool
    default: false
  timeout:
    description: Seconds for one request.
    type: float
    default: 10.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-09 | Check that the target works at its own address
  deployment_smoke:
    at: target
    target: "{{ __deployment_target.evidence }}"

- name: DEPLOY-09 | Check that every domain passes the smoke test
  deployment_smoke:
    at: domains
    target: "{{ __deployment_target.evidence }}"

- name: Rehearse it
  deployment_smoke:
    at: domains
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
  description: Where it was asked, the build that answered, every request with its status and seconds, and the
    problems.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
