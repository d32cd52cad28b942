"""VR training records (上課紀錄) as activities and as trainings: mapping.md 2.4 and section 3."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ...domain.amounts import to_number
from ...domain.bundles import Row
from ...domain.decision import ActivityRefusal
from ...domain.errors import NoFigureInForce
from ...domain.text import compare_form
from ...domain.vocabulary import code_of, title_box, vr_role
from ...rules.params import Ruleset
from ...rules.vr_activities import Weighting
from ...rules.vr_figures import Figures
from .built import Findings

__all__ = [
    "assessment_courses",
    "boxes",
    "credited",
    "experience",
    "hours_differ",
    "initial_160h",
    "is_counted",
    "renewal_activities",
    "trainings",
    "weights",
]

_CE = "continuing_education"

_PRE_APPOINTMENT = {
    "employment_specialist": "employment_specialist_pre_appointment",
    "case_manager": "case_manager_training",
    "vocational_assessor": "vocational_assessment_160",
    "supervisor": "supervisor_training",
}
_POST_HIRE = {
    "employment_specialist": "employment_specialist_post_hire",
    "case_manager": "case_manager_training",
    "vocational_assessor": "vocational_assessment_160",
    "vocational_trainer": "vocational_trainer_post_hire",
    "vocational_training_staff": "vocational_trainer_post_hire",
}
_TRAININGS: Mapping[str, Mapping[str, str]] = {
    "pre_appointment": _PRE_APPOINTMENT,
    "post_hire": _POST_HIRE,
}

_EXPERIENCE = {
    "employment_specialist": "disability_employment_service",
    "case_manager": "vr_case_management",
    "vocational_assessor": "vocational_assessment",
    "vocational_trainer": "vocational_training",
    "vocational_training_staff": "vocational_training",
}

_ASSESSMENT_COURSES = {
    compare_form(name): code
    for name, code in (
        ("測驗與評量之基本概念", "testing_basics"),
        ("可轉移技巧評量", "transferable_skills"),
        ("興趣與價值觀評量", "interests_values"),
        ("人格與情緒適應評量", "personality_emotion"),
        ("認知與智力評量", "cognition_intelligence"),
        ("性向與成就評量", "aptitude_achievement"),
        ("功能性體能測驗", "functional_capacity"),
        ("工作樣本", "work_samples"),
        ("工作分析", "job_analysis"),
        ("現場試做/情境評量", "situational_assessment"),
        ("職務再設計與輔具應用", "job_accommodation"),
        ("職業輔導評量工具與方法之選擇與結果解釋", "tool_selection"),
        ("結果綜合分析與報告撰寫(含個案實作)", "report_writing"),
    )
}
"""The thirteen courses of VR-R25, by the name a record must equal."""


def boxes(row: Row) -> list[str]:
    """The check boxes ticked on a record, known ones only, each once."""
    codes: Iterable[str] = row["qualification_titles__codes"] or ()
    return list(dict.fromkeys(title_box(code) for code in codes))


def is_counted(row: Row, findings: Findings | None = None) -> bool:
    """Whether a record's terms are all known that a rule needs (nature, state, category)."""
    nature = row["nature__code"]
    known = (
        nature is not None
        and row["status__code"] is not None
        and (nature != _CE or row["category__code"] is not None)
    )
    if not known and findings is not None:
        findings.add("record_undetermined", row["id"])
    return known


def credited(row: Row, findings: Findings | None = None) -> int:
    """Hours that a decision takes, hundredths: credited_hours (加成) once confirmed, else hours."""
    hours: int = row["hours"]
    if row["status__code"] != "confirmed":
        return hours
    stored: int | None = row["credited_hours"]
    if stored is None:
        if findings is not None:
            findings.add("vr.credited_hours_missing", row["id"])
        return hours
    return stored


def hours_differ(
    records: Iterable[Row],
    as_of: date,
    ruleset: Ruleset,
    params: Mapping[str, object] | None,
    findings: Findings,
) -> None:
    """Credited hours of confirmed records against their hours weighted by VR-R33; the former count.

    Args:
        records: ``vr.training_record`` rows.
        as_of: Day that picks the weights.
        ruleset: Figures.
        params: Settings of this hub, put in their place.
        findings: Takes ``vr.credited_hours_differ``.
    """
    weighting: Weighting | None = None
    for row in records:
        if row["nature__code"] != _CE or row["status__code"] != "confirmed":
            continue
        flags = tuple(weights(row))
        stored = row["credited_hours"]
        if stored is None or (not flags and stored == row["hours"]):
            continue
        if weighting is None:
            try:
                weighting = Weighting(Figures(ruleset, as_of, params or {}))
            except NoFigureInForce:
                return  # the law of that day weights no hours: there is nothing to compare with
        if row["hours"] * weighting.factor(flags) != stored * weighting.factor(()):
            findings.add("vr.credited_hours_differ", row["id"])


def weights(row: Row) -> list[str]:
    """Flags for 加倍計算 that are 是, for previews and ``vr.ce_credit`` only."""
    return [
        code
        for field in ("outlying_island", "international", "lecturer")
        if (code := row[f"{field}__code"]) not in (None, "none")
    ]


def renewal_activities(
    records: Iterable[Row],
    findings: Findings,
    refused: list[ActivityRefusal] | None = None,
    *,
    weighted: bool = False,
) -> list[dict[str, object]]:
    """Records of a member as activities of ``vr.renewal``.

    Args:
        records: ``vr.training_record`` rows.
        findings: Takes what is left out or doubtful.
        refused: Takes the records that the rule cannot be given: with an unknown term, or without
            a class (課程類別), which only records other than 繼續教育 may lack. None keeps the latter.
        weighted: Hours and flags as entered (``vr.ce_credit``) instead of the credited hours.
    """
    activities: list[dict[str, object]] = []
    for row in records:
        if not is_counted(row, findings):
            if refused is not None:
                refused.append(ActivityRefusal(row["id"], "record_undetermined"))
            continue
        attribute = row["category__code"]
        if attribute is None and refused is not None:
            refused.append(ActivityRefusal(row["id"], "not_ce_training"))
            continue
        codes = row["qualification_titles__codes"] or ()
        if len(codes) < len(row["qualification_titles"] or ()):
            findings.add("unknown_value", row["id"])
        activity: dict[str, object] = {
            "id": row["id"],
            "registry": "vr",
            "date": row["held_to"].isoformat(),
            "hours": to_number(row["hours"] if weighted else credited(row, findings)),
            "weights": weights(row) if weighted else [],
            "qualifications": boxes(row),
            "training_kind": row["nature__code"],
            "review_state": row["status__code"],
        }
        if attribute is not None:
            activity["attribute"] = attribute
        role = _role(row, findings)
        if role is not None:
            activity["role"] = role
        activities.append(activity)
    return activities


def _role(row: Row, findings: Findings) -> str | None:
    """Role of a record; None where a term is given that we do not know."""
    identity = row["identity__code"]
    if identity is None and row["identity"]:
        findings.add("unknown_value", row["id"])
        return None
    return vr_role(identity, row["lecturer__code"])


def trainings(records: Iterable[Row], findings: Findings, *kinds: str) -> list[dict[str, object]]:
    """Confirmed records of training before and after hiring, by kind (專業訓練).

    Args:
        records: ``vr.training_record`` rows.
        findings: Takes what is left out.
        kinds: Only these; none: all.
    """
    found: list[dict[str, object]] = []
    for row in records:
        if not is_counted(row, findings):
            continue
        by_box = _TRAININGS.get(row["nature__code"], {})
        if not by_box or row["status__code"] != "confirmed":
            continue
        named = dict.fromkeys(by_box[box] for box in boxes(row) if box in by_box)
        found.extend(
            {
                "kind": kind,
                "hours": to_number(credited(row, findings)),
                "passed": True,
                "completed_on": row["held_to"].isoformat(),
            }
            for kind in named
            if not kinds or kind in kinds
        )
    return found


def assessment_courses(records: Iterable[Row], findings: Findings) -> list[dict[str, Any]]:
    """Confirmed records whose name equals one of the thirteen courses of VR-R25."""
    return [
        {
            "course": code,
            "hours": to_number(credited(row, findings)),
            "completed_on": row["held_to"].isoformat(),
        }
        for row in records
        if is_counted(row, findings)
        and row["status__code"] == "confirmed"
        and (code := _ASSESSMENT_COURSES.get(compare_form(row["course_name"])))
    ]


def initial_160h(records: Iterable[Row], findings: Findings) -> dict[str, object] | None:
    """Sum and last day of the records that count as the 160 hours of initial training."""
    hours, last = 0, date.min
    for row in records:
        if not is_counted(row, findings) or row["status__code"] != "confirmed":
            continue
        kinds = _TRAININGS.get(row["nature__code"], {})
        if any(kinds.get(box) == "vocational_assessment_160" for box in boxes(row)):
            hours += credited(row, findings)
            last = max(last, row["held_to"])
    return {"hours": to_number(hours), "completed_on": last.isoformat()} if hours else None


def experience(appointments: Iterable[Row], findings: Findings) -> list[dict[str, object]]:
    """Spells of service from appointments (任用); supervisors give none."""
    spells: list[dict[str, object]] = []
    for row in appointments:
        title = row["title__code"]
        if title is None:
            findings.add("unknown_value", row["id"])
        kind = _EXPERIENCE.get(title or "")
        if kind is None:
            continue
        spell: dict[str, object] = {
            "kind": kind,
            "from": row["appointed_on"].isoformat(),
            "full_time": row["full_time"],
        }
        if row["left_on"] is not None:
            spell["to"] = row["left_on"].isoformat()
        spells.append(spell)
    return spells


def delivery(row: Row) -> str | None:
    """How a record's course was held; None when the term is unknown or missing."""
    return row["delivery__code"] or code_of("vr.course_delivery", row["delivery"])
