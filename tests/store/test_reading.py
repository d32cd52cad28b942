"""Every read statement runs against the real tables, for every kind of row rule."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.store import (
    read_activities,
    read_audit,
    read_certificates,
    read_classes,
    read_courses,
    read_institutions,
    read_people,
    read_recognitions,
    read_submissions,
    read_syncs,
)
from certhub.store.read_certificates import CertificateQuery
from certhub.store.read_people import PersonQuery

DAY = date(2024, 10, 1)
SOMEBODY = UUID(int=1)


@dataclass(frozen=True)
class Rows:
    everything: bool = False
    counties: frozenset[str] = frozenset()
    institutions: frozenset[str] = frozenset()
    on: date = DAY
    registry: str = field(default="vr")


ROW_RULES = [
    pytest.param(Rows(everything=True), id="everything"),
    pytest.param(Rows(counties=frozenset({"63000"})), id="a county"),
    pytest.param(Rows(institutions=frozenset({"12345675"})), id="an institution"),
    pytest.param(Rows(), id="nothing"),
]


def certificates(rows: Rows) -> CertificateQuery:
    return CertificateQuery(
        dict.fromkeys(("vr", "ltc", "osh"), rows),
        DAY,
        types=("case_manager", "ltc.care_worker"),
        counties=("63000",),
        statuses=("valid", "window_open"),
        renewal_statuses=("short",),
        short_of=("ltc.total",),
        expires_from=DAY,
        expires_to=DAY,
        holds_also=(("vr", "case_manager"), ("osh", None)),
        others=dict.fromkeys(("vr", "osh"), rows),
    )


@pytest.mark.parametrize("rows", ROW_RULES)
async def test_lists_of_certificates_run_with_every_filter(engine: AsyncEngine, rows: Rows) -> None:
    query = certificates(rows)

    async with engine.connect() as connection:
        for order in ("valid_to", "-valid_to", "valid_from", "-valid_from"):
            for after in (None, (DAY, "vr:1"), (None, "vr:1")):
                page = await read_certificates.certificate_page(connection, query, order, after, 5)
                assert page == []
        assert await read_certificates.certificate_count(connection, query) == 0
        assert await read_certificates.certificates_of(connection, [SOMEBODY], query) == []
        assert await read_certificates.certificates_by_key(connection, ["vr:1"], query) == []
        for registry in ("vr", "ltc", "osh"):
            found = await read_certificates.certificate_details(connection, registry, ["1"])
            assert found == {}
        assert await read_certificates.deductions_of(connection, ["1"]) == []
        assert await read_certificates.registrations_of(connection, ["1"]) == []


@pytest.mark.parametrize("rows", ROW_RULES)
async def test_lists_of_persons_run_with_every_filter(engine: AsyncEngine, rows: Rows) -> None:
    by_registry = dict.fromkeys(("vr", "ltc", "osh"), rows)
    query = PersonQuery(
        by_registry,
        CertificateQuery(by_registry, DAY),
        counties=("63000",),
        holds=(("vr", "case_manager"), ("ltc", "care_worker")),
        certificate=certificates(rows),
    )

    async with engine.connect() as connection:
        for order, after in (
            ("id", None),
            ("id", (None, SOMEBODY)),
            ("name", None),
            ("name", ("王", SOMEBODY)),
            ("name", (None, SOMEBODY)),
        ):
            assert await read_people.person_page(connection, query, order, after, 5) == []
        assert await read_people.person_count(connection, query) == 0
        assert await read_people.persons_by_id(connection, [SOMEBODY], by_registry) == []
        assert await read_people.persons_by_id(connection, [SOMEBODY], None) == []
        assert await read_people.visible_in(connection, [SOMEBODY], by_registry) == {}
        assert await read_people.persons_by_index(connection, [b"\1" * 33]) == []
        assert await read_people.identifiers_of(connection, [SOMEBODY], ["vr.professional"]) == []
        for registry in by_registry:
            found = await read_people.registry_rows(connection, [SOMEBODY], registry, rows)
            assert found == []


@pytest.mark.parametrize("rows", ROW_RULES)
@pytest.mark.parametrize("registry", ["vr", "ltc", "osh"])
async def test_activities_run_in_every_registry(
    engine: AsyncEngine, rows: Rows, registry: str
) -> None:
    query = read_activities.ActivityQuery(rows, DAY, DAY, (DAY, "1"))

    async with engine.connect() as connection:
        page = await read_activities.newest_activities(connection, registry, [SOMEBODY], query, 5)
        assert page == []
        assert await read_activities.activities_by_id(connection, registry, ["1"], rows) == []


@pytest.mark.parametrize("rows", ROW_RULES)
async def test_training_runs_with_every_filter(engine: AsyncEngine, rows: Rows) -> None:
    by_registry = dict.fromkeys(("vr", "ltc", "osh"), rows)
    institutions = read_institutions.InstitutionQuery(
        by_registry, counties=("63000",), numbers=("12345675",), name="某"
    )
    classes = read_classes.ClassQuery(
        rows, ("63000",), ("12345675",), ("noted",), ("professional",), DAY, DAY
    )
    courses = read_courses.CourseQuery(
        {"vr": rows, "ltc": rows}, ("1",), ("12345675",), ("approved",), DAY, DAY
    )

    async with engine.connect() as connection:
        for after in (None, ("某", "ltc", "1")):
            page = await read_institutions.institution_page(connection, institutions, after, 5)
            assert page == []
        assert await read_institutions.institution_count(connection, institutions) == 0
        for registry in by_registry:
            found = await read_institutions.institutions_by_key(connection, registry, ["1"], rows)
            assert found == []
            found = await read_institutions.institutions_by_number(
                connection, registry, ["1"], rows
            )
            assert found == []
            same = await read_institutions.same_organisation(
                connection, registry, ["1"], ["vr", "ltc"]
            )
            assert same == []
        assert await read_institutions.recognitions_of(connection, ["1"]) == []
        for day in (None, (DAY, "1"), (None, "1")):
            assert await read_classes.class_page(connection, classes, day, 5) == []
        assert await read_classes.class_count(connection, classes) == 0
        assert await read_classes.classes_by_id(connection, ["1"], rows) == []
        assert await read_classes.sessions_of(connection, ["1"]) == []
        assert await read_classes.trainees_of(connection, ["1"], (3, "1"), 5) == []
        assert await read_classes.trainee_counts(connection, ["1"]) == {}
        for cursor in (None, (DAY, "ltc", "1"), (None, "vr", "1")):
            assert await read_courses.course_page(connection, courses, cursor, 5) == []
        assert await read_courses.course_count(connection, courses) == 0
        for registry in ("vr", "ltc"):
            assert await read_courses.courses_by_key(connection, registry, ["1"], rows) == []
        for registry in by_registry:
            assert await read_courses.owners_of(connection, registry, ["1"]) == {}
        assert await read_institutions.vr_by_number(connection, ["1"]) == {}


@pytest.mark.parametrize("rows", ROW_RULES)
async def test_what_the_hub_keeps_runs_with_every_filter(engine: AsyncEngine, rows: Rows) -> None:
    now = datetime(2024, 10, 1, tzinfo=UTC)
    submissions = read_submissions.SubmissionQuery(
        dict.fromkeys(("vr", "ltc", "osh"), rows), ("QUEUED",), ("submitVrRoster",), ("1",)
    )
    recognitions = [
        read_recognitions.RecognitionQuery(
            ("vr", "ltc"), rows, client, ("approved",), ("vr",), ("ltc",), ("ltc:1",)
        )
        for client in (None, ("issuer", "client"))
    ]
    trail = read_audit.AuditQuery(now, now, ("c",), ("Query.person",), ("allowed",), ("00",))

    async with engine.connect() as connection:
        for after in (None, (now, SOMEBODY)):
            page = await read_submissions.submission_page(connection, submissions, after, 5)
            assert page == []
            for query in recognitions:
                page = await read_recognitions.recognition_page(connection, query, after, 5)
                assert page == []
        assert await read_submissions.submission_count(connection, submissions) == 0
        by_id = await read_submissions.submissions_by_id(connection, [SOMEBODY], submissions)
        assert by_id == []
        assert await read_submissions.submission_events(connection, [SOMEBODY]) == []
        assert await read_submissions.receipts_by_id(connection, [SOMEBODY]) == []
        assert await read_submissions.newest_by_target(connection, submissions) == []
        for query in recognitions:
            assert await read_recognitions.recognition_count(connection, query) == 0
            found = await read_recognitions.recognitions_by_id(connection, [SOMEBODY], query)
            assert found == []
        assert await read_recognitions.recognition_decisions(connection, [SOMEBODY]) == []
        for last in (None, (now, "chain", 3)):
            assert await read_audit.audit_page(connection, trail, last, 5) == []
        assert await read_audit.audit_count(connection, trail) == 0
        assert await read_audit.audit_count(connection, read_audit.AuditQuery()) == 0
        assert await read_syncs.complete_syncs(connection) == {}
        assert await read_syncs.last_runs(connection) == {}
        assert await read_syncs.quarantine_sizes(connection) == {}
        assert await read_syncs.drift_of(connection, [1]) == []
        assert (await read_syncs.record_counts(connection))["vr.professional"] == 0
