"""Certificates: filters, statuses on the business day, renewal, what hangs on them."""

from typing import Any

import pytest

from certhub.sandbox.cast import CAST

from ..country import Country, codes

LIST = """
query($f: CertificateFilter!, $o: CertificateOrder, $a: String, $n: Int) {
  certificates(filter: $f, orderBy: $o, after: $a, first: $n) {
    totalCount asOf sources { registry } pageInfo { hasNextPage endCursor }
    nodes { id __typename registry type status validFrom validTo holder { name }
      renewal { status } } } }
"""


async def listed(country: Country, filters: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """All certificates that fit, page by page."""
    seen: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await country.data(LIST, {"f": filters, "a": after, "n": 20}, **options))[
            "certificates"
        ]
        seen += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(seen) == len({node["id"] for node in seen})
            return seen
        after = page["pageInfo"]["endCursor"]


async def test_every_certificate_is_listed_once(country: Country) -> None:
    found = await listed(country, {})

    days = [node["validTo"] for node in found if node["validTo"] is not None]
    assert days == sorted(days)
    assert found[-1]["validTo"] is None
    assert {(node["__typename"], node["registry"]) for node in found} == {
        ("VrQualification", "VR"),
        ("LtcCertificate", "LTC"),
        ("OshCertificate", "OSH"),
    }


async def test_the_latest_last_day_may_come_first(country: Country) -> None:
    page = await country.data(LIST, {"f": {"registries": ["LTC"]}, "o": "VALID_TO_DESC", "n": 100})

    days = [node["validTo"] for node in page["certificates"]["nodes"]]
    assert days == sorted(days, reverse=True)


async def test_filters_narrow_the_list_together(country: Country) -> None:
    found = await listed(
        country,
        {
            "registries": ["LTC"],
            "types": ["ltc.care_worker"],
            "counties": ["63000"],
            "statuses": ["window_open"],
            "renewalStatuses": ["short"],
            "expiresFrom": "2024-11-01",
            "expiresTo": "2024-11-30",
            "shortOf": ["ltc.total"],
            "holdsAlso": [{"registry": "VR", "type": "employment_specialist"}],
        },
    )

    assert [(node["holder"]["name"], node["validTo"]) for node in found] == [
        ("測試春安", "2024-11-30")
    ]


@pytest.mark.parametrize(
    ("status", "fits"),
    [
        ("not_started", lambda node, day: node["validFrom"] is None or node["validFrom"] > day),
        ("valid", lambda node, day: node["validFrom"] <= day),
        ("window_open", lambda node, day: node["validFrom"] <= day <= node["validTo"]),
        ("expired", lambda node, day: node["validTo"] < day),
    ],
)
async def test_a_status_is_that_of_the_business_day(
    country: Country, status: str, fits: Any
) -> None:
    found = await listed(country, {"statuses": [status]})

    assert all(node["status"] == status for node in found)
    assert all(fits(node, "2024-09-02") for node in found)


async def test_the_listed_renewal_status_is_the_one_decided_anew(country: Country) -> None:
    for status in ("short", "eligible", "hours_short", "renewable", "too_early"):
        found = await listed(country, {"renewalStatuses": [status]})

        assert {node["renewal"]["status"] for node in found} <= {status}


async def test_a_county_lists_its_own(country: Country) -> None:
    own = await listed(country, {"registries": ["VR", "LTC"]}, role="local-taipei")
    same = await listed(country, {"registries": ["VR", "LTC"], "counties": ["63000"]})

    assert [node["id"] for node in own] == [node["id"] for node in same]
    assert len(own) < len(await listed(country, {"registries": ["VR", "LTC"]}))


async def test_an_osh_certificate_belongs_to_the_county_of_its_class(country: Country) -> None:
    taipei = await listed(country, {"registries": ["OSH"], "counties": ["63000"]})
    kaohsiung = await listed(country, {"registries": ["OSH"]}, role="local-kaohsiung")

    assert "測試荷護" in {node["holder"]["name"] for node in taipei}
    assert kaohsiung == []


async def test_a_renewal_shows_what_is_missing_by_when_and_why(country: Country) -> None:
    query = """query($n: String!) { person(identifier: {value: $n}) {
      certificates(registries: [LTC]) { label(lang: EN) ... on LtcCertificate { track kind
        registrations { kind county unitName } }
      renewal { rule verdict eligible status minimal validTo asOf window { opens closes }
        requirements { code met counted required short by label citation { law url } }
        findings { code severity } deadlines { code due } nextChangeOn
        usedActivities { activity amount } refusedActivities { activity reason }
        explanation { code message met tree } citations { label }
        sources { registry freshness } factsHash rulesetVersion details given } } } }"""
    found = await country.data(query, {"n": CAST["C1"].number})

    [certificate] = found["person"]["certificates"]
    renewal = certificate["renewal"]
    assert certificate["label"] == "Care worker"
    assert (certificate["track"], certificate["kind"]) == ("general", "formal")
    assert [item["county"] for item in certificate["registrations"]] == ["臺北市"]
    assert (renewal["rule"], renewal["verdict"], renewal["eligible"], renewal["status"]) == (
        "ltc.renewal",
        "NOT_ELIGIBLE",
        False,
        "short",
    )
    assert renewal["window"] == {"opens": "2024-05-30", "closes": "2024-11-30"}
    short = {item["code"]: item["short"] for item in renewal["requirements"] if not item["met"]}
    assert short == {
        "ltc.total": "7.60",
        "ltc.safety_categories": "0.40",
        "ltc.culture_total": "0.40",
        "ltc.culture_yearly": "1.00",
    }
    [total] = [item for item in renewal["requirements"] if item["code"] == "ltc.total"]
    assert (total["counted"], total["required"], total["by"]) == ("112.40", "120.00", "2024-11-30")
    assert total["citation"]["law"] == "長期照顧服務人員訓練認證繼續教育及登錄辦法"
    assert renewal["sources"] == [{"registry": "LTC", "freshness": "FRESH"}]
    assert renewal["explanation"]["tree"]["code"] == renewal["explanation"]["code"]


async def test_the_same_facts_give_the_same_details(country: Country) -> None:
    found = await country.data(
        """query($n: String!) { person(identifier: {value: $n}) { certificates {
          renewal { rule asOf details given } } } }""",
        {"n": CAST["C1"].number},
    )

    for certificate in found["person"]["certificates"]:
        renewal = certificate["renewal"]
        again = await country.data(
            "query($r: String!, $d: Date!, $g: JSON!) "
            "{ evaluateRule(rule: $r, asOf: $d, given: $g) }",
            {"r": renewal["rule"], "d": renewal["asOf"], "g": renewal["given"]},
        )
        assert again["evaluateRule"] == renewal["details"]


async def test_a_renewal_may_be_asked_for_another_day(country: Country) -> None:
    found = await country.data(
        """query($n: String!) { person(identifier: {value: $n}) { certificates(registries: [VR]) {
          now: renewal { status } late: renewal(asOf: "2024-11-20") { status asOf }
          planned: renewal(applicationDate: "2024-11-20") { status } } } }""",
        {"n": CAST["C1"].number},
    )

    [certificate] = found["person"]["certificates"]
    assert certificate["now"]["status"] == "renewable"
    assert certificate["late"]["asOf"] == "2024-11-20"


async def test_what_a_registry_decides_cannot_be_declared(country: Country) -> None:
    answer = await country.ask(
        """query($n: String!) { person(identifier: {value: $n}) { certificates(registries: [LTC]) {
          type renewal(declared: {activities: []}) { status } } } }""",
        {"n": CAST["C1"].number},
    )

    assert answer["data"]["person"]["certificates"] == [{"type": "care_worker", "renewal": None}]
    assert codes(answer) == [("person.certificates.0.renewal", "DECLARED_NOT_ALLOWED")]


@pytest.mark.parametrize("day", ["1900-01-01", "2200-01-01"])
async def test_a_day_that_no_rule_could_be_about_is_refused(country: Country, day: str) -> None:
    answer = await country.ask(
        "query($d: Date) { certificates(filter: {}, first: 1) { nodes { renewal(asOf: $d) "
        "{ status } } } }",
        {"d": day},
    )

    assert codes(answer) == [("certificates.nodes.0.renewal", "DAY_OUT_OF_RANGE")]


async def test_the_in_service_duty_hangs_on_the_completion_certificate(country: Country) -> None:
    found = await country.data(
        """query($n: String!) { person(identifier: {value: $n}) { certificates(registries: [OSH]) {
          number validTo ... on OshCertificate { hours trainingClass { number title } }
          renewal { rule verdict requirements { code counted required } } } } }""",
        {"n": CAST["C10"].number},
    )

    [certificate] = found["person"]["certificates"]
    assert certificate["number"] == "OH0002-112-000004-001-C"
    assert certificate["trainingClass"]["number"] == "OH0002-112-000004"
    assert (certificate["renewal"]["rule"], certificate["renewal"]["verdict"]) == (
        "osh.in_service",
        "ELIGIBLE",
    )


async def test_certificates_active_on_a_day(country: Country) -> None:
    query = """query($n: String!, $d: Date) { person(identifier: {value: $n}) {
      certificates(activeOn: $d) { registry } } }"""

    before = await country.data(query, {"n": CAST["C1"].number, "d": "2019-01-01"})
    now = await country.data(query, {"n": CAST["C1"].number, "d": "2024-09-02"})

    assert before["person"]["certificates"] == [{"registry": "LTC"}]
    assert now["person"]["certificates"] == [{"registry": "LTC"}, {"registry": "VR"}]
