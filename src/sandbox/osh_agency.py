"""The OSH system (``osh.openapi.yaml``), simulated: signed nightly drops, and filings."""

import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..domain import roc_date
from .checks import body_object
from .clock import AgencyClock
from .forms import chinese
from .idempotency import Idempotency, canonical_json
from .osh_drops import Doctor, Drop, Drops, Signer
from .osh_ledger import OshLedger
from .osh_plans import enter_plan, plan_state, read_plan
from .osh_reports import REPORTS, Reporter
from .osh_rows import Row
from .wire import Agency, Client, Endpoint, Refusal, json_response, oauth_error, problem
from .world import World

__all__ = ["OshAgency", "osh_agency"]

_SCOPES = frozenset({"osh.filing"})
_NIGHTLY = 3  # o'clock


class OshAgency(Agency):
    """The simulated OSH system; an ASGI application.

    At the start two drops are out: a full one of the night before last and a delta of last night.

    Attributes:
        api_key: Opens the drops.
        client_id: The one registered caller of the filing API.
        client_secret: Its secret.
        books: The ten tables.
        signer: Keys of the manifests.
        idempotency: Outcomes of writes.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: AgencyClock | None = None,
        per_second: int | None = 2,
        client_id: str = "certhub-osh",
        client_secret: str | None = None,
        api_key: str | None = None,
        settle_after: timedelta = timedelta(days=8),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock, per_second=per_second, token_lifetime=300, ticks=ticks)
        self.client_id = client_id
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self.api_key = api_key or secrets.token_urlsafe(24)
        self._settle_after = settle_after
        self.books = OshLedger()
        self.signer = Signer(self.clock.now)
        self.idempotency = Idempotency(self.clock.now)
        self._drops = Drops(self.books, self.signer)
        self._reporter = Reporter(self.books)
        self._serial = 900
        self._load(world)
        self._last_night = self._night()

    def _load(self, world: World) -> None:
        """Load the books as they stood the night before last, then last night's changes."""
        held_back: list[tuple[str, Row]] = []
        seen: dict[str, int] = {}
        for table, row in world.osh():
            seen[table] = seen.get(table, 0) + 1
            if table == "institutions" and seen[table] in (3, 4, 5):
                held_back.append((table, row))
                self.books.put(table, {**row, "電話": "02-99999999"})
            elif table == "certificates" and seen[table] % 97 == 0:
                held_back.append((table, row))
            else:
                self.books.put(table, row)
        struck = next(self.books.rows("improvement_orders"), None)
        if struck is not None:
            self.books.put("improvement_orders", {**struck, "編號": "IO9999"})
        night = self._night()
        self._drops.publish(night - timedelta(days=1), "full")
        for table, row in held_back:
            self.books.put(table, row)
        self.books.delete("improvement_orders", "IO9999")
        self._drops.publish(night, "delta")

    def _night(self) -> datetime:
        """The last three o'clock in the morning."""
        now = self.clock.now()
        night = now.replace(hour=_NIGHTLY, minute=0, second=0, microsecond=0)
        return night if night <= now else night - timedelta(days=1)

    # The books, for tests and the demo

    def ledger(self) -> dict[str, dict[str, Row]]:
        """The truth: every row by table and key."""
        return self.books.truth()

    def get(self, table: str, key: str) -> Row | None:
        """One row."""
        return self.books.get(table, key)

    def upsert(self, table: str, row: Row) -> None:
        """Store a row; it is in the next drop."""
        self.books.put(table, row)

    def delete(self, table: str, key: str) -> None:
        """Strike a row out; the next drop says so."""
        self.books.delete(table, key)

    def publish_drop(
        self,
        kind: str | None = None,
        *,
        before_signing: Doctor | None = None,
        after_signing: Doctor | None = None,
        skip_numbers: int = 0,
    ) -> Drop:
        """Publish the next drop now; arguments as of ``Drops.publish``."""
        return self._drops.publish(
            self.clock.now(),
            kind,
            before_signing=before_signing,
            after_signing=after_signing,
            skip_numbers=skip_numbers,
        )

    def settle(self) -> None:
        """Note now every class that was filed (備查)."""
        self._note(everything=True)

    def _note(self, *, everything: bool = False) -> None:
        today = self.clock.today()
        for row in list(self.books.rows("classes")):
            if row["狀態"] != "報備":
                continue
            filed = roc_date.parse(row["報備日期"])
            if everything or filed + self._settle_after <= today:
                noted = f"府勞檢字第{row['班別編號'][7:10]}{row['班別編號'][-6:]}號"
                done = {"狀態": "已備查", "備查文號": noted, "備查日期": chinese(today)}
                self.books.put("classes", {**row, **done})

    def _tonight(self) -> None:
        """Publish when a night has passed; several nights give one drop."""
        night = self._night()
        if night > self._last_night:
            self._last_night = night
            self._note()
            self._drops.publish(night)

    # Routes

    def _routes(self) -> Iterable[Route]:
        yield self.route("/.well-known/jwks.json", self._jwks)
        yield self.route("/oauth/token", self._token, methods=["POST"])
        yield self.route("/drops/index.json", self._index)
        yield self.route("/drops/{name}", self._drop)
        filing = "osh.filing"
        yield self.route("/api/class-plans", self._file_plan, scope=filing, methods=["POST"])
        one = "/api/class-plans/{no}"
        yield self.route(one, self._plan, scope=filing)
        yield self.route(one, self._change_plan, scope=filing, methods=["PUT"])
        for kind in REPORTS:
            path = f"/api/classes/{{no}}/{kind}"
            yield self.route(path, self._report(kind), scope=filing, methods=["POST"])

    async def _jwks(self, request: Request) -> Response:
        self.admit(request, "jwks")
        return json_response(self.signer.jwks())

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        name, secret = form.get("client_id"), form.get("client_secret")
        self.admit(request, name if isinstance(name, str) else "anonymous")
        known = isinstance(secret, str) and hmac.compare_digest(
            secret.encode(), self.client_secret.encode()
        )
        if name != self.client_id or not known:
            return oauth_error(401, "invalid_client")
        if form.get("grant_type") != "client_credentials":
            return oauth_error(400, "unsupported_grant_type")
        scope = form.get("scope")
        client = Client(self.client_id, _SCOPES)
        return self.grant(client, scope if isinstance(scope, str) else None)

    def _opened(self, request: Request) -> None:
        """Check the key of the drops.

        Raises:
            Refusal: 401, or 429 as everywhere.
        """
        key = request.headers.get("x-api-key", "")
        if not hmac.compare_digest(key.encode(), self.api_key.encode()):
            raise Refusal(problem(401, "api_key_invalid", "The X-API-Key is missing or unknown."))
        self.admit(request, self.client_id)
        self._tonight()

    async def _index(self, request: Request) -> Response:
        self._opened(request)
        return json_response(self._drops.index())

    async def _drop(self, request: Request) -> Response:
        self._opened(request)
        content = self._drops.find(request.path_params["name"])
        if content is None:
            return problem(404, "not_found", "No such drop.")
        return Response(content, media_type="application/zip")

    # Filing

    def _class(self, request: Request) -> Row:
        row = self.books.get("classes", request.path_params["no"])
        if row is None:
            raise Refusal(problem(404, "not_found", "No such class."))
        return row

    @staticmethod
    def _own(row: Row, content: dict[str, Any]) -> None:
        if content.get("institution_code") != row["機構代碼"]:
            raise Refusal(problem(403, "not_owner", "The class belongs to another institution."))

    async def _file_plan(self, request: Request) -> Response:
        body, content = await body_object(request)

        async def write() -> Response:
            today = self.clock.today()
            plan = read_plan(content)
            plan.check_filing(self.books, today)
            self._refuse(plan.errors)
            assert plan.starts_on is not None
            self._serial += 1
            no = f"{plan.institution}-{plan.starts_on.year - 1911}-{900_000 + self._serial}"
            enter_plan(self.books, plan, no, today, None)
            answer = {"no": no, "state": "報備", "warnings": plan.warnings}
            return json_response(answer, 201, {"Location": f"/api/class-plans/{no}"})

        return await self.idempotency.once(request, canonical_json(body), write)

    async def _plan(self, request: Request) -> Response:
        self._note()
        return json_response(plan_state(self._class(request)))

    async def _change_plan(self, request: Request) -> Response:
        body, content = await body_object(request)

        async def write() -> Response:
            row = self._class(request)
            self._own(row, content)
            plan = read_plan(content)
            plan.check_change(self.books, roc_date.parse(row["開訓日"]), self.clock.today())
            self._refuse(plan.errors)
            enter_plan(self.books, plan, row["班別編號"], self._filed_on(row), row)
            state = row["狀態"]
            return json_response({"no": row["班別編號"], "state": state, "warnings": plan.warnings})

        return await self.idempotency.once(request, canonical_json(body), write)

    def _filed_on(self, row: Row) -> date:
        return roc_date.parse(row["報備日期"]) if row["報備日期"] else self.clock.today()

    @staticmethod
    def _refuse(errors: list[dict[str, Any]]) -> None:
        if errors:
            refused = problem(422, "validation_failed", "Nothing was stored.", errors=errors)
            raise Refusal(refused)

    def _report(self, kind: str) -> Endpoint:
        async def take(request: Request) -> Response:
            body, content = await body_object(request)

            async def write() -> Response:
                row = self._class(request)
                self._own(row, content)
                today = self.clock.today()
                return json_response(self._reporter.take(kind, row, content, today), 201)

            return await self.idempotency.once(request, canonical_json(body), write)

        return take


osh_agency = OshAgency
"""The simulated OSH system over a world."""
