"""Documentation of haproxy_config. The work is done in plugins/action/haproxy_config.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: haproxy_config
short_description: Make HAProxy's configuration file agree with its running state
description:
  - Adds or removes the word C(disabled) on the named server lines of one backend, and touches nothing else.
  - The result is validated beside the file, put in place atomically with owner, mode and a backup kept, and loaded by
    the site's own command.
  - Then the new process must show the same states. If it does not, they are set again at the socket at once and the
    task fails.
  - A process older than its file is reloaded, so an interrupted run is completed.
options:
  side:
    description: The side whose servers are not disabled.
    type: str
    choices: [idc, aws]
    required: true
  path:
    description: The configuration file on the node.
    type: str
    required: true
  validate_command:
    description: Command that validates the file named O(path) with C(.candidate) added; O(path) alone is replaced by
      that name.
    type: list
    elements: str
    required: true
  reload_command:
    description: Command that makes HAProxy load the file without dropping requests.
    type: list
    elements: str
    required: true
  state_file:
    description: File of server states that a reload reads, where the site uses one; it is written before the reload.
    type: str
    default: ""
  timeout:
    description: Seconds for each command and for the new process.
    type: float
    default: 10.0
extends_documentation_fragment:
  - failback.haproxy
  - failback.acts
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SWITCH-02 | Write the server states into the configuration file
  haproxy_config: &config
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: idc
    path: /etc/haproxy/haproxy.cfg
    validate_command: [/usr/sbin/haproxy, -c, -f, /etc/haproxy/haproxy.cfg]
    reload_command: [systemctl, reload, haproxy]

- name: SWITCH-02 | Read which lines would change
  haproxy_config: *config
  check_mode: true
  diff: true

- name: SWITCH-02 | Put the file back to AWS
  haproxy_config:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: aws
    path: /etc/haproxy/haproxy.cfg
    validate_command: [/usr/sbin/haproxy, -c, -f, /etc/haproxy/haproxy.cfg]
    reload_command: [systemctl, reload, haproxy]
"""

RETURN = r"""
---
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: What was seen at the end, or in check mode what would be.
  returned: always
  type: raw
evidence:
  description: Each step with its command and time, the backup's name, the states of the new process.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
