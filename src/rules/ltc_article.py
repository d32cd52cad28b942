"""One article on one sum: the requirement and the step that says why, made in one place."""

from datetime import date
from functools import lru_cache

import msgspec

from ..domain.decision import Figure, Requirement, Step
from .remembered import Remembered

__all__ = ["Article", "Judgement", "article_of", "judge", "judge_sum"]

Judgement = tuple[Requirement, Step]


class Article(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A requirement with its figure: what is the same for everybody, whatever the day it is due.

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
    shown: tuple[Figure, ...]
    steps: Remembered[int, Step]


@lru_cache(maxsize=256)
def article_of(code: str, unit: str, law: str, required: int, shown: Figure) -> Article:
    """The article whose step is ``<code>.why``; equal ones are one."""
    why, inputs = f"{code}.why", (shown,)
    steps = Remembered[int, Step](
        lambda counted: Step(why, law, inputs, counted, unit, counted >= required)
    )
    return Article(code, why, unit, law, required, inputs, steps)


def judge(
    article: Article,
    by: date | None,
    counted: int,
    shown: tuple[Figure, ...] = (),
    children: tuple[Step, ...] = (),
) -> Judgement:
    """A requirement that compares one sum with one figure.

    Args:
        article: The figure.
        by: Day by which it is due.
        counted: The sum, hundredths.
        shown: What the sum is made of.
        children: Steps before it.
    """
    unit, law, required = article.unit, article.law, article.required
    met = counted >= required
    return (
        Requirement(article.code, met, counted, required, unit, law, by),
        Step(article.why, law, article.shown + shown, counted, unit, met, children),
    )


def judge_sum(article: Article, by: date | None, counted: int) -> Judgement:
    """As :func:`judge` where nothing further is shown: whoever has the same sum shares the step."""
    try:
        step = article.steps.made[counted]
    except KeyError:
        step = article.steps[counted]
    met, required = counted >= article.required, article.required
    return (
        Requirement(article.code, met, counted, required, article.unit, article.law, by),
        step,
    )
