"""The ledger of claims (債権台帳): what was known of every claim, appended night by night and never changed."""

from receivables.ledger.figures import Figures, figures, verify
from receivables.ledger.recording import Recording, record

__all__ = ["Figures", "Recording", "figures", "record", "verify"]
