"""How long to wait before another attempt to reach the server."""

from __future__ import annotations

#: Longest wait before the first attempt, and before any attempt, s.
FIRST_S = 0.1
MOST_S = 5.0


def compute_back_off(attempt: int, random: float) -> float:
    """The wait before an attempt (counted from 1), s.

    It doubles with each attempt, with half of it random so that many clients do not return at the same moment.
    ``random`` is from 0 to 1.
    """
    most = min(MOST_S, FIRST_S * 2 ** min(attempt - 1, 16))
    return float(most / 2 + most / 2 * random)
