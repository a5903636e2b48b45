"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: latency_probe
short_description: Compare latency, throughput and error rate of the front doors with the baseline
description:
  - Asks at a fixed pace for a bounded time.
options:
  paths:
    description: Paths that are asked in turn; they must only look.
    type: list
    elements: str
    required: true
  tolerance:
    description: How far figures may be from the baseline, as in service_verify_tolerance.
    type: dict
    default: {}
  times:
    description: Looks before something out of range counts.
    type: int
    default: 2
extends_documentation_fragment:
  - failback.baseline_known
  - failback.doors
  - failback.pace
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Compare latency, throughput and error rate of the front doors with the baseline
  latency_probe:
    doors: "{{ service_front_doors }}"
    paths: [/api/products]

- name: Rehearse it
  latency_probe:
    doors: "{{ service_front_doors }}"
    paths: [/api/products]
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
  description: Per door p50, p95, p99, throughput and errors, now and in the baseline.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
