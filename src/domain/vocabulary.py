"""From an agency's term to our code, and back; what depends on a second field is a function.

Nothing unknown is ever read as a known value: an unknown term has no code. Terms are compared as
``domain.text.compare_form`` writes them. Source: domain/mapping.md section 1.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from .counties import authority_county
from .text import compare_form
from .value_maps import VALUE_MAPS

__all__ = [
    "VOCABULARIES",
    "certificate_track",
    "code_of",
    "codes_of",
    "course_state",
    "has_pending_renewal",
    "ltc_mode",
    "ltc_mode_contradicts",
    "osh_attribute",
    "personnel_code",
    "terms_of",
    "title_box",
    "unknown_terms",
    "vr_role",
]

_NUMERALS = {char: value for value, char in enumerate("一二三四五六七八九", start=1)}
_NUMERAL = "[一二三四五六七八九十百0-9]+"
_CLAUSE = re.compile(
    rf"第({_NUMERAL})條(?:之({_NUMERAL}))?"
    rf"(?:第({_NUMERAL})項)?(?:第({_NUMERAL})款)?(?:第({_NUMERAL})目)?\Z"
)
_GROUND = re.compile(rf"(?:第?十四點)?(?:第一項)?第({_NUMERAL})款\Z")
_GROUNDS = (
    "not_improved_in_time",
    "false_documents",
    "false_advertising",
    "outsourced",
    "curriculum_or_hours",
    "not_per_plan",
    "false_certificates",
    "accounting_defects",
    "unqualified_or_mismatched_trainees",
    "obstructed_inspection",
    "other_serious",
)
_LEADING_NUMBER = re.compile(r"\d+[.、]?")
_TRAINING_COURSES = (
    ("照顧服務員資格訓練", "caregiver_qualification"),
    ("長照共同訓練課程", "level_1"),
    ("高負荷家庭照顧者教育訓練", "high_burden_family_caregiver"),
)
_LABOUR_OFFICES = ("政府", "勞動局", "勞工局", "勞動處", "社會處")
_JOINED = re.compile(r"[、,;；及與和/+]")


def _numeral(text: str) -> int | None:
    """The number written in Chinese numerals up to 99, or in digits."""
    if text.isdigit():
        return int(text)
    tens, ten, units = text.rpartition("十")
    if (tens and tens not in _NUMERALS) or (units and units not in _NUMERALS):
        return None
    return (10 * _NUMERALS.get(tens, 1) if ten else 0) + _NUMERALS.get(units, 0)


def _clause(text: str) -> str | None:
    match = _CLAUSE.match(text)
    if match is None:
        return None
    article, of_article, *rest = match.groups()
    while rest and rest[-1] is None:
        rest.pop()
    # 第七條第一款 skips the paragraph: which one is meant would be a guess.
    numbers = [_numeral(part) if part else None for part in (article, *rest)]
    if None in numbers:
        return None
    head = f"a{numbers[0]}" + (f".{_numeral(of_article)}" if of_article else "")
    return "-".join([head, *(str(number) for number in numbers[1:])])


def _course_delivery(text: str) -> str | None:
    return _TABLES["vr.delivery"].get(_JOINED.split(text, maxsplit=1)[0])


def _extension_reason(text: str) -> str:
    if "育嬰" in text:
        return "parental_leave"
    if "職業災害" in text:
        return "occupational_accident"
    return "not_attributable" if "不可歸責" in text else "other"


def _suffix(text: str) -> str:
    return "temporary" if text == "臨時證" else "formal"


def _training_course(text: str) -> str:
    name = _LEADING_NUMBER.sub("", text, count=1) if text[:1].isdigit() else text
    for beginning, code in _TRAINING_COURSES:
        if name.startswith(beginning):
            return code
    return "dementia_care_20h" if "失智症" in name and "20小時" in name else "general"


def _ground(text: str) -> str | None:
    match = _GROUND.match(text)
    number = _numeral(match[1]) if match else None
    return _GROUNDS[number - 1] if number and number <= len(_GROUNDS) else None


def _authority(text: str) -> str:
    if "衛生局" in text:
        return "local_health_authority"
    if "職業安全衛生署" in text:
        return "osha"
    if "勞動部" in text:
        return "mol"
    if authority_county(text) and any(office in text for office in _LABOUR_OFFICES):
        return "local_labour_authority"
    return "other"


_TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        name: {compare_form(term): code for code, terms in codes.items() for term in terms}
        for name, codes in VALUE_MAPS.items()
    }
)

_READERS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "vr.clause": _clause,
        "vr.course_delivery": _course_delivery,
        "vr.extension_reason": _extension_reason,
        "ltc.suffix": _suffix,
        "ltc.training_course": _training_course,
        "osh.termination_ground": _ground,
        "osh.authority": _authority,
    }
)

_LISTS = MappingProxyType(
    {"osh.training_kinds": "osh.training_kind", "osh.professions": "osh.profession"}
)
"""Lists written as one text, joined by 、: their elements' vocabulary."""

VOCABULARIES = frozenset({*_TABLES, *_READERS, *_LISTS})


def code_of(vocabulary: str, term: str | None) -> str | None:
    """The code of a term; ``None`` when there is no term or it is unknown.

    A list in one text (``osh.training_kinds``) gives its known codes joined by spaces, in order.

    Raises:
        KeyError: no such vocabulary.
    """
    if vocabulary in _LISTS:
        return " ".join(code for code in codes_of(vocabulary, term) if code) or None
    reader = _READERS.get(vocabulary) or _TABLES[vocabulary].get
    text = compare_form(term) if term else ""
    return reader(text) if text else None


def codes_of(vocabulary: str, text: str | None) -> tuple[str | None, ...]:
    """The codes of a list written as one text, ``None`` for each unknown element.

    Raises:
        KeyError: no such list vocabulary.
    """
    table = _TABLES[_LISTS[vocabulary]]
    parts = (compare_form(part) for part in (text or "").split("、"))
    return tuple(table.get(part) for part in parts if part)


def unknown_terms(vocabulary: str, term: str) -> tuple[str, ...]:
    """What of a term has no code: the term itself, or the unknown elements of a list in one text.

    Raises:
        KeyError: no such vocabulary.
    """
    if vocabulary in _LISTS:
        table = _TABLES[_LISTS[vocabulary]]
        return tuple(part for part in term.split("、") if part and compare_form(part) not in table)
    return () if code_of(vocabulary, term) else (term,)


def terms_of(vocabulary: str, code: str) -> tuple[str, ...]:
    """The terms of a code as the contract writes them, the one to send first.

    Raises:
        KeyError: no such vocabulary, or it is free text.
    """
    return VALUE_MAPS[vocabulary].get(code, ())


def title_box(code: str) -> str:
    """The check box of a title's code: every kind of supervisor (督導) is one box."""
    return "supervisor" if code.startswith("supervisor") else code


def has_pending_renewal(status: str | None) -> bool:
    """Whether a VR qualification is 案件申請中: confirmed, with a renewal application in hand."""
    return status is not None and compare_form(status) == "案件申請中"


def course_state(status_code: str | None, roster_code: str | None) -> str | None:
    """State of a VR course from its review state and its roster state.

    The roster's state shows only on an approved course; 未匯入 leaves the review state.
    """
    if status_code == "approved" and roster_code in {"roster_imported", "hours_verified"}:
        return roster_code
    return status_code


def vr_role(identity_code: str | None, lecturer_code: str | None) -> str:
    """Role of a VR record: its identity, else the flag 授課者, else attendee."""
    return identity_code or ("instructor" if lecturer_code == "instructor" else "attendee")


def ltc_mode(mode_code: str | None, live_sync: bool) -> str | None:
    """Mode of an LTC credit: a live online course is filed under 實體."""
    return "live_online" if mode_code == "in_person" and live_sync else mode_code


def ltc_mode_contradicts(mode_code: str | None, live_sync: bool) -> bool:
    """網路 with live_sync true: counted as online, and a finding."""
    return mode_code == "online" and live_sync


def certificate_track(path_code: str | None) -> str | None:
    """Track of an LTC certificate: ``foreign`` for 外籍機構看護工, else ``general``."""
    return {"general": "general", "foreign_institution": "foreign"}.get(path_code or "")


def personnel_code(type_code: str | None, path_code: str | None) -> str | None:
    """Type of an LTC certificate: the path 外籍機構看護工 decides whatever the type says."""
    return "foreign_institution_caregiver" if path_code == "foreign_institution" else type_code


def osh_attribute(category_code: str | None) -> str:
    """Attribute of an OSH category: regulations are ``law``, all else ``professional``."""
    return "law" if category_code == "osh.regulations" else "professional"
