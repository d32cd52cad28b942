import hashlib
import json
from collections import Counter
from typing import Any

import pytest

from certhub.domain import roc_date
from certhub.domain.tw_id import check_person_number, is_valid_business_number
from certhub.sandbox.clock import SANDBOX_DAY
from certhub.sandbox.osh_rows import OSH_TABLES
from certhub.sandbox.world import CAST_SIZE, World, generate


def fingerprint(world: World) -> str:
    digest = hashlib.sha256()
    for registry in (world.vr(), world.ltc(), world.osh(), world.ltc_history()):
        for item in registry:
            digest.update(json.dumps(item, ensure_ascii=False).encode())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def larger() -> World:
    return generate(600, 7)


def test_the_same_seed_gives_the_same_country_and_another_seed_another() -> None:
    first, again, other = generate(90, 3), generate(90, 3), generate(90, 4)

    assert fingerprint(first) == fingerprint(again)
    assert fingerprint(first) == fingerprint(first)
    assert fingerprint(first) != fingerprint(other)


def test_a_larger_world_only_adds_people() -> None:
    small, large = generate(60, 5), generate(200, 5)

    assert large.people[: len(small.people)] == small.people
    assert (small.persons, large.persons) == (60, 200)


def test_the_smallest_world_is_the_cast() -> None:
    assert generate(0, 1).persons == CAST_SIZE
    assert generate(0, 1).people == ()


def person_numbers(world: World) -> list[str]:
    found: list[str] = []
    for collection, record in world.vr():
        if collection in ("professionals", "instructors"):
            found.append(record["national_id"])
        elif collection == "courses":
            found += [one["national_id"] for one in record["lecturers"] if one["national_id"]]
    for entity, record in world.ltc():
        if entity == "person":
            found += [n["value"] for n in record["identifiers"] if n["type"] != "護照號"]
    for table, row in world.osh():
        if table in ("trainees", "certificates"):
            found.append(row["身分證字號"])
    return found


def test_every_number_passes_its_check_digit_except_the_intended_one(larger: World) -> None:
    verdicts = {number: check_person_number(number)[1] for number in person_numbers(larger)}

    wrong = {number for number, verdict in verdicts.items() if verdict != "valid"}

    assert wrong == larger.wrong_numbers
    assert len(wrong) == 1
    assert {verdicts[number] for number in wrong} == {"id_checksum"}


def test_every_tax_id_is_valid_and_some_organisations_are_known_to_several_registries(
    larger: World,
) -> None:
    vr = {r["tax_id"] for c, r in larger.vr() if c == "institutions"}
    ltc = {r["tax_id"] for e, r in larger.ltc() if e == "unit" and r["tax_id"]}
    osh = {r["統一編號"] for t, r in larger.osh() if t == "institutions"}

    assert all(is_valid_business_number(number) for number in vr | ltc | osh)
    assert vr & ltc & osh >= {"00000103"}
    assert len(vr & ltc) > 5
    assert len(ltc & osh) > 1


def test_ids_are_unique_and_rows_have_exactly_the_contracts_headings(larger: World) -> None:
    keys: Counter[tuple[str, str]] = Counter()
    for collection, record in larger.vr():
        keys[f"vr.{collection}", record["id"]] += 1
    for entity, record in larger.ltc():
        keys[f"ltc.{entity}", record["id"]] += 1
    for table, row in larger.osh():
        assert tuple(row) == OSH_TABLES[table].headings
        keys[f"osh.{table}", row[OSH_TABLES[table].key]] += 1

    assert [key for key, count in keys.items() if count > 1] == []


def test_people_are_shared_between_registries(larger: World) -> None:
    vr = {r["national_id"] for c, r in larger.vr() if c == "professionals"}
    ltc = {n["value"] for e, r in larger.ltc() if e == "person" for n in r["identifiers"]}
    osh = {r["身分證字號"] for t, r in larger.osh() if t == "trainees"}

    assert len(vr & ltc) > 30
    assert len(ltc & osh) > 30
    assert len(vr & ltc & osh) > 5


def test_carers_have_about_twenty_five_credits(larger: World) -> None:
    counts = Counter(entity for entity, _ in larger.ltc())

    assert 18 < counts["credit"] / counts["person"] < 32


def terms(records: list[dict[str, Any]], field: str) -> set[str]:
    return {record[field] for record in records}


def test_every_state_of_a_certificate_and_a_qualification_occurs(larger: World) -> None:
    certificates = [r for e, r in larger.ltc() if e == "certificate"]
    qualifications = [r for c, r in larger.vr() if c == "qualifications"]
    extensions = [r for c, r in larger.vr() if c == "extensions"]
    recognitions = [r for t, r in larger.osh() if t == "recognitions"]

    assert terms(certificates, "state") == {"有效", "逾期", "註銷", "廢止", "撤銷"}
    assert terms(certificates, "employment_path") == {"長照人員（一般）", "外籍機構看護工"}
    assert "臨時證" in terms(certificates, "suffix")
    assert True in {record["pandemic_extended"] for record in certificates}
    assert {0, 1} == {record["renewal_count"] for record in certificates}
    assert {"確認", "案件申請中", "資格不符"} < terms(qualifications, "status")
    assert "通過" in terms(extensions, "status")
    assert terms(recognitions, "狀態") == {"有效", "屆期", "廢止", "撤銷"}


@pytest.mark.parametrize("persons", [50, 400])
def test_every_oddity_occurs_at_every_size(persons: int) -> None:
    world = generate(persons, 11)
    people = [r for e, r in world.ltc() if e == "person"]
    numbers: Counter[str] = Counter(
        value for r in people for value in {n["value"] for n in r["identifiers"]}
    )

    assert any(count == 2 for count in numbers.values())  # one number on two persons
    assert any(record["merged_ids"] for record in people)
    assert [op for op, _, data in world.ltc_history() if data.get("merged_into")]
    assert any("數位素養" in r["categories"] for e, r in world.ltc() if e == "credit")
    assert "延期" in {r["狀態"] for t, r in world.osh() if t == "classes"}
    names = {r["姓名"] for t, r in world.osh() if t == "trainees"}
    assert any(not _fits_cp950(name) for name in names)
    assert len(world.wrong_numbers) == 1


def _fits_cp950(name: str) -> bool:
    try:
        name.encode("cp950")
    except UnicodeEncodeError:
        return False
    return True


def test_nothing_that_has_happened_lies_after_the_sandbox_day(larger: World) -> None:
    ended = [roc_date.parse_stamp(r["ends_at"]) for e, r in larger.ltc() if e == "credit"]
    records = [roc_date.parse(r["held_to"]) for c, r in larger.vr() if c == "training-records"]
    papers = [roc_date.parse(r["核發日期"]) for t, r in larger.osh() if t == "certificates"]

    assert max(ended).date() <= SANDBOX_DAY
    assert max(records) <= SANDBOX_DAY
    assert max(papers) <= SANDBOX_DAY
