"""OpenFisca-core's vectorised formula of the same certificates: totals, ceilings, minimums, nothing more.

Only where ``openfisca_core`` can be imported (``requirements-bench.lock``, an environment of its own).
It decides less: calendar years in 32-bit floats, one online ceiling, no culture, no windows by the
day, nothing explained or listed. So it is an upper bound, not a peer.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .bench_renewals import AS_OF, Renewal

__all__ = ["Arrays", "arrays_of", "available", "joined", "openfisca_rule"]

_SUMS = ("professional_physical", "professional_online", "qel_physical", "qel_online")
_YEARS = 8
_TOTAL, _PROFESSIONAL, _QEL, _QEL_MOST, _ONLINE_MOST = 120, 84, 24, 36, 40

Arrays = tuple[int, Any, Any, Any]
"""How many certificates; of each course its certificate, its cell (sum and year), its points."""


def available() -> bool:
    """Whether OpenFisca-core is installed here."""
    return find_spec("openfisca_core") is not None


def arrays_of(renewals: Sequence[Renewal]) -> Arrays:
    """The courses as columns, as a table of them would be read."""
    numpy = import_module("numpy")
    who, cells, points = [], [], []
    for index, renewal in enumerate(renewals):
        for row in renewal.credits:
            kind = 2 * (row.attribute != "professional") + (row.mode == "online")
            who.append(index)
            cells.append(kind * _YEARS + min(AS_OF.year - row.day.year, _YEARS - 1))
            points.append(row.points)
    return (
        len(renewals),
        numpy.array(who, dtype=numpy.int32),
        numpy.array(cells, dtype=numpy.int32),
        numpy.array(points, dtype=numpy.int32),
    )


def joined(parts: Sequence[Arrays]) -> Arrays:
    """One block of several."""
    numpy = import_module("numpy")
    starts = numpy.cumsum([0, *(count for count, *_ in parts)])
    return (
        int(starts[-1]),
        numpy.concatenate(
            [who + start for (_, who, *_), start in zip(parts, starts, strict=False)]
        ),
        numpy.concatenate([cells for _, _, cells, _ in parts]),
        numpy.concatenate([points for *_, points in parts]),
    )


def _system() -> Any:
    """A tax and benefit system of one rule."""
    entities = import_module("openfisca_core.entities")
    systems = import_module("openfisca_core.taxbenefitsystems")
    variables = import_module("openfisca_core.variables")
    year = import_module("openfisca_core.periods").YEAR
    numpy = import_module("numpy")
    certificate = entities.build_entity("certificate", "certificates", "", is_person=True)
    system = systems.TaxBenefitSystem([certificate])

    def summed(who: Any, name: str, period: Any) -> Any:
        return sum(who(name, period.offset(-back)) for back in range(_YEARS))

    def formula(who: Any, period: Any) -> Any:
        physical, online, qel_physical, qel_online = (summed(who, name, period) for name in _SUMS)
        kept = numpy.minimum(qel_physical, _QEL_MOST)
        rest = numpy.minimum(qel_online, _QEL_MOST - kept)
        total = physical + kept + numpy.minimum(online + rest, _ONLINE_MOST)
        return (
            (total >= _TOTAL)
            * (physical + online >= _PROFESSIONAL)
            * (qel_physical + qel_online >= _QEL)
        )

    common = {"entity": certificate, "definition_period": year, "label": ""}
    for name in _SUMS:
        system.add_variable(type(name, (variables.Variable,), {**common, "value_type": float}))
    rule = {**common, "value_type": bool, "formula": formula}
    system.add_variable(type("renewable", (variables.Variable,), rule))
    return system


def openfisca_rule() -> Callable[[Arrays], int]:
    """A function that decides one block of certificates, and says how many are complete."""
    numpy = import_module("numpy")
    builder = import_module("openfisca_core.simulations").SimulationBuilder
    system = _system()

    def decide(block: Arrays) -> int:
        count, who, cells, points = block
        places = cells.astype(numpy.int64) * count + who
        sums = numpy.bincount(places, weights=points, minlength=len(_SUMS) * _YEARS * count) / 100
        sums = sums.astype(numpy.float32).reshape(len(_SUMS), _YEARS, count)
        simulation = builder().build_default_simulation(system, count)
        for index, name in enumerate(_SUMS):
            for back in range(_YEARS):
                simulation.set_input(name, str(AS_OF.year - back), sums[index, back])
        return int(simulation.calculate("renewable", str(AS_OF.year)).sum())

    return decide
