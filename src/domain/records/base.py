"""The shape of what an agency holds: entities and their fields, in its names and in ours.

One catalogue drives parsing, tables, export and documentation, so that a field can be forgotten
nowhere. What a field *means* stands in ``domain/mapping.md``; what its bytes look like in the contract.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Entity", "Field", "Kind"]


class Kind(StrEnum):
    """What a field holds once it is parsed."""

    TEXT = "text"
    TEXTS = "texts"  # list of text
    DAY = "day"  # a ROC date at the agency, an ISO day here
    STAMP = "stamp"  # ROC date and time in Taiwan time
    AMOUNT = "amount"  # decimal as text at the agency, whole hundredths here
    WHOLE = "whole"  # integer
    FLAG = "flag"  # JSON boolean, or 是/否 in a CSV
    NUMBER = "number"  # a person's number: encrypted and indexed, never kept in clear
    PEOPLE = "people"  # objects that hold persons' numbers (LTC identifiers, VR lecturers)
    OBJECT = "object"
    OBJECTS = "objects"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record.

    Attributes:
        name: Our name, also the column.
        kind: What it holds.
        title: The agency's Chinese term.
        source: The contract's name; the same as ``name`` unless given.
        required: Must be there, else the record is faulty.
        nullable: May be null or empty.
        known: Terms of an open vocabulary; another term is kept and reported, never an error.
        vocabulary: Name of the value map (``domain.vocabulary``) that gives the term's code, which
            stands in the column ``<name>__code`` (``<name>__codes`` for a list).
        parts: Of OBJECT, OBJECTS and PEOPLE: the fields of such an object. Their values are kept as
            the contract writes them (decimals as text), with ``<name>__code`` beside coded ones.
    """

    name: str
    kind: Kind
    title: str
    source: str = ""
    required: bool = True
    nullable: bool = False
    known: tuple[str, ...] = ()
    vocabulary: str = ""
    parts: tuple["Field", ...] = ()

    @property
    def contract_name(self) -> str:
        """The field's name in the contract."""
        return self.source or self.name


@dataclass(frozen=True, slots=True)
class Entity:
    """A collection (VR), an entity of the feed (LTC) or a table of the drops (OSH).

    Attributes:
        registry: ``vr``, ``ltc`` or ``osh``: also the PostgreSQL schema of its mirror.
        collection: The contract's collection, entity or CSV table name.
        table: The mirror's table; also the entity's name in our answers.
        title: The agency's Chinese term.
        key: The contract's name of the record's key; the column is always ``id``.
        fields: In the contract's order, without the key and without envelope fields.
    """

    registry: str
    collection: str
    table: str
    title: str
    key: str
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """``vr.professional``."""
        return f"{self.registry}.{self.table}"

    def field(self, name: str) -> Field:
        """The field of that name (ours).

        Raises:
            KeyError: no such field.
        """
        for item in self.fields:
            if item.name == name:
                return item
        raise KeyError(f"{self.name} has no field {name}")
