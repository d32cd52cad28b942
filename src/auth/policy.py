"""The policy as one table: which token may see which field, and what a refused one lacks.

``policy.yaml`` holds the rules, this module reads and asks them. A field without a rule is refused.
Rows are another matter (``rows.py``): both must allow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, TypeAlias

from ..domain.errors import ConfigurationError, Refused
from ..rules.params import read_yaml
from .purposes import has_purpose
from .scopes import REGISTRIES, SCOPES, registry_of_scope
from .viewer import AgencyType, Viewer

__all__ = [
    "Allowed",
    "Denied",
    "FieldRule",
    "Policy",
    "Verdict",
    "decide",
    "load_policy",
    "policy",
    "require_registries",
]

_PLACEHOLDER = "{registry}"
_TYPE_KEYS = frozenset({"_", "_registry", "_personal", "_agencies"})
_RULE_KEYS = frozenset({"scopes", "agencies", "personal"})
# Endings of the types that carry a list or a mutation's answer; they show what they lead to.
_CARRIERS = ("Connection", "Edge", "Payload")

Alternatives: TypeAlias = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class FieldRule:
    """The rule of one field.

    Attributes:
        scopes: Any one of these sets is enough; ``{registry}`` stands for the object's registry.
        agencies: Agency types that may see it; None for every type.
        personal: Whether purpose and case reference are needed.
        open_to_all: Every accepted token (``public``), or whoever got here (``inherit``).
    """

    scopes: Alternatives = ()
    agencies: frozenset[AgencyType] | None = None
    personal: bool = False
    open_to_all: bool = False
    registry: str | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The field may be seen."""

    @property
    def error(self) -> None:
        """Nothing to raise."""
        return


@dataclass(frozen=True, slots=True)
class Denied:
    """The field may not be seen.

    Attributes:
        code: ``FORBIDDEN``, ``PURPOSE_REQUIRED`` or ``PURPOSE_NOT_ALLOWED``.
        needed: What would have been enough: alternatives of scopes joined by spaces, agency types
            as ``agency_type=central``, headers by their names.
    """

    code: str
    needed: tuple[str, ...] = ()
    field: str = ""

    @property
    def error(self) -> Refused:
        """The refusal as an error, ready to be shown at the field's path."""
        return Refused(
            f"{self.field}: not allowed for this token; needed: {' or '.join(self.needed) or '-'}",
            f"{self.field}:此權杖無權存取;需要:{' 或 '.join(self.needed) or '－'}",
            code=self.code,
            details={"field": self.field, "needed": list(self.needed)},
        )


Verdict: TypeAlias = Allowed | Denied

_ALLOWED = Allowed()


def _alternatives(raw: Iterable[str], where: str) -> Alternatives:
    found = tuple(frozenset(words.split()) for words in raw)
    for scope in (scope for words in found for scope in words):
        concrete = scope.replace(_PLACEHOLDER, "vr")
        if concrete not in SCOPES:
            raise ConfigurationError(f"policy.yaml, {where}: unknown scope {scope!r}")
    if not found or not all(found):
        raise ConfigurationError(f"policy.yaml, {where}: an empty list of scopes opens nothing")
    return found


def _agencies(raw: object, where: str) -> frozenset[AgencyType] | None:
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise ConfigurationError(f"policy.yaml, {where}: agencies must be a list")
    return frozenset(AgencyType(name) for name in raw)


def _rule(raw: Any, of_type: Mapping[str, Any], where: str) -> FieldRule:
    if raw in ("public", "inherit"):
        return FieldRule(open_to_all=True)
    own: Mapping[str, Any] = raw if isinstance(raw, dict) else {"scopes": raw}
    if set(own) - _RULE_KEYS or not isinstance(own.get("scopes"), list):
        raise ConfigurationError(f"policy.yaml, {where}: expected a list of scopes or {_RULE_KEYS}")
    return FieldRule(
        scopes=_alternatives(own["scopes"], where),
        agencies=_agencies(own.get("agencies", of_type.get("_agencies")), where),
        personal=bool(own.get("personal", of_type.get("_personal", False))),
        registry=of_type.get("_registry"),
    )


class Policy:
    """The table, ready to be asked.

    Args:
        raw: As ``policy.yaml`` writes it.

    Raises:
        ConfigurationError: An unknown key, scope or agency type.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._types: dict[str, dict[str, FieldRule]] = {}
        for name, body in raw.items():
            if body in ("public", "inherit"):
                self._types[name] = {"_": FieldRule(open_to_all=True)}
                continue
            if (
                unknown := {k for k in body if k.startswith("_") and k.islower()}
                - _TYPE_KEYS
                - {
                    "_service",
                    "_entities",
                }
            ):
                raise ConfigurationError(f"policy.yaml, {name}: unknown keys {sorted(unknown)}")
            self._types[name] = {
                field: _rule(rule, body, f"{name}.{field}")
                for field, rule in body.items()
                if field not in _TYPE_KEYS - {"_"}
            }

    def types(self) -> tuple[str, ...]:
        """Types with an entry."""
        return tuple(self._types)

    def rules_of(self, type_name: str) -> Mapping[str, FieldRule]:
        """Rules of a type by field; ``_`` is the one of all others."""
        return self._types.get(type_name, {})

    def rule(self, type_name: str, field: str) -> FieldRule | None:
        """The rule of ``type_name.field``; None (refused) where there is none."""
        if field == "__typename":
            return FieldRule(open_to_all=True)
        fields = self._types.get(type_name)
        if fields is None:
            return FieldRule(open_to_all=True) if type_name.endswith(_CARRIERS) else None
        return fields.get(field) or fields.get("_")

    def scopes(self, type_name: str, field: str) -> list[list[str]] | None:
        """The rule as Federation's ``@requiresScopes`` writes it; [] for every accepted token.

        None where the field has no rule. ``{registry}`` becomes one alternative per registry.
        """
        rule = self.rule(type_name, field)
        if rule is None:
            return None
        return [sorted(words) for words in self._concrete(rule, rule.registry)]

    @staticmethod
    def _concrete(rule: FieldRule, registry: str | None) -> list[frozenset[str]]:
        found: list[frozenset[str]] = []
        for words in rule.scopes:
            if any(_PLACEHOLDER in scope for scope in words):
                found.extend(
                    frozenset(scope.replace(_PLACEHOLDER, name) for scope in words)
                    for name in (sorted(REGISTRIES) if registry is None else [registry])
                )
            else:
                found.append(words)
        return found

    def decide(
        self, viewer: Viewer, type_name: str, field: str, registry: str | None = None
    ) -> Verdict:
        """Whether ``viewer`` may see ``type_name.field``.

        Args:
            viewer: With the purpose of the request.
            type_name: GraphQL type.
            field: GraphQL field.
            registry: ``vr``, ``ltc`` or ``osh`` of the object, where it is known.
        """
        where = f"{type_name}.{field}"
        rule = self.rule(type_name, field)
        if rule is None:
            return Denied("FORBIDDEN", (), where)
        if rule.open_to_all:
            return _ALLOWED
        alternatives = self._concrete(rule, rule.registry or registry)
        if not any(_holds(viewer, words) for words in alternatives):
            return Denied("FORBIDDEN", tuple(" ".join(sorted(w)) for w in alternatives), where)
        if rule.agencies is not None and viewer.agency_type not in rule.agencies:
            needed = tuple(f"agency_type={name}" for name in sorted(rule.agencies))
            return Denied("FORBIDDEN", needed, where)
        if rule.personal and not has_purpose(viewer):
            if not viewer.purpose or not viewer.case_reference:
                headers = ("X-Purpose-Of-Use", "X-Case-Reference")
                return Denied("PURPOSE_REQUIRED", (" + ".join(headers),), where)
            return Denied("PURPOSE_NOT_ALLOWED", tuple(sorted(viewer.purposes)), where)
        return _ALLOWED


def _holds(viewer: Viewer, words: frozenset[str]) -> bool:
    if not words <= viewer.scopes:
        return False
    owners = {registry_of_scope(scope) for scope in words} - {None}
    return owners <= viewer.registries


def load_policy(text: str) -> Policy:
    """A policy from YAML."""
    return Policy(read_yaml(text))


@lru_cache(maxsize=1)
def policy() -> Policy:
    """The policy that ships with the package."""
    return load_policy((resources.files(__package__) / "policy.yaml").read_text(encoding="utf-8"))


def decide(viewer: Viewer, type_name: str, field: str, registry: str | None = None) -> Verdict:
    """``Policy.decide`` of the shipped policy."""
    return policy().decide(viewer, type_name, field, registry)


def require_registries(viewer: Viewer, registries: Iterable[str], what: str) -> None:
    """A question across registries needs every one of them, in scope and in ``registries``.

    Raises:
        Refused: ``FORBIDDEN``, naming what is missing.
    """
    needed = frozenset(f"{registry}.person.read" for registry in registries)
    if not _holds(viewer, needed):
        raise Denied("FORBIDDEN", (" ".join(sorted(needed)),), what).error
