"""The mirrored rows of one person, or of one OSH class, gathered for the fact builders.

A row is a mapping of column name to value, as the mirror holds it: days are ``date``, stamps aware
``datetime``, amounts hundredths, a vocabulary's code in ``<field>__code``. Only live rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ClassRows", "HubRows", "LtcRows", "OshRows", "PersonRows", "Row", "VrRows"]

Row = Mapping[str, Any]
Rows = Sequence[Row]


@dataclass(slots=True)
class VrRows:
    """What the VR register holds on a person.

    Attributes:
        providers: Course number -> 統一編號 of the institution; loaded for sharing only.
    """

    qualifications: Rows = ()
    records: Rows = ()
    extensions: Rows = ()
    appointments: Rows = ()
    providers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class LtcRows:
    """What the LTC system holds on a person.

    Attributes:
        survivors: LTC person id that was merged away -> the live one, chains resolved.
        providers: Course id -> 統一編號 of the unit; loaded for sharing only.
    """

    persons: Rows = ()
    certificates: Rows = ()
    credits: Rows = ()
    registrations: Rows = ()
    survivors: Mapping[str, str] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)

    def person_of(self, row: Row) -> str:
        """The live LTC person a row belongs to, merges followed."""
        person: str = row["person_id"]
        return self.survivors.get(person, person)


@dataclass(slots=True)
class OshRows:
    """What the OSH system holds on a person, with what those rows point at.

    Attributes:
        classes: By 班別編號.
        institutions: By 機構代碼.
        recognitions: By 機構代碼, every 認可 of the institution.
    """

    trainees: Rows = ()
    certificates: Rows = ()
    results: Rows = ()
    classes: Mapping[str, Row] = field(default_factory=dict)
    institutions: Mapping[str, Row] = field(default_factory=dict)
    recognitions: Mapping[str, Rows] = field(default_factory=dict)


@dataclass(slots=True)
class HubRows:
    """The hub's own records on a person's credits (採認), in the rulebook's vocabulary.

    Attributes:
        applications: ``{activity, certificate, filed_on}``; activities and certificates as
            ``registry:key`` here and below.
        decisions: ``{id, activity, certificate, outcome, amount?, attribute?, categories?,
            authority, decided_on}``.
        used: ``{activity, certificate}``: consumed by a renewal the hub has seen.
        joint_courses: (registry, course) -> key of a joint accreditation registered in the hub.
        declared: Activities that no registry holds, in the rulebook's keys, as they stand in the
            applications for them.
        refused: ``{activity, certificate}`` of approvals that the target's agency did not take.
    """

    applications: Rows = ()
    decisions: Rows = ()
    used: Rows = ()
    joint_courses: Mapping[tuple[str, str], str] = field(default_factory=dict)
    declared: Rows = ()
    refused: Rows = ()


@dataclass(slots=True)
class PersonRows:
    """A hub person (自然人) with all live rows of the three registries.

    Attributes:
        shared: The same person with all that sharing needs, where an authority has approved credit
            of another registry; None for everybody else.
    """

    id: str
    vr: VrRows = field(default_factory=VrRows)
    ltc: LtcRows = field(default_factory=LtcRows)
    osh: OshRows = field(default_factory=OshRows)
    hub: HubRows = field(default_factory=HubRows)
    shared: "PersonRows | None" = None


@dataclass(slots=True)
class ClassRows:
    """An OSH class (訓練班) with everything filed under it.

    Attributes:
        filing: What only the hub's own submission holds: ``letter_on``, ``changed_on``,
            ``issue_roll_on`` (days) and ``venue_proof`` (true).
        recognitions: Every 認可 of the class's institution.
        institution: None when its code is on no list.
    """

    training_class: Row
    sessions: Rows = ()
    lecturers: Rows = ()
    trainees: Rows = ()
    attendance: Rows = ()
    results: Rows = ()
    certificates: Rows = ()
    recognitions: Rows = ()
    institution: Row | None = None
    filing: Mapping[str, Any] = field(default_factory=dict)
