"""Credential types of AWX: fields from the site's secret files, injected as files under names of our own. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner.awx import names, secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.awx.secrets import SecretFile
    from rollback_runner.awx.settings import Settings
    from rollback_runner.messages import Texts

TOKEN, URL, CA = "awx_token", "awx_url", "awx_ca"
# A key without an end of line is none, and people lose it when they paste; a template loses the last one of its own.
_END = "\n\n"


def types(
    site: str, files: Sequence[SecretFile], settings: Settings, both: tuple[Texts, Texts]
) -> list[dict[str, Any]]:
    """Make one type for each kind of secret that the site has, and one for what a job needs to keep its record."""
    found = []
    for kind in secrets.KINDS:
        mine = [one for one in files if one.kind == kind]
        if mine:
            found.append(_type(site, kind, [_entry(one, both) for one in mine], [one.variable for one in mine], both))
    for made in found:
        if made["name"] == names.of(site, "ssh"):
            made["inputs"]["fields"].append(_plain(secrets.KNOWN_HOSTS, both, multiline=True))
            made["injectors"]["file"][f"template.{secrets.KNOWN_HOSTS}"] = _value(secrets.KNOWN_HOSTS)
            made["injectors"]["env"][secrets.KNOWN_HOSTS_VARIABLE] = _value(f"tower.filename.{secrets.KNOWN_HOSTS}")
    found.append(_record(site, settings, both))
    return found


def credentials(
    site: str,
    files: Sequence[SecretFile],
    made: Sequence[Mapping[str, Any]],
    organization: str,
    both: tuple[Texts, Texts],
) -> list[dict[str, Any]]:
    """Make one credential of each type. Secrets are not in here, only the files of this machine that hold them."""
    found = []
    for entry in made:
        kind = str(entry["name"]).rpartition(": ")[2]
        mine = {one.field: one.path for one in files if one.kind == kind}
        found.append(
            {
                "name": entry["name"],
                "description": names.marked(site, _both(both, f"awx.credential.{kind}")),
                "organization": organization,
                "credential_type": entry["name"],
                "files": mine,
            }
        )
    return found


def _type(
    site: str, kind: str, fields: list[dict[str, Any]], variables: list[str], both: tuple[Texts, Texts]
) -> dict[str, Any]:
    ids = [entry["id"] for entry in fields]
    return {
        "name": names.of(site, kind),
        "description": names.marked(site, _both(both, f"awx.credential.{kind}")),
        "kind": "cloud",
        "inputs": {"fields": fields},
        "injectors": {
            "file": {f"template.{one}": f"{_value(one)}{_END if kind == 'ssh' else ''}" for one in ids},
            "env": {name: _value(f"tower.filename.{one}") for name, one in zip(variables, ids, strict=True)},
        },
    }


def _record(site: str, settings: Settings, both: tuple[Texts, Texts]) -> dict[str, Any]:
    fields = [
        _plain("store", both),
        _plain(URL, both),
        {**_plain(TOKEN, both), "secret": True},
        _plain(CA, both, multiline=True),
    ]
    made = _type(site, secrets.RECORD, [], [], both)
    made["inputs"] = {"fields": fields}
    made["injectors"] = {
        "file": {f"template.{TOKEN}": _value(TOKEN), f"template.{CA}": _value(CA)},
        "env": {
            "RR_RECORD": "1",
            "RR_SITE": settings.inventory,
            "RR_STORE": _value("store"),
            "RR_AWX_URL": _value(URL),
            "RR_AWX_TOKEN_FILE": _value(f"tower.filename.{TOKEN}"),
            "RR_AWX_CA_FILE": f"{{% if {CA} %}}{_value(f'tower.filename.{CA}')}{{% endif %}}",
        },
    }
    return made


def _entry(file: SecretFile, both: tuple[Texts, Texts]) -> dict[str, Any]:
    return {
        "id": file.field,
        "label": file.field,
        "type": "string",
        "secret": True,
        "multiline": True,
        "help_text": _both(both, "awx.credential.used_by", names=", ".join(file.used_by)),
    }


def _plain(field: str, both: tuple[Texts, Texts], *, multiline: bool = False) -> dict[str, Any]:
    entry = {"id": field, "label": field, "type": "string", "help_text": _both(both, f"awx.field.{field}")}
    return {**entry, "multiline": True} if multiline else entry


def _both(both: tuple[Texts, Texts], key: str, **values: Any) -> str:
    return " / ".join(texts(key, **values) for texts in both)


def _value(name: str) -> str:
    return f"{{{{ {name} }}}}"
