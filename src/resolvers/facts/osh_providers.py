"""OSH recognitions (認可) as the facts of rules that ask who held a class: mapping.md 2.5."""

from collections.abc import Mapping, Sequence
from datetime import date

from ...domain.bundles import OshRows, Row
from ...domain.vocabulary import codes_of
from .built import Findings

__all__ = ["for_class", "kinds_of", "provider_of", "recognition_facts", "terminated"]

Given = dict[str, object]


def kinds_of(row: Row, findings: Findings | None = None) -> list[str]:
    """Training kinds of a recognition (訓練類別, joined by 、), unknown ones left out."""
    codes = codes_of("osh.training_kinds", row["training_kinds"])
    if None in codes and findings is not None:
        findings.add("unknown_value", row["id"])
    return [code for code in codes if code is not None]


def terminated(row: Row, findings: Findings) -> Given | None:
    """The early end of a recognition, when both its kind and its day are on record."""
    kind, day = row["termination_kind__code"], row["terminated_on"]
    if kind is None or day is None:
        if row["termination_kind"] or day is not None:
            findings.add("osh.termination_incomplete", row["id"])
        return None
    facts: Given = {"kind": kind, "date": day.isoformat()}
    if row["effective_on"] is not None:
        facts["effective_on"] = row["effective_on"].isoformat()
    return facts


def recognition_facts(row: Row, findings: Findings) -> Given | None:
    """``{valid_from, valid_to, terminated?}``; None when the row lacks its term."""
    if row["valid_from"] is None or row["valid_to"] is None:
        findings.add("record_undetermined", row["id"])
        return None
    facts: Given = {
        "valid_from": row["valid_from"].isoformat(),
        "valid_to": row["valid_to"].isoformat(),
    }
    ended = terminated(row, findings)
    if ended is not None:
        facts["terminated"] = ended
    return facts


def for_class(rows: Sequence[Row], starts_on: date | None, kind: str | None) -> Row | None:
    """The recognition that covers a class's first day and kind, else the institution's latest."""
    dated = sorted(
        (row for row in rows if row["valid_from"] is not None and row["valid_to"] is not None),
        key=lambda row: (row["valid_from"], row["id"]),
    )
    if not dated:
        return None
    covering = [
        row
        for row in dated
        if starts_on is not None
        and row["valid_from"] <= starts_on <= row["valid_to"]
        and (kind is None or kind in kinds_of(row))
    ]
    return (covering or dated)[-1]


def provider_of(training_class: Row | None, osh: OshRows, findings: Findings) -> Row | None:
    """The recognition under which a class was held; None when its institution is on no list.

    Without a provider the registry itself vouches for the class (OSH-R84).
    """
    code = training_class["institution_code"] if training_class is not None else None
    rows = osh.recognitions.get(code or "", ())
    row = (
        None
        if training_class is None
        else for_class(rows, training_class["starts_on"], training_class["training_kind__code"])
    )
    if row is None and training_class is not None:
        findings.add("osh.provider_not_listed", training_class["id"])
    return row


def termination_days(rows: Mapping[str, Sequence[Row]]) -> list[date | None]:
    """Days on which a termination becomes known."""
    return [row["terminated_on"] for each in rows.values() for row in each]
