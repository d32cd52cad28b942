"""``hub``: what institutions file, what offices decide, and the record of who saw what."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from .tables import metadata

__all__ = [
    "audit",
    "audit_head",
    "evaluation",
    "idempotency",
    "joint_course",
    "outbox",
    "receipt",
    "recognition",
    "recognition_decision",
    "replay",
    "submission",
    "submission_event",
    "upload",
    "used_activity",
    "verify_budget",
]

_STAMP = TIMESTAMP(timezone=True)
_HUB = "hub"

upload = Table(
    "upload",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("issuer", Text(), nullable=False),
    Column("client_id", Text(), nullable=False),
    Column("subject", Text(), nullable=False),
    Column("filename", Text(), nullable=False),
    Column("content_type", Text()),
    Column("size", BigInteger(), nullable=False),
    Column("sha256", LargeBinary(), nullable=False),
    Column("content", LargeBinary(), nullable=False, doc="encrypted: rosters hold numbers"),
    Column("created_at", _STAMP, nullable=False),
    Column("expires_at", _STAMP),
    schema=_HUB,
    comment="上傳檔案",
)
Index(None, upload.c.expires_at)

submission = Table(
    "submission",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("kind", Text(), nullable=False, doc="the mutation: submitVrRoster ..."),
    Column("registry", Text(), nullable=False),
    Column("state", Text(), nullable=False, doc="SubmissionState"),
    Column("institution", Text(), doc="統一編號 it was filed for"),
    Column("target", Text(), doc="course or class number, certificate ... it is about"),
    Column("county", Text(), doc="code of the county that oversees it: place of training, of work"),
    Column("issuer", Text(), nullable=False),
    Column("client_id", Text(), nullable=False),
    Column("subject", Text(), nullable=False),
    Column("business_day", Date(), nullable=False),
    Column("payload_cipher", LargeBinary(), nullable=False, doc="the input, as JSON"),
    Column("content_hash", LargeBinary(), nullable=False),
    Column("summary", JSONB(), nullable=False, server_default=text("'{}'"), doc="no numbers"),
    Column("errors", JSONB(), nullable=False, server_default=text("'[]'")),
    Column("warnings", JSONB(), nullable=False, server_default=text("'[]'")),
    Column("uploads", ARRAY(Uuid()), nullable=False, server_default=text("'{}'")),
    Column("agency_reference", Text(), doc="what the agency calls it"),
    Column("agency_answer", JSONB(none_as_null=True), doc="without persons' numbers"),
    Column("receipt_id", Uuid()),
    Column("supersedes", Uuid(), ForeignKey("hub.submission.id")),
    Column("created_at", _STAMP, nullable=False),
    Column("changed_at", _STAMP, nullable=False),
    schema=_HUB,
    comment="送件",
)
Index(None, submission.c.registry, submission.c.institution, submission.c.created_at)
Index(None, submission.c.registry, submission.c.county, submission.c.created_at)
Index(None, submission.c.client_id, submission.c.created_at)
Index(None, submission.c.registry, submission.c.target)
Index("ix_submission_created_at_id", submission.c.created_at, submission.c.id)

submission_event = Table(
    "submission_event",
    metadata,
    Column("id", BigInteger(), Identity(), primary_key=True),
    Column("submission_id", Uuid(), ForeignKey("hub.submission.id"), nullable=False),
    Column("at", _STAMP, nullable=False),
    Column("state", Text(), nullable=False),
    Column("code", Text()),
    Column("detail", JSONB(), nullable=False, server_default=text("'{}'")),
    schema=_HUB,
    comment="送件歷程",
)
Index(None, submission_event.c.submission_id, submission_event.c.id)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger(), Identity(), primary_key=True),
    Column("submission_id", Uuid(), ForeignKey("hub.submission.id"), nullable=False, unique=True),
    Column("registry", Text(), nullable=False),
    Column("operation", Text(), nullable=False, doc="the agency's call"),
    Column("idempotency_key", Text(), nullable=False, unique=True),
    Column("state", Text(), nullable=False, doc="waiting | done | given_up"),
    Column("not_before", _STAMP, nullable=False),
    Column("attempts", Integer(), nullable=False, server_default=text("0")),
    Column("last_error", Text()),
    Column("created_at", _STAMP, nullable=False),
    Column("done_at", _STAMP),
    schema=_HUB,
    comment="待送機關",
)
Index(
    "ix_outbox_waiting", outbox.c.registry, outbox.c.not_before, outbox.c.id,
    postgresql_where=outbox.c.state == "waiting",
)  # fmt: skip

idempotency = Table(
    "idempotency",
    metadata,
    Column("issuer", Text(), primary_key=True),
    Column("client_id", Text(), primary_key=True),
    Column("operation", Text(), primary_key=True),
    Column("key", Text(), primary_key=True),
    Column("request_hash", LargeBinary(), nullable=False),
    Column("state", Text(), nullable=False, doc="running | done"),
    Column("result", JSONB(none_as_null=True)),
    Column("created_at", _STAMP, nullable=False),
    Column("expires_at", _STAMP, nullable=False),
    schema=_HUB,
    comment="冪等鍵",
)
Index(None, idempotency.c.expires_at)

receipt = Table(
    "receipt",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("kind", Text(), nullable=False, doc="verification | submission"),
    Column("jws", Text(), nullable=False),
    Column("content", JSONB(), nullable=False, doc="what was signed; no identifiers"),
    Column("client_id", Text(), nullable=False),
    Column("audit_chain", Text()),
    Column("audit_seq", BigInteger()),
    Column("created_at", _STAMP, nullable=False),
    schema=_HUB,
    comment="收據",
)

recognition = Table(
    "recognition",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("person_id", Uuid(), nullable=False),
    Column("activity", Text(), nullable=False, doc="registry:source id"),
    Column("certificate", Text(), nullable=False, doc="registry:source id"),
    Column("from_registry", Text(), nullable=False),
    Column("to_registry", Text(), nullable=False),
    Column("row", Text(), doc="row of the sharing table"),
    Column("state", Text(), nullable=False, doc="pending approved rejected revoked"),
    Column("amount", BigInteger(), doc="hundredths"),
    Column("unit", Text(), doc="points | hours"),
    Column("attribute", Text()),
    Column("categories", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("filed_on", Date(), nullable=False),
    Column("issuer", Text(), nullable=False),
    Column("client_id", Text(), nullable=False),
    Column("applied_by", Text(), nullable=False),
    Column("institution", Text(), doc="統一編號 of the organiser that applied"),
    Column("reason", Text()),
    Column(
        "credit",
        JSONB(),
        nullable=False,
        server_default=text("'{}'"),
        doc="what was applied for: day, title, own amount ...; no numbers",
    ),
    Column("declared", JSONB(none_as_null=True), doc="the activity, where no registry holds it"),
    Column("submission_id", Uuid(), ForeignKey("hub.submission.id")),
    Column("created_at", _STAMP, nullable=False),
    Column("changed_at", _STAMP, nullable=False),
    schema=_HUB,
    comment="跨制度採認",
)
Index(None, recognition.c.person_id)
Index(None, recognition.c.certificate)
Index(None, recognition.c.activity)
Index(None, recognition.c.state, recognition.c.created_at, recognition.c.id)

recognition_decision = Table(
    "recognition_decision",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("recognition_id", Uuid(), ForeignKey("hub.recognition.id"), nullable=False),
    Column("stage", Text(), nullable=False, doc="review (初審) | decision (核定)"),
    Column(
        "outcome",
        Text(),
        nullable=False,
        doc="approved rejected; of a review recommended not_recommended",
    ),
    Column("amount", BigInteger(), doc="hundredths"),
    Column("attribute", Text()),
    Column("categories", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("legal_basis", Text()),
    Column("authority", Text(), nullable=False),
    Column("decision_no", Text()),
    Column("decided_on", Date(), nullable=False),
    Column("issuer", Text(), nullable=False),
    Column("client_id", Text(), nullable=False),
    Column("decided_by", Text(), nullable=False),
    Column("note", Text()),
    Column("created_at", _STAMP, nullable=False),
    schema=_HUB,
    comment="採認初審與決定",
)
Index(None, recognition_decision.c.recognition_id)

used_activity = Table(
    "used_activity",
    metadata,
    Column("certificate", Text(), primary_key=True, doc="registry:source id"),
    Column("activity", Text(), primary_key=True, doc="registry:source id"),
    Column("renewed_on", Date(), nullable=False),
    schema=_HUB,
    comment="已用於更新之積分",
)

joint_course = Table(
    "joint_course",
    metadata,
    Column("registry", Text(), primary_key=True),
    Column("course", Text(), primary_key=True, doc="VR course_no, LTC course id, 班別編號"),
    Column("event", Text(), nullable=False, doc="one key for one course"),
    schema=_HUB,
    comment="聯合認可之課程",
)
Index(None, joint_course.c.event)

evaluation = Table(
    "evaluation",
    metadata,
    Column("certificate", Text(), primary_key=True, doc="registry:source id"),
    Column("registry", Text(), nullable=False),
    Column("type", Text(), nullable=False),
    Column("person_id", Uuid(), nullable=False),
    Column("as_of", Date(), nullable=False),
    Column("certificate_status", Text(), doc="Certificate.status on as_of"),
    Column("status", Text(), nullable=False, doc="of the renewal decision"),
    Column("eligible", Boolean()),
    Column("valid_from", Date()),
    Column("valid_to", Date(), doc="with extensions"),
    Column("requirements", JSONB(), nullable=False, server_default=text("'{}'")),
    Column("short", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("findings", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("ruleset_version", Text(), nullable=False),
    Column("facts_hash", Text(), nullable=False),
    Column("next_change_on", Date()),
    Column("computed_at", _STAMP, nullable=False),
    schema=_HUB,
    comment="證照更新評估",
)
Index(None, evaluation.c.person_id)
Index(None, evaluation.c.next_change_on)
Index(
    "ix_evaluation_expiry",
    evaluation.c.registry, evaluation.c.valid_to, evaluation.c.certificate,
    postgresql_include=["type", "person_id", "status", "certificate_status"],
)  # fmt: skip
# Lists across registries, in either direction.
Index("ix_evaluation_valid_to", evaluation.c.valid_to, evaluation.c.certificate)
Index(
    "ix_evaluation_valid_to_desc",
    evaluation.c.valid_to.desc().nulls_last(),
    evaluation.c.certificate,
)
Index("ix_evaluation_short", evaluation.c.short, postgresql_using="gin")

audit = Table(
    "audit",
    metadata,
    Column("chain", Text(), primary_key=True, doc="one per writing process"),
    Column("seq", BigInteger(), primary_key=True, autoincrement=False),
    Column("at", _STAMP, nullable=False),
    Column("request_id", Text(), nullable=False),
    Column("issuer", Text()),
    Column("client_id", Text()),
    Column("subject", Text()),
    Column("agency_type", Text()),
    Column("agency_code", Text()),
    Column("purpose", Text()),
    Column("case_reference", Text()),
    Column("operation", Text(), nullable=False),
    Column("document_hash", Text()),
    Column("fields", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("registries", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("subject_refs", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("counts", JSONB(), nullable=False, server_default=text("'{}'")),
    Column("outcome", Text(), nullable=False),
    Column("denial_code", Text()),
    Column("ruleset_version", Text()),
    Column("latency_us", BigInteger()),
    Column("prev_hash", LargeBinary(), nullable=False),
    Column("hash", LargeBinary(), nullable=False),
    schema=_HUB,
    comment="稽核紀錄:只增不改",
)
Index("ix_audit_at", audit.c.at, audit.c.chain, audit.c.seq)
Index("ix_audit_client_id", audit.c.client_id, audit.c.at)
Index("ix_audit_subject_refs", audit.c.subject_refs, postgresql_using="gin")

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", BigInteger(), Identity(), primary_key=True),
    Column("at", _STAMP, nullable=False),
    Column("heads", JSONB(), nullable=False, doc="chain -> seq and hash"),
    Column("jws", Text(), nullable=False),
    schema=_HUB,
    comment="簽章之稽核鏈首",
)

verify_budget = Table(
    "verify_budget",
    metadata,
    Column("issuer", Text(), primary_key=True),
    Column("client_id", Text(), primary_key=True),
    Column("day", Date(), primary_key=True),
    Column("used", Integer(), nullable=False, server_default=text("0")),
    schema=_HUB,
    comment="查核額度",
)

replay = Table(
    "replay",
    metadata,
    Column("issuer", Text(), primary_key=True),
    Column("token_id", Text(), primary_key=True),
    Column("expires_at", _STAMP, nullable=False),
    Column("seen_at", _STAMP, nullable=False, server_default=func.now()),
    schema=_HUB,
    comment="已用過之一次性憑證",
)
Index(None, replay.c.expires_at)
