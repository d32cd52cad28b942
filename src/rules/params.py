"""Dated figures: the numbers of the law, with the day they took effect and their citation.

One YAML file per figure group below ``params/<registry>/``; the shape is drawn in
``docs/figures.md``. Loaded once, handed on frozen. A key of ``values`` is the first day in force;
``value: null`` ends a figure; gaps are errors, never zero.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import yaml

from ..domain.amounts import parse_amount
from ..domain.errors import ConfigurationError, NoFigureInForce

__all__ = [
    "FigureGroup",
    "FigureValue",
    "Params",
    "Ruleset",
    "current_ruleset",
    "load_ruleset",
    "read_groups",
    "read_yaml",
]

_AMOUNT_UNITS = frozenset({"points", "hours"})
_GROUP_KEYS = frozenset({"id", "title", "unit", "picked_by", "checked_on", "values", "notes"})
_VALUE_KEYS = frozenset({"value", "law", "order", "confirmed", "enabled", "note"})


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One figure from one day on.

    Attributes:
        value: Hundredths where the group's unit is points or hours; else as written in the file.
        law: Citation.
        since: First day in force.
        confirmed: False where the rulebook marks the figure as not confirmed.
        enabled: False for a figure that is known but not applied yet.
    """

    value: Any
    law: str
    since: date
    confirmed: bool = True
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """A file: figures that belong together, with their unit and how their day is picked."""

    id: str
    title: Mapping[str, str]
    unit: str
    picked_by: str
    checked_on: date
    values: Mapping[str, tuple[FigureValue, ...]]
    notes: str

    def on(self, day: date) -> dict[str, FigureValue]:
        """The enabled figures in force on ``day``; a name without one is left out."""
        found: dict[str, FigureValue] = {}
        for name, dated in self.values.items():
            enabled = [figure for figure in dated if figure.enabled]
            index = bisect_right(enabled, day, key=lambda figure: figure.since)
            if index and enabled[index - 1].value is not None:
                found[name] = enabled[index - 1]
        return found


class Params:
    """The figures in force on one day: ``params["ltc.total"]["minimum"]`` is the value."""

    __slots__ = ("_figures", "day")

    def __init__(self, figures: Mapping[str, Mapping[str, FigureValue]], day: date) -> None:
        self._figures = figures
        self.day = day

    def figure(self, group: str, name: str) -> FigureValue:
        """The figure with its citation.

        Raises:
            NoFigureInForce: none on that day.
        """
        try:
            return self._figures[group][name]
        except KeyError as error:
            raise NoFigureInForce(
                f"no figure {group}:{name} in force on {self.day}",
                f"{self.day} 無有效之參數 {group}:{name}",
                details={"figure": f"{group}:{name}", "on": self.day.isoformat()},
            ) from error

    def value(self, group: str, name: str) -> Any:
        """The bare value of :meth:`figure`."""
        return self.figure(group, name).value

    def get(self, group: str, name: str) -> FigureValue | None:
        """The figure, or None where none is in force."""
        return self._figures.get(group, {}).get(name)

    def group(self, group: str) -> Mapping[str, FigureValue]:
        """All figures of a group that are in force; empty where none is."""
        return self._figures.get(group, {})

    def __getitem__(self, group: str) -> Mapping[str, Any]:
        if group not in self._figures:
            raise NoFigureInForce(
                f"no figure {group} in force on {self.day}",
                f"{self.day} 無有效之參數 {group}",
                details={"figure": group, "on": self.day.isoformat()},
            )
        return {name: figure.value for name, figure in self._figures[group].items()}


class Ruleset:
    """All figure groups under one version; the version names their exact content."""

    def __init__(self, groups: Mapping[str, FigureGroup], version: str) -> None:
        self.groups = MappingProxyType(dict(groups))
        self.version = version
        starts = {
            figure.since
            for group in groups.values()
            for dated in group.values.values()
            for figure in dated
        }
        self._starts = sorted(starts)
        self._epochs: dict[int, Mapping[str, Mapping[str, FigureValue]]] = {}

    def on(self, day: date) -> Params:
        """The figures in force on ``day``; days of one epoch share one mapping."""
        index = bisect_right(self._starts, day)
        if index not in self._epochs:
            self._epochs[index] = {
                key: values for key, group in self.groups.items() if (values := group.on(day))
            }
        return Params(self._epochs[index], day)

    def changes_after(self, day: date) -> Iterator[date]:
        """Days after ``day`` on which some enabled figure changes, ascending."""
        return iter(self._starts[bisect_right(self._starts, day) :])


class _UniqueKeys(yaml.SafeLoader):
    """Refuses duplicate keys, which YAML would silently let win."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    pairs = [
        (loader.construct_object(key, deep=True), loader.construct_object(value, deep=True))
        for key, value in node.value
    ]
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ConfigurationError(f"duplicate key in a YAML map, line {node.start_mark.line + 1}")
    return result


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    """A day or number; what only looks like one (30 February) stays text, for its reader to judge."""
    try:
        return yaml.SafeLoader.yaml_constructors[node.tag](loader, node)
    except (ValueError, OverflowError):
        return node.value


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
for _tag in ("timestamp", "int", "float"):
    _UniqueKeys.add_constructor(f"tag:yaml.org,2002:{_tag}", _scalar)


def read_yaml(text: str) -> Any:
    """YAML with unique keys, safe types only."""
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader with one more check


def _map(found: object, where: str) -> dict[Any, Any]:
    if not isinstance(found, dict):
        raise ConfigurationError(f"{where}: expected a map, found {type(found).__name__}")
    return found


def _keys(raw: Mapping[str, Any], needed: frozenset[str], allowed: frozenset[str], at: str) -> None:
    for key in sorted(needed - set(raw)):
        raise ConfigurationError(f"{at}: key {key} is missing")
    for key in sorted(map(str, set(raw) - allowed)):
        raise ConfigurationError(f"{at}: unknown key {key}, expected {sorted(allowed)}")


def _figure_value(found: object, since: object, unit: str, where: str) -> FigureValue:
    if type(since) is not date:
        raise ConfigurationError(f"{where}: {since}: expected the first day in force (YYYY-MM-DD)")
    at = f"{where}: {since}"
    raw = _map(found, at)
    _keys(raw, frozenset({"value", "law"}), _VALUE_KEYS, at)
    value = raw["value"]
    if unit in _AMOUNT_UNITS and value is not None and not isinstance(value, (dict, list)):
        try:
            value = parse_amount(value)
        except ValueError as error:
            raise ConfigurationError(f"{at}: value: expected {error}") from error
    return FigureValue(
        value, raw["law"], since, raw.get("confirmed", True), raw.get("enabled", True)
    )


def _figure_group(found: object, where: str) -> FigureGroup:
    raw = _map(found, where)
    _keys(raw, _GROUP_KEYS - {"notes"}, _GROUP_KEYS, where)
    for key in ("id", "unit", "picked_by"):
        if not isinstance(raw[key], str):
            raise ConfigurationError(f"{where}: {key}: expected text")
    if type(raw["checked_on"]) is not date:
        raise ConfigurationError(f"{where}: checked_on: expected a day (YYYY-MM-DD)")
    values: dict[str, tuple[FigureValue, ...]] = {}
    for name, dated in _map(raw["values"], f"{where}: values").items():
        at = f"{where}: values.{name}"
        read = [_figure_value(item, day, raw["unit"], at) for day, item in _map(dated, at).items()]
        values[name] = tuple(sorted(read, key=lambda figure: figure.since))
    return FigureGroup(
        raw["id"],
        MappingProxyType(_map(raw["title"], f"{where}: title")),
        raw["unit"],
        raw["picked_by"],
        raw["checked_on"],
        MappingProxyType(values),
        raw.get("notes", ""),
    )


def _files(folder: Traversable) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from ((f"{entry.name}/{name}", text) for name, text in _files(entry))
        elif entry.name.endswith(".yaml"):
            try:
                yield entry.name, entry.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise ConfigurationError(f"{entry.name}: not UTF-8") from error


def _read(name: str, text: str) -> object:
    try:
        return read_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{name}: not YAML{line}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error.en}") from error


def read_groups(folder: Traversable) -> Iterator[tuple[str, FigureGroup]]:
    """(file, group) of every figure file below ``folder``.

    Raises:
        ConfigurationError: a file is not of the shape of ``docs/figures.md``; names file and key.
    """
    for name, text in _files(folder):
        yield name, _figure_group(_read(name, text), name)


def load_ruleset(*folders: Traversable) -> Ruleset:
    """The ruleset of the package's figures, with groups of ``folders`` put in their place.

    Raises:
        ConfigurationError: a file is not of the shape of ``docs/figures.md``; names file and key.
    """
    groups: dict[str, FigureGroup] = {}
    digest = hashlib.sha256()
    for folder in (resources.files(__package__) / "params", *folders):
        for name, text in _files(folder):
            group = _figure_group(_read(name, text), name)
            groups[group.id] = group
            digest.update(f"{name}\0{text}\0".encode())
    return Ruleset(groups, f"certhub-{RULES_VERSION}+{digest.hexdigest()[:12]}")


RULES_VERSION = "1"
"""Raised by hand whenever a rule's code (not a figure) changes an answer."""


@lru_cache(maxsize=1)
def current_ruleset() -> Ruleset:
    """The figures shipped with this version, loaded once."""
    return load_ruleset()
