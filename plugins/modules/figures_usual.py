"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: figures_usual
short_description: Record which level of each figure is usual
description:
  - Asks Prometheus for the days before, where the site has one, and looks at every source for some seconds;
    what Prometheus has enough of comes from there.
  - Keeps per figure and host the 5th, 50th and 95th percentile in figures.json of the baseline.
options:
  site_directory:
    description: Directory of the inventory.
    type: str
    required: true
  seconds:
    description: Seconds the sources are looked at.
    type: float
    default: 30.0
  past_days:
    description: Days of Prometheus' past; 0 does not ask it.
    type: float
    default: 7.0
  until:
    description: The end of those days, such as 2026-03-01T00:00:00Z; empty for now.
    type: str
    default: ""
  renew:
    description: Record anew where something is on record already; the former file is kept beside it.
    type: bool
    default: false
extends_documentation_fragment:
  - failback.baseline
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Record which level of each figure is usual
  figures_usual:
    site_directory: "{{ inventory_dir }}"
    baseline_directory: "{{ baseline_directory }}"

- name: Rehearse it
  figures_usual:
    site_directory: "{{ inventory_dir }}"
    baseline_directory: "{{ baseline_directory }}"
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
  description: File, number of levels, how many come from the past, what gave nothing and why.
  returned: always
  type: dict
findings:
  description: What a person must know; blockers fail the item.
  returned: when there are any
  type: list
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
