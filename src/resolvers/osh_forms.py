"""The forms of an OSH class (附表二 to 附表十二) from what is on file of it, for who may see it.

An institution prints its own class: as it was filed last, also before the agency's drop shows it. An
authority prints what is on file of a class held under it. Whoever prints people's numbers needs the
right to see them, and a purpose.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.rows import RowKind
from ..auth.viewer import AgencyType
from ..domain.bundles import ClassRows, Row
from ..domain.counties import county_name
from ..domain.errors import InvalidInput, NotFound
from ..domain.vocabulary import terms_of
from ..roster import forms_after, forms_before
from ..roster.form_model import Block, ClassData, FormLecturer, FormSession, FormTrainee
from ..roster.odf import write_ods, write_odt
from ..store import read_classes
from ..store.class_rows import load_classes
from ..store.osh_filings import institution_by_code, own_payload
from . import decisions
from .context import Hub, Request
from .decisions import Question
from .ids import NodeKind, decode_id
from .osh_on_file import own_class, own_institution_ids
from .osh_plan import ClassPlan, PlanTrainee, plan_on_file
from .questions import question
from .reach import rows_of

__all__ = ["FORMS", "FormKind", "class_form", "form_kind"]

Make = Callable[[ClassData], Sequence[Block]]


@dataclass(frozen=True, slots=True)
class FormKind:
    """A form.

    Attributes:
        name: For the file's name.
        sheet: Made as a sheet unless asked otherwise; else as text.
        people: Shows trainees or lecturers.
        numbers: Shows people's numbers.
        kinds: Kinds of training that have it.
        issued: Made only of what was issued.
    """

    name: str
    make: Make
    sheet: bool = True
    people: bool = True
    numbers: bool = False
    kinds: frozenset[str] = frozenset({"professional", "in_service"})
    issued: bool = False


_PROFESSIONAL = frozenset({"professional"})
_IN_SERVICE = frozenset({"in_service"})

FORMS: Mapping[int, FormKind] = {
    2: FormKind("訓練計畫報備書", forms_before.notice_form, sheet=False, people=False),
    3: FormKind("訓練課程表", forms_before.timetable_form, people=False),
    4: FormKind("講師名冊", forms_before.lecturers_form),
    5: FormKind("受訓人員名冊", forms_before.roster_form, numbers=True),
    6: FormKind(
        "結業證書", forms_after.certificates_form, sheet=False, numbers=True,
        kinds=_PROFESSIONAL, issued=True,
    ),
    7: FormKind(
        "在職教育訓練證明", forms_after.proofs_form, sheet=False, numbers=True,
        kinds=_IN_SERVICE, issued=True,
    ),
    8: FormKind("簽到紀錄", forms_after.sign_in_form),
    9: FormKind("點名紀錄", forms_after.roll_call_form),
    10: FormKind("成績冊", forms_after.score_book_form, numbers=True, kinds=_PROFESSIONAL),
    12: FormKind(
        "證明核發名冊", forms_after.proof_roll_form, numbers=True, kinds=_IN_SERVICE, issued=True
    ),
}  # fmt: skip
"""By number of the 附表. 附表十一 did not survive in the source: nobody makes it up."""

_LOST = 11
_NUMERALS = "〇一二三四五六七八九十"
_MOST_TRAINEES = 10_000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def form_kind(annex: str) -> tuple[int, FormKind]:
    """The form of that number.

    Raises:
        InvalidInput: no such form, or one that the source lost (``FORM_NOT_HELD``).
    """
    number = int(annex) if annex.isascii() and annex.isdigit() and len(annex) < 3 else 0
    if number == _LOST:
        raise InvalidInput(
            "annex 11 (issue roll of certificates) is not made: the text of the directions that is "
            "held here has lost it; register the roll in the training system",
            "附表十一(結業證書核發清冊)不予產製:所據之公告文字未存該表,請於教育訓練系統登錄",
            code="FORM_NOT_HELD",
            details={"path": "annex"},
        )
    if number not in FORMS:
        raise InvalidInput(
            "annex: expected 2 to 10 or 12", "annex:應為 2 至 10 或 12", details={"path": "annex"}
        )
    return number, FORMS[number]


def _absent() -> NotFound:
    return NotFound(
        "no OSH class with that number that this token may see",
        "查無此權杖可見之該班別",
        details={"path": "class"},
    )


@dataclass(frozen=True, slots=True)
class _Held:
    plan: ClassPlan
    rows: ClassRows | None
    institution: Row | None
    letter_on: date | None
    noted_no: str


async def _held(
    connection: AsyncConnection, hub: Hub, request: Request, number: str
) -> _Held | None:
    """The class as the reader may see it: the institution's own as filed, else as on file."""
    if request.viewer.agency_type is AgencyType.INSTITUTION:
        own = await own_class(connection, hub, request, number)
        if own is None:
            return None
        owner = await institution_by_code(connection, own.institution_code)
        return _Held(
            own.plan, own.rows, owner, own.letter_on or own.plan.letter_on, own.noted_no or ""
        )
    rows = rows_of(request, RowKind.CLASS, ["osh"])["osh"]
    if not await read_classes.classes_by_id(connection, [number], rows):
        return None
    bundle = (await load_classes(connection, [number])).get(number)
    row = None if bundle is None else bundle.training_class
    if bundle is None or row is None or None in (row["starts_on"], row["ends_on"]):
        return None
    if row["training_kind__code"] is None:
        return None
    return _Held(
        plan_on_file(hub.keys, bundle),
        bundle,
        bundle.institution,
        bundle.filing.get("letter_on"),
        row["noted_no"] or "",
    )


def _hours(value: int | None) -> str:
    return "" if not value else f"{value / 100:g}"


def _sessions(held: _Held) -> tuple[FormSession, ...]:
    ids: dict[object, str] = {}
    if held.rows is not None:
        ids = {(row["date"], row["time"], row["course"]): row["id"] for row in held.rows.sessions}
    found = []
    for index, item in enumerate(held.plan.timetable):
        terms = terms_of("osh.category", item.category) if item.category else ()
        found.append(
            FormSession(
                ids.get((item.held_on, item.time, item.course), str(index)),
                item.held_on,
                item.time or "",
                item.course or "",
                _hours(item.hours),
                item.lecturer or "",
                terms[0] if terms else item.category or "",
            )
        )
    return tuple(found)


def _iso(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _remarks(item: PlanTrainee) -> str:
    waiver = item.waiver
    if not waiver:
        return item.remarks or ""
    said = f"抵免：{waiver.get('proof') or ''}；{'、'.join(waiver.get('courses') or ())}"
    own = item.remarks or ""
    return own if "抵免" in own else "；".join(part for part in (said, own) if part)


def _missed(held: ClassRows, trainee: str, late_minutes: int) -> dict[str, str]:
    """Hours missed by session: leave asked for, or all of it where truant (OSH-R41, R42)."""
    hours = {row["id"]: row["hours"] or 0 for row in held.sessions}
    found = {}
    for row in held.attendance:
        if row["trainee_no"] != trainee or row["session_no"] not in hours:
            continue
        truant = (
            not row["sign_in"]
            or not row["sign_out"]
            or row["signature_valid__code"] == "false"
            or (row["late_minutes"] or 0) >= late_minutes
        )
        lost = hours[row["session_no"]] if truant else row["leave_hours"] or 0
        if lost:
            found[row["session_no"]] = _hours(lost)
    return found


def _after(held: ClassRows, row: Row, asked: Question) -> dict[str, Any]:
    """What is known of a trainee once the class has begun."""
    figures = asked.ruleset.on(held.training_class["ends_on"])
    answer = decisions.trainee_attendance(asked, held, row)
    report: Mapping[str, Any] = answer.decision.report if answer.decision is not None else {}
    absent = round(100 * report.get("absent_hours", 0))
    total = held.training_class["total_hours"] or 0
    results = [item for item in held.results if item["trainee_no"] == row["id"]]
    last: Mapping[str, Any] = max(results, key=lambda item: item["exam_on"] or date.min, default={})
    practicum = next((i for i in results if i["practicum_on"] or i["practicum_place"]), {})
    report_score = next((i["report_score"] for i in results if i["report_score"]), None)
    issued: Mapping[str, Any] = next(
        (item for item in held.certificates if item["trainee_no"] == row["id"]), {}
    )
    return {
        "certificate_no": issued.get("id") or "",
        "issued_on": issued.get("issued_on"),
        "score": last.get("score") or "",
        "practicum_on": practicum.get("practicum_on"),
        "practicum_place": practicum.get("practicum_place") or "",
        "report_score": report_score or "",
        "result_remarks": last.get("remarks") or "",
        "missed": _missed(held, row["id"], figures.value("osh.attendance", "late_minutes")),
        "absent": absent,
        "over_fifth": absent * figures.value("osh.attendance", "absence_divisor") > total > 0,
        "without_report": not (practicum and report_score),
    }


def _trainees(held: _Held, asked: Question) -> tuple[FormTrainee, ...]:
    by_seat = (
        {str(row["seq"] or "").strip(): row for row in held.rows.trainees}
        if held.rows is not None
        else {}
    )
    found = []
    for item in held.plan.trainees:
        seat = (item.seq or "").strip()
        shown: dict[str, Any] = {
            name: getattr(item, name) or ""
            for name in (
                "licence_no", "education", "employer", "job_title", "address", "email", "phone",
            )
        }  # fmt: skip
        row = by_seat.get(seat)
        later = _after(held.rows, row, asked) if held.rows is not None and row is not None else {}
        found.append(
            FormTrainee(
                seat, item.name or "", item.national_id or "", _iso(item.birth_date),
                remarks=_remarks(item), **shown, **later,
            )
        )  # fmt: skip
    return tuple(found)


def _data(number: str, held: _Held, asked: Question) -> ClassData:
    plan, row = held.plan, held.rows.training_class if held.rows is not None else None
    owner: Mapping[str, Any] = held.institution or {}
    county = county_name(plan.venue.county or "")
    proof = plan.venue_proof
    return ClassData(
        number=number,
        institution=owner.get("name") or plan.institution_code,
        kind=plan.kind,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        period_no=plan.period_no or "",
        title=plan.name or "",
        institution_address=owner.get("address") or "",
        representative=owner.get("representative") or "",
        authority=f"{county}政府" if county else "",
        venue=plan.venue.name or "",
        venue_address=plan.venue.address or "",
        venue_proof=proof.document_no or "",
        counsellor=plan.counsellor or "",
        materials=plan.materials or "",
        letter_on=held.letter_on,
        noted_no=held.noted_no,
        noted_on=None if row is None else row["noted_on"],
        sessions=_sessions(held),
        lecturers=tuple(
            FormLecturer(i.name or "", i.education or "", i.experience or "", i.clause or "")
            for i in plan.lecturers
        ),
        trainees=_trainees(held, asked),
        is_over=plan.ends_on < asked.as_of,
    )


def _check(form: FormKind, data: ClassData) -> None:
    if data.kind not in form.kinds:
        raise InvalidInput(
            f"annex: a class of {data.kind} has no such form",
            f"annex:{data.kind_text}無此表",
            details={"path": "annex"},
        )
    if not form.issued:
        return
    if not any(trainee.certificate_no for trainee in data.trainees):
        raise NotFound(
            "nothing has been issued for this class yet", "本班尚未核發", details={"path": "class"}
        )
    if form.kinds == _PROFESSIONAL and not data.noted_no:
        # OSH-R52: without the number of the authority's note no certificate is printed.
        raise InvalidInput(
            "no certificate without the number under which the authority noted the class",
            "未載備查文號,不得製發結業證書",
            code="osh.certificate.no_noted_number",
            details={"path": "class"},
        )


async def _planned(
    connection: AsyncConnection, hub: Hub, request: Request, submission: str
) -> _Held:
    """A plan of this client that need not be on file yet: for the letter that goes with it."""
    kind, key = decode_id(submission)
    viewer = request.viewer
    payload = None
    if kind is NodeKind.SUBMISSION and _UUID.match(key):
        payload = await own_payload(
            connection, hub.keys, UUID(key), issuer=viewer.issuer, client_id=viewer.client_id
        )
    if payload is None or "plan" not in payload:
        raise _absent()
    plan = msgspec.convert(payload["plan"], ClassPlan)
    owner = await institution_by_code(connection, plan.institution_code)
    if owner is None or owner["tax_id"] not in own_institution_ids(request):
        raise _absent()
    return _Held(plan, None, owner, plan.letter_on, "")


async def _people(connection: AsyncConnection, request: Request, number: str) -> None:
    """Whom the file tells of, for the audit."""
    rows = await read_classes.trainees_of(connection, [number], None, _MOST_TRAINEES)
    request.trace.subjects.update(str(row["hub_person"]) for row in rows if row["hub_person"])


async def class_form(
    hub: Hub,
    request: Request,
    annex: str,
    *,
    number: str | None = None,
    submission: str | None = None,
    as_text: bool | None = None,
) -> tuple[bytes, str]:
    """Content and name of a form.

    Args:
        hub: The hub.
        request: Of the institution, or of an authority that may see the class.
        annex: Number of the 附表, 2 to 12.
        number: 班別編號; or
        submission: the client's own filing of a plan, by the hub's id.
        as_text: As .odt, or as .ods; None: as the form is best read.

    Raises:
        InvalidInput: no such form, not of this kind of class, or no certificate may be printed.
        NotFound: no such class that the caller may see, or nothing was issued.
    """
    which, form = form_kind(annex)
    asked = await question(hub, request, None)
    async with hub.engine.begin() as connection:
        held = (
            await _held(connection, hub, request, number)
            if number is not None
            else await _planned(connection, hub, request, submission or "")
        )
        if held is None:
            raise _absent()
        if form.people and held.rows is not None and number is not None:
            await _people(connection, request, number)
    data = _data(number or "", held, asked)
    _check(form, data)
    request.trace.count("trainees", len(data.trainees) if form.people else 0)
    request.trace.registries.add("osh")
    text = not form.sheet if as_text is None else as_text
    write = write_odt if text else write_ods
    title = f"附表{'十二' if which > 10 else _NUMERALS[which]}{form.name}"
    content = await asyncio.to_thread(lambda: write(form.make(data), title, request.instant))
    about = f"{number}-" if number else ""
    return content, f"{about}{title}.{'odt' if text else 'ods'}"
