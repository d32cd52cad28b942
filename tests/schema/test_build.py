"""The schema as a whole: every name of the design, described, ruled and printed."""

import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
)

import certhub.schema
from certhub.auth.policy import load_policy, policy
from certhub.schema import build_schema
from certhub.schema.build import sdl
from certhub.schema.policing import unruled

_BUILT_IN = {"String", "Int", "Boolean", "Float", "ID"}
_DESCRIPTION = re.compile(r".+[。]\s.+\.$", re.DOTALL)

ROOT_FIELDS = {
    "viewer", "registries", "node", "person", "people", "certificates", "institutions",
    "trainingClasses", "verifyEligibility", "staffing", "courses", "statistics", "evaluateRule",
    "rules", "submissions", "recognitions", "auditTrail",
}  # fmt: skip

FIELDS = {
    "Certificate": "id registry type label number validFrom validTo status registryState holder "
    "renewal provenance",
    "Person": "id name maskedName birthDate identifiers certificates activities sharing "
    "eligibility records",
    "Activity": "id registry date title attribute categories mode role points hours institution "
    "reviewState provenance",
    "Institution": "id registry name county unifiedBusinessNumber sameOrganisation categories "
    "recognitions classes courses",
    "InstitutionRecognition": "number validFrom validTo kinds status",
    "CreditRecognition": "id activity certificate row state amount decisions",
    "TrainingClass": "id institution kind format startsOn endsOn state deadlines trainees filing "
    "closing",
    "Trainee": "seq person state attendance completion",
    "Course": "id registry number institution title state startsOn endsOn domains hours points "
    "roster",
    "Decision": "rule verdict eligible status minimal validTo asOf rulesetVersion factsHash "
    "requirements findings deadlines window usedActivities refusedActivities explanation citations "
    "sources nextChangeOn details given",
    "Requirement": "code label met counted required short by citation",
    "Finding": "code severity message citation",
    "UserError": "code message field file row expected",
    "Provenance": "registry sourceId asOf syncedAt freshness",
    "Citation": "code law article version url label",
    "EligibilityReport": "role asOf receipt items",
    "EligibilityItem": "ref decision renewal error",
    "StatisticsTable": "rows",
    "StatisticsRow": "keys count",
    "PersonConnection": "edges nodes pageInfo totalCount sources",
    "CertificateConnection": "edges nodes pageInfo totalCount sources",
}
INPUTS = {
    "IdentifierInput": "kind value nationality",
    "CertificateFilter": "registries types counties statuses renewalStatuses expiresFrom expiresTo "
    "holdsAlso shortOf",
    "PersonFilter": "counties holds certificate",
    "VerifyEligibilityInput": "role asOf purpose caseReference staff upload",
    "StatisticsInput": "dimensions filter",
}
MUTATIONS = {
    "fileVrCourse",
    "amendVrCourse",
    "submitVrRoster",
    "clearVrRoster",
    "applyVrExtension",
    "fileOshClass",
    "amendOshClass",
    "submitOshRoster",
    "submitOshAttendance",
    "submitOshResults",
    "issueOshCertificates",
    "applyRecognition",
    "decideRecognition",
    "mergeIdentities",
    "splitIdentity",
    "decideIdentityChange",
    "startSync",
    "retryQuarantined",
}
SUBSCRIPTIONS = {"syncProgress", "submission"}
ENUMS = {
    "Registry": "VR LTC OSH",
    "Freshness": "FRESH STALE UNAVAILABLE NEVER_SYNCED DECLARED",
    "Verdict": "ELIGIBLE NOT_ELIGIBLE NOT_DECIDABLE NOT_APPLICABLE",
    "SubmissionState": "REJECTED QUEUED SENT ACCEPTED REFUSED SUPERSEDED",
    "IdentifierKind": "NATIONAL_ID NEW_ARC OLD_ARC PASSPORT",
    "StatisticsDimension": "REGISTRY COUNTY TYPE RENEWAL_STATUS EXPIRY_MONTH",
}


@pytest.fixture(scope="module")
def core() -> GraphQLSchema:
    schema: GraphQLSchema = build_schema()._schema
    return schema


def test_the_printed_schema_is_the_one_under_review() -> None:
    reviewed = Path(certhub.schema.__file__ or "").parent / "schema.graphql"

    assert sdl() == reviewed.read_text(encoding="utf-8"), "run: certhub schema print"


def test_every_field_has_a_rule(core: GraphQLSchema) -> None:
    assert unruled(core) == []


def test_a_field_without_a_rule_is_named(core: GraphQLSchema) -> None:
    table = load_policy("Viewer: {scopes: public}\nQuery: public\n")

    missing = unruled(core, table)

    assert "Viewer.subject" in missing
    assert "Query.viewer" not in missing


def test_every_root_field_of_the_design_is_there(core: GraphQLSchema) -> None:
    roots = (core.query_type, core.mutation_type, core.subscription_type)
    there = {name for root in roots if root is not None for name in root.fields}

    # Names are binding; more may be added.
    assert (ROOT_FIELDS | MUTATIONS | SUBSCRIPTIONS) - there == set()


def test_all_root_fields_but_viewer_may_be_null(core: GraphQLSchema) -> None:
    assert core.query_type is not None
    required = {
        name
        for name, field in core.query_type.fields.items()
        if isinstance(field.type, GraphQLNonNull)
    }

    assert required == {"viewer"}


@pytest.mark.parametrize("name", FIELDS)
def test_a_type_has_the_fields_of_the_design(core: GraphQLSchema, name: str) -> None:
    kind = core.type_map[name]
    assert isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))

    assert set(FIELDS[name].split()) - set(kind.fields) == set()


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_has_the_fields_of_the_design(core: GraphQLSchema, name: str) -> None:
    kind = core.type_map[name]
    assert isinstance(kind, GraphQLInputObjectType)

    assert list(kind.fields) == INPUTS[name].split()


@pytest.mark.parametrize("name", ENUMS)
def test_an_enum_has_the_values_of_the_design(core: GraphQLSchema, name: str) -> None:
    kind = core.type_map[name]
    assert isinstance(kind, GraphQLEnumType)

    assert list(kind.values) == ENUMS[name].split()


@pytest.mark.parametrize("name", ["VrQualification", "LtcCertificate", "OshCertificate"])
def test_a_kind_of_certificate_is_a_certificate_and_a_node(core: GraphQLSchema, name: str) -> None:
    kind = core.type_map[name]
    assert isinstance(kind, GraphQLObjectType)

    assert {interface.name for interface in kind.interfaces} == {"Certificate", "Node"}


def test_everything_is_described_in_both_languages(core: GraphQLSchema) -> None:
    bare: list[str] = []

    def look(name: str, description: str | None) -> None:
        if not description or not _DESCRIPTION.match(description):
            bare.append(name)

    for kind in core.type_map.values():
        if kind.name.startswith("__") or kind.name in _BUILT_IN:
            continue
        look(kind.name, kind.description)
        if isinstance(kind, GraphQLScalarType):
            continue
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                look(f"{kind.name}.{name}", value.description)
            continue
        for name, field in getattr(kind, "fields", {}).items():
            look(f"{kind.name}.{name}", field.description)
            for argument, item in getattr(field, "args", {}).items():
                look(f"{kind.name}.{name}({argument})", item.description)

    assert bare == []


def test_a_field_narrower_than_its_type_may_be_null(core: GraphQLSchema) -> None:
    table = policy()
    strict: list[str] = []
    for kind in core.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        if kind is core.subscription_type:
            # A subscription has one root field: its refusal takes nothing else along.
            continue
        usual = table.rule(kind.name, "_")
        for name, field in kind.fields.items():
            rule = table.rule(kind.name, name)
            narrower = rule is not None and rule != usual and not rule.open_to_all
            if narrower and isinstance(field.type, GraphQLNonNull):
                strict.append(f"{kind.name}.{name}")

    assert strict == []
