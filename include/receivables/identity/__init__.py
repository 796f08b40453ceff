"""名寄せ: one debtor for each person, by 宛名番号 alone; who is not in the register stays unlinked.

`debtor_id` is a keyed hash, so it is the same on every night and says nothing to who lacks the key.
"""

from receivables.identity.resolve import resolve

__all__ = ["resolve"]
