"""One operation as the audit trail keeps it: who, why, what was touched; never a number or a name."""

from datetime import datetime

from ..store.audit import AuditEntry
from ..store.crypto import subject_reference
from .context import Hub, Request

__all__ = ["audit_entry"]


def audit_entry(
    hub: Hub,
    request: Request,
    operation: str,
    *,
    outcome: str = "allowed",
    denial_code: str | None = None,
    document_hash: str | None = None,
    at: datetime | None = None,
    latency_us: int | None = None,
) -> AuditEntry:
    """The audit row of what ``request`` did so far, from its trace.

    Args:
        hub: Its subject key makes the references to people.
        request: The operation.
        operation: ``Query.person``, ``Mutation.submitVrRoster``, ``sync`` ...
        outcome: ``allowed``, ``partial``, ``refused`` or ``failed``.
        denial_code: First code of a refusal or failure.
        document_hash: SHA-256 of the GraphQL document, hexadecimal.
        at: The request's instant unless given.
        latency_us: Microseconds since the request came.
    """
    viewer, trace = request.viewer, request.trace
    return AuditEntry(
        at=at or request.instant,
        request_id=request.request_id,
        operation=operation,
        outcome=outcome,
        issuer=viewer.issuer,
        client_id=viewer.client_id,
        subject=viewer.subject,
        agency_type=None if viewer.agency_type is None else viewer.agency_type.value,
        agency_code=viewer.agency_code,
        purpose=viewer.purpose,
        case_reference=viewer.case_reference,
        document_hash=document_hash,
        fields=tuple(sorted(trace.fields | set(trace.refused))),
        registries=tuple(sorted(trace.registries)),
        subject_refs=tuple(
            sorted(subject_reference(hub.keys, str(subject)) for subject in trace.subjects)
        ),
        counts=dict(sorted(trace.counts.items())),
        denial_code=denial_code or next(iter(trace.refused.values()), None),
        ruleset_version=hub.ruleset.version if trace.rules else None,
        latency_us=latency_us,
    )
