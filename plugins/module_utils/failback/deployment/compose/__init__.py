"""Deployments on our own hosts with Docker Compose: releases on disk, waves behind HAProxy, a hold for the database.

The form of an application's directory on every host (``compose_directory``, such as ``/srv/shop``). Whoever deploys
writes it, and this provider reads it; the user that SSH comes in as must be able to write to it::

    releases/ID/release.json   {"format": 1, "id": ID, "created": ISO 8601 in UTC, "build": what its answers carry,
                                "target": "production" | "preview", "images": {SERVICE: IMAGE, ...},
                                "commit", "ref", "message", "author": "", "unsound": "" or why nobody should use it,
                                "environment": [NAME, ...], "crons": [NAME, ...]: what does not go back with it}
    releases/ID/compose.yml    every service with ``image:``, no ``build:``; all pinned, the same as in release.json.
    releases/ID/.env           variables of the release for compose.yml; may be empty.
    host.env                   variables of the host for compose.yml, kept from release to release; may be missing.
    current                    symbolic link to releases/ID: what this host is meant to run. Replaced atomically.
    served.jsonl               {"time", "id", "from", "kind", "by", "reason"}, one line whenever the host changed over.
    pinned.json                a rollback stands: whoever deploys must not put another release into service until it is
                               gone (``deployment promote`` takes it away). {"time", "id", "from", "by", "reason"}
    lock/owner.json            who works on the application here (``mkdir lock`` is the lock); see ``lock``.

An id is ``[A-Za-z0-9][A-Za-z0-9._-]*``, at most 64 characters. An image is pinned as ``NAME@sha256:HEX`` or, where it
comes from no registry, as ``sha256:HEX`` (the image's id). Compose is called so, and never builds or pulls::

    docker compose --project-name compose_project --project-directory releases/ID --file releases/ID/compose.yml \
        --env-file releases/ID/.env [--env-file host.env] up --detach --no-build --pull never --remove-orphans

In its environment stands ``RR_PORT``: the port that the release shall listen on. It is ``compose_port`` for the one
that serves, and ``compose_trial_port`` for a trial beside it (project name with ``-trial`` behind it), so compose.yml
says ``${RR_PORT:-8080}`` where the port stands. What really runs is read from the containers' labels and image ids, so
a link or a tag that lies is seen.
"""
