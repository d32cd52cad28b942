"""Records column by column are the records."""

import pytest

from certhub.domain.blocks import Block, Blocks
from certhub.domain.sync import Record


def _record(number: int, **values: object) -> Record:
    return Record("ltc.credit", f"D{number}", number, values, bytes(32))


RECORDS = [_record(number, points=number, reason=None) for number in range(5)]


def test_a_block_reads_as_the_records_it_was_made_of() -> None:
    block = Block.of("ltc.credit", RECORDS)

    assert len(block) == 5
    assert list(block) == RECORDS
    assert list(block[1:3]) == RECORDS[1:3]
    assert list(block.picked([3, 0])) == [RECORDS[3], RECORDS[0]]


def test_what_only_some_records_have_is_null_in_the_others() -> None:
    block = Block.of("ltc.credit", [_record(1, points=1), _record(2, reason="x")])

    assert block.columns == {"points": [1, None], "reason": [None, "x"]}


def test_blocks_are_joined_by_name() -> None:
    one, other = Block.of("ltc.credit", RECORDS[:2]), Block.of("ltc.credit", [_record(9, points=9)])

    joined = Block.joined([one, other])

    assert joined.columns == {"points": [0, 1, 9], "reason": [None, None, None]}
    assert joined.ids == ["D0", "D1", "D9"]
    assert Block.joined([one]) is one


def test_several_blocks_read_as_one_sequence() -> None:
    blocks = Blocks([Block.of("ltc.credit", RECORDS[:2]), Block.of("ltc.credit", RECORDS[2:])])

    assert len(blocks) == 5
    assert list(blocks) == RECORDS
    assert blocks[3] == RECORDS[3]
    assert blocks[1:3] == RECORDS[1:3]
    with pytest.raises(IndexError):
        blocks[5]
