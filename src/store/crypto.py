"""People's numbers as the database holds them: blind index, ciphertext, mask, kind and verdict.

The space of numbers is small (about a thousand million), so the key is the whole protection: a
number is never hashed without one. A blind index is the key's version (one byte) and HMAC-SHA256 of
the normalised number; a ciphertext is the key's version, a nonce of 12 bytes and AES-256-GCM, bound
to the place it stands in by its associated data.
"""

import hmac
import os
import re
from dataclasses import dataclass

from ..domain.errors import InvalidIdentifier
from ..domain.tw_id import (
    IdentifierKind,
    NationalId,
    check_person_number,
    mask_number,
    normalise_number,
)
from .keys import KeyRing, Secret

__all__ = [
    "SealedNumber",
    "blind_index",
    "blind_indexes",
    "looks_like_passport",
    "number_place",
    "open_bytes",
    "open_number",
    "seal_bytes",
    "seal_number",
    "subject_reference",
    "subject_references",
]

_NONCE = 12
_PASSPORT = re.compile(r"[A-Z0-9]{5,20}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class SealedNumber:
    """A number ready to be stored.

    Attributes:
        kind: ``national_id``, ``arc_new``, ``arc_old`` or ``passport``; None: no shape fits.
        check: ``valid``, ``id_format`` or ``id_checksum``.
    """

    index: bytes
    cipher: bytes
    masked: str
    kind: str | None
    check: str


def number_place(entity: str, source_id: str, field: str) -> str:
    """Associated data of a number's ciphertext: it opens in no other place."""
    return f"{entity}|{source_id}|{field}"


def blind_index(keys: KeyRing, number: str) -> bytes:
    """The blind index of a number under the newest key; ``number`` in any writing."""
    return _index(keys.index[-1], normalise_number(number))


def blind_indexes(keys: KeyRing, number: str) -> list[bytes]:
    """The blind indexes of a number under every key, newest first: what a lookup compares with."""
    normalised = normalise_number(number)
    return [_index(secret, normalised) for secret in reversed(keys.index)]


def looks_like_passport(number: str) -> bool:
    """Whether a normalised number has the shape of a passport's; it has no check digit."""
    return _PASSPORT.match(number) is not None


def subject_reference(keys: KeyRing, subject: str) -> str:
    """The reference to a person (hub id) in audit rows: hexadecimal, key version first."""
    secret = keys.subject[-1]
    return f"{secret.version:02x}{hmac.digest(secret.key, subject.encode(), 'sha256').hex()}"


def subject_references(keys: KeyRing, subject: str) -> list[str]:
    """The references to a person under every key, newest first: what a search compares with."""
    return [
        f"{secret.version:02x}{hmac.digest(secret.key, subject.encode(), 'sha256').hex()}"
        for secret in reversed(keys.subject)
    ]


def seal_bytes(keys: KeyRing, plain: bytes, place: str) -> bytes:
    """Encrypt ``plain`` so that it opens only at ``place``."""
    version = keys.cipher[-1].version
    nonce = os.urandom(_NONCE)
    sealed = keys.cipher_of(version).encrypt(nonce, plain, place.encode())
    return bytes((version,)) + nonce + sealed


def open_bytes(keys: KeyRing, cipher: bytes, place: str) -> bytes:
    """Decrypt what ``seal_bytes`` made for ``place``.

    Raises:
        ConfigurationError: no key of that version.
        cryptography.exceptions.InvalidTag: changed, moved to another place, or of other keys.
    """
    nonce, sealed = cipher[1 : 1 + _NONCE], cipher[1 + _NONCE :]
    return keys.cipher_of(cipher[0]).decrypt(nonce, sealed, place.encode())


def seal_number(
    keys: KeyRing, number: NationalId, place: str, kind: str | None = None
) -> SealedNumber:
    """A person's number as it is stored.

    Args:
        keys: The newest of each kind is used.
        number: Found by its normalised form, kept as it was given.
        place: As ``number_place`` writes it.
        kind: What the agency calls it; None where only the shape tells. A passport number has no
            check digit, its shape is letters and digits.
    """
    plain = number.reveal()
    if kind == IdentifierKind.PASSPORT:
        check = "valid" if _PASSPORT.match(plain) else "id_format"
    else:
        shape, check = check_person_number(plain)
        kind = kind or shape
    return SealedNumber(
        index=_index(keys.index[-1], plain),
        cipher=seal_bytes(keys, number.as_given().encode(), place),
        masked=mask_number(plain),
        kind=kind,
        check=check,
    )


def open_number(keys: KeyRing, cipher: bytes, place: str) -> NationalId:
    """The number that ``seal_number`` stored at ``place``.

    Raises:
        InvalidIdentifier: nothing was stored there.
    """
    if not cipher:
        raise InvalidIdentifier("no number is stored here", "此處未存證號")
    return NationalId(open_bytes(keys, cipher, place).decode())


def _index(secret: Secret, normalised: str) -> bytes:
    return bytes((secret.version,)) + hmac.digest(secret.key, normalised.encode(), "sha256")
