"""How the types of this package are written: computed fields, and objects shown as types."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import strawberry

__all__ = ["computed", "shown", "shown_later", "subscribed"]

T = TypeVar("T")
_F = TypeVar("_F", bound=Callable[..., Any])


def computed(description: str, *, name: str | None = None) -> Callable[[_F], _F]:
    """A field that a method computes.

    Args:
        description: ``zh。 English.``
        name: GraphQL name, where the method's own does not do.
    """
    return cast("Callable[[_F], _F]", strawberry.field(description=description, name=name))


def subscribed(description: str) -> Callable[[_F], _F]:
    """A root field of subscriptions that an asynchronous generator answers.

    Args:
        description: ``zh。 English.``
    """
    return cast("Callable[[_F], _F]", strawberry.subscription(description=description))


def shown(value: object, _as: type[T]) -> T:
    """``value`` as the GraphQL type that describes it.

    The types of this package declare attributes of the use cases' own objects; GraphQL reads them
    there, nothing is copied. The cast says so to the type checker, in this one place.
    """
    return cast("T", value)


def shown_later(value: object, _as: type[T]) -> Awaitable[T]:
    """The same for what may still have to be awaited."""
    return cast("Awaitable[T]", value)
