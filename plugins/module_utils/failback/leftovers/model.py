"""One resource on AWS, whose it is, and what makes it the very one that was looked at. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

# site: the site's own alone. shared: somebody else uses it too. disputed: named by the site, marked by somebody else.
Owner = Literal["site", "shared", "disputed"]
Action = Literal["keep", "stop", "delete"]

# In the order in which they can go: nothing that a later one still needs.
KINDS = (
    "load_balancer",
    "ec2_instance",
    "rds_instance",
    "elastic_ip",
    "ebs_volume",
    "rds_snapshot",
    "ebs_snapshot",
    "rds_parameter_group",
    "rds_subnet_group",
    "security_group",
    "network_acl",
    "hosted_zone",
)
# Never deleted by this tool: the service's own names live there, and they lead to IDC by now.
KEPT = ("hosted_zone",)
# What can be stopped and started again.
STOPS = ("rds_instance", "ec2_instance")


@dataclass(frozen=True)
class Resource:
    """One resource as AWS describes it.

    ``facts`` is what defines it and does not change by itself; ``state`` may. ``used_by`` names resources that must be
    gone before, ``because`` says why it counts as the site's; ``through`` is the key of the resource that makes it so,
    "" where its own tags or name do. ``created`` is UTC, ISO 8601, "" where AWS does not say.
    """

    kind: str
    id: str
    name: str
    arn: str = ""
    created: str = ""
    state: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    used_by: tuple[str, ...] = ()
    owner: Owner = "site"
    because: str = ""
    through: str = ""

    @property
    def key(self) -> str:
        """Name it among all kinds."""
        return f"{self.kind}:{self.id}"

    @property
    def fingerprint(self) -> str:
        """Digest what defines it: another one under the same name has another."""
        content = {"kind": self.kind, "id": self.id, "arn": self.arn, "created": self.created, "facts": self.facts}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self) | {"key": self.key, "fingerprint": self.fingerprint, "used_by": list(self.used_by)}


@dataclass(frozen=True)
class Scope:
    """What a site calls its own: tags that all must match, and names from its inventory by kind."""

    tags: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]

    def with_names(self, more: Mapping[str, tuple[str, ...]]) -> Scope:
        """Return the scope with more names by kind."""
        kinds = {*self.names, *more}
        return Scope(self.tags, {kind: (*self.names.get(kind, ()), *more.get(kind, ())) for kind in kinds})

    def judge(self, kind: str, name: str, tags: Mapping[str, str]) -> tuple[Owner, str] | None:
        """Say whose a resource is and why; None for a neighbour's, which is left alone without a word.

        A resource that the inventory names but whose tags are those of another owner is disputed: never acted on.
        """
        named = name in self.names.get(kind, ())
        wrong = {key: tags[key] for key, value in self.tags.items() if key in tags and tags[key] != value}
        if named and wrong:
            said = ", ".join(f"{key}={value}" for key, value in sorted(wrong.items()))
            return "disputed", f"the inventory names it, its tags say {said}"
        if named:
            return "site", "the inventory names it"
        if self.tags and all(tags.get(key) == value for key, value in self.tags.items()):
            return "site", "tagged " + ", ".join(f"{key}={value}" for key, value in sorted(self.tags.items()))
        return None


@dataclass(frozen=True)
class Found:
    """All that was found. ``neighbours`` counts what is in the account and not the site's; ``unread`` says why not."""

    resources: tuple[Resource, ...]
    neighbours: Mapping[str, int]
    unread: tuple[str, ...] = ()

    def get(self, key: str) -> Resource | None:
        """Find one by its key."""
        return next((one for one in self.resources if one.key == key), None)
