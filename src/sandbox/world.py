"""A fictional country: the three registries' records, decided by size and seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from .cast import CAST, CLASSMATES
from .forms import Record
from .ltc_data import ltc_history, ltc_records
from .osh_data import osh_records
from .osh_rows import Row
from .people import Person, make_people
from .vr_data import vr_records

__all__ = ["CAST_SIZE", "World", "generate"]

CAST_SIZE = len(CAST) + len(CLASSMATES)
"""Human beings who are in every world."""


@dataclass(frozen=True, slots=True)
class World:
    """What the three agencies know. Records are made while they are read, never kept.

    Attributes:
        persons: Human beings, cast included; at least the cast.
        seed: What the rest was thrown with.
        people: The generated ones.
    """

    persons: int
    seed: int
    people: tuple[Person, ...]

    def vr(self) -> Iterator[tuple[str, Record]]:
        """Collection and record of the VR register, without the envelope."""
        return vr_records(self.people, self.seed)

    def vr_tombstones(self) -> Iterator[tuple[str, str]]:
        """Collection and id of what VR deleted before the start."""
        yield "professionals", "P9900001"
        yield "qualifications", "Q99000010"
        for number in range(1, 4 + self.persons // 400):
            yield "training-records", f"R99{number:06d}"

    def ltc(self) -> Iterator[tuple[str, Record]]:
        """Entity and record of the LTC system."""
        return ltc_records(self.people, self.seed)

    def ltc_history(self) -> Iterator[tuple[str, str, Record]]:
        """Operation, entity and data of LTC's last changes before the start."""
        return ltc_history(self.people)

    def osh(self) -> Iterator[tuple[str, Row]]:
        """Table and row of the OSH system."""
        return osh_records(self.people, self.seed)

    @property
    def wrong_numbers(self) -> frozenset[str]:
        """Numbers on file whose check digit is wrong on purpose."""
        return frozenset(who.number_in_vr for who in self.people if who.oddity == "wrong_number")


def generate(persons: int = 2000, seed: int = 1) -> World:
    """A world of ``persons`` human beings; the cast is always part of it.

    Args:
        persons: How many; fewer than the cast gives the cast alone.
        seed: Same seed, same world.
    """
    people = tuple(make_people(max(0, persons - CAST_SIZE), seed))
    return World(persons=CAST_SIZE + len(people), seed=seed, people=people)
