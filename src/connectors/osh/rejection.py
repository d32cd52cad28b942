"""Why a drop is refused, in one place."""

from ..errors import DropRejected

__all__ = ["rejected"]


def rejected(sequence: int, check: str, member: str = "") -> DropRejected:
    """The refusal of a whole drop.

    Args:
        sequence: Of the drop.
        check: Stable code of the check that failed.
        member: File of the drop, if it is about one.
    """
    where = f" ({member})" if member else ""
    return DropRejected(
        f"osh: drop {sequence} refused: {check}{where}; the data before it stay",
        f"osh:第 {sequence} 號批次未通過檢查({check}{where}),保留原有資料",
        details={"registry": "osh", "sequence": sequence, "check": check, "member": member},
    )
