"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: backup_check
short_description: Read every backup of the site and say whether they would carry a restore
description:
  - Reads all sources to their end, not only until the first sound one, and judges each by its format (as
    M(backup_verify)), its size against earlier looks and its siblings, the server it was made by, its age, its key
    where it is encrypted, the binary logs from it to the cut-over, and its last proof.
  - What it finds it tells as findings. Where the strategy restores, no usable backup left, or the one the plan relies
    on unusable, is a blocker; all else a warning or a note.
  - Reads only. Sizes of sound backups are remembered beside the proofs in a real run.
options:
  sources:
    description: "Backups in order of preference: V(name), V(url), and V(manifest) when it is not beside it."
    type: list
    elements: dict
    default: []
  binlogs:
    description: "V(url) of the archive of IDC's binary logs."
    type: dict
    default: {}
  schemas:
    description: Databases a backup must hold.
    type: list
    elements: str
    default: []
  idc:
    description: The IDC server, asked for its release. It need not answer.
    type: dict
    default: {}
  aws:
    description: RDS, asked for the binary logs it still has where the archive does not lead to the cut-over. It need
      not answer.
    type: dict
    default: {}
  cutover_gtid:
    description: What IDC had executed at the cut-over. A backup must be of that history, and binary logs lead to it.
    type: str
    default: ""
  server_version:
    description: Release to restore into. Empty, that of IDC.
    type: str
    default: ""
  rpo:
    description: Seconds. An older backup is a warning. V(0) is no limit.
    type: float
    default: 0.0
  max_age:
    description: Seconds beyond which a backup is refused with O(refuse_older).
    type: float
    default: 0.0
  refuse_older:
    description: An older backup cannot be used at all.
    type: bool
    default: false
  least_share:
    description: Share of the usual size below which a backup is a warning. V(0) judges no size.
    type: float
    default: 0.0
  proofs:
    description: Directory on this machine with the proofs and the sizes seen. Empty, nothing is known or remembered.
    type: str
    default: ""
  proof_age:
    description: Seconds after which a proof is a warning, as is none at all. V(0) asks for none.
    type: float
    default: 0.0
  budget:
    description: Seconds the real restore may take; a slower forecast is a warning. V(0) is no limit.
    type: float
    default: 0.0
  strategy:
    description: The site's strategy. Without any source, one that restores is a blocker.
    type: str
    default: ""
  memory:
    description: File in which verifications are remembered, so that an unchanged backup is not read again.
    type: str
    default: ""
  again:
    description: A second look before approval. Everything is read anew, and compared with what the plan was made from.
    type: bool
    default: false
extends_documentation_fragment:
  - failback.s3
  - failback.decrypt
  - failback.dump_zone
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Read every backup
  backup_check:
    sources: "{{ backup_sources }}"
    binlogs: "{{ backup_binlogs }}"
    schemas: "{{ db_schemas }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    proofs: "{{ backup_proofs }}"

- name: Read them again before approval
  backup_check:
    sources: "{{ backup_sources }}"
    again: true

- name: Rehearse it
  backup_check:
    sources: "{{ backup_sources }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Always empty.
  returned: always
  type: raw
after:
  description: Name and digest of the backup a restore would take.
  returned: always
  type: raw
evidence:
  description: Verdict, every source with what is known of it, its binary logs, its last proof and the forecast.
  returned: always
  type: dict
findings:
  description: What is wrong, each with severity, key, sentence and next step.
  returned: when there are any
  type: list
  elements: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
