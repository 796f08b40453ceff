"""Headings in another order, and more of them than we take: a quarantined row is cut as its own file says."""

import csv
from pathlib import Path

import pytest

from receivables import contracts, db, quarantine, roster
from receivables.quarantine import decoding
from tests.ingest.conftest import Desk
from tests.ingest.test_line_breaks import CLAIMS as HEADING
from tests.ingest.test_line_breaks import put

pytestmark = pytest.mark.postgres
SWAPPED = HEADING.replace("保険料額", "x").replace("不納欠損額", "保険料額").replace("x", "不納欠損額")


def row(no: int, due: str = "R7.07.31") -> str:
    """Nothing written off, 12,000 yen assessed: the amounts stand where the swapped headings say."""
    return f"2025,{no:010d},01,{no:08d},{no:015d},世田谷　花子,世田谷区,{due},0,,,,,12000,0,"


def test_a_released_row_has_its_yen_in_the_column_that_its_file_names(desk: Desk) -> None:
    with db.connect(desk.state) as connection:
        connection.execute(
            "truncate correction.standing, correction.approval, correction.returned_file, correction.proposal_row,"
            " correction.proposal, correction.export"
        )
    put(desk.drop, [row(1), row(2, "H31.05.01")], header=SWAPPED)
    found = desk.take("latter_stage")["claims"]
    assert (found.accepted_rows, found.quarantined_rows) == (1, 1), found.reason
    roster.install(desk.state)
    (made,) = quarantine.export(user="clerk", state=desk.state)["exports"]
    file = next(Path(one["path"]) for one in made["files"] if one["path"].endswith("csv"))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for one in rows:
        one["訂正後の値"] = "R1.05.01" if one["項目名"] == "due_date" else ""
    back = desk.drop / "back.csv"
    with back.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    ((owner,),) = desk.ask("select distinct owner_dept from quarantine.row")
    proposed = quarantine.import_file(back, owner_dept=owner, user="clerk", state=desk.state)
    assert (proposed["faults"], proposed["rows"]) == ([], 1)
    for user in ("chief_tax", "chief_insurance"):
        quarantine.approve(proposed["proposal_id"], user=user, state=desk.state)
    quarantine.release(proposed["proposal_id"], state=desk.state)

    query = "select assessed_yen, written_off_yen from raw.latter_stage__claims where _known_to is null"
    assert desk.ask(query) == [(12_000, 0)] * 2


def test_a_row_of_a_table_with_more_columns_than_we_take_is_cut() -> None:
    table = contracts.contract("after_school").tables[0]
    header = list(table.header or ())
    assert len(header) > len(table.columns)
    raw = ",".join(f"v{at}" for at in range(len(header))).encode()

    shown = [field.shown for field in decoding._cut(table, raw, header)]

    assert shown == [f"v{header.index(str(column.from_ or column.name))}" for column in table.columns]
