"""Siblings of one page are loaded together, once."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from certhub.domain.errors import Refused
from certhub.resolvers.batch import Batch


def make() -> Batch:
    batch = Batch(cast("Any", None), cast("Any", None))
    batch.members.update({"a": 1, "b": 2})
    return batch


async def test_what_several_ask_is_loaded_once() -> None:
    batch, loads = make(), []

    async def load(one: Batch) -> Mapping[str, int]:
        loads.append(list(one.members))
        await asyncio.sleep(0)
        return {"a": 10}

    first, second = batch.ask("k", "a", load, 0), batch.ask("k", "b", load, 0)
    assert not isinstance(first, int)
    assert not isinstance(second, int)
    found = list(await asyncio.gather(first, second))

    assert found == [10, 0]
    assert loads == [["a", "b"]]


async def test_what_is_loaded_is_answered_at_once() -> None:
    batch = make()

    async def load(_: Batch) -> Mapping[str, int]:
        return {"a": 10}

    await batch.load("k", load)

    assert batch.ask("k", "a", load, 0) == 10


async def test_a_refusal_is_the_answer_of_all() -> None:
    batch, loads = make(), []

    async def load(_: Batch) -> Mapping[str, int]:
        loads.append(1)
        raise Refused("no")

    with pytest.raises(Refused):
        await batch.load("k", load)
    with pytest.raises(Refused):
        batch.ask("k", "b", load, 0)

    assert loads == [1]
