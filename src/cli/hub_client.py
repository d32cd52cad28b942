"""A small client for the hub's own HTTP interface, for ``demo`` and for people who read examples."""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.errors import CertHubError

__all__ = ["HubClient"]

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class HubClient:
    """Asks the hub at ``url`` with one token, for one purpose and case.

    Raises:
        CertHubError: the hub cannot be reached or answered with another status than 200.
    """

    url: str
    token: str
    purpose: str = ""
    case_reference: str = ""

    def _post(self, path: str, body: bytes, content_type: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        if self.purpose:
            headers["X-Purpose-Of-Use"] = self.purpose
            headers["X-Case-Reference"] = self.case_reference
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.url}{path}", data=body, headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise CertHubError(
                f"{path}: HTTP {error.code}", f"{path}:HTTP {error.code}", code="HUB_REFUSED"
            ) from error
        except (OSError, ValueError) as error:
            raise CertHubError(
                f"{path}: no answer", f"{path}:無回應", code="HUB_UNREACHABLE"
            ) from error

    def ask(self, query: str, variables: Mapping[str, object] | None = None) -> dict[str, Any]:
        """The whole GraphQL answer: ``data`` and, where something was refused, ``errors``."""
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        answer = self._post("/graphql", body, "application/json")
        return dict(answer)

    def upload(self, filename: str, content: bytes) -> str:
        """Upload one file; the id to be named in a mutation."""
        boundary = secrets.token_hex(16)
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        answer = self._post("/uploads", body, f"multipart/form-data; boundary={boundary}")
        return str(answer["id"])
