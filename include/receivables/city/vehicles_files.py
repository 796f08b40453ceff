"""The vehicle tax's nightly files: the standard's groups, with 軽自管理番号 and 種別コード in items of their own.

A notice (通知書) is of one vehicle, so that the notice's number tells the vehicle in receipts and
dunning letters too, whose groups have no item for it. The plate (標識番号) finds a person and is not sent.
"""

from receivables.city import standard_files
from receivables.city.bills import Bill
from receivables.city.delivery_note import write_note
from receivables.city.papers import Department
from receivables.city.planting import Fault
from receivables.city.vehicles import vehicle_bills

_SUBJECT_CODE = "08"  # inferred from programs that go by the plate under 08; the official list is to be seen


def _vehicle(bill: Bill) -> dict[str, object]:
    return {"vehicle_no": bill.object_no, "vehicle_kind_code": bill.kind_code}


def _faults(layout: standard_files.Layout) -> list[Fault[str]]:
    return [
        Fault("P04", "CODE", layout.with_cell("種別コード", lambda _: "99")),
        Fault("F19", "DIGITS", layout.with_cell("軽自管理番号", lambda text: text.lstrip("0")[:9])),
    ]


DEPARTMENT = Department(
    "light_vehicle_tax",
    vehicle_bills,
    standard_files.System(_SUBJECT_CODE, "024500", _vehicle, _faults).papers(),
    write_note,
)
