"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: retrospective
short_description: Make the calendar file of the retrospective and have it sent
description:
  - Nothing happens until somebody fixed the date (FOLLOW-04). Then the calendar file (RFC 5545) is made and queued as
    an attachment for the team, once a language. It counts as sent when a channel took it.
  - A changed date makes the same event anew, so that calendars take it as a change, and is told again.
options:
  site_name:
    description: The site's name.
    type: str
    required: true
  site_title:
    description: "The name people know it by: en and ko."
    type: dict
    required: true
  languages:
    description: In which languages the team is told.
    type: list
    elements: str
    default: [en, ko]
  wait:
    description: Seconds to wait for a channel to take it.
    type: float
    default: 5
attributes:
  check_mode:
    support: full
    description: Tells whether anything would be sent; nothing is.
  diff_mode:
    support: none
    description: A message has no difference to show.
  idempotent:
    support: full
    description: A date that was sent is not sent again.
extends_documentation_fragment:
  - failback.team
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: FOLLOW-04 | Send the date of the retrospective
  retrospective:
    site_name: "{{ site_name }}"
    site_title: "{{ site_title }}"
    people: "{{ site_people }}"
    roles: "{{ site_roles }}"
"""

RETURN = r"""
evidence:
  description: "The date, the file, who is asked to come, and what became of each message."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
