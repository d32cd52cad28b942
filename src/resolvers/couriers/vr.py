"""Takes what was filed to the VR register, under one idempotency key per submission."""

import base64
from collections.abc import Mapping

from ...connectors.outcome import Outcome
from ...connectors.vr import VrFiling
from ...store.outbox import Delivery
from ..delivery import Courier

__all__ = ["CODES", "VrCourier"]

CODES: Mapping[str, str] = {
    "header_changed": "header_mismatch",
    "row_broken": "wrong_column_count",
    "duplicate_person": "duplicate_row",
    "hours_not_approved": "hours_mismatch",
    "empty": "csv_missing_for_domain",
    "file_missing": "csv_missing_for_domain",
    "sign_in_sheet_invalid": "sign_in_sheet_format",
    "roster_exists": "clear_before_reupload",
    "course_not_open": "course_not_finished",
    "hours_verified": "hours_already_verified",
}


class VrCourier:
    """Takes submissions to the VR register."""

    def __init__(self, filing: VrFiling) -> None:
        self._filing = filing

    def courier(self) -> Courier:
        """The calls that exist so far."""
        return Courier("vr", {"vr.post_roster": self._post_roster}, CODES)

    async def _post_roster(self, delivery: Delivery) -> Outcome:
        payload = delivery.payload
        return await self._filing.post_roster(
            payload["course_no"],
            [base64.b64decode(content) for content in payload["records"]],
            base64.b64decode(payload["sheet"]),
            idempotency_key=delivery.idempotency_key,
            on_behalf_of=delivery.submission.institution or "",
            sign_in_type=payload["sheet_type"],
        )
