"""An approval (核定): checked against what the registries show today, kept, and put on its way to LTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.amounts import parse_amount
from ..domain.records import REGISTRIES
from ..domain.submission import UserError
from ..domain.value_maps import VALUE_MAPS
from ..rules.law import citation
from ..store.people import load_people
from ..store.recognitions import Opinion, add_opinion, set_state
from ..store.submissions import Filing, Owner, file_submission
from .context import Hub, Request
from .filing import content_hash
from .once import Done
from .recognition_credit import fact_key
from .recognition_delivery import SOURCES, request_body
from .recognition_pairs import Found, Unfit, pairs_of
from .registries import usable

__all__ = ["OPERATION", "DecideInput", "approve", "decided"]

OPERATION = "decideRecognition"
_REGISTRIES = frozenset(REGISTRIES)
_ATTRIBUTES = tuple(VALUE_MAPS["ltc.attribute"])
_CATEGORIES = tuple(VALUE_MAPS["ltc.category"])
_BODIES = {"ltc_recognising_body": "長照人員繼續教育認可機構", "wda": "勞動部勞動力發展署"}
"""What an authority is called where the caller does not name the deciding body itself."""


@dataclass(frozen=True, slots=True)
class DecideInput:
    """The mutation's input.

    Attributes:
        recognition: Id of the ``CreditRecognition``.
        outcome: ``recommended``, ``not_recommended`` (review); ``approved``, ``rejected``,
            ``revoked`` (decision).
        amount: Hundredths; None: the record's own amount. A higher one is cut to it.
        attribute: None: the record's.
        categories: Only those named here count.
        decision_no: 採認文號.
        deciding_body: 採認機關, as it stands in the decision.
        replaces: Id of the decision that an approval takes the place of, after a rejection or a
            revocation.
    """

    idempotency_key: str
    recognition: str
    outcome: str
    amount: int | None = None
    attribute: str | None = None
    categories: tuple[str, ...] = ()
    legal_basis: str | None = None
    decision_no: str | None = None
    deciding_body: str | None = None
    note: str | None = None
    replaces: str | None = None


def decided(
    request: Request,
    row: RowMapping,
    state: str,
    outcome: str,
    warnings: tuple[UserError, ...] = (),
    **more: object,
) -> Done:
    """The answer, with what its receipt attests."""
    request.trace.subjects.add(str(row["person_id"]))
    request.trace.registries.update({row["to_registry"], row["from_registry"]} & _REGISTRIES)
    request.trace.count("recognitions", 1)
    return Done(
        str(row["id"]),
        warnings=warnings,
        attested={
            "recognition": str(row["id"]),
            "row": row["row"],
            "from": row["from_registry"],
            "to": row["to_registry"],
            "outcome": outcome,
            "state": state,
            **more,
        },
    )


async def _fact(hub: Hub, request: Request, connection: AsyncConnection, row: RowMapping) -> Found:
    """The pair as the registries show it today: an approval of what is not there counts nothing."""
    needed = {row["to_registry"], row["from_registry"]} & _REGISTRIES
    await usable(hub, request, needed)
    [person] = (await load_people(connection, [row["person_id"]], sharing=True)).values()
    for found in pairs_of(hub, request, person):
        if (fact_key(found.activity), found.certificate) == (row["activity"], row["certificate"]):
            break
    else:
        raise Unfit(UserError("activity_not_found", ("recognition",)))
    if found.outcome not in ("awaiting_decision", "needs_application", "rejected_by_authority"):
        raise Unfit(UserError(found.outcome, ("recognition",)))
    return found


def _decided(row: RowMapping, given: DecideInput, found: Found) -> tuple[int, str | None]:
    """Amount within the record's own, and attribute.

    Raises:
        Unfit: something is missing or is not the target's.
    """
    errors = []
    attribute = given.attribute or found.activity.get("attribute")
    if given.amount is not None and given.amount <= 0:
        errors.append(UserError("recognition_amount", ("amount",), expected="> 0"))
    if row["to_registry"] == "ltc":
        if attribute not in _ATTRIBUTES:
            errors.append(
                UserError("recognition_attribute", ("attribute",), expected=" ".join(_ATTRIBUTES))
            )
        if unknown := [code for code in given.categories if code not in _CATEGORIES]:
            place = ("categories", str(given.categories.index(unknown[0])))
            errors.append(UserError("recognition_category", place, expected=" ".join(_CATEGORIES)))
        if not given.decision_no:
            errors.append(UserError("recognition_decision_no", ("decisionNo",)))
    elif given.categories:
        errors.append(UserError("recognition_category", ("categories",), expected="[]"))
    if errors:
        raise Unfit(*errors)
    own: int = row["amount"] if row["declared"] is not None else _own(found)
    return min(own, own if given.amount is None else given.amount), attribute


def _own(found: Found) -> int:
    item = found.activity
    return parse_amount(item["hours"] if item["registry"] in ("vr", "osh") else item["points"])


async def approve(
    hub: Hub,
    request: Request,
    connection: AsyncConnection,
    row: RowMapping,
    given: DecideInput,
    matrix: Mapping[str, Any],
) -> Done:
    """Approve an application: the decision, its delivery and the recognition's state.

    Args:
        hub: Keys, figures.
        request: Who decides, on which business day.
        connection: The decision's transaction.
        row: The recognition, held.
        given: The input.
        matrix: Row of the recognition matrix, with its law.

    Raises:
        Unfit: there is nothing to approve, or the input does not fit the target.
        RegistryUnavailable: a registry that it rests on cannot be relied on.
    """
    found = await _fact(hub, request, connection, row)
    amount, attribute = _decided(row, given, found)
    viewer, now = request.viewer, request.instant
    owner = Owner(viewer.issuer, viewer.client_id, viewer.subject)
    basis = given.legal_basis or citation(matrix["law"]).zh
    opinion = Opinion(
        "decision", "approved", matrix["authority"], request.business_day, given.amount,
        given.attribute, given.categories, basis, given.decision_no, given.note,
    )  # fmt: skip
    decision = await add_opinion(connection, row, owner, opinion, now)
    warnings = []
    if given.amount is not None and given.amount > amount:
        warnings.append(UserError("sharing.decision_amount_capped", ("amount",)))
    submission = None
    if row["to_registry"] == "ltc":
        body = None
        if row["from_registry"] in SOURCES:
            body = await request_body(
                connection,
                hub.keys,
                row,
                found.activity,
                points=amount * int(matrix["rate"]),
                attribute=str(attribute),
                categories=given.categories,
                legal_basis=basis,
                decision_no=str(given.decision_no),
                decided_on=request.business_day,
                decided_by=given.deciding_body or _BODIES[matrix["authority"]],
            )
            if body is None:
                warnings.append(UserError("recognition_number_missing", ("recognition",)))
        else:
            warnings.append(UserError("SOURCE_NOT_ACCEPTED", ("recognition",)))
        if body is not None:
            submission = await _file(hub, request, connection, row, owner, body)
    await set_state(
        connection,
        row["id"],
        "approved",
        now,
        amount=amount * int(matrix["rate"]),
        attribute=attribute,
        categories=list(given.categories),
        submission_id=submission,
    )
    return decided(
        request, row, "approved", "approved", tuple(warnings), decision=str(decision),
        submission=None if submission is None else str(submission),
    )  # fmt: skip


async def _file(
    hub: Hub,
    request: Request,
    connection: AsyncConnection,
    row: RowMapping,
    owner: Owner,
    body: Mapping[str, Any],
) -> UUID:
    filing = Filing(
        OPERATION,
        "ltc",
        row["institution"],
        str(row["id"]),
        request.business_day,
        {"body": body},
        content_hash({"body": body}),
        {"recognitions": 1},
        (),
        (),
        (),
        "ltc.post_recognition",
        request.instant,
    )
    return await file_submission(connection, hub.keys, owner, filing, request.instant)
