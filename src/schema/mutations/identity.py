"""Who is whom: proposed by one, decided by another, reversible."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from ...resolvers import identity_changes
from ...resolvers.identities import change_by_key
from ...resolvers.once import Done
from ..context import Info
from ..fields import computed
from ..identities import IdentityChange
from .effects import KEY, EffectPayload, outcome

__all__ = ["IdentityMutations"]


@strawberry.input(description="提出合併:兩者為同一人。 A proposal that two persons are one.")
class MergeIdentitiesInput:
    """Input of mergeIdentities."""

    idempotency_key: str = strawberry.field(description=KEY)
    persons: list[strawberry.ID] = strawberry.field(description="兩位人員。 The two persons.")
    reason: str = strawberry.field(description="理由。 Why.")


@strawberry.input(description="紀錄之鍵。 A record, as identityPersons lists it.")
class RecordKeyInput:
    """A record."""

    entity: str = strawberry.field(description="紀錄種類。 Kind of record.")
    source_id: str = strawberry.field(description="機關之鍵值。 The agency's own key.")


@strawberry.input(
    description="提出拆分:部分紀錄為另一人。 A proposal that some records of a person are somebody else."
)
class SplitIdentityInput:
    """Input of splitIdentity."""

    idempotency_key: str = strawberry.field(description=KEY)
    person: strawberry.ID = strawberry.field(description="人員。 The person.")
    records: list[RecordKeyInput] = strawberry.field(
        description="應移出之紀錄。 The records that go."
    )
    reason: str = strawberry.field(description="理由。 Why.")


@strawberry.input(
    description="決定身分異動,或撤回已核可者。 A decision on a change, or its reversal."
)
class DecideIdentityChangeInput:
    """Input of decideIdentityChange."""

    idempotency_key: str = strawberry.field(description=KEY)
    change: strawberry.ID = strawberry.field(description="身分異動。 The change.")
    outcome: str = strawberry.field(
        description="approved、rejected;已核可者可 reverted(撤回)。 approved, rejected; reverted takes an "
        "approved one back."
    )
    note: str | None = strawberry.field(default=None, description="附註。 Note.")


@strawberry.input(
    description="結束疑義:確為不同人,或無可更正。 Closes a doubt: they are different people, or nothing can be done."
)
class DismissIdentityCandidateInput:
    """Input of dismissIdentityCandidate."""

    idempotency_key: str = strawberry.field(description=KEY)
    candidate: strawberry.ID = strawberry.field(description="疑義。 The doubt.")
    reason: str = strawberry.field(description="理由。 Why.")


@strawberry.type(description="身分異動之結果。 What came of a proposal or decision.")
class IdentityChangePayload(EffectPayload):
    """Payload of the three mutations on changes."""

    change: IdentityChange | None = strawberry.field(
        description="身分異動;有錯誤時為空。 The change; null with errors."
    )


@strawberry.type(description="結束疑義之結果。 What came of closing a doubt.")
class DismissIdentityCandidatePayload(EffectPayload):
    """Payload of dismissIdentityCandidate."""

    dismissed: bool = strawberry.field(description="是否已結束。 Whether the doubt is closed.")


async def _payload(info: Info, done: Done) -> IdentityChangePayload:
    found = None
    if done.about is not None:
        found = await change_by_key(info.context.hub, info.context.request, UUID(done.about))
    return IdentityChangePayload(change=cast("IdentityChange | None", found), **outcome(done))


@strawberry.type
class IdentityMutations:
    """Decisions about identities."""

    @computed(
        "提出合併兩位人員,待另一人決定。 Propose that two persons are one; somebody else decides."
    )
    async def merge_identities(
        self,
        info: Info,
        given: Annotated[
            MergeIdentitiesInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> IdentityChangePayload | None:
        """Propose a merge."""
        done = await identity_changes.merge_identities(
            info.context.hub,
            info.context.request,
            given.idempotency_key,
            given.persons,
            given.reason,
        )
        return await _payload(info, done)

    @computed(
        "提出拆分:所列紀錄為另一人,待另一人決定。 Propose that records are somebody else; somebody else decides."
    )
    async def split_identity(
        self,
        info: Info,
        given: Annotated[
            SplitIdentityInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> IdentityChangePayload | None:
        """Propose a split."""
        done = await identity_changes.split_identity(
            info.context.hub,
            info.context.request,
            given.idempotency_key,
            given.person,
            [(record.entity, record.source_id) for record in given.records],
            given.reason,
        )
        return await _payload(info, done)

    @computed(
        "核可、退回或撤回身分異動;提出者不得決定。 Approve, reject or take back a change; never by who proposed it."
    )
    async def decide_identity_change(
        self,
        info: Info,
        given: Annotated[
            DecideIdentityChangeInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> IdentityChangePayload | None:
        """Decide a change."""
        done = await identity_changes.decide_identity_change(
            info.context.hub,
            info.context.request,
            given.idempotency_key,
            given.change,
            given.outcome,
            given.note,
        )
        return await _payload(info, done)

    @computed(
        "結束一項身分疑義;相同之人員組合不再列出,有新人員時重新列出。 Close a doubt; it comes back when somebody else "
        "appears with the number."
    )
    async def dismiss_identity_candidate(
        self,
        info: Info,
        given: Annotated[
            DismissIdentityCandidateInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> DismissIdentityCandidatePayload | None:
        """Close a doubt."""
        done = await identity_changes.dismiss_identity_candidate(
            info.context.hub,
            info.context.request,
            given.idempotency_key,
            given.candidate,
            given.reason,
        )
        return DismissIdentityCandidatePayload(dismissed=done.about is not None, **outcome(done))
