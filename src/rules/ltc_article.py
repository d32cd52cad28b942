"""One article on one sum: the requirement and the step that says why, made in one place."""

from datetime import date

import msgspec

from ..domain.decision import Figure, Requirement, Step

__all__ = ["Article", "Judgement", "article_of", "judge"]

Judgement = tuple[Requirement, Step]


class Article(msgspec.Struct, frozen=True, gc=False):
    """A requirement with its figure: what is the same for everybody who asks on that day.

    Attributes:
        required: Hundredths of ``unit``.
        shown: The figure, for the explanation.
    """

    code: str
    why: str
    unit: str
    law: str
    required: int
    by: date | None
    shown: tuple[Figure, ...]


def article_of(
    code: str, unit: str, law: str, required: int, by: date | None, shown: Figure
) -> Article:
    """The article whose step is ``<code>.why``."""
    return Article(code, f"{code}.why", unit, law, required, by, (shown,))


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
