"""The catalogue of records against the contracts' schemas."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from certhub.domain.records import BY_COLLECTION, BY_NAME, ENTITIES, Entity, Field, Kind

CONTRACTS = Path(__file__).parent.parent / "contracts"
ENVELOPE = {"id", "version", "updated_at", "deleted"}

SCHEMAS = {
    "professionals": "Professional",
    "qualifications": "Qualification",
    "training-records": "TrainingRecord",
    "courses": "Course",
    "instructors": "Instructor",
    "institutions": "Institution",
    "extensions": "Extension",
    "appointments": "Appointment",
}


def _contract(entity: Entity) -> tuple[dict[str, Any], set[str]]:
    """Properties and required names of an entity's schema, without key and envelope."""
    document = yaml.safe_load((CONTRACTS / f"{entity.registry}.openapi.yaml").read_text("utf-8"))
    schemas = document["components"]["schemas"]
    if entity.registry == "vr":
        schema = schemas[SCHEMAS[entity.collection]]["oneOf"][1]["allOf"][2]
    else:
        prefix = "csv_" if entity.registry == "osh" else ""
        schema = schemas[f"{prefix}{entity.collection}"]
    left_out = ENVELOPE | {entity.key, "異動別"} if entity.registry != "vr" else ENVELOPE
    properties = {name: node for name, node in schema["properties"].items() if name not in left_out}
    return properties, set(schema["required"]) - left_out


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_the_fields_are_those_of_the_contract(entity: Entity) -> None:
    properties, required = _contract(entity)

    assert {field.contract_name for field in entity.fields} == set(properties)
    assert {field.contract_name for field in entity.fields if field.required} == required


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_what_may_be_null_is_what_need_not_be_there(entity: Entity) -> None:
    properties, _ = _contract(entity)

    for field in entity.fields:
        kinds = properties[field.contract_name].get("type")
        null = entity.registry == "osh" or (isinstance(kinds, list) and "null" in kinds)
        assert field.nullable is null, field.name
        assert field.required is not null, field.name


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_kinds_follow_the_types_of_the_contract(entity: Entity) -> None:
    if entity.registry == "osh":
        return
    properties, _ = _contract(entity)

    for field in entity.fields:
        assert field.kind in _kinds(properties[field.contract_name]), field.name


def _kinds(node: dict[str, Any]) -> set[Kind]:
    kinds = node.get("type", "object")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    pattern = node.get("pattern", "")
    if kind == "string":
        if pattern.endswith(r"\d{2}:\d{2}:\d{2}$"):
            return {Kind.STAMP}
        if pattern.startswith(r"^\d{2,3}"):
            return {Kind.DAY}
        if pattern.startswith(r"^\d+("):
            return {Kind.AMOUNT}
        return {Kind.TEXT, Kind.NUMBER}
    if kind == "array":
        return (
            {Kind.TEXTS} if node["items"].get("type") == "string" else {Kind.OBJECTS, Kind.PEOPLE}
        )
    return {
        "integer": {Kind.WHOLE},
        "boolean": {Kind.FLAG},
        "object": {Kind.OBJECT},
    }[kind]


def test_persons_numbers_are_of_a_kind_that_is_never_kept_in_clear() -> None:
    numbers = {
        f"{entity.name}.{field.contract_name}"
        for entity in ENTITIES
        for outer in entity.fields
        for field in (outer, *outer.parts)
        if field.kind is Kind.NUMBER
    }

    assert numbers == {
        "vr.professional.national_id",
        "vr.instructor.national_id",
        "vr.course.national_id",
        "ltc.person.value",
        "osh.trainee.身分證字號",
        "osh.certificate.身分證字號",
    }


def test_nested_records_name_their_parts() -> None:
    bare = [
        f"{entity.name}.{field.name}"
        for entity in ENTITIES
        for field in entity.fields
        if (field.kind in {Kind.OBJECT, Kind.OBJECTS, Kind.PEOPLE}) != bool(field.parts)
    ]

    assert bare == []


def test_names_and_collections_are_unique() -> None:
    assert len(BY_NAME) == len(ENTITIES) == 24
    assert len(BY_COLLECTION) == 24
    for entity in ENTITIES:
        names = [field.name for field in entity.fields]
        assert len(set(names)) == len(names)
        assert "id" not in names


def test_a_field_is_found_by_its_name() -> None:
    entity = BY_NAME["osh.trainee"]

    assert entity.field("national_id").contract_name == "身分證字號"
    assert entity.field("name") == Field(
        "name", Kind.TEXT, "姓名", source="姓名", required=False, nullable=True
    )
    with pytest.raises(KeyError):
        entity.field("姓名")
