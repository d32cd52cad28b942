"""The renewal by ``Decimal`` sums with its whole explanation: the same decision, tree included.

What the rule would be if every certificate were decided on its own: no frame is shared, every sum
is a loop over the courses. Equal to the rule's own answer, which the benchmark checks first.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ..domain.amounts import to_number
from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Decision,
    Figure,
    Finding,
    Requirement,
    Severity,
    Step,
)
from ..rules.ltc_article import Article, Judgement, judge
from ..rules.ltc_calendar import leaves_window
from ..rules.ltc_common import EXCLUDED_LAW, WINDOW_LAW, YEAR7_LAW, citations_of, next_day
from ..rules.ltc_online import online_step
from ..rules.ltc_renewal_frame import Frame, frame_of
from ..rules.params import Ruleset
from .bench_decimal import (
    PlainActivity,
    PlainCertificate,
    PlainDecision,
    plain_renewal,
    sum_of,
    themes_of,
)

__all__ = ["explained_renewal"]

_shared_frame = lru_cache(maxsize=4096)(frame_of)
_REASONS = {"out_of_window": WINDOW_LAW, "excluded_course": EXCLUDED_LAW}
_WARNINGS = {"category_attribute_mismatch", "culture_table_divergence", "culture_year_missed"}


def _hundredths(amount: Decimal) -> int:
    return int(amount * 100)


def _points(name: str, rows: Iterable[PlainActivity]) -> Figure:
    return Figure(name, _hundredths(sum_of(rows)), "points")


def _articles(frame: Frame) -> dict[str, Article]:
    articles = frame.articles
    found = [
        articles.total,
        articles.professional,
        articles.quality_ethics_law,
        articles.attributes_present,
        articles.physical,
        articles.safety_categories,
        articles.safety_present,
        frame.culture.total,
        frame.culture.legacy,
        frame.culture.yearly.article if frame.culture.yearly else None,
        articles.service,
    ]
    return {article.code: article for article in found if article is not None}


def _total(frame: Frame, rows: Sequence[PlainActivity], plain: PlainDecision) -> Judgement:
    physical = [row for row in rows if row.mode != "online"]
    qel = [row for row in rows if row.attribute != "professional"]
    most = frame.articles.qel_at_most
    qel_physical = _hundredths(sum_of(row for row in physical if row.attribute != "professional"))
    qel_online = _hundredths(sum_of(row for row in qel if row.mode == "online"))
    kept = min(qel_physical, most)
    before, after, cap, counted, _ = plain.online
    children = (
        Step(
            "ltc.qel_ceiling",
            frame.articles.qel_shown.law,
            (
                Figure("physical", qel_physical, "points"),
                Figure("online", qel_online, "points"),
                frame.articles.qel_shown,
            ),
            kept + min(qel_online, most - kept),
            "points",
            qel_physical + qel_online <= most,
        ),
        online_step(
            frame.articles.ceiling,
            _hundredths(before),
            _hundredths(after),
            _hundredths(cap),
            _hundredths(counted),
        ),
    )
    shown = (
        _points(
            "professional_physical", (row for row in physical if row.attribute == "professional")
        ),
        Figure("qel_physical", kept, "points"),
        Figure("online", _hundredths(counted), "points"),
    )
    amount = _hundredths(plain.requirements["ltc.total"][1])
    return judge(frame.articles.total, frame.by, amount, shown, children)


def _physical(frame: Frame, article: Article, plain: PlainDecision) -> Judgement:
    _, counted, required = (
        plain.requirements["ltc.physical"][0],
        *map(_hundredths, plain.requirements["ltc.physical"][1:]),
    )
    met = counted >= required
    inputs = (
        Figure("required", required, "points"),
        *article.shown,
        Figure("cap", _hundredths(plain.online[2]), "points", article.law),
    )
    return (
        Requirement(article.code, met, counted, required, "points", article.law, frame.by),
        Step(article.why, article.law, inputs, counted, "points", met),
    )


def _year_steps(frame: Frame, plain: PlainDecision) -> tuple[Step, ...]:
    yearly = frame.culture.yearly
    if yearly is None:
        return ()
    law = yearly.article.law
    return tuple(
        Step(
            "ltc.culture_year",
            law,
            (
                *year.shown,
                Figure("indigenous", _hundredths(one), "points"),
                Figure("multicultural", _hundredths(other), "points"),
            ),
            number * 100,
            "years",
            met,
        )
        for year, (number, one, other, met) in zip(yearly.years, plain.culture_years, strict=True)
    )


def _judged(frame: Frame, rows: Sequence[PlainActivity], plain: PlainDecision) -> list[Judgement]:
    qel = [row for row in rows if row.attribute != "professional"]
    shown = {
        "ltc.attributes_present": tuple(
            _points(name, (row for row in qel if row.attribute == name))
            for name in ("quality", "ethics", "law")
        ),
        "ltc.safety_present": tuple(
            _points(name, (row for row in qel if name in row.categories))
            for name in (
                "fire_safety",
                "emergency_response",
                "infection_control",
                "gender_sensitivity",
            )
        ),
        "ltc.service": (Figure("service", "registered"),),
    }
    found: list[Judgement] = []
    for code, article in _articles(frame).items():
        if code == "ltc.total":
            found.append(_total(frame, rows, plain))
        elif code == "ltc.physical":
            found.append(_physical(frame, article, plain))
        else:
            children = _year_steps(frame, plain) if code == "ltc.culture_yearly" else ()
            counted = _hundredths(plain.requirements[code][1])
            yearly = frame.culture.yearly
            by = yearly.by if yearly and code == "ltc.culture_yearly" else frame.by
            found.append(judge(article, by, counted, shown.get(code, ()), children))
    return found


def _findings(
    frame: Frame, rows: Sequence[PlainActivity], plain: PlainDecision
) -> tuple[Finding, ...]:
    culture = frame.culture
    laws = {
        "category_attribute_mismatch": frame.articles.safety_categories.law,
        "culture_table_divergence": culture.total.law,
        "culture_year_missed": culture.yearly.article.law if culture.yearly else None,
        "excluded_course": EXCLUDED_LAW,
        "online_capped": frame.articles.ceiling.law,
        "out_of_window": WINDOW_LAW,
        "qel_capped": frame.articles.qel_shown.law,
        "year7_points_consumed": YEAR7_LAW,
    }
    about = {
        reason: tuple(sorted(key for key, why in plain.refused if why == reason))
        for reason in _REASONS
    }
    about["category_attribute_mismatch"] = tuple(
        sorted(row.id for row in rows if row.attribute == "professional" and themes_of(row))
    )
    return tuple(
        Finding(
            code,
            Severity.WARNING if code in _WARNINGS else Severity.INFO,
            laws[code],
            about.get(code, ()),
        )
        for code in sorted(plain.findings)
    )


def _year7(frame: Frame, plain: PlainDecision) -> tuple[Step, ...]:
    if plain.route != "extended":
        return ()
    total, used = plain.requirements["ltc.total"][1], plain.year7
    return (
        Step(
            "ltc.year7_points",
            YEAR7_LAW,
            (
                Figure("six_years", _hundredths(plain.six_years), "points"),
                Figure("all_years", _hundredths(total), "points"),
                *frame.articles.total.shown,
            ),
            _hundredths(used),
            "points",
        ),
    )


def _next_change(frame: Frame, certificate: PlainCertificate, plain: PlainDecision) -> date | None:
    days: list[date | None] = [frame.changes]
    days += [row.date for row in certificate.activities]
    if frame.lookback is not None:
        inside = [row.date for row in certificate.activities if row.date >= plain.credit_window[0]]
        days += [leaves_window(day, frame.lookback) for day in inside[:1]]
    return next_day(frame.as_of, days)


def explained_renewal(
    certificate: PlainCertificate, as_of: date, ruleset: Ruleset, *, share_frames: bool = False
) -> Decision:
    """Decide and explain one renewal of somebody who is registered, on the day of the question.

    Args:
        certificate: Its days and courses.
        as_of: From 2023-10-13 to 2026-06-30.
        ruleset: Figures.
        share_frames: Certificates of the same days share what follows from them, as in the rule;
            else each finds its figures by itself, as one would first write it.
    """
    framed = _shared_frame if share_frames else frame_of
    frame = framed(ruleset, certificate.valid_from, certificate.valid_to, None, as_of)
    plain = plain_renewal(certificate, as_of)
    left_out = {key for key, _ in plain.refused}
    rows = [row for row in certificate.activities if row.id not in left_out]
    judged = _judged(frame, rows, plain)
    findings = _findings(frame, rows, plain)
    explanation = Step(
        "ltc.renewal",
        "L0070045@2023-10-11:7-1",
        (Figure("as_of", as_of), Figure("application", as_of)),
        plain.status,
        None,
        plain.status == "eligible",
        (
            frame.term_step,
            frame.credit.step,
            *(step for _, step in judged),
            *_year7(frame, plain),
            *frame.after_steps,
        ),
    )
    requirements = tuple(requirement for requirement, _ in judged)
    before, after, cap, counted, choice = plain.online
    return Decision(
        "ltc.renewal",
        as_of,
        plain.status,
        plain.status == "eligible",
        explanation,
        requirements,
        findings,
        {
            "route": plain.route,
            "online": {
                "before": to_number(_hundredths(before)),
                "after": to_number(_hundredths(after)),
                "cap": to_number(_hundredths(cap)),
                "counted": to_number(_hundredths(counted)),
                "choice": choice,
            },
            "window": {
                "opens": plain.window[0].isoformat(),
                "closes": plain.window[1].isoformat(),
            },
            "credit_window": {
                "from": plain.credit_window[0].isoformat(),
                "to": plain.credit_window[1].isoformat(),
            },
            "next": {
                "valid_to": plain.following[0].isoformat(),
                "credit_from": plain.following[1].isoformat(),
            },
            "year7_points_used": to_number(_hundredths(plain.year7)),
            "culture_years": [
                {
                    "year": number,
                    "indigenous": to_number(_hundredths(one)),
                    "multicultural": to_number(_hundredths(other)),
                    "met": met,
                }
                for number, one, other, met in plain.culture_years
            ],
        },
        tuple(
            ActivityUse(key, _hundredths(points), "points", codes)
            for key, points, codes in plain.used
        ),
        tuple(
            ActivityRefusal(key, reason, law)
            for reason, law in _REASONS.items()
            for key, why in plain.refused
            if why == reason
        ),
        frame.deadlines,
        frame.window,
        frame.term.closes,
        citations_of(explanation, requirements, findings),
        _next_change(frame, certificate, plain),
    )
