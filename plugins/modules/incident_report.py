"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: incident_report
short_description: Make the report of the open incident and hand it over
description:
  - Reads everything on record of the open incident. The report can be made at any moment and any number of times.
  - O(part=timeline) judges whether the timeline is complete and changes nothing. What it lacks is told as a warning.
  - O(part=make) writes the report into the incident, an HTML page and Markdown for each language, and JSON.
  - O(part=send) puts the report on its way to each recipient, once an edition, and waits a little for a channel to take
    it. A recipient for whom every channel was given up is a blocker; one that still waits is a warning.
extends_documentation_fragment:
  - failback.acts
options:
  part:
    description: What is judged.
    type: str
    required: true
    choices: [timeline, make, send]
  recipients:
    description:
      - Who gets it, each with V(person) (a key of O(people)), V(audience) or V(channels), and V(language).
      - Without it, those who lead the response.
    type: list
    elements: dict
  people:
    description: Who can be reached, by key.
    type: dict
    default: {}
  roles:
    description: Who has which role.
    type: dict
    default: {}
  within:
    description: Seconds to wait until a channel has taken the report.
    type: float
    default: 15
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DOC-03 | Check that the timeline is complete
  incident_report:
    part: timeline

- name: DOC-04 | Send the report to those concerned
  incident_report:
    part: send
    recipients: "{{ site_report_recipients }}"
    people: "{{ site_people }}"
"""

RETURN = r"""
evidence:
  description: Events and what the timeline lacks; or edition, digests, and when which channel took it for whom.
  returned: always
  type: dict
"""
