"""The root type: what the modules contribute, side by side."""

import strawberry

from .audit import AuditQuery
from .courses import CourseQuery
from .identities import IdentityQuery
from .institutions import InstitutionQuery
from .operations import OperationQuery
from .osh import OshQuery
from .recognitions import RecognitionQuery
from .registries import RegistryQuery
from .rules import RuleQuery
from .sharing import SharingQuery
from .statistics import StatisticsQuery
from .submissions import SubmissionQuery
from .verification import VerificationQuery
from .viewer import ViewerQuery

__all__ = ["Query"]


@strawberry.type(
    description="查詢。除 viewer 外均可為空:一個欄位被拒不影響其餘。 Questions. All but viewer may be null: one "
    "refused field does not take the rest of the answer with it."
)
class Query(
    ViewerQuery,
    RegistryQuery,
    SharingQuery,
    OshQuery,
    InstitutionQuery,
    CourseQuery,
    VerificationQuery,
    StatisticsQuery,
    RuleQuery,
    SubmissionQuery,
    RecognitionQuery,
    IdentityQuery,
    OperationQuery,
    AuditQuery,
):
    """Questions."""
