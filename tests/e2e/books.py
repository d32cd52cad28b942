"""What the hub must answer, worked out from the agencies' own books and domain/mapping.md.

Written without any of the hub's code but the pure rules: own dates, own joining of persons, own
facts. Amounts are ``Decimal``.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from certhub.rules.engine import evaluate
from certhub.sandbox.clock import SANDBOX_DAY
from certhub.sandbox.numbers import number_fault
from certhub.sandbox.places import COUNTIES
from certhub.sandbox.run import Agencies

__all__ = ["Books", "Held", "Somebody", "day_of"]

Row = Mapping[str, Any]
DAY = timedelta(days=1)
TODAY = SANDBOX_DAY

COUNTY_CODES = {county.name: county.code for county in COUNTIES}

VR_TITLES = {
    "職業訓練師": "vocational_trainer",
    "職業訓練員": "vocational_training_staff",
    "職業輔導評量員": "vocational_assessor",
    "就業服務員": "employment_specialist",
    "職業重建個案管理員": "case_manager",
    "督導_就業督導": "supervisor_employment_service",
    "督導_職管督導": "supervisor_case_management",
    "督導_職評督導": "supervisor_vocational_assessment",
    "督導": "supervisor",
}
VR_STATES = {
    "暫存": "draft",
    "送審中": "submitted",
    "補件": "supplement_required",
    "初審": "preliminary_review",
    "複審": "final_review",
    "審查會議": "review_meeting",
    "確認": "confirmed",
    "不予認定": "rejected",
}
VR_NATURES = {
    "遴用前": "pre_appointment",
    "進用前": "pre_appointment",
    "選用前": "pre_appointment",
    "進用後": "post_hire",
    "繼續教育": "continuing_education",
}
VR_CATEGORIES = {
    "專業課程": "professional",
    "專業相關法規": "law",
    "專業倫理": "ethics",
    "專業品質": "quality",
}
LTC_TYPES = {
    "照顧服務人員": "care_worker",
    "居家服務督導員": "home_care_supervisor",
    "教保員": "educator",
    "社會工作人員": "social_worker",
    "醫事人員": "medical",
    "照顧管理人員": "care_manager",
    "社區整合型服務中心個案管理人員": "plan_personnel",
}
LTC_ATTRIBUTES = {
    "專業課程": "professional",
    "專業品質": "quality",
    "專業倫理": "ethics",
    "專業法規": "law",
}
LTC_CATEGORIES = {
    "消防安全": "fire_safety",
    "緊急應變": "emergency_response",
    "感染管制": "infection_control",
    "傳染病防治": "infectious_disease_prevention",
    "性別敏感度": "gender_sensitivity",
    "原住民族文化敏感度及能力": "indigenous_culture",
    "多元族群文化敏感度及能力": "multicultural_culture",
    "原住民族與多元族群文化敏感度及能力": "indigenous_multicultural",
    "多元族群文化": "multicultural_legacy",
    "多元文化族群": "multicultural_legacy",
}
LTC_ENDED = {"註銷", "廢止", "撤銷"}
OSH_PROFESSIONS = {"醫師": "physician", "護理人員": "nurse", "勞工健康服務相關人員": "related"}
OSH_CATEGORIES = {
    "職業安全衛生相關法規": ("osh.regulations", "law"),
    "職場健康風險評估": ("osh.risk_assessment", "professional"),
    "職場健康管理實務": ("osh.health_management", "professional"),
}


def day_of(text: str | None) -> date | None:
    """``113/01/31``, ``113/01/31 23:59:00``, ``113年1月31日`` or ``2024-01-31``."""
    if not text:
        return None
    year, month, day = (int(part) for part in re.findall(r"\d+", text)[:3])
    return date(year if year > 1000 else year + 1911, month, day)


def known_day(text: str | None) -> date:
    """A day that must be there."""
    found = day_of(text)
    assert found is not None
    return found


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + years, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)


def years_later(day: date, years: int) -> date:
    """The same day; 29 February becomes the 28th."""
    return months_later(day, 12 * years)


def last_of_years(start: date, years: int) -> date:
    """Last day of a period of years whose first day counts (Civil Code 121)."""
    same = years_later(start, years)
    return same if same.day != start.day else same - DAY


def number(amount: Decimal) -> int | float:
    """As JSON writes it."""
    return int(amount) if amount == int(amount) else float(amount)


@dataclass
class Held:
    """A certificate as the hub must show it on the sandbox's day."""

    registry: str
    key: str
    type: str
    owner: str
    valid_from: date | None
    valid_to: date | None
    status: str
    rule: str | None = None
    given: dict[str, Any] | None = None
    reason: str | None = None
    county: str | None = None

    @cached_property
    def decision(self) -> Any:
        """The rule's decision on our facts; None where it must not be asked."""
        if self.rule is None or self.given is None:
            return None
        return evaluate(self.rule, self.given, TODAY).decision

    @property
    def renewal_status(self) -> str:
        """Status of the renewal decision."""
        if self.decision is not None:
            return str(self.decision.status)
        return "not_decidable" if self.reason == "not_decidable" else "not_applicable"

    @property
    def short(self) -> set[str]:
        """Requirement codes that are not met."""
        if self.decision is None:
            return set()
        return {item.code for item in self.decision.requirements if not item.met}


@dataclass
class Somebody:
    """A human being as the numbers on file join the registries."""

    records: set[tuple[str, str]] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    name: str | None = None
    birth_date: date | None = None
    certificates: list[Held] = field(default_factory=list)
    counties: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def key(self) -> str:
        """A name for messages of tests."""
        return min(key for _, key in self.records)

    def held(self, registry: str) -> list[Held]:
        """Certificates of one registry."""
        return [item for item in self.certificates if item.registry == registry]


class Books:
    """The three ledgers, joined."""

    def __init__(
        self,
        vr: Mapping[str, Mapping[str, Row]],
        ltc: Mapping[str, Mapping[str, Row]],
        osh: Mapping[str, Mapping[str, Row]],
    ) -> None:
        self.vr = {
            name: {key: row for key, row in rows.items() if not row["deleted"]}
            for name, rows in vr.items()
        }
        self.ltc, self.osh = ltc, osh
        self.people = self._joined()
        for one in self.people:
            self._fill(one)
        self._by_source = {key: one for one in self.people for _, key in one.records}

    @classmethod
    def of(cls, agencies: Agencies) -> "Books":
        """The books as they stand."""
        return cls(agencies.vr.ledger(), agencies.ltc.ledger(), agencies.osh.ledger())

    @property
    def certificates(self) -> list[Held]:
        """Every certificate of somebody whose number is in order."""
        return [item for one in self.people for item in one.certificates]

    @staticmethod
    def day_before(day: str) -> str:
        """ISO in, ISO out."""
        return (date.fromisoformat(day) - DAY).isoformat()

    def holders(self, number: str) -> int:
        """How many people a number leads to."""
        return sum(number in one.numbers for one in self.people)

    def key_of(self, keys: Iterable[str]) -> str:
        """Key of the person who has these records of the agencies."""
        [found] = {self._by_source[key].key for key in keys}
        return found

    # Who is who: mapping.md 2.2

    def _numbered(self) -> Iterable[tuple[str, str, str | None, date | None]]:
        """Entity, key, number and birth date of every record of a person; passports apart."""
        for key, row in self.vr["professionals"].items():
            yield "vr", key, row["national_id"], day_of(row["birth_date"])
        for key, row in self.ltc["person"].items():
            born = day_of(row["birth_date"])
            for item in row["identifiers"]:
                value = item["value"]
                if item["type"] == "護照號":
                    # Not unique between states: only together with the birth date.
                    value = f"passport {value} {born}"
                yield "ltc", key, value, born
        for key, row in self.osh["trainees"].items():
            yield "osh.trainee", key, row["身分證字號"] or None, day_of(row["出生年月日"])
        for key, row in self.osh["certificates"].items():
            value = row["身分證字號"]
            if not value and row["受訓人員編號"] in self.osh["trainees"]:
                value = self.osh["trainees"][row["受訓人員編號"]]["身分證字號"]
            yield "osh.certificate", key, value or None, day_of(row["出生年月日"])

    def _joined(self) -> list[Somebody]:
        by_number: dict[str, dict[date | None, Somebody]] = defaultdict(dict)
        by_record: dict[tuple[str, str], Somebody] = {}
        order = sorted(self._numbered(), key=lambda item: item[0] != "vr")
        for entity, key, value, born in order:
            if value is None:
                continue
            wrong = not value.startswith("passport") and number_fault(value) is not None
            slot = f"wrong {entity} {key}" if wrong else value
            one = by_record.get((entity, key)) or Somebody()
            same = by_number[slot].get(born)
            if same is not None and same is not one:
                same.records |= one.records
                same.numbers |= one.numbers
                for record in one.records:
                    by_record[record] = same
                one = same
            one.records.add((entity, key))
            if not wrong:
                one.numbers.add(value)
            for known in one.numbers | {slot}:
                by_number[known][born] = one
            by_record[(entity, key)] = one
        found: dict[int, Somebody] = {id(one): one for one in by_record.values()}
        return list(found.values())

    def _fill(self, one: Somebody) -> None:
        vr = sorted(key for entity, key in one.records if entity == "vr")
        ltc = sorted(key for entity, key in one.records if entity == "ltc")
        for key in vr:
            row = self.vr["professionals"][key]
            one.name, one.birth_date = row["name"], day_of(row["birth_date"])
            self._vr(one, key)
        for key in ltc:
            row = self.ltc["person"][key]
            one.name = one.name or row["name"]
            one.birth_date = one.birth_date or day_of(row["birth_date"])
            self._ltc(one, key)
        if any(entity.startswith("osh") for entity, _ in one.records):
            self._osh(one)

    # VR: mapping.md 2.1, 2.3, 2.4

    def _vr(self, one: Somebody, member: str) -> None:
        for row in self.vr["appointments"].values():
            if row["professional_id"] != member:
                continue
            left = day_of(row["left_on"])
            if known_day(row["appointed_on"]) <= TODAY and (left is None or left >= TODAY):
                one.counties["vr"].add(COUNTY_CODES[row["county"]])
        records = [
            row for row in self.vr["training-records"].values() if row["professional_id"] == member
        ]
        for key, row in self.vr["qualifications"].items():
            if row["professional_id"] == member:
                one.certificates.append(self._qualification(one, key, row, records))

    def _qualification(self, one: Somebody, key: str, row: Row, records: list[Row]) -> Held:
        kind = VR_TITLES[row["title"]]
        if row["status"] not in ("確認", "案件申請中") or row["issued_on"] is None:
            status = "ended" if row["status"] == "資格不符" else "not_started"
            return Held(
                "vr", key, kind, one.key, None, None, status, reason="qualification_not_confirmed"
            )
        first, last, spans = self.vr_period(key, row)
        end = last + sum(((stop - start).days + 1 for start, stop in spans), 0) * DAY
        opens = months_later(end + DAY, -6)
        if first > TODAY:
            status = "not_started"
        elif end < TODAY:
            status = "expired"
        elif last < TODAY:
            status = "extended"
        else:
            status = "window_open" if opens <= TODAY else "valid"
        certificate: dict[str, Any] = {
            "id": key,
            "valid_from": first.isoformat(),
            "valid_to": last.isoformat(),
        }
        if spans:
            certificate["deductions"] = [
                {"from": start.isoformat(), "to": stop.isoformat()} for start, stop in spans
            ]
        given = {
            "qualification": kind,
            "certificate": certificate,
            "activities": [
                self._hours(item)
                for item in sorted(records, key=lambda item: (day_of(item["held_to"]), item["id"]))
                if item["nature"] == "繼續教育" or item["category"]
            ],
        }
        return Held("vr", key, kind, one.key, first, end, status, "vr.renewal", given)

    def vr_period(self, key: str, row: Row) -> tuple[date, date, list[tuple[date, date]]]:
        """First and last day without leaves, and the leaves inside (mapping.md 2.3)."""
        leaves = sorted(
            (
                (known_day(item["decided_on"]), item["id"], item)
                for item in self.vr["extensions"].values()
                if item["qualification_id"] == key and item["status"] == "通過"
            ),
            key=lambda item: item[:2],
        )
        spans = [
            (known_day(item["leave_from"]), known_day(item["leave_to"])) for _, _, item in leaves
        ]
        if not leaves and row["extension_from"] and row["extension_to"]:
            spans = [(known_day(row["extension_from"]), known_day(row["extension_to"]))]
        issued = max(known_day(row["issued_on"]), date(2016, 2, 14))
        completed, renewed = day_of(row["ce_completed_on"]), day_of(row["renewed_on"])
        base = completed if completed is not None and completed > issued else issued
        if renewed is None:
            start = issued
        elif row["status"] == "案件申請中":
            start = base if base <= renewed else max(issued, years_later(base, -3))
        elif renewed <= base:
            start = base
        else:
            close = last_of_years(base, 3) + len(_days(spans, base, last_of_years(base, 3))) * DAY
            start = close + DAY if renewed <= close else renewed
        if row["status"] != "案件申請中" and start > issued and start > TODAY:
            # Renewed ahead: the running period is the one before.
            return max(issued, years_later(start, -3)), start - DAY, []
        last = last_of_years(start, 3)
        return start, last, _ranges(_days(spans, start, last))

    @staticmethod
    def _hours(row: Row) -> dict[str, Any]:
        confirmed = row["status"] == "確認"
        hours = row["credited_hours"] if confirmed and row["credited_hours"] else row["hours"]
        boxes = [
            "supervisor" if title.startswith("督導") else VR_TITLES[title]
            for title in row["qualification_titles"]
        ]
        found = {
            "id": row["id"],
            "registry": "vr",
            "date": known_day(row["held_to"]).isoformat(),
            "hours": number(Decimal(hours)),
            "weights": [],
            "qualifications": list(dict.fromkeys(boxes)),
            "training_kind": VR_NATURES[row["nature"]],
            "review_state": VR_STATES[row["status"]],
            "role": "instructor" if row["identity"] == "授課者" else "attendee",
        }
        if row["category"]:
            found["attribute"] = VR_CATEGORIES[row["category"]]
        return found

    def hours_in_period(self, held: Held) -> tuple[Decimal, Decimal]:
        """Confirmed hours of professional and law, and of ethics and quality, inside the period."""
        assert held.given is not None
        certificate = held.given["certificate"]
        box = "supervisor" if held.type.startswith("supervisor") else held.type
        sums = {"professional": Decimal(0), "ethics": Decimal(0)}
        last = min(held.valid_to or TODAY, TODAY).isoformat()
        for row in self.vr["training-records"].values():
            if row["professional_id"] != self.vr["qualifications"][held.key]["professional_id"]:
                continue
            if row["nature"] != "繼續教育" or row["status"] != "確認":
                continue
            facts = self._hours(row)
            if (
                box in facts["qualifications"]
                and certificate["valid_from"] <= facts["date"] <= last
            ):
                group = (
                    "professional" if facts["attribute"] in ("professional", "law") else "ethics"
                )
                sums[group] += Decimal(row["credited_hours"])
        return sums["professional"], sums["ethics"]

    # LTC: mapping.md 2.1, 2.4, section 3

    def _ltc(self, one: Somebody, person: str) -> None:
        for row in self.ltc["registration"].values():
            if row["person_id"] != person:
                continue
            ends = day_of(row["ends_on"])
            if (
                known_day(row["starts_on"]) <= TODAY
                and (ends is None or ends >= TODAY)
                and (ends is not None or row["state"] == "登錄中")
            ):
                one.counties["ltc"].add(COUNTY_CODES[row["county"]])
        for key, row in self.ltc["certificate"].items():
            if row["person_id"] == person:
                one.certificates.append(self._ltc_certificate(one, person, key, row))

    def _ltc_certificate(self, one: Somebody, person: str, key: str, row: Row) -> Held:
        foreign = row["employment_path"] == "外籍機構看護工"
        kind = LTC_TYPES.get(row["personnel_type"])
        if kind is not None and foreign:
            kind = "foreign_institution_caregiver"
        first, last = known_day(row["valid_from"]), known_day(row["original_valid_to"])
        extended = date(2023, 6, 2) <= last <= date(2024, 6, 1)
        closes = years_later(last, 1) if extended else last
        if row["state"] in LTC_ENDED:
            status = "ended"
        elif first > TODAY:
            status = "not_started"
        elif closes < TODAY:
            status = "expired"
        elif last < TODAY:
            status = "extended"
        else:
            status = "window_open" if months_later(last, -6) <= TODAY else "valid"
        held = Held("ltc", key, kind or "unknown", one.key, first, closes, status)
        if row["state"] in LTC_ENDED:
            held.reason = {
                "註銷": "certificate_cancelled",
                "廢止": "certificate_revoked",
                "撤銷": "certificate_withdrawn",
            }[row["state"]]
        elif row["suffix"] == "臨時證":
            held.reason = "temporary_certificate"
        elif kind is None:
            held.reason = "unknown_value"
        if held.reason is not None:
            return held
        certificate = {
            "id": key,
            "type": kind,
            "track": "foreign_institution" if foreign else "general",
            "valid_from": first.isoformat(),
            "valid_to": last.isoformat(),
            "credit_from": known_day(row["credit_from"]).isoformat(),
        }
        activities = [
            self._points(item, foreign=foreign)
            for item in self.credits_of(person)
            if item["status"] == "符合"
        ]
        held.rule = "ltc.foreign_renewal" if foreign else "ltc.renewal"
        held.given = {"certificate": certificate, "activities": activities}
        if not foreign:
            held.given["service"] = self._service(person, key, first, min(TODAY, closes))
        return held

    def credits_of(self, person: str) -> list[Row]:
        """Credits of one LTC person, by day and id."""
        return sorted(
            (row for row in self.ltc["credit"].values() if row["person_id"] == person),
            key=lambda row: (row["ends_at"], row["id"]),
        )

    @staticmethod
    def _points(row: Row, *, foreign: bool) -> dict[str, Any]:
        course = re.sub(r"^[\d]+[.．]", "", row["training_course"] or "其他").replace(" ", "")
        kind = "general"
        for begins, code in (
            ("照顧服務員資格訓練", "caregiver_qualification"),
            ("長照共同訓練課程", "level_1"),
            ("高負荷家庭照顧者教育訓練", "high_burden_family_caregiver"),
        ):
            if course.startswith(begins):
                kind = code
        special = "失智症" in course and "20小時" in course
        mode = "online" if row["mode"] == "網路" else "in_person"
        if mode == "in_person" and row["live_sync"]:
            mode = "live_online"
        found: dict[str, Any] = {
            "id": row["id"],
            "date": known_day(row["ends_at"]).isoformat(),
            "attribute": LTC_ATTRIBUTES[row["attribute"]],
            "categories": [
                LTC_CATEGORIES[name] for name in row["categories"] if name in LTC_CATEGORIES
            ],
            "mode": mode,
            "points": number(Decimal(row["points"])),
            "course_kind": "special_training" if special else kind,
        }
        if special:
            found["special_training"] = "dementia_care_20h"
        if foreign:
            del found["attribute"]
            found.pop("special_training", None)
        return found

    def _service(self, person: str, certificate: str, first: date, last: date) -> str:
        found = {"none"}
        for row in self.ltc["registration"].values():
            starts, ends = known_day(row["starts_on"]), day_of(row["ends_on"])
            if ends is None and row["state"] != "登錄中":
                ends = starts
            if row["person_id"] != person or starts > last or (ends is not None and ends < first):
                continue
            if row["certificate_id"] != certificate:
                found.add("proof_other_certificate")
            else:
                found.add("registered" if row["kind"] == "登錄" else "proof")
        order = ("registered", "proof", "proof_other_certificate", "none")
        return next(word for word in order if word in found)

    def points_in_window(self, key: str) -> dict[str, Decimal]:
        """Sums of accepted points by attribute group and mode inside the credit window, on time."""
        row = self.ltc["certificate"][key]
        first, last = known_day(row["credit_from"]), known_day(row["original_valid_to"])
        if date(2023, 6, 2) <= last <= date(2024, 6, 1):
            last = years_later(last, 1)
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for item in self.credits_of(row["person_id"]):
            facts = self._points(item, foreign=False)
            if (
                item["status"] != "符合"
                or not first.isoformat() <= facts["date"] <= min(last, TODAY).isoformat()
                or facts["course_kind"]
                in ("caregiver_qualification", "level_1", "high_burden_family_caregiver")
            ):
                continue
            amount = Decimal(item["points"])
            group = "P" if facts["attribute"] == "professional" else "Q"
            where = "O" if facts["mode"] == "online" else "P"
            sums[group + where] += amount
            if where == "O":
                sums["E" if facts["date"] <= "2023-10-12" else "N"] += amount
        return sums

    # OSH: mapping.md 2.1, 2.4

    def _osh(self, one: Somebody) -> None:
        mine = {key for entity, key in one.records if entity == "osh.certificate"}
        rows = [self.osh["certificates"][key] for key in sorted(mine)]
        profession = self._profession(one)
        for key in sorted(mine):
            row = self.osh["certificates"][key]
            one.counties["osh"].add(self._county_of_class(row["班別編號"]))
            if row["種類"] != "結業證書":
                continue
            first = day_of(row["核發日期"])
            status = "valid" if first is not None and first <= TODAY else "not_started"
            held = Held("osh", key, profession or "unknown", one.key, first, None, status)
            held.county = self._county_of_class(row["班別編號"])
            if profession is None:
                held.reason = "not_decidable"
            else:
                held.rule = "osh.in_service"
                held.given = {
                    "person": {"profession": profession},
                    "activities": [item for row in rows for item in self._osh_hours(row)],
                }
            one.certificates.append(held)
        for entity, key in one.records:
            if entity == "osh.trainee":
                one.counties["osh"].add(
                    self._county_of_class(self.osh["trainees"][key]["班別編號"])
                )
                row = self.osh["trainees"][key]
                one.name = one.name or row["姓名"]
                one.birth_date = one.birth_date or day_of(row["出生年月日"])

    def _county_of_class(self, class_no: str) -> str:
        return COUNTY_CODES[self.osh["classes"][class_no]["縣市"]]

    def _profession(self, one: Somebody) -> str | None:
        rows = [
            (known_day(self.osh["classes"][row["班別編號"]]["開訓日"]), key, row["人員類別"])
            for entity, key in one.records
            if entity == "osh.trainee"
            for row in [self.osh["trainees"][key]]
            if row["人員類別"] in OSH_PROFESSIONS
        ]
        return OSH_PROFESSIONS[max(rows)[2]] if rows else None

    def _osh_hours(self, row: Row) -> Iterable[dict[str, Any]]:
        held = self.osh["classes"][row["班別編號"]]
        professional = row["種類"] == "結業證書"
        shared: dict[str, Any] = {
            "registry": "osh",
            "kind": "professional" if professional else "in_service",
            "date": known_day(row["結訓日"] or held["結訓日"]).isoformat(),
            "mode": "in_person",
            "role": "attendee",
            "title": held["訓練名稱"],
        }
        term = self._recognition(held)
        if term is not None:
            shared["provider"] = {"kind": "institution", **term}
        if professional:
            yield {
                "id": row["證書字號"],
                **shared,
                "attribute": "professional",
                "categories": [],
                "hours": number(Decimal(row["訓練時數"])),
            }
            return
        told = Decimal(0)
        for part in filter(None, row["課程類別時數"].split(";")):
            term_, _, hours = part.partition("=")
            code, attribute = OSH_CATEGORIES[term_]
            told += Decimal(hours)
            yield {
                "id": f"{row['證書字號']}#{code}",
                **shared,
                "attribute": attribute,
                "categories": [code],
                "hours": number(Decimal(hours)),
            }
        if row["訓練時數"] and Decimal(row["訓練時數"]) > told:
            yield {
                "id": row["證書字號"],
                **shared,
                "attribute": "professional",
                "categories": [],
                "hours": number(Decimal(row["訓練時數"]) - told),
            }

    def _recognition(self, held: Row) -> dict[str, Any] | None:
        mine = [
            row for row in self.osh["recognitions"].values() if row["機構代碼"] == held["機構代碼"]
        ]
        if not mine:
            return None
        start = known_day(held["開訓日"])
        covering = [
            row
            for row in mine
            if held["訓練類別"] in row["訓練類別"].split("、")
            and known_day(row["有效期間起"]) <= start <= known_day(row["有效期間迄"])
        ]
        row = max(covering or mine, key=lambda row: known_day(row["有效期間起"]))
        found: dict[str, Any] = {
            "valid_from": known_day(row["有效期間起"]).isoformat(),
            "valid_to": known_day(row["有效期間迄"]).isoformat(),
        }
        if row["終止種類"] and row["終止日期"]:
            ended = {
                "kind": {"廢止": "revoked", "撤銷": "withdrawn"}[row["終止種類"]],
                "date": known_day(row["終止日期"]).isoformat(),
            }
            if row["終止生效日"]:
                ended["effective_on"] = known_day(row["終止生效日"]).isoformat()
            found["terminated"] = ended
        return found


def _days(spans: Iterable[tuple[date, date]], first: date, last: date) -> set[date]:
    """Days of leave inside the period as it is extended so far (VR-R44), one by one."""
    taken: set[date] = set()
    for start, stop in spans:
        end = last + len(taken) * DAY
        day = max(start, first)
        while day <= min(stop, end):
            taken.add(day)
            day += DAY
    return taken


def _ranges(days: set[date]) -> list[tuple[date, date]]:
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] + DAY == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
