"""Entry points of the rulebook ``vr``."""

from .engine import EntryPoint
from .vr_ce_credit import CreditFacts, ce_credit
from .vr_claim import ClaimFacts, individual_claim
from .vr_course_filing import CourseFilingFacts, course_filing
from .vr_eligibility import EligibilityFacts, eligibility
from .vr_extension import ExtensionFacts, extension
from .vr_lapse_return import LapseReturnFacts, lapse_return
from .vr_person_id import PersonIdFacts, person_id
from .vr_plan_training import PlanTrainingFacts, case_manager_training
from .vr_post_hire import PostHireFacts, post_hire_training
from .vr_qualification import QualificationFacts, qualification
from .vr_renewal import RenewalFacts, renewal
from .vr_roster import RosterFacts, roster_csv
from .vr_service_deadlines import ServiceFacts, service_deadlines
from .vr_staffing import StaffingFacts, staffing
from .vr_transition import TransitionFacts, case_transition

__all__ = ["ENTRY_POINTS"]

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "vr.qualification",
        {"zh": "專業人員遴用資格", "en": "Qualification for appointment"},
        QualificationFacts,
        qualification,
        tuple(f"N0080029@2023-09-23:{article}" for article in (4, 5, 6, 7, 8, 9, 12, 14)),
    ),
    EntryPoint(
        "vr.post_hire_training",
        {"zh": "進用後專業訓練", "en": "Training after the first hiring"},
        PostHireFacts,
        post_hire_training,
        ("N0080029@2023-09-23:6-3", "N0080029@2023-09-23:7-3", "N0080029@2023-09-23:8-2"),
    ),
    EntryPoint(
        "vr.case_manager_training",
        {"zh": "職管員職業輔導評量60小時訓練", "en": "Case managers' 60 assessment hours"},
        PlanTrainingFacts,
        case_manager_training,
        ("seed-001#4-2", "seed-001#annex-2"),
    ),
    EntryPoint(
        "vr.ce_credit",
        {"zh": "繼續教育時數採計", "en": "What a continuing-education record is worth"},
        CreditFacts,
        ce_credit,
        ("N0080029@2023-09-23:10-2", "N0080029@2023-09-23:10-5"),
    ),
    EntryPoint(
        "vr.renewal",
        {"zh": "資格認證證明更新", "en": "Renewal of a certificate"},
        RenewalFacts,
        renewal,
        ("N0080029@2023-09-23:10-2", "N0080029@2023-09-23:15"),
    ),
    EntryPoint(
        "vr.extension",
        {"zh": "扣除期間（展延）", "en": "Deduction of absence"},
        ExtensionFacts,
        extension,
        ("N0080029@2023-09-23:11",),
    ),
    EntryPoint(
        "vr.lapse_return",
        {"zh": "證明失效後先行提供服務", "en": "Return to service after a lapse"},
        LapseReturnFacts,
        lapse_return,
        ("N0080029@2023-09-23:10.1",),
    ),
    EntryPoint(
        "vr.individual_claim",
        {"zh": "個人申請繼續教育時數", "en": "Individual claim of hours"},
        ClaimFacts,
        individual_claim,
        ("seed-000#ch5",),
    ),
    EntryPoint(
        "vr.course_filing",
        {"zh": "機構課程申請", "en": "Filing of a course"},
        CourseFilingFacts,
        course_filing,
        ("seed-000#ch4",),
    ),
    EntryPoint(
        "vr.roster_csv",
        {"zh": "上課紀錄匯入", "en": "Import of a course roster"},
        RosterFacts,
        roster_csv,
        ("seed-000#ch4-roster",),
    ),
    EntryPoint(
        "vr.staffing",
        {"zh": "職管計畫人力與服務量", "en": "Staffing of the case-management plan"},
        StaffingFacts,
        staffing,
        ("seed-001#annex-4-1", "seed-001#annex-3-4", "seed-001#annex-1-3-6"),
    ),
    EntryPoint(
        "vr.service_deadlines",
        {"zh": "個案服務時限", "en": "Deadlines of a case"},
        ServiceFacts,
        service_deadlines,
        ("seed-001#annex-1-3-1", "seed-001#annex-1-5"),
    ),
    EntryPoint(
        "vr.eligibility",
        {"zh": "得否提供服務", "en": "Whether a person may serve in a role"},
        EligibilityFacts,
        eligibility,
        ("N0080029@2023-09-23:10-1", "N0080029@2023-09-23:14-1", "N0080029@2023-09-23:15"),
    ),
    EntryPoint(
        "vr.person_id",
        {"zh": "身分證明號碼檢核", "en": "Check of a person's number"},
        PersonIdFacts,
        person_id,
        ("web#person-numbers",),
    ),
    EntryPoint(
        "vr.case_transition",
        {"zh": "審核狀態轉換", "en": "States of an application"},
        TransitionFacts,
        case_transition,
        ("seed-000#ch2",),
    ),
)
