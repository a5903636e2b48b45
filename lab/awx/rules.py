"""What AWX checks before it takes something: surveys and their answers, credential types, messages. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

import jinja2
import yaml
from jinja2 import sandbox

from lab.awx.answers import RefusalError, bad

_QUESTIONS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), (str,)),
    "integer": (int,),
    "float": (float, int),
}
_FIELD = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
# Names that AWX keeps for itself: an injector may not set them.
_REFUSED = frozenset(
    {
        *("PATH", "PYTHONPATH", "HOME", "USER", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID", "AWX_HOST"),
        *(
            "AD_HOC_COMMAND_ID",
            "REST_API_URL",
            "REST_API_TOKEN",
            "MAX_EVENT_RES",
            "CALLBACK_QUEUE",
            "CALLBACK_CONNECTION",
        ),
        *("CACHE", "JOB_CALLBACK_DEBUG", "INVENTORY_HOSTVARS", "PROJECT_REVISION", "SUPERVISOR_WEB_CONFIG_PATH"),
    }
)
_INPUT_KEYS = {
    "id",
    "label",
    "help_text",
    "type",
    "format",
    "secret",
    "multiline",
    "default",
    "choices",
    "ask_at_runtime",
}
_EVENTS = ("started", "success", "error", "workflow_approval")
_WORDS = ("running", "approved", "timed_out", "denied")


def survey(spec: Any) -> None:
    """Judge a survey as a template's `survey_spec` takes it. Raises `RefusalError` with 400."""
    if not isinstance(spec, dict):
        raise RefusalError(400, {"error": "A survey is a mapping."})
    for name, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(spec.get(name), kind):
            raise RefusalError(400, {"error": f"Field '{name}' is missing from survey spec."})
    if set(spec) - {"name", "description", "spec"}:
        raise RefusalError(
            400, {"error": f"Unknown in a survey: {sorted(set(spec) - {'name', 'description', 'spec'})}"}
        )
    if not spec["spec"]:
        raise RefusalError(400, {"error": "'spec' doesn't contain any items."})
    seen = set()
    for number, question in enumerate(spec["spec"]):
        wrong = _question(question)
        if wrong:
            raise RefusalError(400, {"error": f"survey question {number}: {wrong}"})
        if question["variable"] in seen:
            raise RefusalError(400, {"error": f"'variable' '{question['variable']}' duplicated"})
        seen.add(question["variable"])


def _question(item: dict[str, Any]) -> str:
    for name, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
        if not isinstance(item.get(name), kind):
            return f"'{name}' missing or not {kind.__name__}"
    known = {
        "type",
        "question_name",
        "question_description",
        "variable",
        "required",
        "default",
        "choices",
        "min",
        "max",
    }
    chooses = item["type"] in {"multiplechoice", "multiselect"}
    default = item.get("default", "")
    wrong = {
        f"unknown keys {sorted(set(item) - known)}": bool(set(item) - known - {"new_question"}),
        f"'{item['type']}' is not one of the allowed question types": item["type"] not in _QUESTIONS,
        f"default {default} expected to be {item['type']}": default != ""
        and not isinstance(default, _QUESTIONS.get(item["type"], str)),
        "a limit is no integer": any(
            item.get(key) is not None and not isinstance(item[key], int) for key in ("min", "max")
        ),
        "must specify choices": chooses and "choices" not in item,
        f"default must be answered from the choices listed: {default}": chooses
        and "choices" in item
        and any(one not in choices(item) for one in str(default).splitlines()),
    }
    return next((sentence for sentence, true in wrong.items() if true), "")


def choices(item: dict[str, Any]) -> list[str]:
    """Return what may be chosen; a text holds one choice a line."""
    found = item["choices"]
    return [line for line in found.splitlines() if line.strip()] if isinstance(found, str) else list(found)


def answers(spec: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """Say what is wrong with the answers to a survey, as a launch is told. A default does not answer for anyone."""
    wrong = []
    for item in spec.get("spec", []):
        name = item["variable"]
        if name not in given:
            if item["required"]:
                wrong.append(f"'{name}' value missing")
            continue
        wrong += _answer(item, name, given[name])
    return wrong


def _answer(item: dict[str, Any], name: str, value: Any) -> list[str]:
    kind = item["type"]
    if kind == "multiselect":
        fits = isinstance(value, list) and all(one in choices(item) for one in value)
        return [] if fits else [f"Value {value} for '{name}' expected to be one of {choices(item)}."]
    if kind == "multiplechoice":
        return [] if value in choices(item) else [f"Value {value} for '{name}' expected to be one of {choices(item)}."]
    if not isinstance(value, _QUESTIONS[kind]) or isinstance(value, bool):
        return [f"Value {value} for '{name}' expected to be {kind}."]
    size = len(value) if isinstance(value, str) else value
    if item.get("min") not in {"", None} and size < item["min"]:
        return [f"'{name}' value {value} is too small (must be at least {item['min']})."]
    if item.get("max") not in {"", None} and size > item["max"]:
        return [f"'{name}' value {value} is too large (must be no more than {item['max']})."]
    return []


def credential_type(given: dict[str, Any]) -> None:
    """Judge inputs and injectors of a credential type. Raises `RefusalError` with 400."""
    if given["kind"] not in {"cloud", "net"}:
        raise bad(kind="Must be 'cloud' or 'net'.")
    ids = _fields(given["inputs"])
    injectors = given["injectors"]
    if set(injectors) - {"file", "env", "extra_vars"}:
        raise bad(injectors=f"unknown: {sorted(injectors)}")
    files = injectors.get("file", {})
    alone = set(files) == {"template"}
    if files and not alone and any(not re.match(r"^template\.[a-zA-Z_]\w*$", key) for key in files):
        raise bad(injectors="a file is `template`, or `template.NAME` for several, never both")
    for name, text in injectors.get("env", {}).items():
        if not _FIELD.match(name) or name.startswith("ANSIBLE_") or name in _REFUSED or not str(text).isascii():
            raise bad(
                injectors=f"Environment variable {name} may affect Ansible configuration so its use is not allowed"
            )
    names = dict.fromkeys((key.partition(".")[2] for key in files), "x")
    values = {**dict.fromkeys(ids, "x"), "tower": {"filename": "x" if alone else names} if files else {}}
    for text in (*files.values(), *injectors.get("env", {}).values(), *injectors.get("extra_vars", {}).values()):
        try:
            sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined).from_string(text).render(values)
        except jinja2.TemplateError as error:
            raise bad(injectors=f"{text}: {error}") from error


def _fields(given: dict[str, Any]) -> list[str]:
    if set(given) - {"fields", "required", "dependencies", "metadata"}:
        raise bad(inputs=f"unknown: {sorted(given)}")
    ids: list[str] = []
    for entry in given.get("fields", []):
        whole = {"id", "label"} <= set(entry) and not set(entry) - _INPUT_KEYS
        if not whole or not _FIELD.match(entry["id"]) or entry["id"] in {*ids, "tower"}:
            raise bad(inputs=f"a field is wrong: {entry}")
        if entry.get("multiline") and entry.get("type", "string") != "string":
            raise bad(inputs="multiline is for strings")
        ids.append(entry["id"])
    if set(given.get("required", [])) - set(ids):
        raise bad(inputs="a required field is not among the fields")
    return ids


def inputs(kind: dict[str, Any], given: dict[str, Any]) -> None:
    """Judge what a credential holds by its type. Raises `RefusalError` with 400."""
    known = {entry["id"] for entry in kind["inputs"].get("fields", [])}
    if set(given) - known:
        raise bad(inputs=f"Additional properties are not allowed: {sorted(set(given) - known)}")
    if any(not isinstance(value, (str, bool)) for value in given.values()):
        raise bad(inputs="a value is no text")


def messages(given: Any) -> None:
    """Judge the messages of a notification template. Raises `RefusalError` with 400."""
    for event, body in (given or {}).items():
        if event not in _EVENTS:
            raise bad(messages=f"Event '{event}' invalid")
        texts = [body] if event != "workflow_approval" else list((body or {}).values())
        if event == "workflow_approval" and set(body or {}) - set(_WORDS):
            raise bad(messages="Workflow Approval event invalid")
        for text in texts:
            if set(text or {}) - {"message", "body"}:
                raise bad(messages="must be either 'message' or 'body'")
            if "\n" in ((text or {}).get("message") or ""):
                raise bad(messages="Messages cannot contain newlines")


def webhook(given: dict[str, Any]) -> None:
    """Judge the configuration of a webhook. Raises `RefusalError` with 400."""
    known = {"url", "headers", "http_method", "disable_ssl_verification", "username", "password"}
    missing = {"url", "headers", "http_method", "username", "password", "disable_ssl_verification"} - set(given)
    missing -= {"http_method", "username", "password", "disable_ssl_verification"}
    if missing or set(given) - known:
        raise bad(notification_configuration=f"Missing or unknown: {sorted(missing | (set(given) - known))}")


def variables(text: Any) -> dict[str, Any]:
    """Read variables given as JSON or YAML. Raises `RefusalError` with 400."""
    if isinstance(text, dict):
        return text
    try:
        found = yaml.safe_load(text or "{}")
    except yaml.YAMLError as error:
        raise bad(extra_vars="Cannot parse as JSON or YAML") from error
    if not isinstance(found, dict):
        raise bad(extra_vars="Variables must be a mapping")
    return found


def as_text(found: dict[str, Any]) -> str:
    """Write variables as a job shows them."""
    return json.dumps(found, ensure_ascii=False)
