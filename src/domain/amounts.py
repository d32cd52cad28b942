"""Exact amounts: whole hundredths inside, ``Decimal`` or plain text at the edges.

Points (積分) and hours (時數) have at most two decimals in every source. Inside certhub an amount
is a plain ``int`` of hundredths: 118.40 is 11840. Nothing is ever rounded on the way in.
"""

from decimal import Decimal, InvalidOperation

__all__ = ["HUNDRED", "Amount", "parse_amount", "to_decimal", "to_number", "to_text"]

HUNDRED = 100
_EXACT = 1e12

Amount = int
"""Hundredths of a point, an hour or of whatever the unit beside it says."""


def parse_amount(value: object) -> int:
    """Hundredths of a number written as text, integer, float of two decimals or Decimal.

    Raises:
        ValueError: not a number, not finite, or more than two decimals.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError("a number with at most two decimals")
    if isinstance(value, int):
        return value * HUNDRED
    if isinstance(value, float) and -_EXACT < value < _EXACT:
        # The float nearest to n/100 is n/100: no other one reads as a number of two decimals.
        hundredths = round(value * HUNDRED)
        if hundredths / HUNDRED == value:
            return hundredths
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
        scaled = number * HUNDRED
        whole = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError("a number with at most two decimals") from error
    if whole != scaled:
        raise ValueError("a number with at most two decimals")
    return whole


def to_decimal(hundredths: int) -> Decimal:
    """``Decimal`` with two decimals."""
    return Decimal(hundredths).scaleb(-2)


def to_text(hundredths: int) -> str:
    """Plain text with two decimals, as the GraphQL scalar prints it: ``"118.40"``."""
    return f"{to_decimal(hundredths):.2f}"


def to_number(hundredths: int) -> int | float:
    """A JSON number whose shortest text is exact: 12000 -> 120, 12001 -> 120.01."""
    whole, rest = divmod(hundredths, HUNDRED)
    return whole if rest == 0 else hundredths / HUNDRED
