"""One content, one text, one digest; and nothing that could mean two things."""

from __future__ import annotations

import pytest
from failback.approval import canonical
from failback.approval.canonical import AmbiguousError
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=10,
)


def test_the_text_is_sorted_tight_and_readable() -> None:
    assert canonical.text({"b": [1, 2.5, None], "a": "주문"}) == '{"a":"주문","b":[1,2.5,null]}'


def test_the_digest_is_known() -> None:
    # printf '{}' | sha256sum
    assert canonical.digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES, max_size=4))
def test_what_is_read_back_is_written_the_same(content: dict[str, object]) -> None:
    text = canonical.text(content)
    again = canonical.read(text)
    assert canonical.text(again) == text == canonical.text(again, from_json=True)
    assert canonical.digest(dict(reversed(content.items()))) == canonical.digest(content)


@pytest.mark.parametrize("content", [{"a": float("nan")}, {"a": {1: 2}}, {"a": object()}, {"a": "\ud800"}])
def test_what_has_no_canonical_form_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(AmbiguousError, match="no canonical form"):
        canonical.text(content)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a":1,"a":2}', "the key 'a' stands twice"),
        ('{"a":NaN}', "NaN is no number of JSON"),
        ("[1]", "is JSON, but no object"),
        ('{"a":', "is not readable as JSON"),
        ("[" * 100000, "is not readable as JSON"),
        (b"\xff\xfe", "is not readable as JSON"),
    ],
)
def test_what_could_mean_two_things_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(AmbiguousError, match=why):
        canonical.read(text)
