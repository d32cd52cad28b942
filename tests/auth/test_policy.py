"""The policy: what a field needs, and what a refused caller lacks."""

from typing import Any

import pytest

from certhub.auth.policy import Allowed, Denied, load_policy, policy, require_registries
from certhub.auth.scopes import SCOPES
from certhub.auth.viewer import AgencyType, Viewer
from certhub.domain.errors import ConfigurationError, Refused


def viewer(*scopes: str, registries: str = "vr ltc osh", **changes: Any) -> Viewer:
    given = {
        "agency_type": AgencyType.CENTRAL,
        "purposes": frozenset({"registration"}),
        "purpose": "registration",
        "case_reference": "府社障字第1號",
        **changes,
    }
    return Viewer(
        subject="s",
        client_id="c",
        issuer="i",
        scopes=frozenset(scopes),
        registries=frozenset(registries.split()),
        **given,
    )


def test_a_field_that_no_rule_names_is_refused() -> None:
    everything = viewer(*SCOPES)

    assert policy().decide(everything, "Person", "maskedName") == Allowed()
    assert policy().decide(everything, "Sorcery", "spell") == Denied(
        "FORBIDDEN", (), "Sorcery.spell"
    )
    assert policy().decide(everything, "Query", "everyone") == Denied(
        "FORBIDDEN", (), "Query.everyone"
    )


def test_a_token_without_scopes_opens_only_what_is_public() -> None:
    nobody = viewer()
    opened = {
        f"{name}.{field}"
        for name, field in [
            ("Query", "viewer"),
            ("Query", "rules"),
            ("Query", "person"),
            ("Person", "maskedName"),
            ("Person", "name"),
            ("Identifier", "value"),
            ("VrQualification", "number"),
            ("Mutation", "submitVrRoster"),
            ("Query", "auditTrail"),
        ]
        if policy().decide(nobody, name, field) == Allowed()
    }

    assert opened == {"Query.viewer", "Query.rules"}


def test_a_registrys_scope_opens_nothing_without_the_registry() -> None:
    asked = viewer("vr.person.read", registries="ltc")

    assert policy().decide(asked, "VrQualification", "number") == Denied(
        "FORBIDDEN", ("vr.person.read",), "VrQualification.number"
    )


def test_the_objects_registry_decides() -> None:
    asked = viewer("vr.person.read", "credit.read")

    assert policy().decide(asked, "Activity", "title", "vr") == Allowed()
    assert policy().decide(asked, "Activity", "title", "ltc") == Denied(
        "FORBIDDEN", ("credit.read ltc.person.read",), "Activity.title"
    )
    assert policy().decide(asked, "Activity", "title") == Allowed()


def test_what_crosses_registries_needs_them_all() -> None:
    scopes = ("vr.person.read", "ltc.person.read", "osh.person.read", "credit.read")

    assert policy().decide(viewer(*scopes), "Person", "sharing") == Allowed()
    assert policy().decide(viewer(*scopes[1:]), "Person", "sharing") == Denied(
        "FORBIDDEN",
        ("credit.read ltc.person.read osh.person.read vr.person.read",),
        "Person.sharing",
    )
    require_registries(viewer(*scopes), ["vr", "ltc"], "Query.certificates")
    with pytest.raises(Refused) as caught:
        require_registries(viewer(*scopes, registries="ltc"), ["vr", "ltc"], "Query.certificates")
    assert caught.value.code == "FORBIDDEN"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": None}, "PURPOSE_REQUIRED"),
        ({"case_reference": None}, "PURPOSE_REQUIRED"),
        ({"purpose": "curiosity"}, "PURPOSE_NOT_ALLOWED"),
        ({"purposes": frozenset()}, "PURPOSE_NOT_ALLOWED"),
    ],
)
def test_personal_data_need_an_allowed_purpose_and_a_case(
    changes: dict[str, Any], code: str
) -> None:
    verdict = policy().decide(viewer("vr.person.read", **changes), "Person", "maskedName")

    assert isinstance(verdict, Denied)
    assert verdict.code == code
    assert verdict.error.details["field"] == "Person.maskedName"


def test_levels_of_personal_data_are_scopes_of_their_own() -> None:
    reader = viewer("vr.person.read")
    basic = viewer("vr.person.read", "pii.basic")

    assert isinstance(policy().decide(reader, "Person", "name"), Denied)
    assert policy().decide(basic, "Person", "name") == Allowed()
    assert policy().decide(basic, "Identifier", "maskedValue") == Allowed()
    assert policy().decide(basic, "Identifier", "value") == Denied(
        "FORBIDDEN", ("pii.full",), "Identifier.value"
    )


def test_some_fields_are_for_some_agencies_only() -> None:
    central = viewer("roster.submit")
    institution = viewer("roster.submit", agency_type=AgencyType.INSTITUTION)

    assert policy().decide(institution, "Mutation", "submitVrRoster") == Allowed()
    assert policy().decide(central, "Mutation", "submitVrRoster") == Denied(
        "FORBIDDEN", ("agency_type=institution",), "Mutation.submitVrRoster"
    )


def test_the_same_table_gives_the_directives() -> None:
    assert policy().scopes("Person", "name") == [["pii.basic"]]
    assert policy().scopes("Activity", "title") == [
        ["credit.read", "ltc.person.read"],
        ["credit.read", "osh.person.read"],
        ["credit.read", "vr.person.read"],
    ]
    assert policy().scopes("Query", "viewer") == []
    assert policy().scopes("Query", "everyone") is None


def test_every_scope_opens_something() -> None:
    named = {
        scope
        for name in policy().types()
        for rule in policy().rules_of(name).values()
        for words in rule.scopes
        for scope in words
    }
    concrete = {s.replace("{registry}", r) for s in named for r in ("vr", "ltc", "osh")}

    assert set(SCOPES) - concrete == {"policy.read", "pii.contact"} - concrete


@pytest.mark.parametrize(
    "text",
    [
        "Query: {viewer: []}",
        "Query: {viewer: [sorcery]}",
        'Query: {viewer: [""]}',
        "Query: {viewer: {scopes: [audit.read], agency: [central]}}",
        "Query: {viewer: {agencies: [central]}}",
        "Query: {_secret: true, viewer: public}",
    ],
)
def test_a_careless_policy_does_not_load(text: str) -> None:
    with pytest.raises(ConfigurationError):
        load_policy(text)
