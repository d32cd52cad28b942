"""The form of a VR course (課程資料) as an institution fills it, read into the register's words.

The register's own form is ``CourseFiling`` of its contract; every text, word and day of it is checked
here, what the papers must show is for the rule.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..domain.amounts import to_text
from ..domain.counties import BY_CODE, county_code, county_name
from ..domain.periods import add_years
from ..domain.roc_date import format_slashed
from ..domain.submission import UserError
from ..domain.tw_id import check_person_number, normalise_number
from ..domain.value_maps import TITLES, VALUE_MAPS
from ..domain.vocabulary import terms_of
from .vr_filings import Path, Terms, told

__all__ = [
    "DOCUMENTS",
    "STAGES",
    "Category",
    "Contact",
    "CourseForm",
    "CoursePapers",
    "Lecturer",
    "ReadForm",
    "hours_text",
    "read_form",
    "wrong_papers",
]

_TEXT, _LONG = 255, 1000
_YEARS = 10
_MOST_HOURS = 100_000
STAGES = ("pre", "post")
DOCUMENTS = ("course_summary", "instructor_cv", "brochure", "sign_in_sheet", "handouts")
"""Papers of a course filing, as the rulebook names them (VR-R35)."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Not in the contract: the register has no such box.
_TITLES = {code: terms for code, terms in TITLES.items() if code != "employment_service_assistant"}


@dataclass(frozen=True, slots=True)
class Category:
    """A part of the course (課程類別、課程領域) with its hours, in hundredths."""

    category: str
    hours: int
    core_competency: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Lecturer:
    """A lecturer (講師); the rest is declared where the register has not approved him or her yet.

    Attributes:
        identifier: 身分證字號 or resident number; None: not known yet.
        clause: 1 to 4 of annex 7.
        lecturer_certificate: Number of the certificate, clause 1.
        expertise: Field and years of practice, clauses 2 to 4.
        evidence: Whether the evidence goes to the office with the papers.
    """

    name: str
    identifier: str | None = None
    clause: int | None = None
    lecturer_certificate: str | None = None
    expertise: str | None = None
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers for the course (聯絡人)."""

    name: str
    phone: str
    email: str
    fax: str | None = None


@dataclass(frozen=True, slots=True)
class CourseForm:
    """The course as it was filled in; words as our codes or the register's terms."""

    name: str
    nature: str
    delivery: tuple[str, ...]
    session: str
    starts_on: date
    ends_on: date
    place: str
    county: str
    categories: tuple[Category, ...]
    method: str
    target_titles: tuple[str, ...]
    lecturers: tuple[Lecturer, ...]
    contact: Contact
    requirements: str
    public: bool | None = None
    delivery_reason: str | None = None
    fee: int | None = None


@dataclass(frozen=True, slots=True)
class CoursePapers:
    """What goes to the office by mail (VR-R35), as declared.

    Attributes:
        stage: ``pre`` or ``post``; None: by the day of filing.
        documents: Codes of what is enclosed.
    """

    stage: str | None = None
    documents: tuple[str, ...] = ()
    stamped: bool = False
    official_letter: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the submission's payload."""
        return {
            "stage": self.stage,
            "documents": list(self.documents),
            "stamped": self.stamped,
            "official_letter": self.official_letter,
        }


def wrong_papers(papers: CoursePapers) -> list[UserError]:
    """Words of the papers that are none."""
    errors = []
    if papers.stage is not None and papers.stage not in STAGES:
        errors.append(told("word_unknown", ("papers", "stage"), words=" ".join(STAGES)))
    errors += [
        told("word_unknown", ("papers", "documents", str(index)), words=" ".join(DOCUMENTS))
        for index, word in enumerate(papers.documents)
        if word not in DOCUMENTS
    ]
    return errors


@dataclass(slots=True)
class ReadForm:
    """What was read.

    Attributes:
        body: The contract's CourseFiling; complete when there are no errors.
        county: Code of the county of the place.
        days_make_sense: Whether first and last day do; otherwise nothing is said of the timing.
    """

    body: dict[str, Any] = field(default_factory=dict)
    errors: list[UserError] = field(default_factory=list)
    county: str | None = None
    days_make_sense: bool = True


def hours_text(hundredths: int) -> str:
    """Hours as the contract writes them: a plain decimal without trailing zeros."""
    return to_text(hundredths).rstrip("0").rstrip(".")


def read_form(form: CourseForm, today: date) -> ReadForm:
    """The contract's body of a form, and every error of the form at once.

    Args:
        form: As it was filled in.
        today: Business day.
    """
    read = ReadForm()
    reader = _Reader(read.errors)
    read.days_make_sense = reader.days(form, today)
    code = form.county if form.county in BY_CODE else county_code(form.county)
    if code is None:
        read.errors.append(told("county_unknown", ("course", "county")))
    read.county = code
    deliveries = reader.deliveries(form)
    read.body = {
        "name": reader.text(form.name, "name"),
        "nature": reader.term("vr.nature", form.nature, "nature"),
        "public": form.public,
        "delivery": "、".join(deliveries),
        "delivery_reason": reader.text(form.delivery_reason, "deliveryReason", required=False),
        "session": reader.term("vr.session", form.session, "session"),
        "starts_on": format_slashed(form.starts_on) if read.days_make_sense else "",
        "ends_on": format_slashed(form.ends_on) if read.days_make_sense else "",
        "fee": reader.fee(form.fee),
        "place": reader.text(form.place, "place"),
        "county": county_name(code or "") or "",
        "categories": reader.categories(form.categories),
        "method": reader.text(form.method, "method"),
        "target_titles": reader.targets(form.target_titles),
        "lecturers": reader.lecturers(form.lecturers, today),
        "contact": reader.contact(form.contact),
        "requirements": reader.text(form.requirements, "requirements"),
    }
    return read


class _Reader:
    def __init__(self, errors: list[UserError]) -> None:
        self._errors = errors
        self._terms = Terms(errors)

    def _fault(self, code: str, *path: str, **values: str) -> None:
        self._errors.append(told(code, ("course", *path), None, None, **values))

    def text(
        self, value: str | None, *path: str, required: bool = True, most: int = _TEXT
    ) -> str | None:
        """A text without line breaks at its ends; nothing where it may be missing."""
        text = (value or "").strip()
        if not text:
            if required:
                self._fault("field_missing", *path)
            return "" if required else None
        if len(text) > most:
            self._fault("text_too_long", *path, most=str(most))
        elif _CONTROL.search(text):
            self._fault("text_not_printable", *path)
        return text

    def term(self, vocabulary: str, word: str, *path: str) -> str:
        """The term to send for a word of a closed list."""
        full: Path = ("course", *path)
        code = self._terms.read(vocabulary, VALUE_MAPS[vocabulary], word, full)
        return terms_of(vocabulary, code)[0] if code else ""

    def days(self, form: CourseForm, today: date) -> bool:
        """Whether the days make sense together."""
        first, last = add_years(today, -_YEARS), add_years(today, _YEARS)
        sound = True
        for name, day in (("startsOn", form.starts_on), ("endsOn", form.ends_on)):
            if not first <= day <= last:
                self._fault(
                    "date_out_of_range", name, first=first.isoformat(), last=last.isoformat()
                )
                sound = False
        if form.ends_on < form.starts_on:
            self._fault("end_before_start", "endsOn", start=form.starts_on.isoformat())
            sound = False
        return sound

    def deliveries(self, form: CourseForm) -> list[str]:
        """The ways of teaching; both need a reason."""
        found = [
            self.term("vr.delivery", word, "delivery", str(index))
            for index, word in enumerate(form.delivery)
        ]
        if not found:
            self._fault("field_missing", "delivery")
        if len(set(found)) > 1 and not (form.delivery_reason or "").strip():
            self._fault("field_missing", "deliveryReason")
        return list(dict.fromkeys(found))

    def fee(self, fee: int | None) -> int | None:
        """The fee in TWD."""
        if fee is not None and fee < 0:
            self._fault("amount_negative", "fee")
        return fee

    def categories(self, given: Sequence[Category]) -> list[dict[str, Any]]:
        """The parts of the course."""
        if not given:
            self._fault("field_missing", "categories")
        made = []
        for index, item in enumerate(given):
            at = ("categories", str(index))
            if not 0 < item.hours <= _MOST_HOURS:
                self._fault("course_hours_invalid", *at, "hours")
            made.append(
                {
                    "category": self.term("vr.category", item.category, *at, "category"),
                    "core_competency": self.text(
                        item.core_competency, *at, "coreCompetency", required=False
                    ),
                    "field": self.text(item.field, *at, "field", required=False),
                    "hours": hours_text(min(max(item.hours, 0), _MOST_HOURS)),
                }
            )
        return made

    def targets(self, words: Sequence[str]) -> list[str]:
        """The titles the course is meant for, each once; none at all is for the rule to say."""
        found = []
        for index, word in enumerate(words):
            path = ("course", "targetTitles", str(index))
            code = self._terms.read("vr.title", _TITLES, word, path)
            if code:
                found.append(terms_of("vr.title", code)[0])
        return list(dict.fromkeys(found))

    def lecturers(self, given: Sequence[Lecturer], today: date) -> list[dict[str, Any]]:
        """The lecturers by name and number, each number once."""
        made: list[dict[str, Any]] = []
        seen: set[str] = set()
        for index, item in enumerate(given):
            at = ("lecturers", str(index))
            number = normalise_number(item.identifier) if item.identifier else None
            if number is not None:
                verdict = check_person_number(number, today)[1]
                if verdict != "valid":
                    self._fault(verdict, *at, "identifier")
                elif number in seen:
                    self._fault("lecturer_given_twice", *at, "identifier")
                seen.add(number)
            if item.clause is not None and item.clause not in range(1, 5):
                self._fault("word_unknown", *at, "clause", words="1 2 3 4")
            for name, value in (
                ("lecturerCertificate", item.lecturer_certificate),
                ("expertise", item.expertise),
            ):
                self.text(value, *at, name, required=False, most=_LONG)
            made.append({"name": self.text(item.name, *at, "name"), "national_id": number})
        return made

    def contact(self, given: Contact) -> dict[str, Any]:
        """Who answers for the course."""
        email = self.text(given.email, "contact", "email")
        if email and not _EMAIL.match(email):
            self._fault("email_invalid", "contact", "email")
        return {
            "name": self.text(given.name, "contact", "name"),
            "phone": self.text(given.phone, "contact", "phone"),
            "fax": self.text(given.fax, "contact", "fax", required=False),
            "email": email,
        }
