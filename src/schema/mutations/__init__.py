"""The root of mutations: each module contributes the fields of one concern."""

import strawberry

from .identity import IdentityMutations
from .operations import OperationMutations
from .osh import OshMutations
from .recognition import RecognitionMutations
from .vr import VrMutations

__all__ = ["Mutation"]


@strawberry.type(description="異動。 What is filed, decided and run.")
class Mutation(
    VrMutations, OshMutations, RecognitionMutations, IdentityMutations, OperationMutations
):
    """The root of mutations."""
