"""The hub's claims read from a token: a missing one is empty, a malformed one refuses the token."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .scopes import REGISTRIES, SCOPES
from .viewer import EVERYWHERE, AgencyType

__all__ = ["Claims", "MalformedClaim", "read_claims"]

_COUNTY = re.compile(r"\d{5}\Z", re.ASCII)
_BUSINESS_NUMBER = re.compile(r"\d{8}\Z", re.ASCII)
_WORD = re.compile(r"[\x21-\x7e]{1,200}\Z")
_MAX_MEMBERS = 200


class MalformedClaim(ValueError):
    """A claim of another shape than agreed; ``claim`` is its name."""

    def __init__(self, claim: str) -> None:
        super().__init__(claim)
        self.claim = claim


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, in our words."""

    subject: str
    client_id: str
    token_id: str
    scopes: frozenset[str]
    agency_type: AgencyType | None
    agency_code: str | None
    jurisdiction: frozenset[str]
    registries: frozenset[str]
    institution_ids: frozenset[str]
    purposes: frozenset[str]


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not _WORD.match(value):
        raise MalformedClaim(name)
    return value


def _members(name: str, value: object) -> frozenset[str]:
    """A list of words; a single word is a list of one (issuers write both)."""
    if value is None:
        return frozenset()
    members = [value] if isinstance(value, str) else value
    if not isinstance(members, list) or len(members) > _MAX_MEMBERS:
        raise MalformedClaim(name)
    return frozenset(_text(name, member) for member in members)


def _scopes(value: object) -> frozenset[str]:
    # RFC 9068 writes one string, some issuers a list; unknown scopes open nothing.
    words = value.split(" ") if isinstance(value, str) else value
    return _members("scope", [w for w in words if w] if isinstance(words, list) else words) & set(
        SCOPES
    )


def read_claims(claim: Callable[[str], object]) -> Claims:
    """The claims of a verified token.

    Args:
        claim: Returns the token's value for our claim name, None where it has none.

    Raises:
        MalformedClaim: A claim is there but not of the agreed shape.
    """
    agency = claim("agency_type")
    try:
        agency_type = None if agency is None else AgencyType(_text("agency_type", agency))
    except ValueError as error:
        raise MalformedClaim("agency_type") from error
    jurisdiction = _members("jurisdiction", claim("jurisdiction"))
    if any(code != EVERYWHERE and not _COUNTY.match(code) for code in jurisdiction):
        raise MalformedClaim("jurisdiction")
    if EVERYWHERE in jurisdiction and agency_type is not AgencyType.CENTRAL:
        raise MalformedClaim("jurisdiction")
    registries = _members("registries", claim("registries"))
    if not registries <= REGISTRIES:
        raise MalformedClaim("registries")
    institutions = _members("institution_id", claim("institution_id"))
    if any(not _BUSINESS_NUMBER.match(number) for number in institutions):
        raise MalformedClaim("institution_id")
    code = claim("agency_code")
    return Claims(
        subject=_text("sub", claim("sub")),
        client_id=_text("client_id", claim("client_id")),
        token_id=_text("jti", claim("jti")),
        scopes=_scopes(claim("scope")),
        agency_type=agency_type,
        agency_code=None if code is None else _text("agency_code", code),
        jurisdiction=jurisdiction,
        registries=registries,
        institution_ids=institutions,
        purposes=_members("purposes", claim("purposes")),
    )
