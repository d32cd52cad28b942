"""The value maps against the contracts' own lists, and the terms that depend on a second field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from certhub.domain.records import ENTITIES
from certhub.domain.value_maps import VALUE_MAPS
from certhub.domain.vocabulary import (
    VOCABULARIES,
    certificate_track,
    code_of,
    codes_of,
    course_state,
    has_pending_renewal,
    ltc_mode,
    ltc_mode_contradicts,
    osh_attribute,
    personnel_code,
    terms_of,
    title_box,
    unknown_terms,
    vr_role,
)

CONTRACTS = Path(__file__).parent.parent / "contracts"

# Lists that are not a field's values but the connectors' own affair.
OF_THE_CONNECTORS = {("ltc", "Change", "entity"), ("osh", "ManifestFile", "table")}

# Fields outside the catalogue, by schema and name.
BESIDE_THE_CATALOGUE = {
    ("vr", "CourseCategory", "category"): "vr.category",
    ("vr", "RosterRow", "outlying_island"): "vr.weight_offshore",
    ("vr", "RosterRow", "international"): "vr.weight_international",
    ("vr", "RosterRow", "lecturer"): "vr.weight_instructor",
    ("vr", "Roster", "state"): "vr.roster_state",
    ("ltc", "Identifier", "type"): "ltc.identifier_type",
    ("ltc", "Recognition", "status"): "ltc.recognition_status",
    ("osh", "PlanState", "state"): "osh.class_state",
}

SCHEMAS = {
    ("vr", "Professional"): "professionals",
    ("vr", "Qualification"): "qualifications",
    ("vr", "TrainingRecord"): "training-records",
    ("vr", "Course"): "courses",
    ("vr", "Instructor"): "instructors",
    ("vr", "Institution"): "institutions",
    ("vr", "Extension"): "extensions",
    ("vr", "Appointment"): "appointments",
}


def _known_values() -> Iterator[tuple[str, str, str, list[str]]]:
    for registry in ("vr", "ltc", "osh"):
        document = yaml.safe_load((CONTRACTS / f"{registry}.openapi.yaml").read_text("utf-8"))
        for schema, node in document["components"]["schemas"].items():
            for name, values in _walk(node):
                yield registry, schema, name, values


def _walk(node: Any) -> Iterator[tuple[str, list[str]]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, dict) and "x-known-values" in value:
                yield key, value["x-known-values"]
            yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)


def _vocabulary(registry: str, schema: str, name: str) -> str:
    beside = BESIDE_THE_CATALOGUE.get((registry, schema, name))
    if beside is not None:
        return beside
    if name == "異動別":
        return "osh.operation"
    collection = SCHEMAS.get((registry, schema), schema.removeprefix("csv_"))
    for entity in ENTITIES:
        if entity.registry == registry and entity.collection == collection:
            for field in entity.fields:
                if field.contract_name == name:
                    return field.vocabulary
    return ""


@pytest.mark.parametrize(
    ("registry", "schema", "name", "values"),
    [case for case in _known_values() if case[:3] not in OF_THE_CONNECTORS],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_known_value_of_the_contracts_has_a_code(
    registry: str, schema: str, name: str, values: list[str]
) -> None:
    vocabulary = _vocabulary(registry, schema, name)

    unmapped = [term for term in values if code_of(vocabulary, term) is None]

    assert unmapped == []


def test_the_catalogue_lists_exactly_the_known_values_of_the_contracts() -> None:
    listed = {
        (entity.registry, entity.collection, field.contract_name): list(field.known)
        for entity in ENTITIES
        for field in entity.fields
        if field.known
    }

    contract = {
        (registry, SCHEMAS.get((registry, schema), schema.removeprefix("csv_")), name): values
        for registry, schema, name, values in _known_values()
        if (registry, schema, name) not in {*OF_THE_CONNECTORS, *BESIDE_THE_CATALOGUE}
        and name != "異動別"
    }

    assert listed == contract


def test_every_field_names_a_vocabulary_that_exists() -> None:
    named = {
        field.vocabulary
        for entity in ENTITIES
        for outer in entity.fields
        for field in (outer, *outer.parts)
        if field.vocabulary
    }

    assert named - VOCABULARIES == set()


def test_a_term_has_one_code() -> None:
    twice = [
        (name, term)
        for name, codes in VALUE_MAPS.items()
        for term in {term for terms in codes.values() for term in terms}
        if sum(term in terms for terms in codes.values()) != 1
    ]

    assert twice == []


@pytest.mark.parametrize(
    ("vocabulary", "term", "code"),
    [
        ("ltc.employment_path", "長照人員(一般)", "general"),
        ("vr.title", "督導＿就業督導", "supervisor_employment_service"),
        ("vr.title", " 就業服務員 ", "employment_specialist"),
        ("vr.title", "就業 服務員", "employment_specialist"),
        ("vr.title", "督導_職訓督導", "supervisor_vocational_training"),
        ("vr.nature", "選用前", "pre_appointment"),
        ("vr.qualification_status", "案件申請中", "confirmed"),
        ("ltc.attribute", "專業相關法規", "law"),
        ("ltc.personnel_type", "家庭托顧服務員", "care_worker"),
        ("county", "台北市", "63000"),
        ("county", "桃園縣", "68000"),
    ],
)
def test_terms_are_compared_without_width_spaces_and_variants(
    vocabulary: str, term: str, code: str
) -> None:
    assert code_of(vocabulary, term) == code


@pytest.mark.parametrize(
    ("vocabulary", "term"),
    [
        ("vr.title", "督導_新類督導"),
        ("ltc.credit_status", "符 合?"),
        ("county", "馬祖"),
        ("vr.title", ""),
    ],
)
def test_an_unknown_term_has_no_code(vocabulary: str, term: str) -> None:
    assert code_of(vocabulary, term) is None


def test_no_term_has_no_code() -> None:
    assert code_of("vr.delivery", None) is None


def test_an_unknown_vocabulary_is_an_error() -> None:
    with pytest.raises(KeyError):
        code_of("vr.nonsense", "是")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("第七條第一項第三款", "a7-1-3"),
        ("第五條第一項第三款第一目", "a5-1-3-1"),
        ("第九條第一項", "a9-1"),
        ("第十二條", "a12"),
        ("第二十條之一第二項", "a20.1-2"),
        ("第７條第１項第３款", "a7-1-3"),
        ("第七條第三款", None),
        ("附表七", None),
        ("第一百條", None),
    ],
)
def test_clauses_in_chinese_numerals(text: str, code: str | None) -> None:
    assert code_of("vr.clause", text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("第十四點第一項第一款", "not_improved_in_time"),
        ("第十四點第一項第七款", "false_certificates"),
        ("第十四點第一項第十一款", "other_serious"),
        ("第十四點第一項第十二款", None),
        ("其他", None),
    ],
)
def test_grounds_of_a_termination(text: str, code: str | None) -> None:
    assert code_of("osh.termination_ground", text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("新北市政府勞動局", "local_labour_authority"),
        ("台中市政府", "local_labour_authority"),
        ("臺北市政府衛生局", "local_health_authority"),
        ("勞動部職業安全衛生署", "osha"),
        ("勞動部", "mol"),
        ("測試學會", "other"),
    ],
)
def test_authorities_that_order_an_improvement(text: str, code: str) -> None:
    assert code_of("osh.authority", text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9.其他", "general"),
        ("1.照顧服務員資格訓練", "caregiver_qualification"),
        ("2.長照共同訓練課程", "level_1"),
        ("高負荷家庭照顧者教育訓練", "high_burden_family_caregiver"),
        ("5.失智症照顧服務20小時訓練課程", "dementia_care_20h"),
        ("失智症照顧服務訓練課程", "general"),
    ],
)
def test_training_courses_of_a_credit(text: str, code: str) -> None:
    assert code_of("ltc.training_course", text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("育嬰留職停薪", "parental_leave"),
        ("因職業災害留職停薪", "occupational_accident"),
        ("不可歸責於己之事由", "not_attributable"),
        ("侍親", "other"),
    ],
)
def test_reasons_of_an_extension(text: str, code: str) -> None:
    assert code_of("vr.extension_reason", text) == code


def test_the_first_way_of_teaching_decides_for_a_course_with_both() -> None:
    assert code_of("vr.course_delivery", "視訊、實體") == "live_online"
    assert code_of("vr.course_delivery", "實體") == "in_person"
    assert code_of("vr.course_delivery", "函授") is None


def test_a_certificate_suffix_is_temporary_or_formal() -> None:
    assert code_of("ltc.suffix", "臨時證") == "temporary"
    assert code_of("ltc.suffix", "02") == "formal"


def test_lists_in_one_text_give_their_known_codes_in_order() -> None:
    text = "在職教育訓練、新類訓練、專業訓練"

    assert code_of("osh.training_kinds", text) == "in_service professional"
    assert codes_of("osh.training_kinds", text) == ("in_service", None, "professional")
    assert unknown_terms("osh.training_kinds", text) == ("新類訓練",)
    assert codes_of("osh.professions", None) == ()
    assert code_of("osh.training_kinds", "新類訓練") is None


def test_sending_takes_the_first_term_listed() -> None:
    assert terms_of("vr.nature", "pre_appointment") == ("遴用前", "進用前", "選用前")
    assert terms_of("vr.title", "supervisor_case_management")[0] == "督導_職管督導"
    assert terms_of("vr.title", "unheard_of") == ()


def test_every_kind_of_supervisor_is_one_box() -> None:
    assert code_of("vr.title_box", "督導_職評督導") == "supervisor"
    assert title_box("supervisor_employment_service") == "supervisor"
    assert title_box("case_manager") == "case_manager"


def test_an_application_in_hand_is_seen_beside_confirmed() -> None:
    assert has_pending_renewal("案件申請中")
    assert not has_pending_renewal("確認")
    assert not has_pending_renewal(None)


def test_the_roster_state_shows_only_on_an_approved_course() -> None:
    assert course_state("approved", "roster_imported") == "roster_imported"
    assert course_state("approved", "not_imported") == "approved"
    assert course_state("submitted", "hours_verified") == "submitted"


def test_the_flag_decides_the_role_where_no_identity_is_given() -> None:
    assert vr_role(None, "instructor") == "instructor"
    assert vr_role(None, "none") == "attendee"
    assert vr_role("attendee", "instructor") == "attendee"


def test_live_online_is_filed_as_in_person() -> None:
    assert ltc_mode("in_person", live_sync=True) == "live_online"
    assert ltc_mode("in_person", live_sync=False) == "in_person"
    assert ltc_mode("online", live_sync=True) == "online"
    assert ltc_mode(None, live_sync=True) is None
    assert ltc_mode_contradicts("online", live_sync=True)
    assert not ltc_mode_contradicts("in_person", live_sync=True)


def test_the_foreign_path_decides_type_and_track() -> None:
    assert personnel_code("care_worker", "foreign_institution") == "foreign_institution_caregiver"
    assert personnel_code("educator", "general") == "educator"
    assert certificate_track("foreign_institution") == "foreign"
    assert certificate_track("general") == "general"
    assert certificate_track(None) is None


def test_regulations_are_law_and_all_else_is_professional() -> None:
    assert osh_attribute("osh.regulations") == "law"
    assert osh_attribute("osh.risk_assessment") == "professional"
    assert osh_attribute(None) == "professional"
