"""What a site may say about an application on its own hosts, and what it is told where that cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest
from failback.deployment.compose.settings import Settings
from failback.errors import ConfigError


def given(**more: Any) -> dict[str, Any]:
    return {
        "app": "shop-web",
        "hostvars": {"web1": {"ansible_host": "192.0.2.1"}, "web2": {}, "lb1": {"lb_backend": "shop"}},
        "groups": {"web_hosts": ["web1", "web2"], "load_balancers": ["lb1"]},
        "deployment_domains": [{"url": "https://shop.example.org/"}],
        "compose_hosts": "web_hosts",
        "compose_project": "shop",
        "compose_directory": "/srv/shop/",
        **more,
    }


def test_the_usual_site() -> None:
    found = Settings.read(given())
    assert [(one.name, one.address, one.server) for one in found.hosts] == [
        ("web1", "192.0.2.1", "web1"),
        ("web2", "web2", "web2"),
    ]
    assert (found.directory, found.wave, found.port, found.domains) == (
        "/srv/shop",
        1,
        8080,
        ("https://shop.example.org",),
    )
    assert found.ready(found.hosts[0]) == "http://192.0.2.1:8080/readyz"
    assert (found.nodes[0].backend, found.nodes[0].hold_limit, found.nodes[0].hold_expiry) == ("shop", 30, 90)


def test_names_are_made_from_the_hosts() -> None:
    more = {"compose_project": "shop-{host}", "compose_backend": {"backend": "www", "server": "srv-{host}"}}
    found = Settings.read(given(**more))
    assert [(one.project, one.server) for one in found.hosts] == [("shop-web1", "srv-web1"), ("shop-web2", "srv-web2")]
    assert found.nodes[0].backend == "www"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"compose_hosts": ""}, "compose_hosts is not set"),
        ({"compose_hosts": "nobody"}, "compose_hosts: the inventory has no hosts in the group nobody"),
        ({"compose_hosts": ["web9"]}, "compose_hosts: the inventory has no web9"),
        ({"groups": {"web_hosts": ["web1"]}}, "compose_load_balancers: the inventory has no hosts"),
        ({"compose_project": "Shop"}, "compose_project: 'Shop' is no name"),
        ({"compose_directory": "/"}, "compose_directory: / must be"),
        ({"compose_directory": "/srv"}, "compose_directory: /srv must be"),
        ({"compose_directory": "srv/shop"}, "compose_directory: srv/shop must be"),
        ({"compose_directory": "/srv/../etc"}, "compose_directory: /srv/../etc must be"),
        ({"compose_wave": 0}, "compose_wave: 0 must be at least 1"),
        ({"compose_wave": "two"}, "compose_wave: 'two' is no number"),
        ({"compose_ready_deadline": "nan"}, "compose_ready_deadline: 'nan' must be at least"),
        ({"compose_port": 70000}, "compose_port: 70000 is no port"),
        ({"compose_trial_port": 80.5}, "compose_trial_port: 80.5 is no port"),
        ({"compose_ready_url": "file:///etc/passwd"}, "compose_ready_url: file:///etc/passwd is no http"),
        ({"compose_backend": {"server": "web"}}, "gives one name to two hosts"),
        ({"hostvars": {"web1": {}, "web2": {}, "lb1": {}}}, "compose_backend.backend, or lb_backend of lb1"),
        ({"hostvars": {"web1": {}, "web2": {}, "lb1": {"lb_provider": "alb"}}}, "lb_provider of lb1 is alb"),
        (
            {"hostvars": {"web1": {}, "web2": {}, "lb1": {"lb_backend": "b", "lb_hold_limit": 99}}},
            "lb_hold_limit of lb1",
        ),
    ],
)
def test_what_cannot_be_meant_is_named(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("[", r"\[").replace(".", r"\.")):
        Settings.read(given(**more))
