"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_accounts
short_description: Record the IDC's accounts and privileges, or make them as recorded
description:
  - A record is taken from IDC before a migration, or lies beside its backup. Accounts are compared with it one fact at
      a time - existence, password, plugin, lock, expiry, TLS, limits, attribute, default roles, and each privilege.
  - What is IDC's own is put back in an order that works. Nothing is ever copied from RDS; accounts that only RDS has
      are listed for a person to decide about. The server's own accounts, Amazon's, and the tool's account in db_idc are
      left alone.
  - While IDC is closed for writes its accounts are changed without the binary log. No hash is ever shown.
options:
  state:
    description: Whether to write the record, to make the accounts as recorded, or to fail unless they are.
    type: str
    required: true
    choices: [recorded, restored, compared]
  record:
    description: File of the record on this machine, mode 0600; a script of account statements is read too.
    type: str
    default: ""
  statements:
    description: Account statements of a backup, instead of O(record).
    type: list
    elements: str
    default: []
  aws:
    description: RDS, the same keys as O(idc); only the names of its accounts are read.
    type: dict
  exempt_users:
    description: User names left alone.
    type: list
    elements: str
    default: []
  extra:
    description: What becomes of accounts of IDC that the record lacks.
    type: str
    default: report
    choices: [report, lock, drop]
  renew:
    description: Record anew where there is a record already; false keeps it.
    type: bool
    default: true
extends_documentation_fragment:
  - failback.idc
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Make the accounts as recorded
  mysql_accounts:
    state: restored
    idc: "{{ db_idc }}"
    record: "{{ accounts_record }}"

- name: Show what would be done
  mysql_accounts:
    state: restored
    idc: "{{ db_idc }}"
    record: "{{ accounts_record }}"
  check_mode: true
  diff: true

- name: Record them, before a migration
  mysql_accounts:
    state: recorded
    idc: "{{ db_idc }}"
    record: "{{ accounts_record }}"
"""

RETURN = r"""
before:
  description: Accounts and their privileges as they were seen first.
  returned: always
  type: dict
after:
  description: The same at the end; in a rehearsal, what would be done.
  returned: always
  type: dict
evidence:
  description: Every difference in words, accounts beyond the record, accounts only RDS has, steps taken.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
