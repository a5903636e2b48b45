"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: drill_history
short_description: Say what a way through still owes before it may be carried out for real
description:
  - Reads the record of past runs and judges the newest drill of a strategy, or the newest time anybody went back.
  - A drill counts when it passed, played every leg with the code that is here now, is not too old, and its journal
    holds together. Only drills of this site count, and of those named.
  - What is owed is a finding, a blocker where the site is critical. In a drill it is a note.
options:
  proves:
    description: "V(drill): the newest drill of the strategy. V(way_back): the newest going back, drilled or real."
    type: str
    required: true
    choices: [drill, way_back]
  home:
    description: Directory with the record (RR_HOME).
    type: str
    required: true
  site:
    description: The site's name.
    type: str
    required: true
  strategy:
    description: The way through.
    type: str
    required: true
    choices: [restore-first, stop-first, switch-first]
  critical:
    description: Whether a missing drill stops a real run.
    type: bool
    default: true
  at:
    description: Other sites whose drills count.
    type: list
    elements: str
    default: []
  valid_days:
    description: Days a passed drill counts.
    type: float
    default: 90.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: TECH-06 | Check that the last drill of this plan passed
  drill_history:
    proves: drill
    home: /srv/rollback
    site: shop
    strategy: switch-first
    at: [shop-staging]
"""

RETURN = r"""
after:
  description: held, never, other_code, part, failed, stale, ahead or doubtful.
  returned: always
  type: str
evidence:
  description: The run it rests on, its age in days, the digest of the code that is here now, and what was asked for.
  returned: always
  type: dict
"""
