"""``decideRecognition``: an application reviewed (初審), approved or rejected (核定), an approval revoked.

The authority of the matrix row decides, never who applied or reviewed: maker and checker are told
apart by issuer and subject, whatever client they use. What is approved counts at once, in
``Person.sharing`` and in the renewal of the target certificate; for an LTC certificate it is reported
to the LTC system by the outbox. The hub never overrules a decision (sharing.md, S-R8).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.purposes import without_numbers
from ..auth.viewer import AgencyType
from ..domain.errors import InvalidInput, Refused
from ..domain.submission import UserError
from ..rules.law import citation
from ..store.recognitions import (
    Opinion,
    add_opinion,
    hold_pair,
    latest,
    locked,
    set_state,
    take_back,
)
from ..store.submissions import Owner
from .context import Hub, Request
from .evaluations import evaluate_people, registry_question
from .ids import NodeKind, decode_id
from .once import Done, once
from .recognition_approve import OPERATION, DecideInput, approve, decided
from .recognition_pairs import Unfit
from .recognitions import recognitions_by_key

__all__ = ["DecideInput", "decide_recognition"]

REVIEWS = ("recommended", "not_recommended")
DECISIONS = ("approved", "rejected", "revoked")
_LONGEST = 500


async def decide_recognition(hub: Hub, request: Request, given: DecideInput) -> Done:
    """Review or decide an application.

    Raises:
        InvalidInput: the idempotency key, an outcome or a text that is none.
        Refused: the token may not do this step.
        RegistryUnavailable: a registry that an approval rests on cannot be relied on.
        Conflict: the key was used with other content.
    """
    _check_input(request, given)
    if given.note is not None:
        given = replace(given, note=without_numbers(given.note))
    content = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in (
            (name, getattr(given, name))
            for name in DecideInput.__dataclass_fields__
            if name != "idempotency_key"
        )
    }

    async def act(connection: AsyncConnection) -> Done:
        try:
            row = await _row(hub, request, connection, given)
            if given.outcome in REVIEWS:
                return await _review(request, connection, row, given)
            return await _decide(hub, request, connection, row, given)
        except Unfit as unfit:
            return Done(errors=unfit.errors)

    return await once(hub, request, OPERATION, given.idempotency_key, content, act)


def _check_input(request: Request, given: DecideInput) -> None:
    known = (*REVIEWS, *DECISIONS)
    if given.outcome not in known:
        raise InvalidInput(
            f"outcome: expected one of {', '.join(known)}",
            f"outcome:應為 {'、'.join(known)} 之一",
            details={"path": "outcome", "expected": " ".join(known)},
        )
    for path, text in (
        ("legalBasis", given.legal_basis),
        ("decisionNo", given.decision_no),
        ("decidingBody", given.deciding_body),
        ("note", given.note),
    ):
        if text is not None and not 0 < len(text.strip()) <= _LONGEST:
            raise InvalidInput(
                f"{path}: expected 1 to {_LONGEST} characters",
                f"{path}:應為 1 至 {_LONGEST} 字",
                details={"path": path, "expected": f"1 to {_LONGEST} characters"},
            )
    scope = "recognition.review" if given.outcome in REVIEWS else "recognition.approve"
    if scope not in request.viewer.scopes:
        raise Refused(
            f"outcome {given.outcome}: needed: {scope}",
            f"outcome {given.outcome}:需要 {scope}",
            details={"needed": [scope]},
        )


async def _row(
    hub: Hub, request: Request, connection: AsyncConnection, given: DecideInput
) -> RowMapping:
    """The recognition, held; one that the reader may not see looks like one that is not there."""
    nothing = Unfit(UserError("recognition_not_found", ("recognition",)))
    try:
        kind, key = decode_id(given.recognition)
    except InvalidInput:
        raise nothing from None
    seen = await recognitions_by_key(hub, request, [key])
    if kind is not NodeKind.RECOGNITION or key not in seen:
        raise nothing
    row = await locked(connection, UUID(key))
    if row is None:
        raise nothing
    await hold_pair(connection, row["activity"], row["certificate"])
    viewer = request.viewer
    if (row["issuer"], row["applied_by"]) == (viewer.issuer, viewer.subject):
        raise Unfit(UserError("SAME_PERSON_DECIDES", ("recognition",)))
    return row


def _authority(hub: Hub, request: Request, row: RowMapping) -> Mapping[str, Any]:
    """The matrix row on the business day; an application outlives no row."""
    figure = hub.ruleset.on(request.business_day).get(
        "sharing.recognition_matrix", row["row"] or ""
    )
    if figure is None or figure.value["status"] != "needs_approval":
        raise Unfit(UserError("no_matrix_row", ("recognition",)))
    return {**figure.value, "law": figure.law}


async def _review(
    request: Request, connection: AsyncConnection, row: RowMapping, given: DecideInput
) -> Done:
    if row["state"] != "pending":
        raise Unfit(UserError("recognition_decided", ("recognition",), expected="pending"))
    viewer = request.viewer
    owner = Owner(viewer.issuer, viewer.client_id, viewer.subject)
    opinion = Opinion(
        "review", given.outcome, viewer.agency_code or "", request.business_day,
        given.amount, given.attribute, given.categories, given.legal_basis, None, given.note,
    )  # fmt: skip
    await add_opinion(connection, row, owner, opinion, request.instant)
    await set_state(connection, row["id"], "pending", request.instant)
    return decided(request, row, "pending", given.outcome)


async def _decide(
    hub: Hub, request: Request, connection: AsyncConnection, row: RowMapping, given: DecideInput
) -> Done:
    viewer = request.viewer
    matrix = _authority(hub, request, row)
    if viewer.agency_type is not AgencyType.CENTRAL or row["to_registry"] not in viewer.registries:
        needed = ["agency_type=central", f"registries={row['to_registry']}"]
        raise Refused(
            f"the authority of row {row['row']} decides ({matrix['authority']}): "
            f"needed: {', '.join(needed)}",
            f"應由對照表 {row['row']} 之主管機關決定({matrix['authority']}):需要 {'、'.join(needed)}",
            details={"needed": needed, "authority": matrix["authority"]},
        )
    review = await latest(connection, row["id"], "review")
    if review and (review["issuer"], review["decided_by"]) == (viewer.issuer, viewer.subject):
        raise Unfit(UserError("SAME_PERSON_DECIDES", ("recognition",)))
    await _check_step(connection, row, given)
    if given.outcome == "approved":
        done = await approve(hub, request, connection, row, given, matrix)
    else:
        done = await _refuse(request, connection, row, given, matrix)
    question = registry_question(hub, request.business_day)
    # At once, lists included: the evaluation of one person is part of the decision.
    await evaluate_people(connection, question, [row["person_id"]], request.instant)
    return done


async def _check_step(connection: AsyncConnection, row: RowMapping, given: DecideInput) -> None:
    """Which step may follow: a decision is only replaced by who knows it."""
    state, outcome = row["state"], given.outcome
    if outcome == "revoked":
        if state != "approved":
            raise Unfit(UserError("recognition_not_approved", ("outcome",), expected="approved"))
        return
    if state == "pending":
        return
    if outcome == "approved" and state in ("rejected", "revoked"):
        last = await latest(connection, row["id"])
        if last is not None and given.replaces == str(last["id"]):
            return
        raise Unfit(UserError("recognition_decided", ("replaces",), expected="replaces"))
    raise Unfit(UserError("recognition_decided", ("outcome",), expected="revoked"))


async def _refuse(
    request: Request,
    connection: AsyncConnection,
    row: RowMapping,
    given: DecideInput,
    matrix: Mapping[str, Any],
) -> Done:
    """Reject an application, or revoke an approval: in the rulebook's words both reject."""
    if not given.note:
        raise Unfit(UserError("recognition_reason_missing", ("note",)))
    viewer, now = request.viewer, request.instant
    owner = Owner(viewer.issuer, viewer.client_id, viewer.subject)
    opinion = Opinion(
        "decision", "rejected", matrix["authority"], request.business_day, None, None, (),
        given.legal_basis or citation(matrix["law"]).zh, given.decision_no, given.note,
    )  # fmt: skip
    decision = await add_opinion(connection, row, owner, opinion, now)
    warnings: tuple[UserError, ...] = ()
    if row["submission_id"] is not None and not await take_back(
        connection, row["submission_id"], now
    ):
        warnings = (UserError("recognition_held_by_registry", ("recognition",)),)
    state = "rejected" if given.outcome == "rejected" else "revoked"
    await set_state(connection, row["id"], state, now)
    return decided(request, row, state, "rejected", warnings, decision=str(decision))
