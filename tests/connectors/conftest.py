"""Agencies in process: each answers as its contract says, or with the fault that a test plans.

Nothing here opens a socket: requests go to ``httpx.MockTransport``.
"""

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from certhub.connectors import ltc, osh, vr
from certhub.connectors.base import Connector
from certhub.connectors.http import AgencyClient
from certhub.connectors.ltc.connector import LtcConnector
from certhub.connectors.messages import Limits
from certhub.connectors.oauth import BearerAuth, PrivateKeyJwt, SecretBasic, SecretPost
from certhub.connectors.osh.connector import OshConnector
from certhub.connectors.vr.connector import VrConnector
from certhub.domain.sync import Batch

CONTRACTS = Path(__file__).parent.parent / "contracts"
BASE = "https://agency.test.invalid"

Fault = httpx.Response | Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Cut(httpx.AsyncByteStream):
    """A body whose connection breaks behind its first bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        raise httpx.RemoteProtocolError("peer closed connection")


def problem(status: int, code: str, **more: object) -> httpx.Response:
    """A problem document as the contracts have it."""
    body = {"type": f"urn:problem:{code}", "status": status, "code": code, "detail": "x", **more}
    return httpx.Response(
        status, content=json.dumps(body), headers={"content-type": "application/problem+json"}
    )


def html() -> httpx.Response:
    """A maintenance page that says 200."""
    return httpx.Response(200, html="<html>系統維護中</html>")


class Wire(httpx.MockTransport):
    """Hands answers over as a network does: as a stream that nobody has read."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if not answer.is_stream_consumed:
            return answer
        stream = httpx.ByteStream(answer.content)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)


class Agency:
    """Keeps every request and answers planned faults first.

    Attributes:
        faults: By path, what the next requests get; ``None`` lets one pass.
    """

    token_path = "/oauth/token"
    lifetime = 300

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.faults: dict[str, deque[Fault | None]] = defaultdict(deque)
        self.tokens = 0
        self.dead_tokens: set[str] = set()

    def plan(self, path: str, *faults: Fault | None) -> None:
        self.faults[path].extend(faults)

    def asked(self, path: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path == path]

    def queries(self, path: str) -> list[dict[str, str]]:
        return [dict(request.url.params) for request in self.asked(path)]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if self.faults[path]:
            fault = self.faults[path].popleft()
            if isinstance(fault, httpx.Response):
                return fault
            if fault is not None:
                answer = fault(request)
                return answer if isinstance(answer, httpx.Response) else await answer
        if path == self.token_path:
            return self.token(request)
        if not self.admits(request):
            return problem(401, "token_invalid")
        return self.answer(request)

    def token(self, request: httpx.Request) -> httpx.Response:
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        if not self.knows(request, form):
            return httpx.Response(401, json={"error": "invalid_client"})
        self.tokens += 1
        return httpx.Response(
            200,
            json={
                "access_token": f"token-{self.tokens}",
                "token_type": "Bearer",
                "expires_in": self.lifetime,
            },
        )

    def admits(self, request: httpx.Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and token.startswith("token-") and token not in self.dead_tokens

    def knows(self, request: httpx.Request, form: Mapping[str, str]) -> bool:
        raise NotImplementedError

    def answer(self, request: httpx.Request) -> httpx.Response:
        raise NotImplementedError

    def client(self, registry: str, limits: Limits, **more: Any) -> AgencyClient:
        quick = replace(limits, rate=100_000, backoff=0.0, attempts=4, **more)
        return AgencyClient(registry, BASE, quick, transport=Wire(self))


class VrAgency(Agency):
    """Pages of items; ``pages`` cuts each collection into as many as it says."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.server_time = "2024-09-01T08:00:01+08:00"
        self.size = 2

    def knows(self, request: httpx.Request, form: Mapping[str, str]) -> bool:
        expected = "Basic " + base64.b64encode(b"hub:s%2Fcret").decode()
        return request.headers["authorization"] == expected and "client_secret" not in form

    def answer(self, request: httpx.Request) -> httpx.Response:
        collection = request.url.path.removeprefix("/v1/")
        params = request.url.params
        start = int(params.get("cursor", "c0")[1:])
        since = params.get("updated_since", "")
        items = [item for item in self.items[collection] if item["updated_at"] >= since]
        end = start + self.size
        return httpx.Response(
            200,
            json={
                "items": items[start:end],
                "next_cursor": f"c{end}" if end < len(items) else None,
                "server_time": self.server_time,
            },
        )

    def connector(self, **limits: Any) -> VrConnector:
        client = self.client("vr", vr.LIMITS, **limits)
        auth = BearerAuth(client, "/oauth/token", SecretBasic("hub", "s/cret"), lifetime=300)
        return VrConnector(client, auth)


class LtcAgency(Agency):
    """Snapshots and a feed of changes."""

    token_path = "/oauth2/token"
    lifetime = 600

    def __init__(self) -> None:
        super().__init__()
        self.key = ECKey.generate_key("P-256", private=True)
        self.epoch = "e1"
        self.seq = 100
        self.oldest = 0
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.changes: list[dict[str, Any]] = []
        self.assertions: list[dict[str, Any]] = []

    def change(self, operation: str, entity: str, data: Mapping[str, Any], gap: int = 1) -> int:
        self.seq += gap
        line = {"seq": self.seq, "op": operation, "entity": entity, "data": data}
        self.changes.append({**line, "at": "2024-09-01T08:00:01+08:00"})
        return self.seq

    def knows(self, request: httpx.Request, form: Mapping[str, str]) -> bool:
        token = jwt.decode(form["client_assertion"], self.key, algorithms=["ES256"])
        self.assertions.append({**token.header, **token.claims})
        used = [claims["jti"] for claims in self.assertions]
        return bool(token.claims["aud"] == BASE + self.token_path) and len(set(used)) == len(used)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path, request.url.params
        headers = {"X-Feed-Epoch": self.epoch, "X-Feed-Seq": str(self.seq)}
        if path.startswith("/api/snapshot/"):
            rows = self.rows[path.removeprefix("/api/snapshot/")]
            return ndjson(rows, {**headers, "X-Row-Count": str(len(rows))})
        after, limit = int(params["after"]), int(params["limit"])
        if params.get("epoch", self.epoch) != self.epoch:
            return problem(410, "epoch_changed", epoch=self.epoch)
        if after < self.oldest:
            return problem(410, "retention_exceeded", oldest_after=self.oldest)
        lines = [line for line in self.changes if line["seq"] > after][:limit]
        more = lines and lines[-1]["seq"] < max(line["seq"] for line in self.changes)
        following = lines[-1]["seq"] if more else self.seq
        return ndjson(lines, {**headers, "X-Feed-Next": str(following)})

    def connector(self, **limits: Any) -> LtcConnector:
        client = self.client("ltc", ltc.LIMITS, **limits)
        credentials = PrivateKeyJwt("hub", self.key, "k1", BASE + self.token_path)
        auth = BearerAuth(client, self.token_path, credentials, lifetime=600)
        return LtcConnector(client, auth, page_size=3)


def ndjson(lines: Iterable[Mapping[str, Any]], headers: Mapping[str, str]) -> httpx.Response:
    """Lines, each ending in a line feed."""
    content = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    return httpx.Response(
        200, content=content, headers={"content-type": "application/x-ndjson", **headers}
    )


@dataclass
class DropFile:
    """A member to be packed; the manifest tells the truth unless a test changes ``said``."""

    name: str
    table: str | None
    content: bytes
    rows: int
    encoding: str = "utf-8-sig"
    said: dict[str, object] = field(default_factory=dict)


class OshAgency(Agency):
    """Drops signed with a key of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.key = Ed25519PrivateKey.generate()
        self.kid = "osh-test"
        self.published: dict[str, Ed25519PrivateKey] = {self.kid: self.key}
        self.drops: list[dict[str, Any]] = []
        self.content: dict[str, bytes] = {}

    def knows(self, request: httpx.Request, form: Mapping[str, str]) -> bool:
        return (form.get("client_id"), form.get("client_secret")) == ("hub", "s3cret")

    def admits(self, request: httpx.Request) -> bool:
        if request.url.path.startswith("/drops/"):
            return bool(request.headers.get("x-api-key") == "key-1")
        return request.url.path.startswith("/.well-known/") or super().admits(request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/.well-known/jwks.json":
            return httpx.Response(200, json={"keys": [*map(self._jwk, self.published)]})
        if path == "/drops/index.json":
            return httpx.Response(200, json={"drops": self.drops})
        content = self.content.get(path.removeprefix("/drops/"))
        if content is None:
            return problem(404, "not_found")
        return httpx.Response(200, content=content, headers={"content-type": "application/zip"})

    def _jwk(self, kid: str) -> dict[str, str]:
        raw = self.published[kid].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "x": b64(raw)}

    def publish(
        self,
        sequence: int,
        kind: str,
        files: Iterable[DropFile],
        *,
        base: int | None = None,
        header: Mapping[str, Any] | None = None,
        extra: Mapping[str, bytes] | None = None,
        key: Ed25519PrivateKey | None = None,
        manifest: Mapping[str, object] | None = None,
    ) -> None:
        """Pack, sign and list a drop; an older one of the same sequence is replaced."""
        files = list(files)
        document = {
            "contract": "osh-drop/1",
            "sequence": sequence,
            "kind": kind,
            "base_sequence": base,
            "created_at": "2024-09-01T03:00:00+08:00",
            "files": [
                {
                    "name": each.name,
                    "table": each.table,
                    "encoding": each.encoding,
                    "rows": each.rows,
                    "bytes": len(each.content),
                    "sha256": hashlib.sha256(each.content).hexdigest(),
                    **each.said,
                }
                for each in files
            ],
            **(manifest or {}),
        }
        text = json.dumps(document, ensure_ascii=False).encode()
        protected = b64(orjson.dumps(header or {"alg": "EdDSA", "kid": self.kid}))
        signature = (key or self.key).sign(f"{protected}.{b64(text)}".encode())
        members = {
            "manifest.json": text,
            "manifest.jws": f"{protected}..{b64(signature)}".encode(),
            **{each.name: each.content for each in files},
            **(extra or {}),
        }
        self.put(sequence, kind, pack(members))

    def put(self, sequence: int, kind: str, content: bytes) -> None:
        """List a drop of any bytes."""
        name = f"osh-20240901-{sequence:06d}-{kind}.zip"
        self.drops = [entry for entry in self.drops if entry["sequence"] != sequence]
        self.drops.insert(
            0,
            {
                "name": name,
                "sequence": sequence,
                "kind": kind,
                "created_at": "2024-09-01T03:00:00+08:00",
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            },
        )
        self.content[name] = content

    def connector(self, **limits: Any) -> OshConnector:
        client = self.client("osh", osh.LIMITS, **limits)
        auth = BearerAuth(client, "/oauth/token", SecretPost("hub", "s3cret"), lifetime=300)
        return OshConnector(client, auth, "key-1")


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def pack(members: Mapping[str, bytes]) -> bytes:
    """A ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            packed.writestr(name, content, method)
    return out.getvalue()


def table(
    name: str, header: list[str], rows: list[list[str]], encoding: str = "utf-8-sig"
) -> DropFile:
    """A CSV of a table; cp950 writes what it does not know as numeric references."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([header, *rows])
    content = out.getvalue().encode(encoding, "xmlcharrefreplace")
    return DropFile(f"{name}.csv", name, content, len(rows), encoding)


async def read_all(
    connector: Connector, position: Mapping[str, object] | None = None, *, full: bool = False
) -> list[Batch]:
    """All batches of a run."""
    return [batch async for batch in connector.batches(position, full=full)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vr_agency() -> VrAgency:
    return VrAgency()


@pytest.fixture
def ltc_agency() -> LtcAgency:
    return LtcAgency()


@pytest.fixture
def osh_agency() -> OshAgency:
    return OshAgency()
