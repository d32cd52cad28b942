"""One answer of the change feed: checked as a whole, then applied line by line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ..errors import AgencyGarbled, PositionLost
from ..messages import Answer

__all__ = ["Change", "Changes", "read_changes"]

_OPERATIONS = frozenset({"upsert", "delete"})
_SEQ_LIMIT = 1 << 40


@dataclass(frozen=True, slots=True)
class Change:
    """One line: what happened to which entity, with the whole record."""

    seq: int
    operation: str
    entity: str
    data: Any
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """The complete lines of an answer.

    Attributes:
        following: ``after`` of the next request.
        up_to_date: Nothing newer was there when the answer began.
        doubtful: No line, although newer ones are announced: gaps at the end of the feed, or a body
            that got lost. To be asked again.
    """

    lines: list[Change]
    following: int
    up_to_date: bool
    doubtful: bool = False


def read_changes(answer: Answer, after: int, epoch: str) -> Changes:
    """Read an answer to ``after`` of ``epoch``.

    A broken last line, or a broken connection, leaves the complete lines before it: the next request
    goes on behind them.

    Raises:
        AgencyGarbled: numbers that do not ascend, a line that does not parse, missing headers.
        PositionLost: another epoch, or a feed that ends before ``after``.
    """
    newest = answer.whole_number("X-Feed-Seq")
    following = answer.whole_number("X-Feed-Next")
    if answer.text("X-Feed-Epoch") != epoch or newest < after:
        raise PositionLost(
            "ltc: the feed is of another epoch",
            "ltc:異動紀錄的世代已變更",
            details={"registry": "ltc", "reason": "epoch_changed"},
        )
    *complete, rest = answer.body.split(b"\n")
    lines: list[Change] = []
    last = -1
    for text in complete:
        change = _read_line(text)
        if change.seq <= last:
            raise AgencyGarbled("the sequence numbers do not ascend")
        last = change.seq
        if change.seq > after:
            lines.append(change)
    if rest or not answer.whole:
        if not lines:
            raise AgencyGarbled("the answer broke off in its first new line")
        return Changes(lines, last, up_to_date=False)
    if following < max(after, last):
        raise AgencyGarbled("X-Feed-Next lies before the last line")
    if lines:
        # A cut between two lines cannot be seen: what is announced beyond the last is asked for.
        following = last
    if not lines and following == after and newest > after:
        raise AgencyGarbled("no line, although newer ones are announced")
    doubtful = not lines and newest > after
    return Changes(lines, following, up_to_date=following >= newest, doubtful=doubtful)


def _read_line(text: bytes) -> Change:
    try:
        line = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise AgencyGarbled("a line of the feed is not JSON") from error
    if not isinstance(line, dict):
        raise AgencyGarbled("a line of the feed is not an object")
    seq, operation, entity = line.get("seq"), line.get("op"), line.get("entity")
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < _SEQ_LIMIT:
        raise AgencyGarbled("a line of the feed lacks its seq")
    if operation not in _OPERATIONS or not isinstance(entity, str) or "data" not in line:
        raise AgencyGarbled("a line of the feed lacks op, entity or data")
    return Change(seq, operation, entity, line["data"], _instant(line.get("at")))


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
