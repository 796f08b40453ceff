"""The circuit breaker (遮断器): when the carrier fails too often, wait; when it stays so, give up for now.

Pure: the caller tells the time and does the waiting.
"""

from collections import deque
from dataclasses import dataclass, field

_WINDOW = 20
_LEAST = 6
_MOST_BAD_PERMILLE = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0


@dataclass(slots=True)
class Breaker:
    """Counts the last outcomes; opens for a pause that doubles while the carrier stays bad."""

    most_openings: int = 6
    openings: int = 0
    open_until: float = 0.0
    _last: deque[bool] = field(default_factory=lambda: deque(maxlen=_WINDOW))

    def note(self, is_good: bool, now: float) -> None:
        """Count one outcome at `now` (monotonic seconds)."""
        self._last.append(is_good)
        if is_good and self.openings and self._bad_permille() < _MOST_BAD_PERMILLE:
            self.openings = 0
        if not is_good and len(self._last) >= _LEAST and self._bad_permille() >= _MOST_BAD_PERMILLE:
            self.open_until = now + min(_FIRST_PAUSE * 2**self.openings, _LONGEST_PAUSE)
            self.openings += 1
            self._last.clear()

    def pause_seconds(self, now: float) -> float:
        """How long to wait before the next call; 0 when closed."""
        return max(0.0, self.open_until - now)

    @property
    def has_given_up(self) -> bool:
        """True when the carrier stayed bad through every pause."""
        return self.openings >= self.most_openings

    def _bad_permille(self) -> int:
        return 1000 * sum(not good for good in self._last) // max(1, len(self._last))
