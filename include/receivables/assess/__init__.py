"""The law applied to claims for one day (基準日の判定): one row a claim, written in bulk.

What is charged here is the delinquency charge (延滞金) of public claims; private claims bear late
damages (遅延損害金) under their contracts and are not charged by the warehouse.
"""

from receivables.assess.bulk import assess, is_as_published
from receivables.assess.judging import Assessment, Claim, assessment

__all__ = ["Assessment", "Claim", "assess", "assessment", "is_as_published"]
