"""Asking for and deciding on recognitions over HTTP, for tests."""

from typing import Any

from certhub.connectors import ltc
from certhub.resolvers.couriers.ltc import LtcCourier
from certhub.resolvers.delivery import deliver_due
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.sandbox.cast import CAST

from ..country import Country, connectors_of
from ..hub_app import NOW

PURPOSE = "credit-recognition"

PERSON = """query($n: String!) { person(identifier: {value: $n}) {
  certificates { id registry type renewal { status findings { code } usedActivities { activity amount }
    sources { registry } requirements { code counted } } }
  sharing { rows { registry total entries { outcome code amount decision activity { id source } } } }
  activities(first: 100) { nodes { points hours provenance { sourceId } } } } }"""
APPLY = """mutation($i: ApplyRecognitionInput!) { applyRecognition(input: $i) {
  recognition { id state row amount unit fromRegistry toRegistry credit { source date title hours points }
    certificate { id } activity { id } }
  errors { code field expected message(lang: EN) } warnings { code } receipt } }"""
DECIDE = """mutation($i: DecideRecognitionInput!) { decideRecognition(input: $i) {
  recognition { id state amount attribute categories registryState
    reviews { outcome note } decisions { id outcome amount authority decidedOn legalBasis decisionNo }
    delivery { id state errors { code field message(lang: EN) } agencyReference } }
  errors { code field expected message(lang: EN) } warnings { code message(lang: EN) } receipt } }"""
LIST = """query { recognitions(filter: {}) { totalCount nodes { id state
  credit { date hours points } delivery { state errors { code } agencyReference } registryState } } }"""


class Books:
    """What the tests ask of one person."""

    def __init__(self, country: Country, member: str) -> None:
        self.country = country
        self.number = CAST[member].number

    async def person(self) -> dict[str, Any]:
        """The whole answer about the person."""
        found = await self.country.data(PERSON, {"n": self.number}, purpose=PURPOSE)
        person: dict[str, Any] = found["person"]
        return person

    async def certificate(self, registry: str) -> dict[str, Any]:
        """The only certificate in that registry."""
        person = await self.person()
        [found] = [item for item in person["certificates"] if item["registry"] == registry]
        return dict(found)

    async def entry(self, registry: str, record: str) -> dict[str, Any]:
        """The outcome of a record for the certificate of that registry, with the row's total."""
        person = await self.person()
        [row] = [item for item in person["sharing"]["rows"] if item["registry"] == registry]
        [found] = [item for item in row["entries"] if item["activity"]["id"] == record]
        return {**found, "total": row["total"]}

    async def total(self) -> float:
        """Points of the LTC renewal."""
        found = await self.certificate("LTC")
        [counted] = [
            item["counted"]
            for item in found["renewal"]["requirements"]
            if item["code"] == "ltc.total"
        ]
        return float(counted)


async def apply(
    country: Country,
    key: str,
    role: str = "local-taipei",
    purpose: str | None = PURPOSE,
    **given: Any,
) -> dict[str, Any]:
    """The whole answer to an application."""
    return await country.ask(
        APPLY, {"i": {"idempotencyKey": f"apply-{key}", **given}}, role=role, purpose=purpose
    )


async def applied(country: Country, key: str, **given: Any) -> dict[str, Any]:
    """The payload of an application."""
    answer = await apply(country, key, **given)
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["applyRecognition"]
    return found


async def decide(
    country: Country, key: str, recognition_id: str, outcome: str, *, role: str = "central-mol",
    sub: str | None = None, **given: Any,
) -> dict[str, Any]:  # fmt: skip
    """The payload of a decision."""
    claims = {} if sub is None else {"sub": sub}
    answer = await country.ask(
        DECIDE,
        {"i": {"idempotencyKey": f"decide-{key}", "recognition": recognition_id,
               "outcome": outcome, **given}},
        role=role, purpose=PURPOSE, **claims,
    )  # fmt: skip
    if "errors" in answer:
        return {"refused": [error["extensions"]["code"] for error in answer["errors"]]}
    found: dict[str, Any] = answer["data"]["decideRecognition"]
    return found


def told(payload: dict[str, Any]) -> list[str]:
    """Codes of a payload's errors."""
    return [error["code"] for error in payload["errors"]]


async def deliver(country: Country) -> int:
    """Everything that waits for the LTC system; how many entries."""
    [connector] = [
        item for item in connectors_of(country.agencies, country.home) if item.registry == "ltc"
    ]
    assert isinstance(connector, ltc.LtcConnector)
    couriers = {"ltc": LtcCourier(connector.filing).courier()}
    done = 0
    while await deliver_due(country.hub, couriers, country.hub.clock()):
        done += 1
    await connector.aclose()
    return done


async def sync_ltc(country: Country) -> None:
    [connector] = [
        item for item in connectors_of(country.agencies, country.home) if item.registry == "ltc"
    ]
    hub = SyncHub(country.hub.engine, country.hub.keys, lambda: NOW)
    report = await run_sync(hub, connector)
    assert report.succeeded, report.as_dict()
    await connector.aclose()
