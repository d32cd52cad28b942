"""What an approval for an LTC certificate becomes: the contract's RecognitionRequest (mapping.md 5)."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.amounts import to_text
from ..domain.roc_date import TAIPEI, format_slashed, format_stamp
from ..domain.vocabulary import terms_of
from ..store.crypto import number_place, open_number
from ..store.keys import KeyRing
from ..store.read_recognitions import held_at, ltc_numbers

__all__ = ["SOURCES", "request_body"]

SOURCES: Mapping[str, str] = {"vr": "vr", "osh": "osh", "medical_ce": "medical"}
"""What the LTC system calls where a credit comes from; others it does not take."""

_KINDS = ("national_id", "arc_new", "arc_old", "passport")
_LAST_MINUTE = time(23, 59)
_NOT_STATED = "（未載明）"


def _term(vocabulary: str, code: str) -> str:
    return terms_of(vocabulary, code)[0]


def _stamp(day: date, at: time) -> str:
    return format_stamp(datetime.combine(day, at, TAIPEI))


async def request_body(
    connection: AsyncConnection,
    keys: KeyRing,
    row: RowMapping,
    activity: Mapping[str, Any],
    *,
    points: int,
    attribute: str,
    categories: tuple[str, ...],
    legal_basis: str,
    decision_no: str,
    decided_on: date,
    decided_by: str,
) -> Mapping[str, Any] | None:
    """The request, with the holder's number in clear: it is kept encrypted until it is sent.

    Args:
        connection: The decision's transaction.
        keys: Open the number.
        row: The recognition.
        activity: The record as it stands among the facts today.
        points: Decided, hundredths.
        attribute: Code of the LTC system.
        categories: Decided ones only.
        legal_basis: 法源依據, in words.
        decision_no: 採認文號.
        decided_on: 採認日期.
        decided_by: 採認機關.

    Returns:
        None where the LTC person has no number that could be sent.
    """
    numbers = await ltc_numbers(connection, row["certificate"].partition(":")[2])
    known = [item for item in numbers if item["kind"] in _KINDS]
    if not known:
        return None
    number = min(known, key=lambda item: (not item["current"], _KINDS.index(item["kind"])))
    place = number_place("ltc.person", number["source_id"], "identifiers")
    registry, _, key = row["activity"].partition(":")
    last = date.fromisoformat(activity["date"])
    first, organiser = await held_at(connection, registry, key.partition("#")[0])
    mode = "online" if activity.get("mode") == "online" else "in_person"
    return {
        "person": {
            "type": _term("ltc.identifier_type", number["kind"]),
            "value": open_number(keys, number["cipher"], place).reveal(),
        },
        "certificate_id": row["certificate"].partition(":")[2],
        "credits": [
            {
                "source": SOURCES[registry],
                "source_record": key,
                "course_name": activity.get("title") or _NOT_STATED,
                "provider": organiser or row["credit"].get("organiser") or _NOT_STATED,
                "starts_at": _stamp(min(first or last, last), time()),
                "ends_at": _stamp(last, _LAST_MINUTE),
                "attribute": _term("ltc.attribute", attribute),
                "categories": [_term("ltc.category", code) for code in categories],
                "mode": _term("ltc.mode", mode),
                "points": to_text(points),
            }
        ],
        "legal_basis": legal_basis,
        "decision_no": decision_no,
        "decided_on": format_slashed(decided_on),
        "decided_by": decided_by,
    }
