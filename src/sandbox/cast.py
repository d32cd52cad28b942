"""The cast: fictional people and organisations that every sandbox holds, at any size.

Stories, tests and documents rely on them, so their figures are few and simple. Asked on
``SANDBOX_DAY`` (2024-09-02, which is also the application date), registered in 臺北市 unless said;
OSH and VR rows are confirmed, LTC rows 符合, everything in person unless said.

LTC (``ltc.renewal``, C11 ``ltc.foreign_renewal``); PP/PO professional physical/online, Q = quality,
ethics and law:

====  =================  ======================  ===============================================
who   certificate        valid                   figures
====  =================  ======================  ===============================================
C1    care_worker        2018-12-01..2024-11-30  PP 66.00, PO 20.00 (online 12.00 before
                                                 2023-10-13, 8.00 after; counted 20.00), Q 26.40.
                                                 Total 112.40/120, professional 86.00/84, QEL
                                                 26.40/24, attributes 3/3, physical 92.40/80,
                                                 safety 9.60/10, themes 4/4, culture total
                                                 3.60/4, legacy 2.40/2, yearly 0/1 (year 6:
                                                 indigenous 1.20, multicultural 0), service 1/1.
                                                 ``short``, on_time, window 2024-05-30..
                                                 2024-11-30, next until 2030-11-30
C2    care_worker        2018-10-15..2024-10-14  PP 96.00, Q 25.20. Total 121.20/120, professional
                                                 96.00/84, QEL 25.20/24, 3/3, physical 121.20/80,
                                                 safety 10.80/10, 4/4, culture 4.80/4, legacy
                                                 2.40/2, yearly 1/1, service 1/1. ``eligible``,
                                                 window 2024-04-14..2024-10-14, next 2030-10-14
C3    care_worker        2022-07-01..2028-06-30  PP 36.00, Q 7.20 (ethics only). Total 43.20,
                                                 attributes 1/3, safety 2.40, themes 1/4, culture
                                                 4.80/12, legacy 2.40/2, yearly 1/5. ``short``
C4    care_worker 逾期   2018-07-15..2024-07-14  PP 60.00, Q 9.60. Validity ``expired``. Route
                                                 ``late``, credit 2018-09-02..2024-09-02: total
                                                 69.60/120, professional 60.00/84, QEL 9.60/24,
                                                 3/3, physical 69.60/80, safety 9.60/10, 4/4,
                                                 culture 0/4, service 1/1. ``short``, next until
                                                 2030-09-01
C7    care_worker, in    2021-08-01..2027-07-31  PP 48.00, Q 4.80. Total 52.80, culture 2.40/10,
      高雄市 only                                legacy 2.40/2, yearly 0/4 with
                                                 ``culture_year_missed`` (year 3). ``short``
C9    home_care_         2020-08-01..2026-07-31  PP 72.00, Q 14.40. Total 86.40, safety 9.60/10,
      supervisor                                 culture 4.80/8, legacy 2.40/2, yearly 1/3.
                                                 ``short``
C10   medical (nurse)    2021-07-10..2027-07-09  PP 48.00, Q 7.20 (ethics only). Total 55.20,
                                                 culture 4.80/10, legacy 2.40/2, yearly 1/4.
                                                 ``short``
C11   foreign_           2018-12-10..2024-12-09  Total 122.40/120, path ``full_relaxation`` (6
      institution_                               years pooled): fire 7.20/6, emergency 6.00/6,
      caregiver                                  infection 6.00/6, gender 4.80/6, multicultural
                                                 1/1. Years 24.00, 19.20, 20.40, 18.00, 28.80,
                                                 12.00. ``short``, window 2024-06-09..2024-12-09,
                                                 next until 2030-12-09
C12   care_worker        2022-08-01..2028-07-31  One human being, two LTC persons: L0000012 (old
                                                 ARC, 12.00 points) and L0000112 (the same old
                                                 ARC, new ARC, this certificate, 24.00 points).
                                                 ``ltc.identities_not_merged``; 24.00 visible,
                                                 36.00 after a merge
====  =================  ======================  ===============================================

VR (``vr.renewal``: P professional and law, E ethics and quality; all with 36 hours after hiring in
time, so ``vr.eligibility`` says ``post_hire_training_done`` where a title asks for it):

====  =====================  ======================  ===========================================
who   qualification          valid                   renewal on the day; eligibility
====  =====================  ======================  ===========================================
C1    employment_specialist  2021-11-20..2024-11-19  P 54/54, E 6/6, total 60/60: ``renewable``
                                                     (statutory window from 2024-08-20), new
                                                     2024-11-20..2027-11-19; eligible
C2    employment_specialist  2023-03-01..2026-02-28  P 18, E 3: ``too_early``; eligible
C3    employment_specialist  2023-06-01..2026-05-31  P 9, E 3: ``too_early``; eligible
C5    employment_specialist  2021-06-01..2024-05-31  late: P 27 (one record of 9 hours, 2021-07-16,
                                                     out of window), E 3: ``hours_short``, lacking
                                                     27 and 3; ineligible, ``certificate_expired``
C6    employment_specialist  2021-10-01..2024-09-30  P 45/54, E 3/6, total 48/60: ``hours_short``,
                                                     lacking 9 and 3 (statutory window from
                                                     2024-07-01); eligible. With the story roster
                                                     confirmed: E 6/6, total 51/60
C7    employment_specialist  2022-12-01..2025-11-30  P 9, E 0: ``too_early``; eligible (高雄市)
C8    case_manager           2023-01-10..2026-01-09  P 18, E 3: ``too_early``; eligible
====  =====================  ======================  ===========================================

OSH: C10 holds the completion certificate ``OH0002-112-000004-001-C`` (nurse, passed 2023-03-10) and
proofs of two in-service classes of 6 hours, 2 in each category, on 2022-05-20 and 2024-05-20:
``osh.in_service`` (2021-09-03..2024-09-02) total 12/12, each category 4/2, eligible.

Rosters: C6 is 測試甲 of the sample roster; 測試乙, 測試丙, 測試戊, 測試己 are VR members too (乙, 丙 in
臺北市, 戊 in 新北市, 己 in 桃園市, all valid 2023-05-01..2026-04-30), 測試丁 is not. The course
``STORY_COURSE_NO`` (2024-03-15, 專業倫理, 3 hours, 通過, 未匯入) belongs to
``INSTITUTION_VR_TAX_ID``, an organisation of all three registries (VR institution, LTC unit
U000001, OSH OH0001). ``STORY_CLASS_NO`` (professional, 2024-08-23..25, 結訓, noted) belongs to
``INSTITUTION_OSH_CODE`` and waits for attendance, results and the issue roll; its 15 trainees are
測試班員.
"""

from datetime import date
from typing import NamedTuple

from .numbers import business_number, national_id, new_arc, old_arc
from .places import KAOHSIUNG, TAIPEI_CITY

__all__ = [
    "CAST",
    "CLASSMATES",
    "INSTITUTION_OSH_CODE",
    "INSTITUTION_OSH_TAX_ID",
    "INSTITUTION_VR_CODE",
    "INSTITUTION_VR_TAX_ID",
    "KAOHSIUNG_TAX_ID",
    "NAMES_OF_ORGANISATIONS",
    "STORY_CLASS_NO",
    "STORY_COURSE_NO",
    "CastMember",
]

INSTITUTION_VR_TAX_ID = business_number(1)
"""The organisation of the role ``institution-vr``, in all three registries."""

INSTITUTION_VR_CODE = "OH0001"
"""Its OSH code."""

INSTITUTION_OSH_TAX_ID = business_number(2)
"""The organisation of the role ``institution-osh``."""

INSTITUTION_OSH_CODE = "OH0002"
"""Its OSH code."""

KAOHSIUNG_TAX_ID = business_number(3)
"""An institution in 高雄市, VR and LTC."""

NAMES_OF_ORGANISATIONS = {
    INSTITUTION_VR_TAX_ID: "財團法人測試示範醫院",
    INSTITUTION_OSH_TAX_ID: "中華民國測試護理學會",
    KAOHSIUNG_TAX_ID: "高雄市測試職業重建協會",
}

STORY_COURSE_NO = "20240115000011"
"""The VR course that takes the sample roster ``roster-clean-utf8bom.csv``."""

STORY_CLASS_NO = "OH0002-113-000001"
"""The OSH class that has ended and has not reported yet."""


class CastMember(NamedTuple):
    """A person of the cast.

    Attributes:
        code: C1 to C12, the name in the stories; R1 to R4 for members of the sample roster only.
        name: As VR or LTC has it.
        birth_date: The same in every registry.
        sex: 1 male, 2 female.
        number: The person's current number.
        county: Where registered.
        vr_id: Member of VR, else empty.
        ltc_id: Person of LTC, else empty.
        other_numbers: LTC's further numbers: kind as LTC prints it, number, current.
    """

    code: str
    name: str
    birth_date: date
    sex: int
    number: str
    county: str
    vr_id: str = ""
    ltc_id: str = ""
    other_numbers: tuple[tuple[str, str, bool], ...] = ()


_TAIPEI = TAIPEI_CITY.name

CAST = {
    member.code: member
    for member in (
        CastMember(
            "C1", "測試春安", date(1985, 4, 12), 2, national_id("A", 2, 2001), _TAIPEI,
            "P0000001", "L0000001",
        ),
        CastMember(
            "C2", "測試夏平", date(1988, 7, 3), 1, national_id("A", 1, 2002), _TAIPEI,
            "P0000002", "L0000002",
        ),
        CastMember(
            "C3", "測試秋遠", date(1993, 10, 21), 2, national_id("F", 2, 2003), _TAIPEI,
            "P0000003", "L0000003",
        ),
        CastMember(
            "C4", "測試冬逾", date(1976, 1, 30), 2, national_id("A", 2, 2004), _TAIPEI,
            "", "L0000004",
        ),
        CastMember(
            "C5", "測試梅過", date(1982, 2, 28), 1, national_id("B", 1, 2005), _TAIPEI, "P0000005",
        ),
        CastMember("C6", "測試甲", date(1990, 3, 15), 1, "A100000109", _TAIPEI, "P0000006"),
        CastMember(
            "C7", "測試蘭雄", date(1987, 9, 9), 1, national_id("E", 1, 2007), KAOHSIUNG.name,
            "P0000007", "L0000007",
        ),
        CastMember(
            "C8", "測試竹管", date(1984, 12, 5), 2, national_id("A", 2, 2008), _TAIPEI, "P0000008",
        ),
        CastMember(
            "C9", "測試菊督", date(1979, 6, 17), 2, national_id("A", 2, 2009), _TAIPEI,
            "", "L0000009",
        ),
        CastMember(
            "C10", "測試荷護", date(1989, 5, 6), 2, national_id("H", 2, 2010), _TAIPEI,
            "", "L0000010",
        ),
        CastMember(
            "C11", "CESHI DEWI LESTARI", date(1991, 8, 17), 2, new_arc("A", 2, 2011), _TAIPEI,
            "", "L0000011",
            (
                ("舊式居留證號", old_arc("A", 2, 2011), False),
                ("護照號", "X0002011", False),
            ),
        ),
        CastMember(
            "C12", "CESHI NGUYEN MINH", date(1994, 11, 2), 2, new_arc("F", 2, 2012), _TAIPEI,
            "", "L0000112",
            (("舊式居留證號", old_arc("F", 2, 2012), False),),
        ),
        CastMember("R1", "測試乙", date(1986, 1, 2), 2, "B200000111", _TAIPEI, "P0000011"),
        CastMember("R2", "測試丙", date(1992, 2, 3), 1, "F100000122", _TAIPEI, "P0000012"),
        CastMember("R3", "測試戊", date(1995, 3, 4), 1, "A800000149", "新北市", "P0000013"),
        CastMember("R4", "測試己", date(1983, 4, 5), 2, "H900000157", "桃園市", "P0000014"),
    )
}  # fmt: skip
"""The people by code."""

CLASSMATES = tuple(
    CastMember(
        f"T{seat}",
        f"測試班員{seat:02d}",
        date(1980 + seat, seat % 12 + 1, seat + 3),
        1 + seat % 2,
        national_id("F", 1 + seat % 2, 2100 + seat),
        "",
    )
    for seat in range(1, 16)
)
"""Fifteen OSH trainees, known to no other registry."""
