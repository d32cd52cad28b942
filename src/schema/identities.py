"""Identities under review: doubts, proposed changes and what happened to persons; always masked."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from ..resolvers import identities
from .context import Info
from .enums import IdentifierKind, Lang, Registry
from .fields import computed, shown
from .labels import sentence
from .nodes import After, Connection, First, LangArg
from .sharing import IdentifierInput, checked_number

__all__ = ["IdentityChange", "IdentityQuery"]


@strawberry.type(description="紀錄所載之證號,遮罩。 A number on a record, masked.")
class IdentityNumber:
    """A number; wraps ``resolvers.identities.IdentityNumber``."""

    kind: IdentifierKind | None = strawberry.field(
        description="類別;形式不符者為空。 Kind; null where no shape fits."
    )
    masked: str = strawberry.field(description="遮罩後之證號。 The number, masked.")
    check: str = strawberry.field(
        description="檢核結果:valid、id_format、id_checksum。 What its check digit says."
    )
    current: bool = strawberry.field(description="是否為現用證號。 Whether it is the current one.")


@strawberry.type(description="登錄系統之人員紀錄,遮罩。 A registry's record of a person, masked.")
class IdentityRecord:
    """A record; wraps ``resolvers.identities.IdentityRecord``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    entity: str = strawberry.field(description="紀錄種類,如 vr.professional。 Kind of record.")
    source_id: str = strawberry.field(description="機關之鍵值。 The agency's own key.")
    masked_name: str = strawberry.field(description="遮罩後之姓名。 The name, masked.")
    birth_year: int | None = strawberry.field(description="出生年(西元)。 Year of birth.")
    live: bool = strawberry.field(description="機關是否仍保有。 Whether the agency still holds it.")
    numbers: list[IdentityNumber] = strawberry.field(description="證號。 Its numbers.")


@strawberry.type(description="紀錄之移動。 A record that went from one person to another.")
class IdentityMove:
    """A move; wraps ``resolvers.identities.IdentityMove``."""

    kind: str = strawberry.field(description="種類:merge、split。 Merge or split.")
    from_person: strawberry.ID = strawberry.field(description="原人員。 The person it left.")
    to_person: strawberry.ID = strawberry.field(description="新人員。 The person it went to.")
    entity: str = strawberry.field(description="紀錄種類。 Kind of record.")
    source_id: str = strawberry.field(description="機關之鍵值。 The agency's own key.")
    at: datetime = strawberry.field(description="時間。 When.")


@strawberry.type(
    description="待判定身分之人員,遮罩。 A person as those see it who decide about identities: masked."
)
class IdentityPerson:
    """A person; wraps ``resolvers.identities.IdentityPerson``."""

    id: strawberry.ID = strawberry.field(description="人員之識別碼。 Id of the person.")
    masked_name: str = strawberry.field(description="遮罩後之姓名。 The name, masked.")
    birth_year: int | None = strawberry.field(description="出生年(西元)。 Year of birth.")
    records: list[IdentityRecord] = strawberry.field(
        description="各登錄系統之紀錄。 The records that are this person."
    )
    history: list[IdentityMove] = strawberry.field(
        description="合併與拆分之歷史,含機關之整併。 Every record that moved, the agencies' merges included."
    )


@strawberry.type(description="待人工判定之身分疑義。 A doubt that waits for a person to decide.")
class IdentityCandidate:
    """A doubt; wraps ``resolvers.identities.IdentityCandidate``."""

    id: strawberry.ID = strawberry.field(description="識別碼。 Its id.")
    reason: str = strawberry.field(
        description="原因:birth_date_differs、id_checksum、id_format。 Why."
    )
    masked_number: str = strawberry.field(description="遮罩後之證號。 The number, masked.")
    opened_at: datetime = strawberry.field(description="發現時間。 When it was found.")
    persons: list[IdentityPerson] = strawberry.field(
        description="所涉人員。 The persons concerned."
    )

    @computed("說明。 The reason in words.")
    def message(self, lang: LangArg = Lang.ZH) -> str:
        """The reason in words."""
        return sentence(shown(self, identities.IdentityCandidate).reason, lang)


@strawberry.type(description="所指之紀錄。 A record, by kind and key.")
class RecordKey:
    """A record's key."""

    entity: str = strawberry.field(description="紀錄種類。 Kind of record.")
    source_id: str = strawberry.field(description="機關之鍵值。 The agency's own key.")


@strawberry.type(
    description="身分異動:由一人提出,另一人決定。 A merge or split: proposed by one, decided by another."
)
class IdentityChange:
    """A change; wraps ``resolvers.identities.IdentityChange``."""

    id: strawberry.ID = strawberry.field(description="識別碼。 Its id.")
    kind: str = strawberry.field(description="種類:merge、split。 Merge or split.")
    state: str = strawberry.field(
        description="狀態:proposed、approved、rejected、reverted。 State."
    )
    reason: str = strawberry.field(description="提出理由。 Why it was proposed.")
    note: str | None = strawberry.field(description="決定之附註。 Note of the decision.")
    persons: list[IdentityPerson] = strawberry.field(
        description="所涉人員,依現況。 The persons concerned, as they are now."
    )
    proposed_by: str = strawberry.field(description="提出者。 Who proposed it.")
    proposed_at: datetime = strawberry.field(description="提出時間。 When.")
    decided_by: str | None = strawberry.field(description="決定者。 Who decided it.")
    decided_at: datetime | None = strawberry.field(description="決定時間。 When.")
    reverted_by: str | None = strawberry.field(description="撤回者。 Who took it back.")
    reverted_at: datetime | None = strawberry.field(description="撤回時間。 When.")

    @computed("移動之紀錄。 The records that move.")
    def records(self) -> list[RecordKey]:
        """The records."""
        found = shown(self, identities.IdentityChange).records
        return [RecordKey(entity=entity, source_id=key) for entity, key in found]


@strawberry.type
class IdentityQuery:
    """Root fields about identities."""

    @computed(
        "待人工判定之身分疑義,久者在前。 Doubts about identities that wait for a person, oldest first; masked."
    )
    async def identity_candidates(
        self,
        info: Info,
        reasons: Annotated[
            list[str] | None, strawberry.argument(description="原因;未填為全部。 Reasons.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[IdentityCandidate] | None:
        """A page of doubts."""
        page = await identities.candidates(
            info.context.hub, info.context.request, reasons or (), first, after
        )
        return cast("Connection[IdentityCandidate]", page)

    @computed("人工提出之身分異動,近者在前。 Changes that people proposed, newest first.")
    async def identity_changes(
        self,
        info: Info,
        states: Annotated[
            list[str] | None, strawberry.argument(description="狀態;未填為全部。 States.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[IdentityChange] | None:
        """A page of changes."""
        page = await identities.changes(
            info.context.hub, info.context.request, states or (), first, after
        )
        return cast("Connection[IdentityChange]", page)

    @computed(
        "某識別碼或某證號所指之人員,遮罩,含各筆紀錄與歷史。 The persons that an id or a number leads to, masked, with "
        "records and history."
    )
    async def identity_persons(
        self,
        info: Info,
        person: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="人員之識別碼,合併前者亦可。 Id of a person, also a former one."
            ),
        ] = None,
        identifier: Annotated[
            IdentifierInput | None, strawberry.argument(description="證號。 The number.")
        ] = None,
    ) -> list[IdentityPerson] | None:
        """The persons."""
        request = info.context.request
        number, kind = (
            (None, None) if identifier is None else checked_number(identifier, request.business_day)
        )
        found = await identities.identity_persons(info.context.hub, request, person, number, kind)
        return cast("list[IdentityPerson]", found)
