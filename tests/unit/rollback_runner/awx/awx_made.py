"""A site for AWX, made without an inventory, and all it needs there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rollback_runner.awx import content
from rollback_runner.site.site import Site

VARIABLES: dict[str, Any] = {
    "site_name": "shop",
    "site_critical": True,
    "site_approvals": {
        "signers_file": "/etc/rr/signers",
        "roles": {"technical_lead": ["lee"], "operations_manager": ["park"], "executive": ["choi"]},
    },
    "site_roles": {"commander": {"person": "kim", "deputy": "park"}},
    "site_channels": [{"name": "chat", "url_file": "/etc/rr/secrets/chat"}],
    "site_awx": {
        "project": {"url": "https://git.example.org/rr.git"},
        "image": "registry.example.org/rr:1",
        "inventory": "inventories/shop",
        "notifications": [{"name": "room", "url": "https://chat.example.org/hook"}],
    },
    "ansible_ssh_private_key_file": "~/.ssh/rr",
    "dns_servers": {"rfc2136": {"key_file": "/etc/rr/secrets/tsig"}},
    "db_idc": {"password_file": "/etc/rr/secrets/idc"},
    "db_aws": {"password_file": "/etc/rr/secrets/aws"},
    "aws_credentials_file": "/etc/rr/secrets/aws-credentials",
    "aws_cleanup_credentials_file": "/etc/rr/secrets/aws-cleanup",
    "vercel_token_file": "/etc/rr/secrets/vercel",
}
SITE = Site(
    name="shop",
    directory=Path("/srv/sites/shop"),
    titles={"en": "Shop", "ko": "쇼핑몰"},
    critical=True,
    strategy="switch-first",
    budgets={
        "prepare": 1800,
        "approve": 3600,
        "emergency": 900,
        "full": 3600,
        "complete": 3600,
        "watch": 10800,
        "deployment": 900,
    },
    timezone="Asia/Seoul",
    groups={"service": ("shop",), "databases": ("shop-db",), "deployments": ("shop-web",)},
    variables={"shop-db": VARIABLES},
    secret_files=(),
)


def made(strategy: str = "switch-first", **variables: Any) -> content.Content:
    """Make what the site needs, under a strategy and with other variables."""
    return content.of(replace(SITE, strategy=strategy, variables={"shop-db": {**VARIABLES, **variables}}))
