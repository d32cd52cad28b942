"""Work on many rows without the garbage collector walking them again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Rows come by the million and hold no cycles: only counting references lets them go.

    For code that does not wait: other tasks of the process want their collector.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
