"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: dashboards
short_description: Look at the dashboards that will be watched
description:
  - Fetches all at once, each with a deadline, and tells how old its newest figure is.
  - One that is silent or stale is a warning; when none is live it stops the phase.
options:
  dashboards:
    description: "Pages: name, url, data, time (a path such as $.updated) or query (PromQL), max_age, token_file,
      ca_file."
    type: list
    elements: dict
    default: []
  timeout:
    description: Seconds for each.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: TEAM-04 | Check that the dashboards show live data
  dashboards:
    dashboards: "{{ site_dashboards }}"
"""

RETURN = r"""
evidence:
  description: "For each: status, age in seconds, what is allowed, error."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
