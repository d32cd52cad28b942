"""Reporting recognised credits to the LTC system (性質相近採認)."""

from collections.abc import Mapping
from urllib.parse import quote

from ..http import AgencyClient, Auth
from ..outcome import Outcome, deliver, fetch

__all__ = ["LtcFiling"]


class LtcFiling:
    """Writes; every method may raise an ``AgencyFault`` when the outcome is unknown."""

    def __init__(self, client: AgencyClient, auth: Auth) -> None:
        self._client = client
        self._auth = auth

    async def post_recognition(
        self, body: Mapping[str, object], *, idempotency_key: str
    ) -> Outcome:
        """Report credits; ``body`` is the contract's RecognitionRequest, all credits or none."""
        return await deliver(
            self._client,
            "POST",
            "/api/recognitions",
            auth=self._auth,
            idempotency_key=idempotency_key,
            success=201,
            body=body,
        )

    async def get_recognition(self, recognition_id: str) -> Outcome:
        """State of a recognition: 審核中, 符合, 不符合 or 已撤銷."""
        path = f"/api/recognitions/{quote(recognition_id, safe='')}"
        return await fetch(self._client, path, auth=self._auth)
