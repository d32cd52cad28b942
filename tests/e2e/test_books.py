"""The hub's answers against the agencies' own books: every person, every list, every total."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from .books import Books, Held, Somebody
from .conftest import Asker, Country

FIELDS = """id name birthDate certificates { registry type validFrom validTo status
  provenance { sourceId } renewal { status rule given asOf requirements { code counted met } } }"""
PERSON = f"query($n: String!) {{ person(identifier: {{value: $n}}) {{ {FIELDS} }} }}"
EVERYBODY = f"""
query($n: Int, $a: String) {{ people(filter: {{}}, first: $n, after: $a) {{ totalCount
  pageInfo {{ hasNextPage endCursor }} nodes {{ records {{ sourceIds }} {FIELDS} }} }} }}
"""
CERTIFICATES = """
query($f: CertificateFilter!, $o: CertificateOrder, $n: Int, $a: String) {
  certificates(filter: $f, orderBy: $o, first: $n, after: $a) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id validTo validFrom provenance { sourceId } } } }
"""
PEOPLE = """
query($f: PersonFilter!, $o: PersonOrder, $n: Int, $a: String) {
  people(filter: $f, orderBy: $o, first: $n, after: $a) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id name records { sourceIds } } } }
"""


def plain_numbers(one: Somebody) -> list[str]:
    """Numbers that alone lead to the person."""
    return sorted(number for number in one.numbers if not number.startswith("passport"))


def shown(held: Held) -> dict[str, Any]:
    return {
        "registry": held.registry.upper(),
        "type": held.type,
        "validFrom": held.valid_from and held.valid_from.isoformat(),
        "validTo": held.valid_to and held.valid_to.isoformat(),
        "status": held.status,
    }


@pytest.fixture(scope="module")
async def answers(hub: Asker, country: Country) -> dict[str, dict[str, Any]]:
    """What the hub says of everybody, by our own key."""
    found = {}
    for person in await hub.all(EVERYBODY, {}, size=50):
        keys = [key for record in person.pop("records") for key in record["sourceIds"]]
        found[country.books.key_of(keys)] = person
    return found


def by_key(books: Books) -> dict[str, Somebody]:
    return {one.key: one for one in books.people}


async def test_everybody_holds_the_certificates_of_the_books(
    answers: dict[str, dict[str, Any]], country: Country
) -> None:
    people = by_key(country.books)

    assert set(answers) == set(people)
    for key, answer in answers.items():
        found = {item["provenance"]["sourceId"]: item for item in answer["certificates"]}
        assert {
            source: {
                name: item[name] for name in ("registry", "type", "validFrom", "validTo", "status")
            }
            for source, item in found.items()
        } == {held.key: shown(held) for held in people[key].certificates}
        assert answer["name"] == people[key].name
        assert answer["birthDate"] == str(people[key].birth_date)


async def test_a_number_leads_to_the_person_of_the_books(
    hub: Asker, answers: dict[str, dict[str, Any]], country: Country
) -> None:
    several = 0
    for position, one in enumerate(country.books.people):
        numbers = plain_numbers(one)
        ambiguous = [number for number in numbers if country.books.holders(number) > 1]
        if ambiguous:
            several += 1
            answer = await hub.ask(PERSON, {"n": ambiguous[0]})
            assert answer["data"] == {"person": None}
            assert answer["errors"][0]["extensions"]["code"] == "ambiguous_identity"
        elif position % 6 == 0:
            for number in numbers:
                assert (await hub.data(PERSON, {"n": number}))["person"] == answers[one.key]
    assert several == 2


async def test_every_renewal_rests_on_the_facts_of_the_books(
    answers: dict[str, dict[str, Any]], country: Country
) -> None:
    people = by_key(country.books)

    for key, answer in answers.items():
        found = {item["provenance"]["sourceId"]: item["renewal"] for item in answer["certificates"]}
        for held in people[key].certificates:
            assert found[held.key]["given"] == held.given, held.key
            assert found[held.key]["status"] == held.renewal_status, held.key


async def test_points_and_hours_are_the_sums_of_the_books(
    answers: dict[str, dict[str, Any]], country: Country
) -> None:
    people, checked = by_key(country.books), Counter[str]()

    for key, answer in answers.items():
        for item in answer["certificates"]:
            renewal, source = item["renewal"], item["provenance"]["sourceId"]
            counted = {one["code"]: one["counted"] for one in renewal["requirements"]}
            held = next(one for one in people[key].certificates if one.key == source)
            if renewal["rule"] == "ltc.renewal" and held.given and held.status != "expired":
                sums = country.books.points_in_window(source)
                # LTC-R9: what counts online is capped once, after the 36 of quality, ethics, law.
                cap = max(Decimal(40), min(sums["E"], Decimal(60)))
                physical = min(sums["QP"], Decimal(36))
                online = sums["PO"] + min(sums["QO"], 36 - physical)
                assert Decimal(counted["ltc.total"]) == sums["PP"] + physical + min(cap, online)
                assert Decimal(counted["ltc.professional"]) == sums["PP"] + sums["PO"]
                assert Decimal(counted["ltc.quality_ethics_law"]) == sums["QP"] + sums["QO"]
            elif renewal["rule"] == "vr.renewal" and held.given and held.status != "expired":
                professional, ethics = country.books.hours_in_period(held)
                assert Decimal(counted["vr.ce.professional_law"]) == professional
                assert Decimal(counted["vr.ce.ethics_quality"]) == min(ethics, Decimal(6))
                assert Decimal(counted["vr.ce.total"]) == professional + min(ethics, Decimal(6))
            else:
                continue
            checked[renewal["rule"]] += 1

    assert checked["ltc.renewal"] > 60
    assert checked["vr.renewal"] > 25


def sources(nodes: list[dict[str, Any]]) -> list[str]:
    return sorted(node["provenance"]["sourceId"] for node in nodes)


Fits = Callable[[Somebody, Held], bool]
SOON = ("2024-09-02", "2025-03-02")
FILTERS: dict[str, tuple[dict[str, Any], Fits]] = {
    "all": ({}, lambda one, held: True),
    "registry": ({"registries": ["LTC"]}, lambda one, held: held.registry == "ltc"),
    "type": (
        {"types": ["employment_specialist"]},
        lambda one, held: held.type == "employment_specialist",
    ),
    "roles": (
        {"types": ["ltc.care_worker", "vr.case_manager"]},
        lambda one, held: (
            (held.registry, held.type) in {("ltc", "care_worker"), ("vr", "case_manager")}
        ),
    ),
    "unknown type": ({"types": ["unknown"]}, lambda one, held: held.type == "unknown"),
    "county": (
        {"counties": ["63000"]},
        lambda one, held: (
            held.county == "63000"
            if held.registry == "osh"
            else "63000" in one.counties[held.registry]
        ),
    ),
    "status": (
        {"statuses": ["extended", "ended"]},
        lambda one, held: held.status in {"extended", "ended"},
    ),
    "short": ({"renewalStatuses": ["short"]}, lambda one, held: held.renewal_status == "short"),
    "not asked": (
        {"renewalStatuses": ["not_applicable", "not_decidable"]},
        lambda one, held: held.renewal_status in {"not_applicable", "not_decidable"},
    ),
    "short of": (
        {"shortOf": ["ltc.total", "vr.ce.ethics_quality"]},
        lambda one, held: bool(held.short & {"ltc.total", "vr.ce.ethics_quality"}),
    ),
    "expires": (
        {"expiresFrom": SOON[0], "expiresTo": SOON[1]},
        lambda one, held: held.valid_to is not None and SOON[0] <= str(held.valid_to) <= SOON[1],
    ),
    "holds also": (
        {"registries": ["LTC"], "holdsAlso": [{"registry": "VR"}]},
        lambda one, held: held.registry == "ltc" and bool(one.held("vr")),
    ),
    "together": (
        {
            "registries": ["LTC"],
            "types": ["care_worker"],
            "counties": ["63000", "65000"],
            "renewalStatuses": ["short"],
            "expiresFrom": SOON[0],
            "expiresTo": "2027-12-31",
        },
        lambda one, held: (
            held.registry == "ltc"
            and held.type == "care_worker"
            and bool({"63000", "65000"} & one.counties["ltc"])
            and held.renewal_status == "short"
            and SOON[0] <= str(held.valid_to) <= "2027-12-31"
        ),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_list_of_certificates_is_the_one_of_the_books(
    hub: Asker, country: Country, name: str
) -> None:
    filters, fits = FILTERS[name]

    found = await hub.all(CERTIFICATES, {"f": filters})

    wanted = sorted(
        held.key for one in country.books.people for held in one.certificates if fits(one, held)
    )
    assert sources(found) == wanted
    assert wanted


def holds(one: Somebody, registry: str, kind: str | None = None) -> bool:
    return any(kind in (None, held.type) for held in one.held(registry))


PEOPLE_FILTERS: dict[str, tuple[dict[str, Any], Callable[[Somebody], bool]]] = {
    "all": ({}, lambda one: True),
    "both": (
        {"holds": [{"registry": "LTC"}, {"registry": "VR"}]},
        lambda one: holds(one, "ltc") and holds(one, "vr"),
    ),
    "across ministries": (
        {"holds": [{"registry": "LTC"}, {"registry": "OSH", "type": "nurse"}]},
        lambda one: holds(one, "ltc") and holds(one, "osh", "nurse"),
    ),
    "typed": (
        {
            "holds": [
                {"registry": "LTC", "type": "care_worker"},
                {"registry": "VR", "type": "vr.employment_specialist"},
            ]
        },
        lambda one: holds(one, "ltc", "care_worker") and holds(one, "vr", "employment_specialist"),
    ),
    "county": (
        {"counties": ["65000"]},
        lambda one: "65000" in one.counties["ltc"] | one.counties["vr"],
    ),
    "both and short soon": (
        {
            "holds": [{"registry": "LTC"}, {"registry": "VR"}],
            "certificate": {
                "registries": ["LTC"],
                "expiresFrom": SOON[0],
                "expiresTo": SOON[1],
                "renewalStatuses": ["short"],
            },
        },
        lambda one: (
            holds(one, "ltc")
            and holds(one, "vr")
            and any(
                held.renewal_status == "short" and SOON[0] <= str(held.valid_to) <= SOON[1]
                for held in one.held("ltc")
            )
        ),
    ),
}


@pytest.mark.parametrize("name", PEOPLE_FILTERS)
@pytest.mark.parametrize("order", ["ID", "NAME"])
async def test_a_list_of_people_is_the_one_of_the_books(
    hub: Asker, country: Country, name: str, order: str
) -> None:
    filters, fits = PEOPLE_FILTERS[name]

    found = await hub.all(PEOPLE, {"f": filters, "o": order}, size=23)

    wanted = {one.key for one in country.books.people if fits(one)}
    keys = [
        country.books.key_of([key for record in node["records"] for key in record["sourceIds"]])
        for node in found
    ]
    assert len(keys) == len(set(keys)) == len(found)
    assert set(keys) == wanted
    assert wanted


@pytest.mark.parametrize("order", ["VALID_TO", "VALID_TO_DESC", "VALID_FROM", "VALID_FROM_DESC"])
async def test_pages_of_any_size_give_the_same_list_in_the_same_order(
    hub: Asker, order: str
) -> None:
    whole = await hub.all(CERTIFICATES, {"f": {}, "o": order})
    cut = await hub.all(CERTIFICATES, {"f": {}, "o": order}, size=29)

    assert [node["id"] for node in cut] == [node["id"] for node in whole]
    column = "validTo" if "TO" in order else "validFrom"
    days = [node[column] for node in whole if node[column] is not None]
    assert days == sorted(days, reverse=order.endswith("DESC"))
    assert all(node[column] is None for node in whole[len(days) :])


STATISTICS = """
query($i: StatisticsInput!) { statistics(input: $i) { asOf threshold rows { keys count } } }
"""


@pytest.mark.parametrize(
    "dimensions", [["REGISTRY"], ["REGISTRY", "TYPE"], ["RENEWAL_STATUS"], ["EXPIRY_MONTH"]]
)
async def test_a_table_counts_the_books_and_hides_small_numbers(
    hub: Asker, country: Country, dimensions: list[str]
) -> None:
    keys = {
        "REGISTRY": lambda held: held.registry.upper(),
        "TYPE": lambda held: held.type,
        "RENEWAL_STATUS": lambda held: held.renewal_status,
        "EXPIRY_MONTH": lambda held: held.valid_to and held.valid_to.strftime("%Y-%m"),
    }
    counts = Counter(
        tuple(keys[name](held) for name in dimensions) for held in country.books.certificates
    )

    table = (await hub.data(STATISTICS, {"i": {"dimensions": dimensions}}))["statistics"]

    assert {tuple(row["keys"]) for row in table["rows"]} == set(counts)
    for row in table["rows"]:
        if row["count"] is None:
            continue
        assert row["count"] == counts[tuple(row["keys"])] >= table["threshold"]
    hidden = [counts[tuple(row["keys"])] for row in table["rows"] if row["count"] is None]
    assert all(count < table["threshold"] for count in sorted(hidden)[:-1])
    assert len(hidden) != 1


async def test_a_table_by_county_counts_who_works_there(hub: Asker, country: Country) -> None:
    counts: Counter[str | None] = Counter()
    for one in country.books.people:
        for _ in one.held("ltc"):
            where: list[str | None] = [*one.counties["ltc"]]
            counts.update(where or [None])

    table = await hub.data(
        STATISTICS, {"i": {"dimensions": ["COUNTY"], "filter": {"registries": ["LTC"]}}}
    )

    found = {row["keys"][0]: row["count"] for row in table["statistics"]["rows"]}
    assert set(found) == set(counts)
    assert {key: n for key, n in found.items() if n is not None}.items() <= counts.items()
    assert found["63000"] == counts["63000"]
