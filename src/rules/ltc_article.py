"""One article on one sum: the requirement and the step that says why, made in one place."""

from datetime import date
from functools import lru_cache

import msgspec

from ..domain.decision import Figure, Requirement, Step
from .remembered import Remembered

__all__ = ["Article", "Judgement", "article_of", "judge", "judge_sum"]

Judgement = tuple[Requirement, Step]


class Article(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A requirement with its figure: what is the same for everybody who asks on that day.

    Attributes:
        required: Hundredths of ``unit``.
        shown: The figure, for the explanation.
        steps: The step of each sum, where it is judged without anything further.
    """

    code: str
    why: str
    unit: str
    law: str
    required: int
    by: date | None
    shown: tuple[Figure, ...]
    steps: Remembered[int, Step]


@lru_cache(maxsize=256)
def _steps(
    why: str, law: str, unit: str, required: int, shown: tuple[Figure, ...]
) -> Remembered[int, Step]:
    """Steps by what was counted: one table for all articles that differ in their day alone."""
    return Remembered(lambda counted: Step(why, law, shown, counted, unit, counted >= required))


def article_of(
    code: str, unit: str, law: str, required: int, by: date | None, shown: Figure
) -> Article:
    """The article whose step is ``<code>.why``."""
    why, inputs = f"{code}.why", (shown,)
    steps = _steps(why, law, unit, required, inputs)
    return Article(code, why, unit, law, required, by, inputs, steps)


def judge(
    article: Article, counted: int, shown: tuple[Figure, ...] = (), children: tuple[Step, ...] = ()
) -> Judgement:
    """A requirement that compares one sum with one figure; ``shown`` is what the sum is made of."""
    unit, law, required = article.unit, article.law, article.required
    met = counted >= required
    return (
        Requirement(article.code, met, counted, required, unit, law, article.by),
        Step(article.why, law, article.shown + shown, counted, unit, met, children),
    )


def judge_sum(article: Article, counted: int) -> Judgement:
    """As :func:`judge` where nothing further is shown: whoever has the same sum shares the step."""
    step = article.steps[counted]
    met, required = counted >= article.required, article.required
    return (
        Requirement(article.code, met, counted, required, article.unit, article.law, article.by),
        step,
    )
