"""What the filings with the VR register share: errors with what was expected, terms, whose it is."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.rows import RowFilter, RowKind, row_filter
from ..domain.provenance import Freshness
from ..domain.submission import UserError
from ..domain.vocabulary import code_of, terms_of
from ..rules.vr_roster_rows import expected_text
from ..store.vr_courses import institution_of
from .context import Hub, Request
from .registries import states

__all__ = [
    "Path",
    "Terms",
    "acting_institution",
    "filed_by",
    "mirror_warnings",
    "own_rows",
    "told",
]

Path = tuple[str, ...]


def told(
    code: str,
    path: Path | None = None,
    file: str | None = None,
    row: int | None = None,
    **values: str,
) -> UserError:
    """An error with what was expected, in both languages, as the catalogue of sentences says it.

    Args:
        code: Of the catalogue.
        path: Of the input field.
        file: Name of the file.
        row: Line of the sheet, or position from 1.
        values: What the catalogue's expectation names.
    """
    return UserError(
        code,
        path,
        file,
        row,
        expected_text(code, values, "zh") or None,
        expected_en=expected_text(code, values, "en") or None,
    )


def own_rows(request: Request) -> RowFilter:
    """What the caller may file about: an institution its own, an office its counties."""
    return row_filter(request.viewer, "vr", RowKind.SUBMISSION, request.business_day)


def filed_by(request: Request) -> str | None:
    """The institution that a filing about nothing it owns is kept for: the token's first one."""
    own = own_rows(request).institutions
    return min(own) if own else None


async def mirror_warnings(
    hub: Hub, request: Request, registry: str = "vr"
) -> tuple[UserError, ...]:
    """A warning where the checks rest on what the register said too long ago; the agency decides.

    To be asked before a filing's transaction: it takes a connection of its own.
    """
    known = (await states(hub, request))[registry]
    if known.freshness is Freshness.FRESH:
        return ()
    at = "－" if known.synced_at is None else known.synced_at.date().isoformat()
    return (told("registry_state_old", synced_on=at),)


async def acting_institution(
    connection: AsyncConnection, request: Request, named: str | None
) -> tuple[str | None, UserError | None]:
    """The institution that files: the one named, or the token's only one.

    Returns:
        Its 統一編號, and what is wrong with it: not the token's, not named, not active there.
    """
    own = own_rows(request).institutions
    if named is None and len(own) != 1:
        return None, told("institution_not_named", ("institution",))
    tax_id = named if named is not None else next(iter(own))
    if tax_id not in own:
        return None, told("institution_not_yours", ("institution",))
    known = await institution_of(connection, tax_id)
    if known is None or known["status__code"] != "active":
        return tax_id, told("institution_not_active", ("institution",))
    return tax_id, None


class Terms:
    """Reads words of closed lists, given as our code or as the agency's term; collects what is none.

    Args:
        errors: Where an unknown word is noted.
    """

    def __init__(self, errors: list[UserError]) -> None:
        self._errors = errors

    def read(self, vocabulary: str, known: Mapping[str, object], word: str, path: Path) -> str:
        """The code of ``word``, or nothing with an error that lists the codes.

        Args:
            vocabulary: Whose terms.
            known: The codes that may be sent, in the order they are told.
            word: As it was given.
            path: Of the input field.
        """
        code = word if terms_of(vocabulary, word) else code_of(vocabulary, word)
        if code is None or code not in known:
            self._errors.append(told("word_unknown", path, words=" ".join(known)))
            return ""
        return code
