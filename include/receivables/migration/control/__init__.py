"""Totals from outside the system that moves (段L 決算・収入整理簿) and the roll-forward of two runs (R-021, R-080)."""

from receivables.migration.control.finance import (
    Taken,
    TotalGap,
    compare_totals,
    export_totals,
    finance_totals,
    own_totals,
    take,
)
from receivables.migration.control.movements import ledger_balances, ledger_movements
from receivables.migration.control.reading import FinanceFile, FinanceTotal, read_finance_file
from receivables.migration.control.rolling import Cell, Gap, Movement, roll_forward

__all__ = [
    "Cell", "FinanceFile", "FinanceTotal", "Gap", "Movement", "Taken", "TotalGap", "compare_totals", "export_totals",
    "finance_totals", "ledger_balances", "ledger_movements", "own_totals", "read_finance_file", "roll_forward", "take",
]  # fmt: skip
