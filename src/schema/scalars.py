"""Scalars: amounts as text, days, instants, JSON, opaque ids."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NewType, TypeAlias

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from ..domain.amounts import parse_amount, to_text

__all__ = ["JSON", "SCALARS", "Amount", "Day"]

Amount = NewType("Amount", int)
"""Hundredths inside, the scalar ``Decimal`` outside."""

JSON = NewType("JSON", object)

Day: TypeAlias = date
"""``date`` under a name that a field called ``date`` does not hide."""


def _amount(value: object) -> Amount:
    if not isinstance(value, (str, int)):
        raise GraphQLError('Decimal: expected text such as "118.40"')
    try:
        return Amount(parse_amount(value))
    except ValueError as error:
        raise GraphQLError('Decimal: expected text such as "118.40"') from error


def _text(value: object, length: int | None = None) -> str:
    if not isinstance(value, str) or (length is not None and len(value) != length):
        raise ValueError("expected text")
    return value


def _day(value: object) -> date:
    try:
        return date.fromisoformat(_text(value, 10))
    except ValueError as error:
        raise GraphQLError("Date: expected an ISO day such as 2024-05-31") from error


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(value))
    except ValueError as error:
        raise GraphQLError("DateTime: expected an ISO instant with an offset") from error
    if instant.tzinfo is None:
        raise GraphQLError("DateTime: expected an ISO instant with an offset")
    return instant


def _as_is(value: Any) -> Any:
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    Amount: strawberry.scalar(
        name="Decimal",
        description='以文字表示之精確數值,如 "118.40"。 An exact amount as text, such as "118.40".',
        serialize=to_text,
        parse_value=_amount,
    ),
    date: strawberry.scalar(
        name="Date",
        description="ISO 日期,如 2024-05-31。 An ISO day such as 2024-05-31.",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="含時區之 ISO 時刻。 An ISO instant with its offset.",
        serialize=datetime.isoformat,
        parse_value=_instant,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="JSON 值。 A JSON value.",
        serialize=_as_is,
        parse_value=_as_is,
    ),
}
