from __future__ import annotations

import pytest
from failback.gtid import GtidError, GtidSet
from hypothesis import given
from hypothesis import strategies as st

A = "11111111-1111-4111-8111-111111111111"
B = "22222222-2222-4222-8222-222222222222"

sources = st.tuples(st.sampled_from([A, B]), st.sampled_from(["", "fence", "zz_9"]))
intervals = st.tuples(st.integers(1, 60), st.integers(0, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))
sets = st.dictionaries(sources, st.lists(intervals, max_size=6), max_size=4).map(GtidSet.of)


def members(gtids: GtidSet) -> set[str]:
    return set(gtids)


@given(sets)
def test_what_is_printed_reads_back_as_the_same(gtids: GtidSet) -> None:
    assert GtidSet.parse(str(gtids)) == gtids


@given(sets, sets)
def test_algebra_is_that_of_sets(left: GtidSet, right: GtidSet) -> None:
    assert members(left | right) == members(left) | members(right)
    assert members(left & right) == members(left) & members(right)
    assert members(left - right) == members(left) - members(right)
    assert (left <= right) == (members(left) <= members(right))
    assert (left >= right) == (members(left) >= members(right))
    assert left.count() == len(members(left))
    assert bool(left) == bool(members(left))


@given(sets, sets)
def test_the_same_members_are_the_same_value(left: GtidSet, right: GtidSet) -> None:
    assert (left == right) == (members(left) == members(right))
    assert (left - right) | (left - (left - right)) == left


@given(sets)
def test_each_server_owns_its_part(gtids: GtidSet) -> None:
    assert gtids.of_server(A) | gtids.of_server(B) == gtids
    assert set(gtids.servers) == {gtid.split(":")[0] for gtid in gtids}


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (f"{A}:1", f"{A}:1"),
        (f"{A}:1-3:4-5", f"{A}:1-5"),
        (f"{A}:5:1-2", f"{A}:1-2:5"),
        (f"{A}:1-3,\n{B}:7", f"{A}:1-3,{B}:7"),
        (f"{A.upper()}:1-3", f"{A}:1-3"),
        (f"{A}:1-3:fence:4:9-10", f"{A}:1-3:fence:4:9-10"),
        (f"{A}:fence:4, {A}:1", f"{A}:1:fence:4"),
        (f"{A.replace('-', '')}:1", f"{A}:1"),
        (f" {A} : 1 - 3 ", f"{A}:1-3"),
    ],
)
def test_reads_every_form_the_server_takes(text: str, normal: str) -> None:
    assert str(GtidSet.parse(text)) == normal


@pytest.mark.parametrize(
    "text",
    ["nonsense", A, f"{A}:", f"{A}:0", f"{A}:3-1", f"{A}:1-", f"{A}:9bad:1", "1234:1", f"{A}:1;2", f"{A}:{2**63}"],
)
def test_refuses_what_is_no_gtid_set(text: str) -> None:
    with pytest.raises(GtidError):
        GtidSet.parse(text)


def test_tags_are_sources_of_their_own() -> None:
    assert not GtidSet.parse(f"{A}:fence:1-5") <= GtidSet.parse(f"{A}:1-5")
    assert f"{A}:fence:3" in GtidSet.parse(f"{A}:fence:1-5")
    assert 3 not in GtidSet.parse(f"{A}:1-5")
