"""Decisions about OSH classes, their trainees and the recognition of institutions."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from ..domain.bundles import ClassRows
from ..domain.errors import Refused
from ..store.class_rows import appointments_in, load_classes
from . import decisions
from .answers import Answer
from .batch import Batch
from .context import Hub, Request
from .decisions import Question
from .objects import InstitutionRecognition, Trainee, TrainingClass
from .questions import declared_facts, declared_key, question

__all__ = [
    "class_decision",
    "recognition_status",
    "staffing",
    "trainee_decision",
    "trainee_state",
]

Declaration = Mapping[str, object] | None
_Decide = Callable[[Question, ClassRows, Declaration], Answer]
_CLASS: Mapping[str, _Decide] = {
    "filing": decisions.class_filing,
    "closing": decisions.class_closing,
}
_TRAINEE: Mapping[str, Callable[[Question, ClassRows, Any, Declaration], Answer]] = {
    "attendance": decisions.trainee_attendance,
    "completion": decisions.trainee_completion,
}


async def _bundles(batch: Batch) -> Mapping[str, ClassRows]:
    numbers = {
        item.class_no if isinstance(item, Trainee) else item.key for item in batch.members.values()
    }
    async with batch.hub.reader.connect() as connection:
        return await load_classes(connection, numbers)


def class_decision(
    training: TrainingClass, kind: str, as_of: date | None, declared: object
) -> Answer | Awaitable[Answer | None] | None:
    """``filing`` or ``closing`` of a class.

    Raises:
        InvalidInput: a declaration that is not one.
    """
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, Answer | None]:
        bundles = await batch.load("bundles", _bundles)
        asked = await question(batch.hub, batch.request, as_of)
        found = {key: _CLASS[kind](asked, rows, said) for key, rows in bundles.items()}
        batch.request.trace.rules.update(answer.rule for answer in found.values())
        return found

    return training.batch.ask((kind, as_of, declared_key(said)), training.key, load, None)


def trainee_decision(
    trainee: Trainee, kind: str, as_of: date | None, declared: object
) -> Answer | Awaitable[Answer | None] | None:
    """``attendance`` or ``completion`` of a trainee.

    Raises:
        InvalidInput: a declaration that is not one.
    """
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, Answer | None]:
        bundles = await batch.load("bundles", _bundles)
        asked = await question(batch.hub, batch.request, as_of)
        found = {
            key: _TRAINEE[kind](asked, bundles[item.class_no], item.row, said)
            for key, item in batch.members.items()
            if item.class_no in bundles
        }
        batch.request.trace.rules.update(answer.rule for answer in found.values())
        return found

    return trainee.batch.ask((kind, as_of, declared_key(said)), trainee.key, load, None)


def trainee_state(trainee: Trainee) -> str | Awaitable[str | None] | None:
    """Status of the trainee's completion on the business day; None where it is not decided."""

    async def load(batch: Batch) -> Mapping[str, str | None]:
        bundles = await batch.load("bundles", _bundles)
        asked = await question(batch.hub, batch.request, None)
        return {
            key: decisions.trainee_completion(asked, bundles[item.class_no], item.row).status
            for key, item in batch.members.items()
            if item.class_no in bundles
        }

    return trainee.batch.ask("state", trainee.key, load, None)


def recognition_status(
    item: InstitutionRecognition, as_of: date | None
) -> Answer | Awaitable[Answer | None] | None:
    """Whether a recognition is in force on a day."""

    async def load(batch: Batch) -> Mapping[str, Answer | None]:
        asked = await question(batch.hub, batch.request, as_of)
        return {
            key: decisions.recognition_status(asked, held.row)
            for key, held in batch.members.items()
        }

    return item.batch.ask(("status", as_of), item.key, load, None)


async def staffing(hub: Hub, request: Request, county: str, year: int, declared: object) -> Answer:
    """The case-management plan's figures of a county in a year.

    Args:
        hub: The hub.
        request: Who asks.
        county: Five-digit code.
        year: Gregorian year.
        declared: What the county counts itself.

    Raises:
        Refused: another county than the token's.
        InvalidInput: no such county, or a declaration that is not one.
    """
    viewer = request.viewer
    if not viewer.is_nationwide and county not in viewer.jurisdiction:
        raise Refused(
            "the county is not in the token's jurisdiction",
            "該縣市不在權杖之轄區",
            details={"needed": [f"jurisdiction={county}"]},
        )
    said = declared_facts(declared)
    asked = await question(hub, request, None)
    async with hub.reader.connect() as connection:
        rows = await appointments_in(connection, county, "case_manager")
    request.trace.registries.add("vr")
    answer = decisions.staffing(asked, rows, county, year, said)
    request.trace.rules.add(answer.rule)
    return answer
