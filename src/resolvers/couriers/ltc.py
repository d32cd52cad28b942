"""Takes approved recognitions to the LTC system, under one idempotency key per submission."""

from collections.abc import Mapping
from dataclasses import replace

from ...connectors.ltc import LtcFiling
from ...connectors.outcome import Outcome
from ...domain.submission import UserError
from ...store.outbox import Delivery
from ..delivery import Courier

__all__ = ["CODES", "POST_RECOGNITION", "LtcCourier"]

POST_RECOGNITION = "ltc.post_recognition"

CODES: Mapping[str, str] = {
    "person_unknown": "ltc.person_unknown",
    "certificate_unknown": "ltc.certificate_unknown",
    "outside_validity": "ltc.outside_validity",
    "points_invalid": "ltc.points_invalid",
    "enum_invalid": "ltc.enum_invalid",
    "already_recognised": "ltc.already_recognised",
    "date_invalid": "ltc.date_invalid",
    "required": "ltc.required",
}


class LtcCourier:
    """Takes submissions to the LTC system."""

    def __init__(self, filing: LtcFiling) -> None:
        self._filing = filing

    def courier(self) -> Courier:
        """Its one call; the recognition's id in the LTC system is the reference."""
        return Courier(
            "ltc",
            {POST_RECOGNITION: self._post_recognition},
            CODES,
            references={POST_RECOGNITION: "id"},
            places={POST_RECOGNITION: _place},
        )

    async def _post_recognition(self, delivery: Delivery) -> Outcome:
        return await self._filing.post_recognition(
            delivery.payload["body"], idempotency_key=delivery.idempotency_key
        )


def _place(_: Delivery, error: UserError) -> UserError:
    """One credit is sent at a time: the path within it is enough."""
    if error.field is None:
        return error
    path = ".".join(error.field).removeprefix("credits[0].")
    return replace(error, field=tuple(path.split(".")))
