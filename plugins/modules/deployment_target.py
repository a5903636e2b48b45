"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_target
short_description: Choose the deployment that production goes to
description:
  - By rule it is ready, production, once promoted, sound, not the live one, and served last before the live one.
  - A person can pick another one; what that skips is spelled out. What forbids the move is a blocker.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  to:
    description: Id or address of the one that a person picked; empty leaves it to the rule.
    type: str
    default: ""
  kind:
    description: Back to one that served, or forward to a newer one.
    type: str
    choices: [rollback, promote]
    default: rollback
  limit:
    description: How many deployments are read, the newest first.
    type: int
    default: 50
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-02 | Choose the deployment that production goes to
  deployment_target:

- name: Take the one that a person picked
  deployment_target:
    to: dpl_4Xk2

- name: Go forward again
  deployment_target:
    to: dpl_9Qw1
    kind: promote
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
  description: to and from (deployments), live, kind, by (rule or person), why, skips (id, why), warnings,
    problems, already_live.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
