"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: backup_prove
short_description: Prove that a backup can be restored, by restoring it into a scratch server
description:
  - Starts a throw-away MySQL server in a container, restores the backup into it as a real restore would, and compares
    it table by table with the backup's manifest (rows, and digests where it has them), or with the rows that were
    counted in the backup where it has no manifest.
  - Two backups of the same position must hold the same rows; a second proof is compared with the first.
  - The proof with all times and rates is kept; from the proofs the length of the real restore is forecast.
  - Refuses where the Docker host has no room for the data. The proof is kept before the container is removed.
  - The container is removed whatever happens; what a killed run left is removed by the next.
  - Binary logs are not replayed here, the module M(backup_check) reads them.
options:
  site:
    description: Name of the site; a part of the container's name.
    type: str
    required: true
  sources:
    description: "Backups in order of preference: V(name), V(url), and V(manifest) when it is not beside it."
    type: list
    elements: dict
    default: []
  source:
    description: Name of the backup to prove. Empty, the first sound one.
    type: str
    default: ""
  schemas:
    description: Databases the backup must hold.
    type: list
    elements: str
    default: []
  idc:
    description: The IDC server, only asked for lower_case_table_names. It need not answer.
    type: dict
    default: {}
  image:
    description: Image with mysqld, mysql and sh in it, present on the Docker host. Nothing is pulled.
    type: str
    default: ""
  docker_host:
    description: Host of the inventory whose Docker is used. Empty, this machine's.
    type: str
    default: ""
  options:
    description: Options for mysqld, such as a buffer pool like that of IDC.
    type: list
    elements: str
    default: []
  proofs:
    description: Directory on this machine that keeps the proofs.
    type: str
    required: true
  budget:
    description: Seconds the real restore may take; only shown beside the forecast.
    type: float
    default: 0.0
extends_documentation_fragment:
  - failback.s3
  - failback.decrypt
  - failback.dump_zone
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Prove the first sound backup
  backup_prove:
    site: "{{ site_name }}"
    sources: "{{ backup_sources }}"
    schemas: "{{ db_schemas }}"
    image: "{{ backup_scratch_image }}"
    proofs: "{{ backup_proofs }}"

- name: Rehearse it
  backup_prove:
    site: "{{ site_name }}"
    sources: "{{ backup_sources }}"
    image: "{{ backup_scratch_image }}"
    proofs: "{{ backup_proofs }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Always empty.
  returned: always
  type: raw
after:
  description: Which source was proven and whether it passed.
  returned: always
  type: raw
evidence:
  description: The proof without its digests, the forecast of the real restore, and leftovers that were removed.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
