"""Faults of one agency's own style, and of the records themselves: see ``faults``."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from .faults import ALL, Fault, Laid, Lay, answers, changes, unzipped, with_body
from .osh_drops import Doctor
from .run import Agencies
from .wire import problem

__all__ = ["data_faults", "style_faults"]

_SNAPSHOT = {"ltc": "/api/snapshot/unit"}
_DROPS = {"osh": "/drops/osh-"}

_ENTITY = {"vr": "professionals", "ltc": "unit", "osh": "trainees"}
"""Where a record is spoilt."""

_FIELD = {"vr": "birth_date", "ltc": "name", "osh": "出生年月日"}
_WRONG: Mapping[str, object] = {"vr": "110/02/29", "ltc": 5, "osh": "110年2月29日"}
_NUMBER = {"vr": ("professionals", "national_id"), "osh": ("trainees", "身分證字號")}
_WRONG_DIGIT = "A123456780"
_MANY = 12
_PAGES = 25
"""So many changes make several pages of ten."""


def _lines(response: Response, change: Callable[[list[bytes]], bytes]) -> Response:

    return with_body(response, change(unzipped(response).splitlines(keepends=True)))


def _again(response: Response, _laid: Laid) -> Response:
    """Every item twice, and a version that is older."""
    page = orjson.loads(unzipped(response))
    older = [{**item, "version": item["version"] - 1, "name": "舊名"} for item in page["items"][:3]]
    page["items"] = [*page["items"], *reversed(page["items"]), *older]
    return with_body(response, orjson.dumps(page))


def _looping(_request: Request, _laid: Laid) -> Response:
    return Response(
        orjson.dumps(
            {"items": [], "next_cursor": "round", "server_time": "2024-09-02T08:00:00+08:00"}
        ),
        media_type="application/json",
    )


def _empty(response: Response, _laid: Laid) -> Response:

    page = orjson.loads(unzipped(response))
    return with_body(response, orjson.dumps({**page, "items": [], "next_cursor": None}))


def _cursors_die(agencies: Agencies, _registry: str) -> Laid:
    laid = Laid()

    def fault(request: Request) -> Response | None:
        if "cursor" not in request.query_params or laid.fired:
            return None
        laid.hit()
        return problem(410, "cursor_expired", "Gone.")

    people = sorted(agencies.vr.ledger()["professionals"])[:_PAGES]
    for held in filter(None, (agencies.vr.get("professionals", key) for key in people)):
        agencies.vr.upsert("professionals", held)
    agencies.vr.faults.append(fault)
    laid.lifts.append(lambda: agencies.vr.faults.remove(fault))
    return laid


def _lost_position(lose: Callable[[Agencies], None], inner: Lay | None = None) -> Lay:
    def lay(agencies: Agencies, registry: str) -> Laid:
        laid = inner(agencies, registry) if inner is not None else Laid(fired=1)
        lose(agencies)
        return laid

    return lay


def _new_epoch(agencies: Agencies) -> None:
    agencies.ltc.books.new_epoch()


def _forgotten(agencies: Agencies) -> None:
    agencies.ltc.books.forget_before(agencies.ltc.books.newest)


def _counted_wrong(response: Response, _laid: Laid) -> Response:
    response.headers["x-row-count"] = str(int(response.headers["x-row-count"]) + 1)
    return response


def _two_rows(response: Response, _laid: Laid) -> Response:
    short = _lines(response, lambda lines: b"".join(lines[:2]))
    short.headers["x-row-count"] = "2"
    return short


def _doctored(doctor: Doctor) -> Lay:
    def lay(agencies: Agencies, _registry: str) -> Laid:
        agencies.osh.publish_drop("delta", after_signing=doctor)
        return Laid(1, [lambda: agencies.osh.publish_drop("full")])

    return lay


def _manifest(members: dict[str, bytes], **more: object) -> None:
    members["manifest.json"] = orjson.dumps({**orjson.loads(members["manifest.json"]), **more})


def _torn(members: dict[str, bytes]) -> None:
    members["classes.csv"] = members["classes.csv"] + b"x"


def _unlisted(members: dict[str, bytes]) -> None:
    members["extra.csv"] = b"x"


def _forged(members: dict[str, bytes]) -> None:
    members["manifest.jws"] = members["manifest.jws"][:-8] + b"AAAAAAAA"


def _missing(members: dict[str, bytes]) -> None:
    del members["classes.csv"]


def _few(agencies: Agencies, _registry: str) -> Laid:
    """A full drop that lacks most of a table."""
    rows = list(agencies.osh.ledger()["results"].values())
    for row in rows[len(rows) // 3 :]:
        agencies.osh.delete("results", row["成績編號"])
    agencies.osh.publish_drop("full")

    def restore() -> None:
        for row in rows:
            agencies.osh.upsert("results", row)
        agencies.osh.publish_drop("full")

    return Laid(1, [restore])


def _gap(agencies: Agencies, _registry: str) -> Laid:
    agencies.osh.publish_drop("delta", skip_numbers=1)
    return Laid(1, [lambda: agencies.osh.publish_drop("full")])


def _replayed(agencies: Agencies, _registry: str) -> Laid:
    older = agencies.osh.publish_drop("delta").content
    newest = agencies.osh.publish_drop("delta")
    laid = Laid(lifts=[lambda: agencies.osh.publish_drop("full")])

    def tamper(request: Request, response: Response) -> Response:
        if not request.url.path.endswith(newest.name):
            return response
        laid.hit()
        return with_body(response, older)

    agencies.osh.tampers.append(tamper)
    laid.lifts.insert(0, lambda: agencies.osh.tampers.remove(tamper))
    return laid


def style_faults() -> Iterator[Fault]:
    """Faults of paged collections, of a change feed, of signed drops."""
    yield from _paged()
    yield from _fed()
    yield from _dropped()


def _paged() -> Iterator[Fault]:
    vr = ("vr",)
    newest = "the newest version counts"
    yield Fault("items twice, older versions", vr, newest, "complete", changes(_again))
    yield Fault("cursor dies (410)", vr, "same time again", "complete", _cursors_die)
    yield Fault("cursors in a circle", vr, "gives up", "AGENCY_GARBLED", answers(_looping), True)
    yield Fault("empty pages", vr, "nothing is deleted", "complete", changes(_empty), True)


def _fed() -> Iterator[Fault]:
    ltc = ("ltc",)
    again, snapshots = "asked again", "all snapshots again"

    def feed(name: str, change: Callable[[list[bytes]], bytes]) -> Fault:
        lay = changes(lambda response, _laid: _lines(response, change), 1)
        return Fault(name, ltc, again, "complete", lay)

    yield feed("last line broken", lambda lines: b"".join(lines)[:-5])
    yield feed("numbers descend", lambda lines: b"".join(reversed([*lines, *lines])))
    yield feed("body lost", lambda _lines: b"")
    yield Fault("retention exceeded (410)", ltc, snapshots, "complete", _lost_position(_forgotten))
    yield Fault("epoch changed (410)", ltc, snapshots, "complete", _lost_position(_new_epoch))
    counted = _lost_position(_new_epoch, changes(_counted_wrong, 1, _SNAPSHOT))
    yield Fault("row count of a snapshot lies", ltc, again, "complete", counted)
    few = _lost_position(_new_epoch, changes(_two_rows, None, _SNAPSHOT))
    halts = "halts, deletes nothing"
    yield Fault("snapshot lacks most rows", ltc, halts, "MASS_DELETION", few, True)


def _dropped() -> Iterator[Fault]:
    osh = ("osh",)

    def refused(name: str, lay: Lay, *, own_drop: bool = True) -> Fault:
        promised = "the whole drop refused, data stay"
        ends = "AGENCY_DROP_REJECTED"
        return Fault(name, osh, promised, ends, lay, own_drop, own_drop)

    cut = changes(lambda r, _l: with_body(r, bytes(r.body)[:-40]), 1, _DROPS)
    yield Fault("ZIP cut", osh, "downloaded again", "complete", cut)
    yield refused(
        "manifest changed after signing",
        _doctored(lambda members: _manifest(members, created_at="x")),
    )
    yield refused("signature by nobody we trust", _doctored(_forged))
    yield refused("sha256 differs", _doctored(_torn))
    yield refused("member missing", _doctored(_missing))
    yield refused("member not listed", _doctored(_unlisted))
    yield refused("old drop under a new number", _replayed, own_drop=False)
    yield Fault(
        "drop missing", osh, "waits for a full one", "AGENCY_DROP_MISSING", _gap, True, True
    )
    halts = "halts, deletes nothing"
    yield Fault("full drop lacks most rows", osh, halts, "MASS_DELETION", _few, True, True)


def _spoil(change: Callable[[dict[str, Any], str], None], number: int = 1) -> Lay:
    """Spoils records in the agency's books; lifted, they are as they were."""

    def lay(agencies: Agencies, registry: str) -> Laid:
        agency: Any = getattr(agencies, registry)
        entity = _ENTITY[registry]
        held = agency.ledger()[entity]
        keys = sorted(key for key, row in held.items() if not row.get("deleted"))[:number]
        laid = Laid(len(keys))
        for key in keys:
            good = dict(agency.get(entity, key))
            bad = dict(good)
            change(bad, registry)
            agency.upsert(entity, bad)
            laid.lifts.append(partial(agency.upsert, entity, good))
        if registry == "osh":
            agencies.osh.publish_drop("delta")
            # A drop that was not applied stands in the way of the next delta, not of a full one.
            laid.lifts.append(lambda: agencies.osh.publish_drop("full"))
        return laid

    return lay


def _wrong_digit(agencies: Agencies, registry: str) -> Laid:
    entity, name = _NUMBER[registry]
    agency: Any = getattr(agencies, registry)
    key = min(key for key, row in agency.ledger()[entity].items() if not row.get("deleted"))
    good = dict(agency.get(entity, key))
    agency.upsert(entity, {**good, name: _WRONG_DIGIT})
    laid = Laid(1, [lambda: agency.upsert(entity, good)])
    if registry == "osh":
        agencies.osh.publish_drop("delta")
        laid.lifts.append(lambda: agencies.osh.publish_drop("delta"))
    return laid


def data_faults() -> Iterator[Fault]:
    """Faults of the records themselves."""

    def wrong(row: dict[str, Any], registry: str) -> None:
        row[_FIELD[registry]] = _WRONG[registry]

    def lacking(row: dict[str, Any], registry: str) -> None:
        del row[_FIELD[registry]]

    def drifted(row: dict[str, Any], registry: str) -> None:
        row["blood_type"] = "A"
        row["county" if registry != "osh" else "縣市"] = "火星市"

    aside, halts = "set aside, the rest applied", "halts, deletes nothing"
    both = ("vr", "ltc")
    yield Fault("wrong type, impossible date", ALL, aside, "complete", _spoil(wrong))
    yield Fault("required field missing", both, aside, "complete", _spoil(lacking))
    many = _spoil(wrong, _MANY)
    yield Fault("many faulty rows", ALL, halts, "QUARANTINE_SHARE", many, True, True)
    reported = "kept and reported as drift"
    yield Fault("unknown field and value", both, reported, "complete", _spoil(drifted))
    yield Fault("wrong check digit", ("vr", "osh"), "kept, not joined", "complete", _wrong_digit)
