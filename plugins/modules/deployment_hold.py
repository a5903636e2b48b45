"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_hold
short_description: Hold requests while an application's database changes, and let them go
description:
  - Nothing is refused while requests are held, they wait. Only a provider with load balancers of our own can hold.
  - Where it cannot, the module says so and changes nothing.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  state:
    description: V(held) before the database changes, V(released) once the target serves.
    type: str
    choices: [held, released]
    required: true
  back:
    description: With V(released), what served before serves again, because the database was not changed. Without
      O(own) the database itself is asked first, and one that does not fit is refused.
    type: bool
    default: false
  own:
    description: With V(released), leave a hold that an earlier run began; the evidence says then why it stays.
    type: bool
    default: false
  target:
    description: The evidence of DEPLOY-02, as deployment_target returned it.
    type: dict
    required: true
  foreseen:
    description: For a rehearsal, whether a real run would have held requests by then.
    type: bool
    default: false
  reason:
    description: Why, in a person's words.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-08 | Hold requests while the database changes
  deployment_hold:
    state: held
    target: "{{ __deployment_target.evidence }}"

- name: Rehearse it
  deployment_hold:
    state: held
    target: "{{ __deployment_target.evidence }}"
  check_mode: true

- name: End a hold that a dead run left
  deployment_hold:
    state: released
    back: true
    target: {}
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
  description: Whether the provider holds at all, and what it says of the hold.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
