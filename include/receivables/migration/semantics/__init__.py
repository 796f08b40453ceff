"""What means something else after the move (制度・仕様の相違): the register, and whom each entry touches."""

from receivables.migration.semantics.register import CERTAINTY_JA, STATUS_JA, Entry, register
from receivables.migration.semantics.touching import Effect, Touched, affected

__all__ = ["CERTAINTY_JA", "STATUS_JA", "Effect", "Entry", "Touched", "affected", "register"]
