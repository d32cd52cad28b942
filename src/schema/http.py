"""``POST /graphql``: GraphQL over HTTP, guarded, audited, masked.

Order: token, body, syntax, guard, then the schema. A request error (no data was asked for) is 400
for ``application/graphql-response+json`` and 200 for ``application/json``, as the specification
says. The audit row is committed before the answer leaves; without it there is no answer.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as StrawberryOperation

from ..auth.policy import Denied
from ..domain.errors import CertHubError, InvalidInput, Transient
from ..resolvers.auditing import audit_entry
from ..store.audit import AuditUnavailable
from .context import GraphQLContext
from .errors import coded
from .guard import GUARD, QueryTooComplex, Weight
from .http_access import viewer_of
from .http_body import GRAPHQL, SSE, Operation, negotiate, read_operation
from .http_shell import error_response, request_id_of
from .site import Site, site_of

__all__ = ["TimedOut", "TooManySubscriptions", "graphql_endpoint"]

_DOCUMENTS = 256
_NAMED_FIELDS = 8
_REFUSALS = frozenset({"FORBIDDEN", "PURPOSE_REQUIRED", "PURPOSE_NOT_ALLOWED"})
_KEEP_ALIVE = 15.0


class TimedOut(CertHubError, Transient):
    """The operation did not answer in time; an effect of it was rolled back."""

    code = "TIMEOUT"


class TooManySubscriptions(CertHubError, Transient):
    """The client, or everybody together, has as many subscriptions open as one process serves."""

    code = "TOO_MANY_SUBSCRIPTIONS"


@lru_cache(maxsize=_DOCUMENTS)
def _parse(source: str) -> DocumentNode:
    return parse(source, max_tokens=GUARD.tokens, no_location=False)


def _document(source: str) -> DocumentNode:
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > GUARD.document_bytes:
        raise QueryTooComplex.over("document_bytes", size, GUARD.document_bytes)
    try:
        return _parse(source)
    except RecursionError as error:
        raise QueryTooComplex(
            "the document is nested too deeply", "文件巢狀過深", details={"limit": "depth"}
        ) from error


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        and (name is None or (node.name is not None and node.name.value == name))
    ]
    if len(found) != 1:
        raise InvalidInput(
            "`operationName` must name exactly one operation of the document",
            "`operationName` 應指名文件中唯一之操作",
            code="BAD_REQUEST",
        )
    return found[0]


def _label(node: OperationDefinitionNode) -> str:
    names = [
        part.name.value for part in node.selection_set.selections if isinstance(part, FieldNode)
    ]
    more = "" if len(names) <= _NAMED_FIELDS else "+"
    kind = node.operation.value.capitalize()
    return f"{kind}.{','.join(sorted(set(names[:_NAMED_FIELDS])))[:200]}{more}"


@dataclass(slots=True)
class _Prepared:
    """An operation that passed syntax and guard."""

    operation: Operation
    context: GraphQLContext
    node: OperationDefinitionNode
    weight: Weight
    started: float


def _prepare(
    site: Site, operation: Operation, context: GraphQLContext, media: str, started: float
) -> _Prepared:
    document = _document(operation.query)
    node = _chosen(document, operation.name)
    if (node.operation is OperationType.SUBSCRIPTION) != (media == SSE):
        raise InvalidInput(
            f"subscriptions, and only they, are answered as {SSE}",
            f"訂閱且僅訂閱以 {SSE} 回覆",
            code="BAD_REQUEST",
        )
    weight = site.guard.check(document, operation.variables)
    site.metrics.cost.observe(weight.cost)
    if weight.introspects and "schema.read" not in context.request.viewer.scopes:
        raise Denied("FORBIDDEN", ("schema.read",), "__schema").error
    return _Prepared(operation, context, node, weight, started)


def _media(media: str) -> str:
    return media if media == GRAPHQL else "application/json"


def _encode(
    site: Site,
    prepared: _Prepared | None,
    result: ExecutionResult,
    request_id: str,
    *,
    with_data: bool,
) -> bytes:
    body: dict[str, object] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
        for error in result.errors:
            site.metrics.errors.labels(str((error.extensions or {}).get("code"))).inc()
    if with_data:
        body["data"] = result.data
    extensions: dict[str, object] = {**(result.extensions or {}), "requestId": request_id}
    if prepared is not None:
        extensions["cost"] = prepared.weight.cost
    body["extensions"] = extensions
    return orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)


def _is_request_error(result: ExecutionResult) -> bool:
    """Nothing was asked of a resolver: syntax, validation, variables."""
    return (
        result.data is None and bool(result.errors) and not any(e.path for e in result.errors or ())
    )


def _outcome(errors: Sequence[GraphQLError] | None, data: object) -> tuple[str, str | None]:
    if not errors:
        return "allowed", None
    codes = [str((error.extensions or {}).get("code")) for error in errors]
    refused = next((code for code in codes if code in _REFUSALS), None)
    answered = isinstance(data, dict) and any(value is not None for value in data.values())
    if answered:
        return "partial", refused or codes[0]
    return ("refused", refused) if refused else ("failed", codes[0])


async def _audit(site: Site, prepared: _Prepared, outcome: str, code: str | None) -> None:
    source = prepared.operation.query.encode("utf-8", "surrogatepass")
    await site.audit.record(
        audit_entry(
            site.hub,
            prepared.context.request,
            _label(prepared.node),
            outcome=outcome,
            denial_code=code,
            document_hash=hashlib.sha256(source).hexdigest(),
            latency_us=int((time.perf_counter() - prepared.started) * 1_000_000),
        )
    )


async def _execute(site: Site, prepared: _Prepared) -> ExecutionResult:
    try:
        async with asyncio.timeout(site.limits.execute_seconds):
            result = await site.schema.execute(
                prepared.operation.query,
                variable_values=prepared.operation.variables,
                context_value=prepared.context,
                operation_name=prepared.operation.name,
                allowed_operation_types=(StrawberryOperation.QUERY, StrawberryOperation.MUTATION),
            )
    except TimeoutError as error:
        raise TimedOut(
            "the operation took too long and was ended; ask for less at once",
            "操作逾時而中止;請減少一次查詢之內容",
        ) from error
    return result


def _refused(site: Site, error: CertHubError, request_id: str, media: str) -> Response:
    """A request error of our own, in the shape of the media type."""
    site.metrics.errors.labels(error.code).inc()
    return error_response(
        error, request_id, 400 if media == GRAPHQL else 200, media_type=_media(media)
    )


async def graphql_endpoint(request: Request) -> Response:
    """One GraphQL operation."""
    site, request_id = site_of(request), request_id_of(request.scope)
    started = time.perf_counter()
    viewer = await viewer_of(request, site)
    media = negotiate(request.headers.get("accept"))
    operation = await read_operation(
        request,
        limit=site.limits.body_bytes,
        seconds=site.limits.receive_seconds,
        depth=site.limits.json_depth,
    )
    context = GraphQLContext(site.hub, site.hub.request(viewer, request_id))
    try:
        prepared = _prepare(site, operation, context, media, started)
    except GraphQLError as error:
        broken = ExecutionResult(data=None, errors=[coded(error, request_id)])
        body = _encode(site, None, broken, request_id, with_data=False)
        status = 400 if media == GRAPHQL else 200
        return Response(body, status, media_type=f"{_media(media)}; charset=utf-8")
    except CertHubError as error:
        return _refused(site, error, request_id, media)
    if media == SSE:
        return _stream(site, prepared, request_id)
    try:
        result = await _execute(site, prepared)
        request_error = _is_request_error(result)
        if not request_error:
            await _audit(site, prepared, *_outcome(result.errors, result.data))
    except (TimedOut, AuditUnavailable) as error:
        return error_response(error, request_id, 503, headers={"retry-after": "5"})
    body = _encode(site, prepared, result, request_id, with_data=not request_error)
    status = 400 if request_error and media == GRAPHQL else 200
    return Response(body, status, media_type=f"{_media(media)}; charset=utf-8")


class _EventStream(StreamingResponse):
    """Server-sent events that give their place back however they end."""

    def __init__(self, content: AsyncIterator[bytes], done: Callable[[], None]) -> None:
        super().__init__(content, media_type=SSE, headers={"x-accel-buffering": "no"})
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._done()


def _stream(site: Site, prepared: _Prepared, request_id: str) -> Response:
    """Events of a subscription (GraphQL over SSE, distinct connections).

    It ends with its last event, with the token, or after the longest time; none hangs for ever.
    """
    viewer = prepared.context.request.viewer
    client = (viewer.issuer, viewer.client_id)
    if not site.streams.open(client, site.limits):
        busy = TooManySubscriptions(
            "too many subscriptions are open; end one, or ask again later",
            "開啟中之訂閱過多;請結束其中之一,或稍後再試",
        )
        site.metrics.errors.labels(busy.code).inc()
        return error_response(busy, request_id, 429, headers={"retry-after": "10"})
    return _EventStream(_events(site, prepared, request_id), lambda: site.streams.close(client))


async def _events(site: Site, prepared: _Prepared, request_id: str) -> AsyncIterator[bytes]:
    results = await site.schema.subscribe(
        prepared.operation.query,
        variable_values=prepared.operation.variables,
        context_value=prepared.context,
        operation_name=prepared.operation.name,
    )
    source = results.__aiter__()
    waiting: asyncio.Task[ExecutionResult] | None = None
    audited = False
    until = asyncio.get_running_loop().time() + site.limits.subscription_seconds
    try:
        while not _token_ended(site, prepared):
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                break
            waiting = waiting or asyncio.ensure_future(anext(source))
            done, _pending = await asyncio.wait({waiting}, timeout=min(_KEEP_ALIVE, left))
            if not done:
                yield b":\n\n"
                continue
            try:
                result = waiting.result()
            except StopAsyncIteration:
                waiting = None
                break
            waiting = None
            if not audited:
                await _audit(site, prepared, *_outcome(result.errors, result.data))
                audited = True
            body = _encode(site, prepared, result, request_id, with_data=True)
            yield b"event: next\ndata: " + body + b"\n\n"
        yield b"event: complete\ndata:\n\n"
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        if (close := getattr(source, "aclose", None)) is not None:
            await close()


def _token_ended(site: Site, prepared: _Prepared) -> bool:
    ends = prepared.context.request.viewer.expires_at
    return ends is not None and site.clock() >= ends
