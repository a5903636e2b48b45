"""Documentation of inspection. The work is done in plugins/action/inspection.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: inspection
short_description: Judge the last look at both sites and put it beside the first
description:
  - Asks nobody. Reads what situation_draw drew and what SIT-03 kept in the incident. Every load balancer and name must
    lead to IDC, IDC must take writes and RDS none, and all parts of IDC must run; what does not hold is a finding.
options:
  drawn:
    description: The registered result of situation_draw.
    type: dict
    required: true
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: FINAL-01 | Check that IDC serves alone and all of it is well
  inspection:
    drawn: "{{ picture }}"

- name: FINAL-01 | Check what the last look saw
  inspection:
    drawn: "{{ hostvars['shop'].picture }}"

- name: FINAL-01 | Check it in a rehearsal
  inspection:
    drawn: "{{ picture | default({}) }}"
"""

RETURN = r"""
---
before:
  description: What was there before, where there is something to compare with.
  returned: always
  type: raw
after:
  description: What was seen, in a few words.
  returned: always
  type: raw
evidence:
  description: Both headlines, figures side by side, sentences that are new, gone or still there.
  returned: always
  type: dict
"""
