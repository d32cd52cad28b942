"""What every GraphQL resolver finds in ``info.context``."""

from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry

from ..domain.errors import CertHubError
from ..resolvers.context import Hub, Request

__all__ = ["GraphQLContext", "Info"]


@dataclass(slots=True)
class GraphQLContext:
    """The hub and the request, handed on to the use cases as they are.

    Attributes:
        verdicts: By type, field and registry: None when this request may see it, else why not;
            filled by the field policy, once per request.
    """

    hub: Hub
    request: Request
    verdicts: dict[tuple[str, str, str | None], CertHubError | None] = field(default_factory=dict)


Info: TypeAlias = strawberry.Info[GraphQLContext, None]
