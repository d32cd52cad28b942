"""The hub's own ids."""

import pytest

from certhub.domain.errors import InvalidInput
from certhub.resolvers.ids import NodeKind, decode_id, encode_id, split_key


@pytest.mark.parametrize("kind", list(NodeKind))
def test_an_id_leads_back_to_its_object(kind: NodeKind) -> None:
    assert decode_id(encode_id(kind, "osh:班-1#osh.regulations")) == (
        kind,
        "osh:班-1#osh.regulations",
    )


@pytest.mark.parametrize("text", ["", "x", "é", "cDo", "ejox", "cDoA", "____"])
def test_anything_else_is_no_id(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_id(text)

    assert caught.value.code == "INVALID_ID"


@pytest.mark.parametrize(
    ("key", "parts"), [("vr:Q1", ("vr", "Q1")), ("osh:a:b", ("osh", "a:b")), ("x", ("", "x"))]
)
def test_a_key_names_its_registry(key: str, parts: tuple[str, str]) -> None:
    assert split_key(key) == parts
