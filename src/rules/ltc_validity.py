"""``ltc.validity``: validity, validity years, renewal window and status of a certificate."""

from datetime import date

from ..domain.decision import Deadline, Decision, Figure, Finding, Severity, Step
from ..domain.errors import InvalidFacts
from ..domain.periods import DAY
from .facts import Facts, require_order
from .ltc_calendar import Term, last_day_of_validity, term_of, term_step
from .ltc_common import (
    citations_of,
    findings_of,
    json_ready,
    next_day,
    outdated_day,
    ruleset_findings,
)
from .ltc_facts import calendar_days
from .params import Ruleset

__all__ = ["ValidityFacts", "validity"]


class ValidityFacts(Facts, frozen=True):
    """Facts of ``ltc.validity``.

    Attributes:
        effective_date: First day of validity (生效日).
        document_date: Day on the document, the day before; read when only it is known.
        stored_valid_to: Last day that the registry holds; wins over the computed one.
    """

    effective_date: date | None = None
    document_date: date | None = None
    stored_valid_to: date | None = None


def _first_day(facts: ValidityFacts) -> date:
    """The effective day, or the day after the one on the document.

    Law: L0070045:6 (自證明文件所載日期之次日起算).
    """
    if facts.effective_date is not None:
        return facts.effective_date
    if facts.document_date is None:
        raise InvalidFacts.at(
            "effective_date", "the effective day or document_date", "生效日或證明文件所載日期"
        )
    return facts.document_date + DAY


def _status(term: Term, as_of: date) -> str:
    if as_of < term.valid_from:
        return "not_started"
    if as_of > term.closes:
        return "expired"
    if as_of > term.valid_to:
        return "extended"
    return "window_open" if as_of >= term.opens else "valid"


def validity(facts: ValidityFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Validity 有效期間, validity years 效期年度, window and COVID extension.

    Args:
        facts: The days known of the certificate.
        as_of: Day asked about; may lie before the first and after the last day.
        ruleset: Figures.

    Raises:
        InvalidFacts: no first day, or a stored last day before it.

    Law: L0070045:6, 7-1; letter-1121960128; LTC-R1 to R4.
    """
    calendar_days(
        {
            "effective_date": facts.effective_date,
            "document_date": facts.document_date,
            "stored_valid_to": facts.stored_valid_to,
            "as_of": as_of,
        }
    )
    first = _first_day(facts)
    computed = last_day_of_validity(ruleset, first)
    require_order(first, facts.stored_valid_to, "stored_valid_to")
    term = term_of(ruleset, first, facts.stored_valid_to or computed)
    findings = ruleset_findings(ruleset, as_of)
    if term.valid_to != computed:
        findings.append(Finding("stored_valid_to_differs", Severity.WARNING, term.validity.law))
    status = _status(term, as_of)
    year = term.year_of(as_of)
    number = None if year is None else year.number
    running = Step(
        "ltc.validity_year",
        "seed-004#STEP 1",
        () if year is None else (Figure("from", year.start), Figure("to", year.end)),
        None if number is None else number * 100,
        "years",
    )
    explanation = Step(
        "ltc.validity",
        term.validity.law,
        (
            Figure("as_of", as_of),
            Figure("computed_valid_to", computed),
            Figure("stored_valid_to", facts.stored_valid_to),
        ),
        status,
        children=(term_step(term), running),
    )
    found = findings_of(findings)
    return Decision(
        rule="ltc.validity",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=explanation,
        findings=found,
        report=json_ready(
            {
                "valid_from": term.valid_from,
                "valid_to": term.valid_to,
                "extended_to": term.extended_to,
                "window": {"opens": term.opens, "closes": term.closes},
                "next_valid_to": term.next_valid_to,
                "year_no": number,
                "years": [
                    {"year": one.number, "from": one.start, "to": one.end} for one in term.years
                ],
            }
        ),
        deadlines=(
            (Deadline("ltc.renew_by", term.closes, term.window_months.law),)
            if as_of <= term.closes
            else ()
        ),
        window=term.window,
        valid_to=term.closes,
        citations=citations_of(explanation, findings=found),
        next_change_on=next_day(
            as_of,
            (
                *(one.start for one in term.years),
                term.opens,
                term.valid_to + DAY,
                term.closes + DAY,
                outdated_day(ruleset),
            ),
        ),
    )
