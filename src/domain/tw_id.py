"""Numbers of people and organisations in Taiwan, and their check digits.

Law and sources: VR-R39 (domain/vr.md); the Ministry of Finance's rule for 統一編號, divisible by 5
since 2023-04-01.
"""

import re
import unicodedata
from datetime import date
from enum import StrEnum

__all__ = [
    "ARC_OLD_RETIRED_FROM",
    "IdentifierKind",
    "NationalId",
    "check_person_number",
    "is_valid_business_number",
    "kind_of_number",
    "mask_number",
    "normalise_number",
    "without_numbers",
]

ARC_OLD_RETIRED_FROM = date(2031, 1, 1)
"""First day on which old resident numbers are no longer accepted (VR-R39)."""


class IdentifierKind(StrEnum):
    """Kind of a person's number (證號類別)."""

    NATIONAL_ID = "national_id"
    NEW_ARC = "arc_new"
    OLD_ARC = "arc_old"
    PASSPORT = "passport"


_LETTERS = {letter: 10 + index for index, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO")}
_ANYWHERE = re.compile(r"[A-Z][A-D0-9]\d{8}", re.ASCII | re.IGNORECASE)
_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_NATIONAL = re.compile(r"[A-Z][12]\d{8}\Z", re.ASCII)
_ARC_NEW = re.compile(r"[A-Z][89]\d{8}\Z", re.ASCII)
_ARC_OLD = re.compile(r"[A-Z][A-D]\d{8}\Z", re.ASCII)
_BUSINESS = re.compile(r"\d{8}\Z", re.ASCII)
_BUSINESS_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)


def normalise_number(text: str) -> str:
    """NFKC, outer spaces off, upper case: the form that is compared and indexed."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def kind_of_number(number: str) -> IdentifierKind | None:
    """The kind by shape alone; ``None`` where no shape of VR-R39 fits."""
    if _NATIONAL.match(number):
        return IdentifierKind.NATIONAL_ID
    if _ARC_NEW.match(number):
        return IdentifierKind.NEW_ARC
    if _ARC_OLD.match(number):
        return IdentifierKind.OLD_ARC
    return None


def _check_digit_fits(number: str) -> bool:
    first = _LETTERS[number[0]]
    second = number[1] if number[1].isdigit() else str(_LETTERS[number[1]] % 10)
    digits = [first // 10, first % 10, int(second), *(int(digit) for digit in number[2:])]
    return sum(w * d for w, d in zip(_WEIGHTS, digits, strict=True)) % 10 == 0


def check_person_number(number: str, on: date | None = None) -> tuple[IdentifierKind | None, str]:
    """Kind and verdict of a normalised number.

    Args:
        number: As ``normalise_number`` returns it.
        on: Day asked about; decides whether old resident numbers still count.

    Returns:
        The kind by shape (``None``: no shape) and a code: ``valid``, ``id_format``,
        ``id_checksum`` or ``arc_old_retired``.
    """
    kind = kind_of_number(number)
    if kind is None:
        return None, "id_format"
    if not _check_digit_fits(number):
        return kind, "id_checksum"
    if kind is IdentifierKind.OLD_ARC and on is not None and on >= ARC_OLD_RETIRED_FROM:
        return kind, "arc_old_retired"
    return kind, "valid"


def is_valid_business_number(number: str) -> bool:
    """Whether ``number`` is a 統一編號: eight digits, weighted digit sum divisible by 5."""
    if not _BUSINESS.match(number):
        return False
    total = 0
    for weight, digit in zip(_BUSINESS_WEIGHTS, number, strict=True):
        product = weight * int(digit)
        total += product // 10 + product % 10
    return total % 5 == 0 or (number[6] == "7" and (total + 1) % 5 == 0)


def mask_number(number: str) -> str:
    """First letter and last four characters, the rest starred: ``A*****6789``."""
    if len(number) <= 5:
        return "*" * len(number)
    return number[0] + "*" * (len(number) - 5) + number[-4:]


def without_numbers(text: str) -> str:
    """``text`` without anything in the shape of a person's number: words of others that are kept."""
    return _ANYWHERE.sub("***", text)


class NationalId:
    """A person's number that does not show itself: ``repr`` and ``str`` are masked.

    Numbers are equal when their normalised forms are; how it was written is kept beside it.
    """

    __slots__ = ("_given", "_number")

    def __init__(self, number: str) -> None:
        self._given = number
        self._number = normalise_number(number)

    def reveal(self) -> str:
        """The number in clear; called in a short list of places that a test holds."""
        return self._number

    def as_given(self) -> str:
        """The number as its source writes it; for what must show the source's own record."""
        return self._given

    def __repr__(self) -> str:
        return f"NationalId({mask_number(self._number)})"

    def __str__(self) -> str:
        return mask_number(self._number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NationalId) and self._number == other._number

    def __hash__(self) -> int:
        return hash(self._number)
