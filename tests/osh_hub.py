"""A hub with the OSH agency at its side: filings are delivered, drops come back, days pass."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from certhub.connectors import osh
from certhub.connectors.osh import OshConnector
from certhub.resolvers.couriers.osh import OshCourier
from certhub.resolvers.delivery import deliver_due
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.sandbox.cast import INSTITUTION_OSH_CODE
from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.numbers import national_id
from certhub.sandbox.osh_agency import OshAgency
from certhub.sandbox.world import generate

from .hub_app import NOW, HubClient, running_hub

_keys = count(1)
_periods = count(1)

ERRORS = "errors { code field file row expected found zh: message en: message(lang: EN) }"
WARNINGS = "warnings { code field file row expected }"
SUBMISSION = "submission { id state target agencyReference businessDay summary }"


@dataclass
class OshHub:
    """Calls of the hub as one role or another, and the agency's books."""

    client: HubClient
    agency: OshAgency
    connector: OshConnector
    now: datetime = NOW
    ahead: timedelta = timedelta(minutes=5)

    def tick(self) -> datetime:
        """The hub's clock: a second later at every look."""
        self.now += timedelta(seconds=1)
        return self.now

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        role: str = "institution-osh",
        **claims: Any,
    ) -> dict[str, Any]:
        """The whole answer, errors included."""
        purpose = {"X-Purpose-Of-Use": "training" if "institution" in role else "supervision"}
        purpose["X-Case-Reference"] = "TEST-1130902"
        answer = await self.client.graphql(
            query, dict(variables or {}), role=role, headers=purpose, **claims
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def file(
        self, mutation: str, given: Mapping[str, Any], *, role: str = "institution-osh"
    ) -> dict[str, Any]:
        """The payload of a mutation; a new key unless one is given."""
        kind = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation($i: {kind}!) {{ {mutation}(input: $i) {{ {SUBMISSION} {ERRORS} {WARNINGS} }} }}"
        key = {"idempotencyKey": f"test-key-{next(_keys)}"}
        answer = await self.ask(query, {"i": {**key, **given}}, role=role)
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"][mutation]
        return found

    async def upload(self, name: str, content: bytes, *, role: str = "institution-osh") -> str:
        """Upload a file; its id."""
        answer = await self.client.http.post(
            "/uploads",
            files={"file": (name, content, "application/octet-stream")},
            headers=self.client.headers(role),
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def deliver(self) -> int:
        """Deliver all that is due; how many tries were made."""
        hub = self.client.app.state.site.hub
        couriers = {"osh": OshCourier(self.connector.filing).courier()}
        tries, at = 0, self.now + self.ahead
        while await deliver_due(hub, couriers, at):
            tries += 1
        return tries

    async def state(
        self, filed: Mapping[str, Any], *, role: str = "institution-osh"
    ) -> dict[str, Any]:
        """The submission of a payload as it stands now."""
        query = f"""query($id: ID!) {{ node(id: $id) {{ ... on Submission {{
            state target agencyReference summary {ERRORS} {WARNINGS}
            events {{ state code }} }} }} }}"""
        answer = await self.ask(query, {"id": filed["submission"]["id"]}, role=role)
        found: dict[str, Any] = answer["data"]["node"]
        return found

    async def sync(self) -> None:
        """What the agency holds comes in with a drop."""
        self.agency.publish_drop("delta")
        hub = self.client.app.state.site.hub
        report = await run_sync(SyncHub(hub.engine, hub.keys, self.tick), self.connector)
        assert report.succeeded, report.as_dict()

    async def filed(self, **changes: Any) -> str:
        """The number of a class that the agency has just taken; a period of its own."""
        given = plan(**{"periodNo": f"第{next(_periods)}期", **changes})
        payload = await self.file("fileOshClass", given)
        assert payload["errors"] == []
        await self.deliver()
        stands = await self.state(payload)
        assert (stands["state"], stands["errors"]) == ("ACCEPTED", [])
        return str(stands["agencyReference"])

    async def on_file(self, **changes: Any) -> str:
        """The number of a class that is noted and has come back in a drop."""
        number = await self.filed(**changes)
        self.agency.settle()
        await self.sync()
        return number

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        """While it is open, another day, at the agency and in the hub."""
        before = self.agency.clock.today()
        self.pass_to(day)
        try:
            yield
        finally:
            self.pass_to(before)

    def pass_to(self, day: date) -> None:
        """Let the days pass, at the agency and in the hub."""
        hub = self.client.app.state.site.hub
        before = self.agency.clock.today()
        self.agency.clock.advance(timedelta(days=(day - before).days))
        object.__setattr__(hub, "business_date", day)


@asynccontextmanager
async def osh_hub(url: str, home: Path) -> AsyncIterator[OshHub]:
    """A hub that has synced the OSH agency once."""
    agency = OshAgency(generate(70, 1), clock=AgencyClock(ticks=lambda: 0.0), per_second=None)
    connector = osh.build(
        "http://agency.test",
        agency.api_key,
        agency.client_id,
        agency.client_secret,
        attempts=1,
        transport=httpx.ASGITransport(app=agency),
    )
    async with running_hub(url, home) as client:
        made = OshHub(client, agency, connector)
        # Filings one second apart: which came last decides what a change builds on.
        object.__setattr__(client.app.state.site.hub, "clock", made.tick)
        await made.sync()
        yield made
        await connector.aclose()


# A plan that is right


def trainee(seat: int, **changes: Any) -> dict[str, Any]:
    """A row of a professional class."""
    return {
        "seq": str(seat),
        "name": f"測試學員{seat}",
        "birthDate": "1986-05-06",
        "nationalId": national_id("A", 2, 7000 + seat),
        "licenceNo": f"護字第{seat}號",
        "education": "大學",
        "employer": "測試醫院",
        "jobTitle": "護理師",
        "address": "臺北市測試路1號",
        "email": "t@test.invalid",
        "phone": "0900000000",
        "profession": "nurse",
        **changes,
    }


def in_service(seat: int, **changes: Any) -> dict[str, Any]:
    """A row of an in-service class."""
    row = trainee(seat)
    return {name: row[name] for name in ("seq", "name", "birthDate", "nationalId")} | changes


def plan(**changes: Any) -> dict[str, Any]:
    """A professional class of two days and twelve hours, 2024-10-01..02, fifteen trainees."""
    sessions = [
        ("2024-10-01", "09:00~12:00", "職業衛生"),
        ("2024-10-01", "13:00~16:00", "健康管理"),
        ("2024-10-02", "09:00~12:00", "風險評估"),
        ("2024-10-02", "13:00~16:00", "實習或實作"),
    ]
    return {
        "institutionCode": INSTITUTION_OSH_CODE,
        "periodNo": "第36期",
        "kind": "professional",
        "name": "勞工健康服務護理人員專業訓練",
        "startsOn": "2024-10-01",
        "endsOn": "2024-10-02",
        "venue": {"name": "第1教室", "address": "臺北市健康路1號", "county": "63000"},
        "venueProof": {"documentNo": "消字第1130001號", "issuedOn": "2024-01-05"},
        "counsellor": "測試輔導員",
        "materials": "講義",
        "letterNo": "測字第1130001號",
        "letterOn": "2024-09-02",
        "timetable": [
            {"date": day, "time": time, "course": name, "hours": "3", "lecturer": "測試講師"}
            for day, time, name in sessions
        ],
        "lecturers": [{"name": "測試講師", "clause": "第一款"}],
        "trainees": [trainee(seat) for seat in range(1, 16)],
        "licenceVerified": True,
        **changes,
    }


def codes(payload: Mapping[str, Any], name: str = "errors") -> list[tuple[int | None, str]]:
    """Row and code of every error."""
    return [(item["row"], item["code"]) for item in payload[name]]
