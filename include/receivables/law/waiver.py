"""Waiver of claims (債権放棄).

Law: 地方自治法第96条第1項第10号: by vote of the assembly, or by the mayor under an ordinance. Claims that are
enforced like taxes end by stay or by time, not by waiver.
"""

from collections.abc import Sequence
from datetime import date

from receivables.claims import LegalClass
from receivables.errors import InputRejectedError
from receivables.law.clock import Event

ARTICLE = "地方自治法第96条第1項第10号"


def waiver(legal_class: LegalClass, events: Sequence[Event]) -> date | None:
    """The last day of a waived claim; None when it was not waived. 地方自治法第96条第1項第10号.

    Raises InputRejectedError on claims that are enforced like taxes.
    """
    last = min((event.on for event in events if event.type == "waived"), default=None)
    if last is not None and legal_class == LegalClass.ENFORCED_PUBLIC:
        raise InputRejectedError(
            f"waived on a claim of class {legal_class}: only nonenforced_public and private claims are ({ARTICLE}); "
            "use execution_stay (地方税法第15条の7), or correct the claim type"
        )
    return last
