"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: openapi_check
short_description: Call every operation of the service's OpenAPI document through a front door
description:
  - Status and body are compared with the document. What writes is called only with the values and the clean-up that
    the site gives.
options:
  openapi:
    description: Where the document is and how operations are called, as in service_openapi.
    type: dict
    required: true
extends_documentation_fragment:
  - failback.doors
  - failback.asking
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Call every operation of the service's OpenAPI document through a front door
  openapi_check:
    doors: "{{ service_front_doors }}"
    openapi: "{{ service_openapi }}"

- name: Rehearse it
  openapi_check:
    doors: "{{ service_front_doors }}"
    openapi: "{{ service_openapi }}"
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
  description: Every operation with status, seconds and deviations.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
