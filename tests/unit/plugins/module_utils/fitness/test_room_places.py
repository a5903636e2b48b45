"""Where a server's directories are looked at, and which binary logs count. What docker says in, places out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from failback.action import Completed
from failback.fitness import room_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

FIGURES = "4096 1000 900 800 500 400 a1b2"
MOUNTS = json.dumps([{"Mounts": [{"Source": "/data/mysql", "Destination": "/var/lib/mysql"}]}])


class Host:
    """Answers commands by their first words."""

    def __init__(self, answers: dict[str, Completed]) -> None:
        self.answers = answers
        self.asked: list[list[str]] = []

    def command(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
        del stdin, timeout
        self.asked.append(list(argv))
        line = " ".join(argv)
        return next((done for words, done in self.answers.items() if line.startswith(words)), Completed(1, "", "no"))


def test_a_running_container_is_asked_itself() -> None:
    said = f"/var/lib/mysql {FIGURES}\n/ 4096 10 9 8 0 0 0\n"
    places = room_facts.of_container(
        Host({"docker exec db": Completed(0, said, "")}), "db", {"datadir": "/var/lib/mysql"}, "db1"
    )
    data, root = places
    assert (data.name, data.free, data.total, data.inodes_free) == ("datadir", 800 * 4096, 1000 * 4096, 400)
    assert data.system == "db1:a1b2"
    assert (root.name, root.system) == ("docker", "db1:/"), "a file system without an id is told by its path"


def test_an_image_without_tools_is_looked_at_from_the_host() -> None:
    host = Host(
        {
            "docker exec db": Completed(126, "", "sh: not found"),
            "docker container inspect": Completed(0, MOUNTS, ""),
            "sh -c": Completed(0, f"/data/mysql/sub {FIGURES}\n", ""),
        }
    )
    data, root = room_facts.of_container(host, "db", {"datadir": "/var/lib/mysql/sub"}, "db1")
    assert data.free == 800 * 4096
    assert root.error == "sh: not found"


def test_a_host_that_is_away_has_no_places_but_reasons() -> None:
    places = room_facts.of_container(Host({}), "db", {"datadir": "/d"}, "db1")
    assert [place.error for place in places] == ["no", "no"]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 500])
def test_the_file_of_the_cut_over_is_found_by_halving(count: int) -> None:
    for last in range(count):
        asked: list[int] = []

        def before(index: int, last: int = last, asked: list[int] = asked) -> bool:
            asked.append(index)
            return index <= last

        assert room_facts._first(count, before) == last
        assert len(asked) <= 9
    assert room_facts._first(count, lambda _: False) == 0, "all were purged: the oldest there is"
