"""The tax system's nightly files: resident tax in the standard's groups, with 森林環境税 in an item of its own."""

from receivables.city import standard_files
from receivables.city.bills import Bill
from receivables.city.delivery_note import write_note
from receivables.city.papers import Department
from receivables.city.tax import tax_bills


def _forest(bill: Bill) -> dict[str, object]:
    return {"forest_tax_yen": bill.parts_yen[0]}


DEPARTMENT = Department("resident_tax", tax_bills, standard_files.System("01", "020000", _forest).papers(), write_note)
