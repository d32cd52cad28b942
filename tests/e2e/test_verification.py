"""Verification of two thousand people over a socket, receipts, the trail, and what is never told."""

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest

from certhub.sandbox.cast import CAST
from certhub.sandbox.numbers import national_id, with_wrong_check_digit

from .books import Books, Somebody
from .conftest import Asker, Country, Server, asker_of, serving

ITEMS, BUDGET = 2_000, 300
ROLE = "ltc.care_worker"
VERIFY = """
query($i: VerifyEligibilityInput!) { verifyEligibility(input: $i) { role asOf receipt
  items { ref error { code field row } decision { verdict status minimal } renewal { status } } } }
"""
MINIMAL = """
query($i: VerifyEligibilityInput!) { verifyEligibility(input: $i) { items {
  decision { ...D } renewal { ...D } } } }
fragment D on Decision { minimal details given window { opens } nextChangeOn
  requirements { code met counted short by } findings { code } deadlines { code }
  usedActivities { activity } refusedActivities { activity } explanation { code } }
"""
NOT_NUMBERS = ("", "x", "A12345678", "王小明", "     ", "A" * 300)


@pytest.fixture(scope="module")
async def served(country: Country) -> AsyncIterator[tuple[Asker, Server]]:
    """The hub as its own process, with a small budget."""
    with serving(country, CERTHUB_VERIFY_DAILY_BUDGET=str(BUDGET)) as server:
        async with asker_of(country, server) as asker:
            yield asker, server


def everything(books: Books) -> set[str]:
    """Every number and every name on file."""
    people = {number.split()[-2] if " " in number else number for number in numbers_of(books)}
    members = {row["national_id"] for row in books.vr["professionals"].values()}
    names = {one.name for one in books.people if one.name}
    return people | members | names


def numbers_of(books: Books) -> set[str]:
    return {number for one in books.people for number in one.numbers}


def staff_of(books: Books) -> list[tuple[dict[str, Any], str]]:
    """Items, and what must come of each: ``seen``, ``elsewhere``, ``nobody``, ``wrong``, ``several`` ..."""
    known = sorted(number for number in numbers_of(books) if " " not in number)
    found: list[tuple[dict[str, Any], str]] = []
    for position in range(ITEMS):
        number = known[position % len(known)]
        match position % 10:
            case 5:
                number, outcome = national_id("Y", 1, 5_000_000 + position), "nobody"
            case 6:
                number, outcome = with_wrong_check_digit(number), "wrong"
            case 7:
                number, outcome = NOT_NUMBERS[position // 10 % len(NOT_NUMBERS)], "wrong"
            case _:
                outcome = fate(books, number)
        if position % 10 == 8:
            number = f" {number.lower()} "
        found.append(({"ref": f"r{position}", "identifier": {"value": number}}, outcome))
    return found


def fate(books: Books, number: str) -> str:
    holders: list[Somebody] = [one for one in books.people if number in one.numbers]
    if len(holders) > 1:
        here = any("63000" in counties for one in holders for counties in one.counties.values())
        return "several" if here else "several elsewhere"
    [one] = holders
    works_here = "63000" in one.counties["ltc"]
    in_ltc = any(entity == "ltc" for entity, _ in one.records)
    known_here = any("63000" in counties for counties in one.counties.values())
    if in_ltc:
        return "seen" if works_here else "elsewhere"
    return "seen" if known_here else "nobody"


async def test_two_thousand_are_answered_in_order_each_with_its_own_outcome(
    served: tuple[Asker, Server], country: Country
) -> None:
    asker, _ = served
    staff = staff_of(country.books)
    connection = await asyncpg.connect(country.url)
    await connection.execute("delete from hub.verify_budget")
    await connection.close()

    started = time.perf_counter()
    data = await asker.data(
        VERIFY, {"i": {"role": ROLE, "staff": [item for item, _ in staff]}}, role="local-taipei"
    )
    print(f"{ITEMS} items in {time.perf_counter() - started:.2f} s")

    items = data["verifyEligibility"]["items"]
    assert [item["ref"] for item in items] == [item["ref"] for item, _ in staff]
    left, counted = BUDGET, Counter[str]()
    for row, (item, (_, outcome)) in enumerate(zip(items, staff, strict=True), start=1):
        code = item["error"] and item["error"]["code"]
        if outcome in {"elsewhere", "nobody", "several elsewhere"}:
            expected = {"nobody": "no_record", "elsewhere": None}.get(outcome, "ambiguous_identity")
            expected = expected if left > 0 else "budget_exceeded"
            left -= 1
        else:
            expected = {"seen": None, "wrong": "identifier_invalid"}.get(
                outcome, "ambiguous_identity"
            )
        assert code == expected, (row, outcome)
        if code is None:
            assert item["decision"]["minimal"] is (outcome == "elsewhere")
        else:
            assert item["decision"] is None
            assert item["renewal"] is None
            assert item["error"]["row"] == row
        counted[expected or "answered"] += 1
    assert min(counted.values()) > 0
    assert set(counted) == {
        "answered",
        "no_record",
        "identifier_invalid",
        "ambiguous_identity",
        "budget_exceeded",
    }


async def test_the_ministry_spends_no_budget(
    served: tuple[Asker, Server], country: Country
) -> None:
    asker, _ = served

    data = await asker.data(
        VERIFY,
        {"i": {"role": ROLE, "staff": [item for item, _ in staff_of(country.books)]}},
        role="central-mohw",
    )

    codes = Counter(
        item["error"]["code"] for item in data["verifyEligibility"]["items"] if item["error"]
    )
    assert set(codes) == {"no_record", "identifier_invalid"} | (
        {"ambiguous_identity"} if codes["ambiguous_identity"] else set()
    )


async def test_of_somebody_elsewhere_only_verdict_codes_and_the_last_day_are_told(
    hub: Asker,
) -> None:
    number = CAST["C7"].number
    for role in (ROLE, "vr.employment_specialist"):
        data = await hub.data(
            MINIMAL,
            {"i": {"role": role, "staff": [{"ref": "1", "identifier": {"value": number}}]}},
            role="local-taipei",
        )

        [item] = data["verifyEligibility"]["items"]
        for answer in (item["decision"], item["renewal"]):
            assert answer.pop("minimal") is True
            for requirement in answer.pop("requirements"):
                assert requirement.pop("code")
                assert requirement.pop("met") in (True, False)
                assert set(requirement.values()) == {None}
            answer.pop("findings")
            assert answer.pop("deadlines") == []
            assert set(answer.values()) == {None}


async def test_a_receipt_verifies_offline_and_a_changed_one_does_not(
    hub: Asker, country: Country
) -> None:
    answer = await hub.ask(
        VERIFY,
        {"i": {"role": ROLE, "staff": [{"ref": "1", "identifier": {"value": CAST["C1"].number}}]}},
        role="local-taipei",
    )
    file = country.home / "receipt.json"

    file.write_text(json.dumps(answer))
    assert country.run("receipt", "verify", str(file)).stdout.startswith("genuine: verification")
    file.write_text(json.dumps(answer).replace("window_open", "valid"))
    assert "NOT GENUINE" in country.run("receipt", "verify", str(file), check=1).stdout


async def test_what_a_caller_wrote_is_not_repeated_where_it_may_be_a_number(
    served: tuple[Asker, Server],
) -> None:
    asker, _ = served
    number = CAST["C1"].number
    queries: list[tuple[str, Mapping[str, Any]]] = [
        (f'{{ person(identifier: {{value: "{number}"}}) {{ nope }} }}', {}),
        (f"{{ person(identifier: {{value: {number}}}) {{ id }} }}", {}),
        (f'{{ person(identifier: {{kind: {number}, value: "x"}}) {{ id }} }}', {}),
        (f"query {{ {number} }}", {}),
        ("query($x: Int) { people(filter: {}, first: $x) { totalCount } }", {"x": number}),
        (f'{{ node(id: "{number}") {{ id }} }}', {}),
        (f'{{ evaluateRule(rule: "{number}", asOf: "2024-09-02", given: {{}}) }}', {}),
        (
            f'{{ evaluateRule(rule: "ltc.validity", asOf: "2024-09-02", given: {{{number}: 1}}) }}',
            {},
        ),
        (f'{{ certificates(filter: {{types: ["{number}"]}}) {{ totalCount }} }}', {}),
        (f'{{ people(filter: {{}}, after: "{number}") {{ totalCount }} }}', {}),
        (f'{{ rules(on: "{number}") {{ code }} }}', {}),
        (
            VERIFY,
            {
                "i": {
                    "role": f"ltc.{number}",
                    "staff": [{"ref": "1", "identifier": {"value": number}}],
                }
            },
        ),
        (
            VERIFY,
            {
                "i": {
                    "role": ROLE,
                    "staff": [
                        {"ref": "1", "identifier": {"value": number}, "declared": {number: 1}}
                    ],
                }
            },
        ),
    ]
    for query, variables in queries:
        answer = await asker.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers=asker.headers("central-mol", case=f"about {number}"),
        )
        assert number not in answer.text, query
    for path in (f"/graphql?n={number}", f"/{number}"):
        assert number not in (await asker.http.get(path)).text
    broken = await asker.http.post(
        "/graphql", content=b"{" + number.encode(), headers=asker.headers("central-mol")
    )
    assert number not in broken.text


async def test_no_number_is_in_the_log_the_trail_or_any_table(
    served: tuple[Asker, Server], country: Country
) -> None:
    """After everything above was asked: names only where the hub keeps persons."""
    _, server = served
    hidden = everything(country.books)
    text = server.log.read_text(encoding="utf-8")
    assert '"status": 200' in text
    assert [item for item in hidden if item in text] == []

    connection = await asyncpg.connect(country.url)
    tables = await connection.fetch(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in ('hub', 'vr', 'ltc', 'osh') and table_type = 'BASE TABLE'"
    )
    found = {}
    for schema, name in tables:
        rows = await connection.fetch(f'select x::text from "{schema}"."{name}" x')
        text = "\n".join(row[0] for row in rows)
        hits = {item for item in hidden if item in text}
        if schema != "hub" or name == "person":
            hits = {item for item in hits if item.isascii() and " " not in item}
        if hits:
            found[f"{schema}.{name}"] = sorted(hits)[:3]
    await connection.close()
    assert found == {}


async def test_the_trail_verifies_in_the_database_and_as_a_file(
    served: tuple[Asker, Server], country: Country
) -> None:
    file = country.home / "trail.ndjson"
    await served[0].data("{ viewer { clientId } }", role="central-mol")

    assert country.run("audit", "verify").stdout.endswith(" 0 problems\n")
    country.run("audit", "export", "--out", str(file))
    assert country.run("audit", "verify", str(file)).stdout.endswith(" 0 problems\n")

    text = file.read_text(encoding="utf-8")
    assert [item for item in everything(country.books) if item in text] == []
    file.write_text(text.replace("central-mol", "central-mal", 1), encoding="utf-8")
    assert "row_changed" in country.run("audit", "verify", str(file), check=1).stdout
