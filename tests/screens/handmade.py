"""A night written by hand, row by row, as the other rooms would leave it."""

from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from receivables import db
from receivables.settings import State

AS_OF = date(2026, 6, 19)
BATCH = "20260619_01"
TRUNCATED = "TRUNCATED: SHOGAKU_20260619.xlsx ends in the middle of the sheet; ask the section to send it again"

_MARTS = """
create schema if not exists mart;
create table mart.agg_collection (
    claim_type text, fiscal_year integer, collection_category text, month text, assessed_yen bigint,
    received_yen bigint, written_off_yen bigint, refund_pending_yen bigint, uncollected_yen bigint,
    rate_numerator_yen bigint, rate_denominator_yen bigint, collection_rate numeric, as_of date, published_batch text
);
create table mart.agg_ageing (
    claim_type text, ageing_bucket text, claim_count integer, outstanding_yen bigint, as_of date, published_batch text
);
grant usage on schema mart to screen;
grant select on mart.agg_collection, mart.agg_ageing to screen;
"""
# source, table, state, accepted rows and yen, quarantined rows and yen, duplicates, excluded, reason code, reason
LOADS: list[tuple[Any, ...]] = [
    ("register", "register__persons", "loaded", 20000, 0, 0, 0, 0, 0, None, None),
    ("resident_tax", "resident_tax__claims", "loaded", 41873, 1_204_331_200, 6, 312_400, 2, 1, None, None),
    ("resident_tax", "resident_tax__receipts", "loaded", 38120, 1_150_220_900, 0, 0, 1, 0, None, None),
    ("nhi", "nhi__claims", "loaded", 52210, 812_450_310, 5, 98_210, 1, 2, None, None),
    ("nhi", "nhi__receipts", "duplicate", 46902, 735_001_120, 0, 0, 0, 0, "DUPLICATE_FILE", "the same bytes"),
    ("resident_tax", "resident_tax__dunnings", "loaded", 3120, 0, 0, 0, 0, 0, None, None),
    ("scholarship", "scholarship__instalments", "rejected", 0, 0, 0, 0, 0, 0, "TRUNCATED", TRUNCATED),
]
QUARANTINED = [
    ("resident_tax__claims", 6, "ERA", 52_000), ("nhi__claims", 3, "SUM_MISMATCH", 20_000),
    ("nhi__claims", 2, "GAIJI", 19_105),
]  # fmt: skip
LEVIES = {"resident_tax": 1_180_000_000, "nhi_premium": 640_000_000, "scholarship_loan": 14_400_000}
FINAL_PERMILLE = {"resident_tax": 990, "nhi_premium": 912, "scholarship_loan": 720}
AGEING = {
    "resident_tax": [2_100_000, 4_800_000, 5_300_000, 8_700_000, 21_400_000],
    "nhi_premium": [9_100_000, 12_800_000, 14_400_000, 21_900_000, 68_300_000],
    "scholarship_loan": [150_000, 420_000, 610_000, 1_200_000, 9_800_000],
}


def write(state: State) -> None:
    """The whole night, in the tables of the rooms' own DDL and two marts of the same shape."""
    with db.connect(state) as connection:
        connection.execute(_MARTS.encode())
        _loads(connection)
        _collection(connection)
        _who_is_who(connection)
        for claim_type, yens in AGEING.items():
            for bucket, yen in zip(("1-30", "31-90", "91-180", "181-365", "366-"), yens, strict=True):
                connection.execute(
                    "insert into mart.agg_ageing values (%s, %s, %s, %s, %s, %s)",
                    [claim_type, bucket, yen // 21_000, yen, AS_OF, BATCH],
                )
        connection.execute(
            "insert into ops.published_batch values (%s, %s, '2026-06-19T04:41:00+09:00', true, %s)",
            [BATCH, AS_OF, f"mart_{BATCH}"],
        )
        _campaign(connection)
        _migration(connection)


def _loads(connection: db.Connection) -> None:
    for source, table, outcome, *counts, code, reason in LOADS:
        connection.execute(
            "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
            " file_bytes, accepted_rows, accepted_yen, quarantined_rows, quarantined_yen, duplicate_rows,"
            " excluded_rows, reason_code, reason)"
            " values (%s, %s, %s, %s, %s, 'f', 's', 1, %s, %s, %s, %s, %s, %s, %s, %s)",
            [table, source, table, AS_OF, outcome, *counts, code, reason],
        )
    line = 0
    for table, rows, code, yen in QUARANTINED:
        for _ in range(rows):
            line += 1
            connection.execute(
                "insert into quarantine.row (batch_id, source, table_name, file_name, line_no, byte_offset, raw,"
                " reason_code, amount_yen, owner_dept) values (%s, %s, %s, 'f', %s, 0, %s, %s, %s, 'tax')",
                [table, table.split("__")[0], table, line, "氏名は画面に出ない".encode(), code, yen],
            )


def _who_is_who(connection: db.Connection) -> None:
    """One matching, and three hundred sampled pairs of which one is still to be judged and none was wrong."""
    connection.execute(
        "insert into identity.night (as_of, persons, changed, is_whole, events, linked, unlinked, to_review, bound)"
        " values (%s, 25512, 38, false, 4, 10490, 301, 27, %s)",
        [AS_OF, Jsonb({"link_weight": 27.0, "weight": 26.452, "confirmed_count": 29006, "confirmed_errors": 0,
                       "confirmed_upper_permille": 0.1033, "model_id": None})],
    )  # fmt: skip
    connection.execute(
        "insert into identity.sampled (month, pair, method, linked_pairs, verdict, judged_by)"
        " select '2026-05', 'a' || n || '|b', 'number', 9000, nullif('same', case when n = 301 then 'same' end),"
        " nullif('officer', case when n = 301 then 'officer' end) from generate_series(1, 301) as n"
    )


def _collection(connection: db.Connection) -> None:
    for claim_type, levy in LEVIES.items():
        for year in (2024, 2025, 2026):
            for no in range(14):
                month = f"{year + (no + 3) // 12}-{(no + 3) % 12 + 1:02d}"
                if month > "2026-06":
                    break
                reached = FINAL_PERMILLE[claim_type] * min(13, no) // 13 + (year - 2025) * (6 if no else 0)
                _month(connection, claim_type, year, "current", month, levy, reached)
                _month(connection, claim_type, year, "arrears", month, levy // 12, 30 * no)


def _month(
    connection: db.Connection, claim_type: str, year: int, category: str, month: str, levy: int, permille: int
) -> None:
    received = levy * permille // 1000
    connection.execute(
        "insert into mart.agg_collection values (%s, %s, %s, %s, %s, %s, 0, 0, %s, %s, %s,"
        " round(100.0 * %s / %s, 2), %s, %s)",
        [claim_type, year, category, month, levy, received, levy - received, received, levy, received, levy, AS_OF,
         BATCH],
    )  # fmt: skip


def _campaign(connection: db.Connection) -> None:
    connection.execute(
        "insert into campaign.run (run_id, campaign_name, as_of, published_batch, maker, channel, purpose, playbook,"
        " template_text, template_sha256, parts_count, sources, content_sha256, treat_count, control_count,"
        " excluded_count, approvals_required, expires_after_days, built_at) values ('sms_after_dunning-20260619-1',"
        " 'sms_after_dunning', %s, %s, 'planner', 'sms', 'reminder', '{\"title\": \"督促後のSMS催告\"}', 't', 't', 1,"
        " '{}', repeat('ab12', 16), 1284, 143, 5, 2, 7, '2026-06-19T04:52:00+09:00')",
        [AS_OF, BATCH],
    )
    for no, codes in enumerate((["X01"], ["X01", "X19"], ["X08"], ["X19"], ["X20_unlinked"])):
        connection.execute(
            "insert into campaign.contact (contact_id, run_id, subject_key, arm, exclusion_codes, claim_ids,"
            " claim_yen, claim_types, owner_depts, outstanding_yen) values (%s,"
            " 'sms_after_dunning-20260619-1', %s, 'excluded', %s, '{a}', '{1000}', '{nhi_premium}',"
            " '{insurance}', 1000)",
            [f"c{no}", f"d{no}", codes],
        )
    for run_id, title, state, people in (
        ("dunning_tax-20260619-1", "督促状（税）", "waiting", 77),
        ("letter_reminder-20260618-1", "催告書", "sending", 12),
        ("letter_reminder-20260601-1", "催告書", "done", 9),
    ):  # fmt: skip
        connection.execute(
            "insert into campaign.run (run_id, campaign_name, as_of, published_batch, maker, channel, purpose,"
            " playbook, template_text, template_sha256, parts_count, sources, content_sha256, treat_count,"
            " control_count, excluded_count, approvals_required, expires_after_days, built_at, state) values (%s,"
            " split_part(%s, '-', 1), %s, %s, 'planner', 'letter', 'reminder', jsonb_build_object('title', %s::text),"
            " 't', 't', 1, '{}', 'x', %s, 0, 0, 2, 7, '2026-06-18T04:52:00+09:00', %s)",
            [run_id, run_id, AS_OF, BATCH, title, people, state],
        )
    db.run_script(
        connection,
        """
        insert into campaign.halt (campaign_name, reason_code, reason, halted_by)
        values ('auto_call_trial', 'person', 'x', 'x');
        insert into campaign.quiet (from_on, until_on, reason, entered_by)
        values ('2020-01-01', '2100-01-01', '台風', 'x');
        insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept, review_on)
        values ('d', 'X11', '2026-06-01', 'central', '2026-06-02'), ('e', 'X11', '2026-06-01', 'central', '2100-01-01');
    """,
    )
    connection.execute("insert into campaign.approver values ('chief_tax', '納税課長', '2026-04-01')")
    connection.execute(
        "insert into campaign.approval (run_id, content_sha256, approver, approved_at, expires_at, signature) values"
        " ('sms_after_dunning-20260619-1', 'h', 'chief_tax', '2026-06-19T08:30+09', '2026-06-26T08:30+09', 's')"
    )


CHECKS = [
    ("R-010", "W-G", "件数が一致する", "PASS", 0, None), ("R-011", "W-G", "人数が一致する", "PASS", 0, None),
    ("R-020", "W-G", "金額が構成要素ごとに一致する", "EXPLAINED", 3, "取消済みの3行は移行しない"),
    ("R-020", "G-F", "ファイルの件数と金額が一致する", "PASS", 0, None),
    ("R-060", "G-F", "全行のダイジェストが一致する", "PASS", 0, None),
]  # fmt: skip


def _migration(connection: db.Connection) -> None:
    if connection.execute("select to_regclass('migration.run')").fetchone() == (None,):
        return
    connection.execute(
        "insert into migration.run (run_id, edition, profile, snapshot_date, published_batch, spec_sha256,"
        " map_sha256, profile_sha256, plan, verdict, unexplained_rows, unexplained_yen, report_file) values ('M0001',"
        " '0.1-draft', 'standard_csv', %s, %s, 's', 'm', 'p', %s, 'EXPLAINED', 0, 0, 'migration/M0001.html')",
        [AS_OF, BATCH, '{"sources": ["nhi", "nursery"]}'],
    )
    for position, (group, rows) in enumerate({"atena": 120, "chotei_shuno": 4_321, "yuyo": 0}.items()):
        connection.execute(
            "insert into migration.run_group (run_id, group_id, position, maps, source_totals, staged_rows)"
            " values ('M0001', %s, %s, '[]', '{}', %s)",
            [group, position, rows],
        )
    for position, (check, legs, title, status, difference, cause) in enumerate(CHECKS):
        connection.execute(
            "insert into migration.recon_result (run_id, position, group_id, check_id, legs, grain, title_ja, status,"
            " difference, cause) values ('M0001', %s, 'chotei_shuno', %s, %s, 'all', %s, %s, %s, %s)",
            [position, check, legs, title, status, difference, cause],
        )
