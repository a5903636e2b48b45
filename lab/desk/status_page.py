"""A status page with a Statuspage-style API, strict where the real one is: a stand-in that checks what it is sent.

Served below ``/v1/pages/PAGE``. It refuses a wrong token (401), an unknown page, incident or component (404, 422), a
status that there is not (422), a body that is none (400), and more than its pace (429 with Retry-After).
"""

from __future__ import annotations

import hmac
import html
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PAGE = "shoplab"
COMPONENTS = {"website": "Website", "orders": "Orders"}
STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT_STATUSES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
IMPACTS = ("none", "minor", "major", "critical")
_KNOWN = {
    "name",
    "status",
    "impact_override",
    "body",
    "component_ids",
    "components",
    "metadata",
    "deliver_notifications",
}
WINDOW = 60.0  # seconds in which so many requests are taken as it has seconds
LONGEST_BODY = 25_000
MOST_INCIDENTS = 100


class RefusalError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self.status, self.sentences = status, sentences


@dataclass
class Page:
    """Components, incidents with their updates, and who may write. ``most`` is how many requests a window takes."""

    token: str
    most: int = 60
    incidents: list[dict[str, Any]] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=lambda: dict.fromkeys(COMPONENTS, "operational"))
    requests: list[dict[str, Any]] = field(default_factory=list)
    _asked: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, method: str, path: str, authorization: str, body: Any) -> tuple[int, Any]:
        """Answer one request below ``/v1/pages/``. Raises RefusalError."""
        with self._lock:
            self.requests.append({"at": _now(), "method": method, "path": path})
            del self.requests[:-1000]
            self._check(path, authorization)
            match [method, *path.removeprefix(f"{PAGE}/").split("/")]:
                case ["GET", "components"]:
                    return 200, [self._component(one) for one in COMPONENTS]
                case ["GET", "incidents"]:
                    return 200, self.incidents[::-1]
                case ["GET", "incidents", "unresolved"]:
                    return 200, [one for one in self.incidents[::-1] if one["status"] != "resolved"]
                case ["POST", "incidents"]:
                    return 201, self._opened(_content(body))
                case ["GET", "incidents", number]:
                    return 200, self._found(number)
                case ["PATCH", "incidents", number]:
                    return 200, self._updated(self._found(number), _content(body))
                case _:
                    raise RefusalError(404, "There is no such thing.")

    def shown(self) -> str:
        """Return the page as its readers see it."""
        parts = [f"<li>{COMPONENTS[key]}: <b>{status}</b></li>" for key, status in self.components.items()]
        told = [
            f"<h2>{html.escape(one['name'])}</h2><p><b>{one['status']}</b>, impact {one['impact']}</p>"
            + "".join(
                f"<p><small>{update['created_at']} {update['status']}</small><br>"
                + html.escape(update["body"]).replace("\n", "<br>")
                + "</p>"
                for update in one["incident_updates"]
            )
            for one in self.incidents[::-1]
        ]
        return f"<!doctype html><meta charset=utf-8><title>Status</title><ul>{''.join(parts)}</ul>{''.join(told)}"

    def _check(self, path: str, authorization: str) -> None:
        given = authorization.removeprefix("OAuth ").strip()
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise RefusalError(401, "Could not authenticate")
        moment = time.monotonic()
        self._asked = [one for one in self._asked if moment - one < WINDOW]
        if len(self._asked) >= self.most:
            raise RefusalError(429, "Too many requests")
        self._asked.append(moment)
        if path.partition("/")[0] != PAGE:
            raise RefusalError(404, "There is no such page.")

    def _opened(self, given: dict[str, Any]) -> dict[str, Any]:
        if not str(given.get("name") or "").strip():
            raise RefusalError(422, "Name can't be blank")
        moment = _now()
        one: dict[str, Any] = {
            "id": secrets.token_hex(6),
            "name": str(given["name"]),
            "status": given.get("status", STATUSES[0]),
            "impact": given.get("impact_override", "minor"),
            "metadata": given.get("metadata") or {},
            "created_at": moment,
            "resolved_at": None,
            "incident_updates": [],
            "page_id": PAGE,
        }
        self._change(one, given)
        self.incidents.append(one)
        del self.incidents[:-MOST_INCIDENTS]
        return one

    def _updated(self, one: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        one["status"] = given.get("status", one["status"])
        one["impact"] = given.get("impact_override", one["impact"])
        self._change(one, given)
        return one

    def _change(self, one: dict[str, Any], given: dict[str, Any]) -> None:
        moment = _now()
        affected = dict(given.get("components") or {})
        self.components |= affected
        one["resolved_at"] = moment if one["status"] == "resolved" else None
        one["updated_at"] = moment
        update = {
            "id": secrets.token_hex(6),
            "status": one["status"],
            "body": given.get("body", ""),
            "created_at": moment,
        }
        update["affected_components"] = [{"code": key, "new_status": value} for key, value in affected.items()]
        one["incident_updates"].insert(0, update)

    def _found(self, number: str) -> dict[str, Any]:
        for one in self.incidents:
            if one["id"] == number:
                return one
        raise RefusalError(404, "There is no such incident.")

    def _component(self, key: str) -> dict[str, Any]:
        return {"id": key, "name": COMPONENTS[key], "status": self.components[key], "page_id": PAGE}


def _content(body: Any) -> dict[str, Any]:
    """Check what is to be written. Raises RefusalError."""
    given = body.get("incident") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise RefusalError(400, "incident is missing")
    wrong = [f"{key} is not known" for key in given if key not in _KNOWN]
    if given.get("status", STATUSES[0]) not in STATUSES:
        wrong.append("Status is not included in the list")
    if given.get("impact_override", IMPACTS[0]) not in IMPACTS:
        wrong.append("Impact override is not included in the list")
    body_text = given.get("body", "")
    if not isinstance(body_text, str) or len(body_text) > LONGEST_BODY:
        wrong.append(f"Body is no text of at most {LONGEST_BODY} characters")
    parts = given.get("components") or {}
    wrong += [
        f"There is no component {key}" for key in (*parts, *(given.get("component_ids") or ())) if key not in COMPONENTS
    ]
    wrong += [f"Component status {value} is not known" for value in parts.values() if value not in COMPONENT_STATUSES]
    if wrong:
        raise RefusalError(422, *wrong)
    return given


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
