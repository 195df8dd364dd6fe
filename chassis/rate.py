"""How often something may be done from one side, as this process alone counts it: what guards a whole agency's door stands before it."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from chassis.problems import TooManyRequests


@dataclass
class Rate:
    """Up to `burst` at once for each side, and `per_minute` of them again in every minute. It remembers `most` sides, the latest ones."""

    per_minute: float
    burst: int
    most: int = 10_000
    now: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, side: str) -> None:
        """Once more; TooManyRequests where that is too often."""
        now = self.now()
        left, since = self._left.pop(side, (float(self.burst), now))
        left = min(self.burst, left + (now - since) * self.per_minute / 60)
        self._left[side] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > self.most:
            self._left.popitem(last=False)
        if left < 1:
            raise TooManyRequests("too many at once; come again", retry_after=math.ceil((1 - left) * 60 / self.per_minute))
