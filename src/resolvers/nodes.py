"""Any object by its id, within the reader's rows."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from ..domain.errors import Refused
from ..store import read_people
from .activities import activities_by_key
from .certificates import certificates_by_key
from .classes import classes_by_key
from .context import Hub, Request
from .courses import courses_by_key
from .ids import NodeKind, decode_id, split_key
from .institutions import institutions_by_key
from .people import load_persons, person_rows
from .recognitions import recognitions_by_key
from .registries import states
from .submissions import submissions_by_key

__all__ = ["node"]

_Load = Callable[[Hub, Request, str], Awaitable[object | None]]


async def _person(hub: Hub, request: Request, key: str) -> object | None:
    try:
        uuid = UUID(key)
    except ValueError:
        return None
    rows = person_rows(request)
    if not rows:
        return None
    await states(hub, request)
    async with hub.reader.connect() as connection:
        found = await read_people.persons_by_id(connection, [uuid], rows)
    persons = await load_persons(hub, request, found)
    return next(iter(persons.values()), None)


async def _activity(hub: Hub, request: Request, key: str) -> object | None:
    registry, source_id = split_key(key)
    return (await activities_by_key(hub, request, registry, [source_id])).get(key)


def _by_key(
    load: Callable[[Hub, Request, list[str]], Awaitable[Mapping[str, object]]],
) -> _Load:
    async def one(hub: Hub, request: Request, key: str) -> object | None:
        return (await load(hub, request, [key])).get(key)

    return one


_LOADERS: Mapping[NodeKind, _Load] = {
    NodeKind.PERSON: _person,
    NodeKind.CERTIFICATE: _by_key(certificates_by_key),
    NodeKind.ACTIVITY: _activity,
    NodeKind.INSTITUTION: _by_key(institutions_by_key),
    NodeKind.TRAINING_CLASS: _by_key(classes_by_key),
    NodeKind.COURSE: _by_key(courses_by_key),
    NodeKind.RECOGNITION: _by_key(recognitions_by_key),
    NodeKind.SUBMISSION: _by_key(submissions_by_key),
}


async def node(hub: Hub, request: Request, node_id: str) -> object | None:
    """The object with that id; None where there is none, or none that this reader may see.

    Raises:
        InvalidInput: ``INVALID_ID``.
    """
    kind, key = decode_id(node_id)
    try:
        load = _LOADERS.get(kind)
        return None if load is None else await load(hub, request, key)
    except Refused:
        # A kind of object that the token cannot read at all looks absent, too.
        return None
