"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: told_service_level
short_description: Compute what the incident did to the service level
description:
  - Downtime is what clients saw. Where a ledger of clients was kept, it is the longest time without an acknowledged
    write; else the readings at the load balancers in which too many answers were errors, or none came.
  - Time that nobody measured is told apart and counts as neither up nor down.
  - The figures are kept with the incident. Drills use up no error budget.
options:
  site:
    description: The site's name, by which its earlier incidents are found.
    type: str
    required: true
  agreement:
    description: "What was agreed: objective, period_days, credits (below, credit), errors, least."
    type: dict
    default: {}
  balancers:
    description:
      - Names of the load balancers. Only their counters are taken, for what is counted before or behind them is the
        same requests once more. Without any, all that count requests are.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: EXT-05 | Compute the downtime, the error budget and the credit
  told_service_level:
    site: "{{ site_name }}"
    agreement: "{{ site_sla }}"
    balancers: "{{ groups['load_balancers'] }}"
"""

RETURN = r"""
evidence:
  description: "Downtime and unmeasured time in seconds, budget, share used, availability and credit."
  returned: always
  type: dict
"""
