"""The long-term care system's nightly files: the standard's groups, with 被保険者番号 in an item of its own."""

from receivables.city import standard_files
from receivables.city.bills import Bill
from receivables.city.care import care_bills
from receivables.city.delivery_note import write_note
from receivables.city.papers import Department
from receivables.city.planting import Fault

_SUBJECT_CODE = "21"  # configuration: 21, 22, 27 and 28 are said to go by 被保険者番号; the official list is to be seen


def _insured(bill: Bill) -> dict[str, object]:
    """被保険者番号: ten digits of the ward's own, here those in use of the 宛名番号."""
    return {"insured_no": bill.debtor.addressee_no[-10:]}


def _faults(layout: standard_files.Layout) -> list[Fault[str]]:
    return [Fault("F19", "DIGITS", layout.with_cell("被保険者番号", lambda text: text.lstrip("0")[:9]))]


DEPARTMENT = Department(
    "ltci",
    care_bills,
    standard_files.System(_SUBJECT_CODE, "023000", _insured, _faults).papers(),
    write_note,
)
