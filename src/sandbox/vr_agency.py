"""The VR register's system (``vr.openapi.yaml``), simulated: paged collections and filings."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .checks import body_object
from .clock import AgencyClock, iso_seconds
from .dice import Dice
from .forms import Record
from .idempotency import Idempotency, canonical_json
from .vr_filing import filed_course, filed_extension
from .vr_ledger import Position, VrLedger, parse_since
from .vr_records import VR_COLLECTIONS
from .vr_rosters import Rosters
from .wire import Agency, Client, Endpoint, Refusal, json_response, oauth_error, problem
from .world import World

__all__ = ["VrAgency", "vr_agency"]

_CURSOR_LIFE = timedelta(minutes=15)
_SCOPES = frozenset({"vr.read", "vr.write"})


class _Cursors:
    """Places where readers stopped; they live 15 minutes and die with a restart."""

    def __init__(self, clock: AgencyClock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(16)
        self._places: dict[str, tuple[str, Position, datetime]] = {}

    def issue(self, collection: str, after: Position) -> str:
        """The same place has the same cursor; asking again renews it."""
        text = f"{collection}|{after[0]}|{after[1]}".encode()
        digest = hmac.digest(self._key, text, "sha256")[:18]
        cursor = base64.urlsafe_b64encode(digest).decode()
        self._places[cursor] = (collection, after, self._clock.now())
        return cursor

    def find(self, collection: str, cursor: str) -> Position:
        """Where the cursor stands.

        Raises:
            Refusal: 400 for what is no cursor of this collection, 410 for an old one.
        """
        now = self._clock.now()
        for old in [c for c, (_, _, at) in self._places.items() if now - at > _CURSOR_LIFE]:
            del self._places[old]
        known = self._places.get(cursor)
        if known is None:
            try:
                shaped = len(base64.urlsafe_b64decode(cursor.encode())) == 18
            except (binascii.Error, ValueError):
                shaped = False
            if not shaped:
                raise Refusal(problem(400, "malformed", "The cursor is not one of ours."))
            raise Refusal(
                problem(410, "cursor_expired", "Start again from the same updated_since.")
            )
        if known[0] != collection:
            raise Refusal(problem(400, "malformed", "The cursor belongs to another collection."))
        return known[1]

    def restart(self) -> None:
        """Forget every place, as a restart does."""
        self._key = secrets.token_bytes(16)
        self._places.clear()


class VrAgency(Agency):
    """The simulated VR register; an ASGI application.

    Attributes:
        client_id: The one registered caller.
        client_secret: Its secret.
        books: Every record, with versions.
        rosters: Rosters on file.
        idempotency: Outcomes of writes.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: AgencyClock | None = None,
        per_second: int | None = 10,
        client_id: str = "certhub-vr",
        client_secret: str | None = None,
        settle_after: timedelta = timedelta(days=5),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock, per_second=per_second, token_lifetime=300, ticks=ticks)
        self.client_id = client_id
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self.books = VrLedger(self.clock)
        self.rosters = Rosters(self.books, self.clock, settle_after)
        self.idempotency = Idempotency(self.clock.now)
        self._cursors = _Cursors(self.clock)
        self._serial = 0
        self._load(world)

    def _load(self, world: World) -> None:
        dice = Dice(world.seed, 0xA9)
        for collection, record in world.vr():
            self.books.load(collection, record, dice)
        for collection, key in world.vr_tombstones():
            self.books.load(collection, None, dice, key=key)
        self.books.settle_order()
        self.rosters.index_members()

    # The books, for tests and the demo

    def ledger(self) -> dict[str, dict[str, Record]]:
        """The truth: every record, tombstones included, by collection and id."""
        return self.books.truth()

    def get(self, collection: str, key: str) -> Record | None:
        """One live record, envelope included."""
        return self.books.get(collection, key)

    def upsert(self, collection: str, record: Record) -> None:
        """Store a record; it takes the next version and the present second."""
        self.books.put(collection, record)
        if collection == "professionals":
            self.rosters.member_joined(record)

    def delete(self, collection: str, key: str) -> None:
        """Leave a tombstone."""
        self.books.delete(collection, key)
        if collection == "professionals":
            self.rosters.member_left(key)

    def restart(self) -> None:
        """What a restart of the agency's system does to its callers: cursors and tokens die."""
        self._cursors.restart()
        self.revoke_tokens()

    def settle(self) -> None:
        """Decide now what waits for a decision: rosters' records, courses, extensions."""
        self.rosters.settle(everything=True)
        for course in list(self.books.live("courses")):
            if course["status"] == "送審中":
                number = f"勞動發特字第{course['no'][4:]}號"
                self.books.put("courses", {**course, "status": "通過", "approval_no": number})
        for extension in list(self.books.live("extensions")):
            if extension["status"] == "送審中":
                decided = {"status": "通過", "decided_on": extension["applied_on"]}
                self.books.put("extensions", {**extension, **decided})

    # Routes

    def _routes(self) -> Iterable[Route]:
        yield self.route("/oauth/token", self._token, methods=["POST"])
        for collection in VR_COLLECTIONS:
            yield self.route(f"/v1/{collection}", self._lister(collection), scope="vr.read")
        yield self.route("/v1/courses", self._file_course, scope="vr.write", methods=["POST"])
        yield self.route("/v1/extensions", self._file_extension, scope="vr.write", methods=["POST"])
        yield self.route("/v1/courses/{no}", self._course, scope="vr.read")
        roster = "/v1/courses/{no}/roster"
        yield self.route(roster, self._roster, scope="vr.read")
        yield self.route(roster, self._send_roster, scope="vr.write", methods=["POST"])
        yield self.route(roster, self._clear_roster, scope="vr.write", methods=["DELETE"])

    async def _token(self, request: Request) -> Response:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, secret = "", ""
        self.admit(request, name or "anonymous")
        known = hmac.compare_digest(secret.encode(), self.client_secret.encode())
        if kind.lower() != "basic" or name != self.client_id or not known:
            return oauth_error(401, "invalid_client", basic=True)
        form = await request.form()
        if form.get("grant_type") != "client_credentials":
            return oauth_error(400, "unsupported_grant_type")
        scope = form.get("scope")
        return self.grant(Client(name, _SCOPES), scope if isinstance(scope, str) else None)

    def _lister(self, collection: str) -> Endpoint:
        async def page(request: Request) -> Response:
            return self._page(collection, request)

        return page

    def _page(self, collection: str, request: Request) -> Response:
        self.rosters.settle()
        query = request.query_params
        since = query.get("updated_since")
        if since is not None and parse_since(since) is None:
            return problem(400, "malformed", "updated_since is not YYYY-MM-DDTHH:MM:SS+08:00.")
        text = query.get("limit", "200")
        limit = int(text) if text.isascii() and text.isdigit() else 0
        if not 10 <= limit <= 500:
            return problem(400, "malformed", "limit is a number from 10 to 500.")
        after = None
        if "cursor" in query:
            after = self._cursors.find(collection, query["cursor"])
        items, last = self.books.page(collection, since, after, limit)
        cursor = None if last is None else self._cursors.issue(collection, last)
        body = b'{"items":[%s],"next_cursor":%s' % (b",".join(items), orjson.dumps(cursor))
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        moment = iso_seconds(self.clock.now()).encode()
        return json_response(b'%s,"server_time":"%s"}' % (body, moment), headers={"ETag": tag})

    # Writing

    def _institution(self, request: Request) -> Record:
        """The institution the caller acts for.

        Raises:
            Refusal: 400 without a tax id, 403 when it is unknown or suspended.
        """
        tax_id = request.headers.get("x-on-behalf-of", "")
        if not (len(tax_id) == 8 and tax_id.isascii() and tax_id.isdigit()):
            raise Refusal(problem(400, "malformed", "X-On-Behalf-Of is a tax id of eight digits."))
        institution = self.books.get("institutions", tax_id)
        if institution is None or institution["status"] != "正常":
            raise Refusal(problem(403, "not_owner", "The institution is not active here."))
        return institution

    def _owned_course(self, request: Request) -> Record:
        institution = self._institution(request)
        course = self.books.get("courses", request.path_params["no"])
        if course is None:
            raise Refusal(problem(404, "not_found", "No such course."))
        if course["institution_tax_id"] != institution["tax_id"]:
            raise Refusal(problem(403, "not_owner", "The course belongs to another institution."))
        return course

    def _next(self) -> int:
        self._serial += 1
        return 900_000 + self._serial

    async def _file_course(self, request: Request) -> Response:
        body, content = await body_object(request)

        async def write() -> Response:
            institution = self._institution(request)
            record = filed_course(content, institution, self.clock.today(), self._next())
            self.books.put("courses", record)
            where = {"Location": f"/v1/courses/{record['no']}"}
            return json_response(self.books.raw("courses", record["id"]), 201, where)

        return await self.idempotency.once(request, canonical_json(body), write)

    async def _file_extension(self, request: Request) -> Response:
        body, content = await body_object(request)

        async def write() -> Response:
            record = filed_extension(content, self.books, self.clock.today(), self._next())
            self.books.put("extensions", record)
            return json_response(self.books.raw("extensions", record["id"]), 201)

        return await self.idempotency.once(request, canonical_json(body), write)

    async def _course(self, request: Request) -> Response:
        self.rosters.settle()
        raw = self.books.raw("courses", request.path_params["no"])
        return problem(404, "not_found", "No such course.") if raw is None else json_response(raw)

    async def _roster(self, request: Request) -> Response:
        self.rosters.settle()
        course = self.books.get("courses", request.path_params["no"])
        if course is None:
            return problem(404, "not_found", "No such course.")
        return json_response(self.rosters.on_file(course))

    async def _send_roster(self, request: Request) -> Response:
        self.rosters.settle()
        parts, content = await self.rosters.parts(request)

        async def write() -> Response:
            return self.rosters.take(self._owned_course(request), parts)

        return await self.idempotency.once(request, content, write)

    async def _clear_roster(self, request: Request) -> Response:
        self.rosters.settle()

        async def write() -> Response:
            return self.rosters.clear(self._owned_course(request))

        return await self.idempotency.once(request, await request.body(), write)


vr_agency = VrAgency
"""The simulated VR register over a world."""
