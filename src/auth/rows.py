"""Which rows a caller may see, as values that the store turns into SQL.

A county's rows are those of the people who work there on the business day, and of the classes held
there; home addresses never open anything. A foreign row looks exactly like an absent one.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .viewer import EVERYWHERE, AgencyType, Viewer

__all__ = ["RowFilter", "RowKind", "row_filter"]


class RowKind(StrEnum):
    """What the rows are about.

    PERSON: a person and what hangs on one: in VR certificates, records, extensions (county of an
    appointment), in LTC certificates and credits (county of a registration), in OSH trainees,
    attendance, results, certificates (county of the class).
    INSTITUTION, COURSE, CLASS: county of the institution, of the course's place or its unit, of the
    place of training. SUBMISSION: what an institution sent. RECOGNITION: credit recognitions.
    """

    PERSON = "person"
    INSTITUTION = "institution"
    COURSE = "course"
    CLASS = "class"
    SUBMISSION = "submission"
    RECOGNITION = "recognition"


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Rows of one kind in one registry that a caller may see.

    Attributes:
        everything: No limit; the other fields are empty.
        counties: County codes. For persons: registered there on ``on``.
        institutions: 統一編號 whose own rows may be seen.
        on: Business day that the counties are looked up on.
    """

    registry: str
    kind: RowKind
    on: date
    everything: bool = False
    counties: frozenset[str] = frozenset()
    institutions: frozenset[str] = frozenset()

    @property
    def nothing(self) -> bool:
        """Whether no row can pass: the statement need not be sent."""
        return not (self.everything or self.counties or self.institutions)


def row_filter(viewer: Viewer, registry: str, kind: RowKind, on: date) -> RowFilter:
    """The rows of ``kind`` in ``registry`` that ``viewer`` may see on the business day ``on``."""
    closed = RowFilter(registry, kind, on)
    if registry not in viewer.registries:
        return closed
    match viewer.agency_type:
        case AgencyType.CENTRAL if viewer.is_nationwide:
            return RowFilter(registry, kind, on, everything=True)
        case AgencyType.CENTRAL | AgencyType.LOCAL:
            return RowFilter(registry, kind, on, counties=viewer.jurisdiction - {EVERYWHERE})
        case AgencyType.INSTITUTION:
            # What institutions know of persons is what they sent: never a registry's own rows.
            # A trainee hangs on the institution's own class.
            if kind is RowKind.PERSON and registry != "osh":
                return closed
            return RowFilter(registry, kind, on, institutions=viewer.institution_ids)
        case _:
            return closed
