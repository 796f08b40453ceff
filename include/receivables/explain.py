"""From a figure back to its reasons (根拠の説明): article, rule row, events, batch, file, line and byte."""

from dataclasses import asdict
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from receivables import db
from receivables.assess.desk import ACT, NO_ACTS, event_of
from receivables.assess.judging import Claim, kind_of, part_payments, stayed
from receivables.errors import InputRejectedError
from receivables.law.charging import Payment
from receivables.law.clock import Event
from receivables.law.what_if import what_if
from receivables.rulebook import rulebook
from receivables.settings import State

Record = dict[str, Any]
_ASSESSMENT = "select * from law.claim_assessments where claim_id = %s order by as_of desc limit 1"
_RECEIPTS = """
    select receipt_id, paid_on, received_on, principal_yen, delinquency_charge_yen, dunning_fee_yen, channel_code,
        is_provisional, batch_id, line_no
    from mart.fct_receipts where claim_id = %s order by paid_on, receipt_id
"""
_EVENTS = """
    select event_id, entry_no, event_type, component_code, event_date, effective_on, until_on, issued_on, arrived_on,
        returned_on, designated_deadline, channel_code, ground_code, is_immediate, document_no, amount_yen,
        recorded_on, withdrawn_on, batch_id, line_no
    from mart.fct_claim_events where claim_id = %s order by event_date, event_id, entry_no
"""


def explain_claim(claim_id: str, *, state: State) -> Record:
    """Everything that made the figures of one claim, without a person's data.

    Raises InputRejectedError when no published claim has this id.
    """
    with db.connect(state, "etl", doing="explain") as connection:
        claim = _one(connection, "select * from mart.fct_claims where claim_id = %s", claim_id)
        if claim is None:
            raise InputRejectedError(
                f"no published claim {claim_id!r}; ids look like nhi:0000000123-04 (see mart.fct_claims), "
                "and a claim must have been published by a night"
            )
        assessment = _one(connection, _ASSESSMENT, claim_id)
        receipts, events = _all(connection, _RECEIPTS, claim_id), _all(connection, _EVENTS, claim_id)
        for each in (*receipts, *events):
            each["origin"] = _origin(connection, each.pop("batch_id"), each.pop("line_no"), state)
        return {
            "claim": claim,
            "origin": _origin(connection, claim["batch_id"], claim["line_no"], state),
            "assessment": assessment,
            "what_if": _what_if(claim, events, receipts),
            "rules": _rules(claim["claim_type"], claim["class_rule_id"]),
            "events": events,
            "receipts": receipts,
        }


def _what_if(claim: Record, events: list[Record], receipts: list[Record]) -> list[Record]:
    """For every act that the clock knows: the last days that would result if it were void."""
    acts = [
        event_of({name: act[column] for name, column in ACT.items()})
        for act in events
        if act["withdrawn_on"] is None and act["event_type"] not in NO_ACTS
    ]
    known = Claim(
        claim["claim_id"], claim["claim_type"], claim["fiscal_year"], claim["due_date"], claim["contract_date"],
        claim["assessed_yen"], claim["written_off_yen"], claim["class_rule_id"],
    )  # fmt: skip
    made = [Payment(one["paid_on"], one["principal_yen"]) for one in receipts if not one["is_provisional"]]
    gone = (act for act in events if act["event_type"] in ("refunded", "offset") and act["withdrawn_on"] is None)
    paid = stayed(made, sum(act["amount_yen"] for act in gone))
    found = what_if(
        due=claim["due_date"],
        as_of=claim["as_of"],
        rule=kind_of(known, rulebook()).prescription_rule,
        events=[*acts, *(Event("acknowledged", day) for day in part_payments(known, paid))],
        contract_date=claim["contract_date"],
    )
    return [asdict(one) for one in found]


def _rules(claim_type: str, class_rule_id: str | None) -> Record:
    """The rule rows that applied, each with the file it stands in."""
    kind = rulebook().kind_of(claim_type, class_rule_id)
    seed, row = ("claim_classes", class_rule_id) if class_rule_id else ("claim_types", kind.claim_type)
    charge = kind.late_charge_rule
    return {
        "claim_type": {"seed": f"seeds/law/{seed}.csv", "row": row, "citation": kind.citation},
        "prescription": {
            "seed": "seeds/law/prescription_rules.csv",
            "row": kind.prescription_rule.rule_id,
            "citation": kind.prescription_rule.period_article,
        },
        "late_charge": {"seed": "seeds/law/late_charge_rules.csv", "row": charge.rule_id, "citation": charge.citation}
        if charge
        else None,
    }


def _origin(connection: db.Connection, batch_id: str, line_no: int, state: State) -> Record | None:
    """Where the row came from: batch, file, its hash, line and byte offset, and our copy of it."""
    batch = _one(
        connection,
        "select batch_id, source, table_name, business_date, file_name, file_sha256 from ops.load where batch_id = %s",
        batch_id,
    )
    if batch is None:
        return None
    query = sql.SQL("select _byte_offset as byte_offset from raw.{} where _batch_id = %s and _line_no = %s limit 1")
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(query.format(sql.Identifier(batch["table_name"])), [batch_id, line_no]).fetchone()
    sha256 = batch["file_sha256"]
    return {**batch, "line_no": line_no, **(row or {}), "spool": f"{sha256[:2]}/{sha256}"}


def _all(connection: db.Connection, query: str, claim_id: str) -> list[Record]:
    return connection.cursor(row_factory=dict_row).execute(query.encode(), [claim_id]).fetchall()


def _one(connection: db.Connection, query: str, key: str) -> Record | None:
    return connection.cursor(row_factory=dict_row).execute(query.encode(), [key]).fetchone()
