"""Decisions on single cases (個別判断): one person's answer with its reason, confirmed by another.

The night takes it up. A decision changes no figure: it lets go or holds what the night would otherwise do by itself.
"""

from receivables.decisions.confirming import confirm, waiting
from receivables.decisions.given_back import propose_owed
from receivables.decisions.kinds import KINDS, Kind
from receivables.decisions.proposing import propose
from receivables.decisions.taking_up import take_up

__all__ = ["KINDS", "Kind", "confirm", "propose", "propose_owed", "take_up", "waiting"]
