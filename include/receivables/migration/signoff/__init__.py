"""Explained differences, the report and its signatures (説明済みの差異・移行検証報告書・検収).

`apply` decides what is explained, `report_model` and `keep_report` say so on paper, `sign` and `reject` are people's
word on it, and `release` lets the files go.
"""

from receivables.migration.signoff.acceptance import approve, propose, reasons
from receivables.migration.signoff.differing import (
    NEVER_EXPLAINED,
    Differing,
    Gate,
    differing_of,
    gate,
    keys_digest,
)
from receivables.migration.signoff.evidence import require_unsigned
from receivables.migration.signoff.facts import RunFacts
from receivables.migration.signoff.releasing import ANSWERS, questions, record_signatures, release, report_text, signers
from receivables.migration.signoff.report import Report, keep_report, report_files
from receivables.migration.signoff.report_model import report_model
from receivables.migration.signoff.retesting import acceptance_lines, apply, still_open
from receivables.migration.signoff.roles import Role, required
from receivables.migration.signoff.signing import redraw, reject, sign, status

__all__ = [
    "ANSWERS", "NEVER_EXPLAINED", "Differing", "Gate", "Report", "Role", "RunFacts", "acceptance_lines", "apply",
    "approve", "differing_of", "gate", "keep_report", "keys_digest", "propose", "questions", "reasons",
    "record_signatures", "redraw", "reject", "release", "report_files", "report_model", "report_text",
    "require_unsigned", "required", "sign", "signers", "status", "still_open",
]  # fmt: skip
