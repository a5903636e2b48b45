"""Let the AWS stand-in say no: policies of IAM users are enforced, simulated, and honoured by dry runs.

Moto stores users and policies, and performs whatever is asked. Here a request signed with the key of a user that moto
knows is judged first (``policy``). A key that nobody has, such as the one the lab is seeded with, may do everything.
"""

from __future__ import annotations

import configparser
import io
import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from moto.iam import iam_backends

from lab.aws import policy, requests
from lab.aws.iam_seed import USER
from lab.aws.snapshot import ACCOUNT, PARTITION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lab.aws.requests import Call

_LOOKS = ("Describe", "Get", "List", "Simulate")


def give_key(credentials: Path, profile: str, user: str = USER) -> None:
    """Make the user whose key is in the credentials file. What it may do is put there by the seed."""
    parser = configparser.ConfigParser()
    parser.read(credentials)
    backend = iam_backends[ACCOUNT][PARTITION]
    if user not in backend.users:
        backend.create_user("us-east-1", user)
    key = backend.create_access_key(user)
    key.access_key_id = parser[profile]["aws_access_key_id"]
    key.secret_access_key = parser[profile]["aws_secret_access_key"]


class Gatekeeper:
    """Answers what a policy forbids, what is only simulated and what is only a dry run; the rest goes on."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, as WSGI asks for it."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        call = requests.read(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_AUTHORIZATION", ""),
            body,
            ACCOUNT,
            environ.get("HTTP_X_AMZ_TARGET", ""),
        )
        answer = None if call is None else self._answer(call)
        if answer is None:
            answered: Iterable[bytes] = self._behind(environ, start_response)
            return answered
        status, text = answer
        content = text.encode()
        kind = "application/x-amz-json-1.0" if text.startswith("{") else "text/xml"
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [content]

    @staticmethod
    def _answer(call: Call) -> tuple[str, str] | None:
        documents = _documents_of_key(call.key)
        if documents is not None and call.name != "sts:GetCallerIdentity":
            for resource in call.resources:
                if policy.decide(documents, call.name, resource) != "allowed":
                    return _denied(call, resource)
        if call.name == "iam:SimulatePrincipalPolicy":
            return "200 OK", _simulated(call)
        if call.service == "ec2" and call.form.get("DryRun") == "true" and not call.action.startswith(_LOOKS):
            told = "Request would have succeeded, but DryRun flag is set."
            return "412 Precondition Failed", _ec2_error("DryRunOperation", told)
        return None


def _documents_of_key(key: str) -> list[dict[str, Any]] | None:
    """Return the policies of the user with this key; None when nobody has it."""
    for user in iam_backends[ACCOUNT][PARTITION].users.values():
        if any(one.access_key_id == key for one in user.access_keys):
            return _documents(user)
    return None


def _documents(user: Any) -> list[dict[str, Any]]:
    attached = [managed.document for managed in user.managed_policies.values()]
    return [json.loads(text) for text in (*user.policies.values(), *attached)]


def _simulated(call: Call) -> str:
    name = call.form.get("PolicySourceArn", "").rpartition("/")[2]
    user = iam_backends[ACCOUNT][PARTITION].users.get(name)
    documents = _documents(user) if user is not None else []
    actions = [value for key, value in sorted(call.form.items()) if key.startswith("ActionNames.member.")]
    resources = [value for key, value in sorted(call.form.items()) if key.startswith("ResourceArns.member.")]
    results = [
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}"
        f"</EvalResourceName><EvalDecision>{policy.decide(documents, action, resource)}</EvalDecision></member>"
        for action in actions
        for resource in resources or ["*"]
    ]
    return (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>"
        f"{''.join(results)}</EvaluationResults></SimulatePrincipalPolicyResult>"
        "</SimulatePrincipalPolicyResponse>"
    )


def _denied(call: Call, resource: str) -> tuple[str, str]:
    told = f"User is not authorized to perform: {call.name} on resource: {resource}"
    if call.service == "ec2":
        return "403 Forbidden", _ec2_error("UnauthorizedOperation", told)
    if call.service == "s3":
        return "403 Forbidden", f"<Error><Code>AccessDenied</Code><Message>{escape(told)}</Message></Error>"
    if call.service == "cloudwatch":
        return "403 Forbidden", json.dumps({"__type": "AccessDenied", "message": told})
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{escape(told)}</Message></Error>"
        "<RequestId>lab</RequestId></ErrorResponse>"
    )
    return "403 Forbidden", text


def _ec2_error(code: str, told: str) -> str:
    return (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(told)}</Message></Error></Errors>"
        "<RequestID>lab</RequestID></Response>"
    )
