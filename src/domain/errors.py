"""The one tree of errors that certhub raises.

    CertHubError                      code, message (zh, en), details
    |- InvalidInput                   what a caller sent is wrong; nothing was stored
    |  |- InvalidFacts                facts of a rule contradict each other or hold an unknown code
    |  |- InvalidIdentifier           a person's number that no table accepts
    |- Refused                        the token, its rows, its scopes or its purpose do not allow it
    |- NotFound                       nothing there, or nothing this reader may see
    |- Conflict                       the same idempotency key with other content, or a lost race
    |- RegistryUnavailable            a registry's facts are too old, or were never there
    |- AgencyFault                    an agency's system misbehaved
    |- ConfigurationError             a setting is missing or contradicts another

Two mixins say what happens next: ``Transient`` (try again, with back-off) and ``Terminal``
(stop and tell a person). Messages never hold a person's number or a token.
"""

from collections.abc import Mapping

__all__ = [
    "AgencyFault",
    "CertHubError",
    "ConfigurationError",
    "Conflict",
    "InvalidFacts",
    "InvalidIdentifier",
    "InvalidInput",
    "NoFigureInForce",
    "NotFound",
    "Refused",
    "RegistryUnavailable",
    "Terminal",
    "Transient",
    "UnknownRule",
]


class Transient:
    """May succeed when repeated: retry with back-off, bounded."""


class Terminal:
    """Repeating does not help: stop and tell a person."""


class CertHubError(Exception):
    """An error with a stable code and a message in both languages.

    Args:
        code: Stable for ever, upper case for transport errors, the rulebooks' codes otherwise.
        en: What was received, what was expected, what to do next.
        zh: The same in zh-TW.
        details: Structured facts (path, row, expected ...), never personal data.
    """

    code = "INTERNAL"

    def __init__(
        self,
        en: str,
        zh: str | None = None,
        *,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh or en
        self.code = code or type(self).code
        self.details = dict(details or {})

    def message(self, lang: str = "en") -> str:
        """The message in ``lang`` (``zh`` or ``en``)."""
        return self.zh if lang.lower().startswith("zh") else self.en


class InvalidInput(CertHubError, Terminal):
    """What the caller sent is wrong; nothing was stored."""

    code = "INVALID_INPUT"


class InvalidFacts(InvalidInput):
    """Facts given to a rule contradict each other or hold an unknown code.

    ``details["path"]`` names the fact, ``details["expected"]`` what it should have been.
    """

    code = "INVALID_FACTS"

    @classmethod
    def at(cls, path: str, expected: str, zh: str | None = None) -> "InvalidFacts":
        """The error for the fact at ``path`` (``certificate.valid_to``)."""
        where = f"given.{path}" if path else "given"
        return cls(
            f"{where}: expected {expected}",
            zh or f"{where}:應為 {expected}",
            details={"path": path, "expected": expected},
        )


class InvalidIdentifier(InvalidInput):
    """A person's number that no table accepts; the number itself is never repeated."""

    code = "identifier_invalid"


class UnknownRule(InvalidInput):
    """No entry point of that code."""

    code = "UNKNOWN_RULE"


class NoFigureInForce(InvalidInput):
    """A rule was asked about a day on which the law has no figure."""

    code = "NO_FIGURE_IN_FORCE"


class Refused(CertHubError, Terminal):
    """The token does not allow it (scope, agency type, row, purpose or field level)."""

    code = "FORBIDDEN"


class NotFound(CertHubError, Terminal):
    """Nothing there, or nothing that this reader may see: the two look alike."""

    code = "NOT_FOUND"


class Conflict(CertHubError, Terminal):
    """The same idempotency key with other content, or an effect already there."""

    code = "CONFLICT"


class RegistryUnavailable(CertHubError, Transient):
    """A list needs a registry that cannot be relied on; ``details["registries"]`` names it."""

    code = "REGISTRY_UNAVAILABLE"


class AgencyFault(CertHubError):
    """An agency's system misbehaved; stored data stay and grow stale."""

    code = "AGENCY_FAULT"


class ConfigurationError(CertHubError, Terminal):
    """A setting is missing or contradicts another; names it and where it was looked for."""

    code = "CONFIGURATION"
