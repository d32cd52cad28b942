"""The LTC system (``ltc.openapi.yaml``), simulated: snapshots, the change feed, recognitions."""

import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .checks import body_object
from .clock import AgencyClock
from .forms import Record
from .idempotency import Idempotency, canonical_json
from .ltc_ledger import LtcLedger
from .ltc_recognitions import Recognitions
from .ltc_records import LTC_ENTITIES
from .wire import Agency, Client, Refusal, json_response, oauth_error, problem
from .world import World

__all__ = ["LtcAgency", "ltc_agency"]

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SCOPES = frozenset({"ltc.feed", "ltc.recognition"})
_LONGEST_ASSERTION = 300
_CHUNK = 400


class _Lines(StreamingResponse):
    """Lines in chunks, compressed when asked; holds the reader's seat until it ends."""

    def __init__(
        self,
        lines: Sequence[bytes],
        headers: Mapping[str, str],
        *,
        compress: bool,
        reading: set[str],
        reader: str,
    ) -> None:
        self._reading, self._reader = reading, reader
        sent = {**headers, "Vary": "Accept-Encoding"}
        if compress:
            sent["Content-Encoding"] = "gzip"
        content = _gzip(lines) if compress else _plain(lines)
        super().__init__(content, headers=sent, media_type="application/x-ndjson")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._reading.add(self._reader)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reading.discard(self._reader)


async def _plain(lines: Sequence[bytes]) -> AsyncIterator[bytes]:
    for start in range(0, len(lines), _CHUNK):
        yield b"".join(lines[start : start + _CHUNK])


async def _gzip(lines: Sequence[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for start in range(0, len(lines), _CHUNK):
        packed = packer.compress(b"".join(lines[start : start + _CHUNK]))
        if packed:
            yield packed
    yield packer.flush()


class LtcAgency(Agency):
    """The simulated LTC system; an ASGI application.

    Attributes:
        client_id: The one registered caller.
        private_jwk: The caller's key, made here unless its public half is given.
        books: Records and feed.
        recognitions: Recognitions on file.
        idempotency: Outcomes of writes.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: AgencyClock | None = None,
        per_second: int | None = 5,
        client_id: str = "certhub-ltc",
        public_jwk: Mapping[str, Any] | None = None,
        settle_after: timedelta = timedelta(days=3),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock, per_second=per_second, token_lifetime=600, ticks=ticks)
        self.client_id = client_id
        self.private_jwk: dict[str, Any] = {}
        if public_jwk is None:
            key = ECKey.generate_key("P-256", {"kid": "certhub-1", "use": "sig"}, private=True)
            self.private_jwk = dict(key.as_dict(private=True))
            public_jwk = key.as_dict(private=False)
        self._key = ECKey.import_key(dict(public_jwk))
        self._spent: dict[str, float] = {}
        self._reading: set[str] = set()
        self.books = LtcLedger(self.clock)
        self.recognitions = Recognitions(self.books, self.clock, settle_after)
        self.idempotency = Idempotency(self.clock.now)
        for entity, record in world.ltc():
            self.books.load(entity, record)
        for op, entity, data in world.ltc_history():
            survivor = self.books.get("person", data.get("merged_into", ""))
            if survivor is not None:
                self.books.put("person", survivor)
            self.books.append(op, entity, data)

    # The books, for tests and the demo

    def ledger(self) -> dict[str, dict[str, Record]]:
        """The truth: every present record by entity and id."""
        return self.books.truth()

    def get(self, entity: str, key: str) -> Record | None:
        """One present record."""
        return self.books.get(entity, key)

    def upsert(self, entity: str, record: Record) -> None:
        """Store a record; the feed gets a line."""
        self.books.put(entity, record)

    def delete(self, entity: str, key: str) -> None:
        """Delete a record; the feed gets a line."""
        self.books.delete(entity, key)

    def merge(self, survivor: str, merged: str) -> None:
        """Merge two person records."""
        self.books.merge(survivor, merged)

    def settle(self) -> None:
        """Decide now what waits for a decision."""
        self.recognitions.settle(everything=True)

    # Routes

    def _routes(self) -> Iterable[Route]:
        yield self.route("/oauth2/token", self._token, methods=["POST"])
        yield self.route("/api/changes", self._changes, scope="ltc.feed")
        yield self.route("/api/snapshot/{entity}", self._snapshot, scope="ltc.feed")
        one = "ltc.recognition"
        yield self.route("/api/recognitions", self._recognise, scope=one, methods=["POST"])
        yield self.route("/api/recognitions/{id}", self._recognition, scope=one)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        self.admit(request, "token")
        if form.get("grant_type") != "client_credentials":
            return oauth_error(400, "unsupported_grant_type")
        assertion = form.get("client_assertion")
        if form.get("client_assertion_type") != _ASSERTION or not isinstance(assertion, str):
            return oauth_error(401, "invalid_client")
        audience = str(request.url.replace(query="", fragment=""))
        if not self._proved(assertion, audience):
            return oauth_error(401, "invalid_client")
        scope = form.get("scope")
        client = Client(self.client_id, _SCOPES)
        return self.grant(client, scope if isinstance(scope, str) else None)

    def _proved(self, assertion: str, audience: str) -> bool:
        """Whether the assertion holds (RFC 7523); its moments are those of the real world."""
        try:
            token = jwt.decode(assertion, self._key, algorithms=["ES256"])
        except (JoseError, ValueError):
            return False
        claims = token.claims
        now = time.time()
        jti, expires, issued = claims.get("jti"), claims.get("exp"), claims.get("iat")
        named = claims.get("aud")
        audiences = named if isinstance(named, list) else [named]
        if (
            claims.get("iss") != self.client_id
            or claims.get("sub") != self.client_id
            or audience not in audiences
            or not isinstance(jti, str)
            or not isinstance(issued, (int, float))
            or not isinstance(expires, (int, float))
            or not now < expires <= now + _LONGEST_ASSERTION
        ):
            return False
        for old in [text for text, until in self._spent.items() if until <= now]:
            del self._spent[old]
        if jti in self._spent:
            return False
        self._spent[jti] = float(expires)
        return True

    def _lines(
        self, request: Request, lines: Sequence[bytes], headers: Mapping[str, str]
    ) -> Response:
        """The lines as an answer; one reader at a time.

        Raises:
            Refusal: 429, another answer of the feed is still on its way.
        """
        reader = request.state.client_id
        if reader in self._reading:
            wait = {"Retry-After": "1"}
            raise Refusal(problem(429, "one_reader", "One feed reader at a time.", headers=wait))
        compress = "gzip" in request.headers.get("accept-encoding", "")
        return _Lines(lines, headers, compress=compress, reading=self._reading, reader=reader)

    async def _changes(self, request: Request) -> Response:
        self.recognitions.settle()
        query = request.query_params
        numbers = [query.get("after", ""), query.get("limit", "1000")]
        if not all(text.isascii() and text.isdigit() for text in numbers):
            return problem(400, "malformed", "after and limit are whole numbers.")
        after, limit = (int(text) for text in numbers)
        if not 1 <= limit <= 5000:
            return problem(400, "malformed", "limit is a number from 1 to 5000.")
        books = self.books
        if query.get("epoch", books.epoch) != books.epoch or after > books.newest:
            return self._gone("epoch_changed")
        if after < books.oldest_after:
            return self._gone("retention_exceeded")
        feed = books.changes(after, limit)
        headers = {
            "X-Feed-Epoch": books.epoch,
            "X-Feed-Seq": str(feed.newest),
            "X-Feed-Next": str(feed.following),
        }
        return self._lines(request, feed.lines, headers)

    def _gone(self, code: str) -> Response:
        books = self.books
        return problem(
            410,
            code,
            "Take a new snapshot.",
            headers={"X-Feed-Epoch": books.epoch, "X-Feed-Seq": str(books.newest)},
            detail_zh="變更紀錄已不連續，請重新取得快照。",
            oldest_after=books.oldest_after,
            epoch=books.epoch,
        )

    async def _snapshot(self, request: Request) -> Response:
        self.recognitions.settle()
        entity = request.path_params["entity"]
        if entity not in LTC_ENTITIES:
            return problem(404, "not_found", "No such entity.")
        lines, newest = self.books.snapshot(entity)
        headers = {
            "X-Feed-Epoch": self.books.epoch,
            "X-Feed-Seq": str(newest),
            "X-Row-Count": str(len(lines)),
        }
        return self._lines(request, lines, headers)

    async def _recognise(self, request: Request) -> Response:
        body, content = await body_object(request)

        async def write() -> Response:
            record = self.recognitions.take(content)
            where = {"Location": f"/api/recognitions/{record['id']}"}
            return json_response(record, 201, where)

        return await self.idempotency.once(request, canonical_json(body), write)

    async def _recognition(self, request: Request) -> Response:
        self.recognitions.settle()
        record = self.recognitions.get(request.path_params["id"])
        if record is None:
            return problem(404, "not_found", "No such recognition.")
        return json_response(record)


ltc_agency = LtcAgency
"""The simulated LTC system over a world."""
