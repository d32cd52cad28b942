"""Numbers of fictional people and organisations, with their check digits.

Written from the published rules (VR-R39; 統一編號 by division by 5), independently of
``domain.tw_id``, so that the two can be held against each other.
"""

import re

__all__ = [
    "business_number",
    "national_id",
    "new_arc",
    "number_fault",
    "old_arc",
    "with_wrong_check_digit",
]

_CODES = {
    pair[0]: int(pair[1:])
    for pair in [
        "A10",
        "B11",
        "C12",
        "D13",
        "E14",
        "F15",
        "G16",
        "H17",
        "I34",
        "J18",
        "K19",
        "L20",
        "M21",
        "N22",
        "O35",
        "P23",
        "Q24",
        "R25",
        "S26",
        "T27",
        "U28",
        "V29",
        "W32",
        "X30",
        "Y31",
        "Z33",
    ]
}
_NEW_SHAPE = re.compile(r"[A-Z][1289][0-9]{8}")
_OLD_SHAPE = re.compile(r"[A-Z][A-D][0-9]{8}")


def _remainder(nine: str) -> int:
    """The weighted sum of the first nine characters, modulo 10."""
    tens, units = divmod(_CODES[nine[0]], 10)
    second = int(nine[1]) if nine[1].isdigit() else _CODES[nine[1]] % 10
    total = tens + 9 * units + 8 * second
    for weight, digit in zip((7, 6, 5, 4, 3, 2, 1), nine[2:], strict=True):
        total += weight * int(digit)
    return total % 10


def _complete(nine: str) -> str:
    return f"{nine}{-_remainder(nine) % 10}"


def national_id(letter: str, sex: int, serial: int) -> str:
    """A national ID: ``sex`` 1 male, 2 female; ``serial`` below 10,000,000."""
    return _complete(f"{letter}{sex}{serial:07d}")


def new_arc(letter: str, sex: int, serial: int) -> str:
    """A new resident number: second character 8 male, 9 female."""
    return _complete(f"{letter}{7 + sex}{serial:07d}")


def old_arc(letter: str, sex: int, serial: int) -> str:
    """An old resident number: second character C male, D female."""
    return _complete(f"{letter}{'CD'[sex - 1]}{serial:07d}")


def with_wrong_check_digit(number: str) -> str:
    """The number with its last digit moved on by one: what a slip of the hand makes."""
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def number_fault(number: str) -> str | None:
    """What an agency's form objects to: ``id_format``, ``id_checksum`` or nothing."""
    if not (_NEW_SHAPE.fullmatch(number) or _OLD_SHAPE.fullmatch(number)):
        return "id_format"
    return None if (_remainder(number[:9]) + int(number[9])) % 10 == 0 else "id_checksum"


def business_number(serial: int) -> str:
    """A 統一編號 that begins with zeros, which no real one does.

    Args:
        serial: Below 100,000; it fills the third to the seventh digit, except that the seventh,
            where 7 has a rule of its own, is always 0.
    """
    seven = f"0{serial:05d}0"
    total = 0
    for weight, digit in zip((1, 2, 1, 2, 1, 2, 4), seven, strict=True):
        tens, units = divmod(weight * int(digit), 10)
        total += tens + units
    return f"{seven}{-total % 5}"
