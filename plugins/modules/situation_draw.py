"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: situation_draw
short_description: Put all looks together and say what is wrong
description:
  - Asks nobody. Reads what the other situation modules saw on every host, from the variables they were
    registered in, and the recorded baseline.
  - Draws both sites, says in sentences what is wrong, estimates the effect on users by a stated rule, and
    proposes causes and moments of failure. Keeps it all with the open incident as the fact situation, and
    returns the sentences as findings.
options:
  looks:
    description: Names of the registered variables - hosts, balancers, databases, service.
    type: dict
    required: true
  records:
    description: The names that lead to a side; their addresses tell on which side a load balancer stands.
    type: list
    elements: dict
    default: []
  baseline_directory:
    description: Where the baseline is kept. Empty compares with nothing.
    type: str
    default: ""
  title:
    description: The site's name for people, by language.
    type: dict
    default: {}
  timezone:
    description: The site's time zone, such as Asia/Seoul.
    type: str
    default: UTC
  severity:
    description: From which figures on the effect is how bad - critical_errors, major_errors, minor_errors
      (shares of the answers), major_slow,
      minor_slow (times the baseline's p95).
    type: dict
    default: {}
  name:
    description: Under which name it is kept with the incident. V(last_look) is judged by the module inspection alone.
    type: str
    choices: [situation, last_look]
    default: situation
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SIT-03 | Read it all together and say what is wrong
  situation_draw:
    looks:
      hosts: __situation_host
      balancers: __situation_balancer
      databases: __situation_database
      service: __situation_service
    baseline_directory: "{{ baseline_directory }}"
    timezone: "{{ site_timezone }}"
"""

RETURN = r"""
---
after:
  description: Who serves, who writes, whether IDC follows; in both languages.
  returned: always
  type: raw
evidence:
  description: situation, the whole drawing with sentences, effect and proposals.
  returned: always
  type: dict
"""
