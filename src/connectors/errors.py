"""What can go wrong between the hub and an agency, and whether asking again helps.

    AgencyFault (domain)
    |- AgencyUnavailable  T   no connection, time-out, 5xx
    |  |- AgencyBusy      T   429, or told to wait longer than we may
    |- AgencyGarbled      T   answered, but not what the contract promises: HTML, cut, unparsable
    |- AgencyUnauthorised T   a new token did not help either
    |- PositionLost       T   410: the cursor or the sequence number is no longer served
    |- AgencyForbidden    X   403: scope, key or owner
    |- AgencyRefused      X   400, 404, 409, 422 of a request that had to succeed
    |- AgencyRedirected   X   sent to another origin; never followed
    |- AgencyTooLarge     X   more bytes than the contract allows, compressed or not
    |- DropRejected       X   a signed drop failed a check; nothing of it was applied
    |- DropMissing        T   a gap in the drops and no newer full one yet

T may be repeated later, X needs a person. Messages name the registry, the path and the status, never
a person's number, a token or a byte of a body.
"""

from ..domain.errors import AgencyFault, Terminal, Transient

__all__ = [
    "AgencyBusy",
    "AgencyForbidden",
    "AgencyGarbled",
    "AgencyRedirected",
    "AgencyRefused",
    "AgencyTooLarge",
    "AgencyUnauthorised",
    "AgencyUnavailable",
    "DropMissing",
    "DropRejected",
    "PositionLost",
]


class AgencyUnavailable(AgencyFault, Transient):
    """No connection, no answer in time, or a 5xx."""

    code = "AGENCY_UNAVAILABLE"


class AgencyBusy(AgencyUnavailable):
    """Too many requests, or told to wait; ``details["retry_after"]`` gives seconds if known."""

    code = "AGENCY_BUSY"


class AgencyGarbled(AgencyFault, Transient):
    """An answer that is not what the contract promises; refused as a whole."""

    code = "AGENCY_GARBLED"


class AgencyUnauthorised(AgencyFault, Transient):
    """401 although a new token was fetched, or the client itself is refused."""

    code = "AGENCY_UNAUTHORISED"


class PositionLost(AgencyFault, Transient):
    """410: ``details["reason"]`` is ``cursor_expired``, ``retention_exceeded`` or ``epoch_changed``."""

    code = "AGENCY_POSITION_LOST"


class AgencyForbidden(AgencyFault, Terminal):
    """403: a scope is missing, or another institution owns it. Not repeated."""

    code = "AGENCY_FORBIDDEN"


class AgencyRefused(AgencyFault, Terminal):
    """A request that had to succeed was refused: ``details["reason"]`` is the agency's code."""

    code = "AGENCY_REFUSED"


class AgencyRedirected(AgencyFault, Terminal):
    """Sent to another origin; not followed."""

    code = "AGENCY_REDIRECTED"


class AgencyTooLarge(AgencyFault, Terminal):
    """More bytes than the contract allows."""

    code = "AGENCY_TOO_LARGE"


class DropRejected(AgencyFault, Terminal):
    """A drop failed a check (``details["check"]``); the old data stay until it is published again."""

    code = "AGENCY_DROP_REJECTED"


class DropMissing(AgencyFault, Transient):
    """The next drop is not on its base and no newer full one is there: wait, the data grow stale."""

    code = "AGENCY_DROP_MISSING"
