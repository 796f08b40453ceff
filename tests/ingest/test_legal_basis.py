"""Rows whose class cannot be told: one day before and after each border, written by hand against our own contract."""

import pytest

from receivables import contracts
from receivables.ingest.block_check import BlockCheck
from receivables.ingest.records import Record
from receivables.ingest.rows import Aside, RowCheck

TABLE = contracts.contract("welfare_refund").table("welfare_refund__decisions")
ROW = {
    "fiscal_year": "2021", "decision_no": "00000001", "split_seq": "1", "instalment_no": "1", "notice_no": "2100000017",
    "article_code": "63", "error_code": "0", "basis_from": "R020401", "basis_to": "R020930", "decided_on": "R030420",
    "addressee_no": "0" * 15, "person_name": "世田谷　太郎", "case_no": "00000001", "base_yen": "60000",
    "surcharge_yen": "0", "assessed_yen": "60000", "payment_code": "1", "due_date": "R030520", "dunned_on": "",
    "dunning_arrived_on": "", "dunning_deadline": "", "written_off_on": "", "written_off_yen": "0",
    "status_code": "0", "remark": "",
}  # fmt: skip


def reason(**over: str) -> str | None:
    row = ROW | over
    found = RowCheck(TABLE).check(Record(2, 0, b"", [row[column.name] for column in TABLE.columns]))
    return found.reason_code if isinstance(found, Aside) else None


@pytest.mark.parametrize(
    ("article", "error", "first", "last", "wanted"),
    [
        ("63", "0", "H300901", "H300930", None),
        ("63", "0", "H301001", "H301031", None),
        ("63", "0", "H300930", "H301001", "LEGAL_CLASS"),
        ("63", "0", "H270401", "R020331", "LEGAL_CLASS"),
        ("63", "1", "H270401", "R020331", None),  # the office's own error: one class before and after
        ("78", "0", "H260601", "H260630", None),
        ("78", "0", "H260701", "R020331", None),
        ("78", "0", "H260630", "H260701", "LEGAL_CLASS"),
        ("78", "1", "R020401", "R020430", "LEGAL_CLASS"),  # fraud and the office's error exclude each other
        ("63", "0", "R020930", "R020401", "LEGAL_CLASS"),  # the wrong way round
        ("77", "0", "R020401", "R020430", "CODE"),
        ("63", "0", "", "R020430", "REQUIRED"),
    ],
)
def test_a_row_has_one_class_or_goes_to_quarantine(
    article: str, error: str, first: str, last: str, wanted: str | None
) -> None:
    assert reason(article_code=article, error_code=error, basis_from=first, basis_to=last) == wanted


def test_a_void_row_needs_no_class_and_its_yen_are_told() -> None:
    assert reason(basis_from="H300930", basis_to="H301001", status_code="9") == "CANCELLED_AT_SOURCE"
    row = ROW | {"basis_from": "H300930", "basis_to": "H301001"}
    found = RowCheck(TABLE).check(Record(2, 0, b"", [row[column.name] for column in TABLE.columns]))
    assert isinstance(found, Aside)
    assert (found.field, found.amount_yen) == ("basis_from", 60_000)


def test_a_table_without_a_legal_basis_asks_for_none() -> None:
    others = [table for one in contracts.all_contracts() for table in one.tables if table.name != TABLE.name]
    assert all(table.legal_basis is None for table in others)
    assert BlockCheck(TABLE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"period": ("basis_from", "dunned_on")}, "must be a required date"),
        ({"period": ("basis_from", "base_yen")}, "must be a required date"),
        ({"period": ("basis_from", "no_such")}, "which is not among columns"),
        ({"ground": {"column": "error_code", "codes": {"0": "ordinary"}}}, "its codes are not those"),
    ],
)
def test_a_basis_that_its_columns_cannot_give_is_refused(change: dict[str, object], message: str) -> None:
    basis = TABLE.legal_basis.model_dump() if TABLE.legal_basis else {}
    with pytest.raises(ValueError, match=message):
        contracts.Table.model_validate(TABLE.model_dump(by_alias=True) | {"legal_basis": basis | change})


def test_every_basis_of_a_contract_names_kinds_and_grounds_of_the_seed() -> None:
    from receivables.rulebook import rulebook

    known = {(rule.claim_type, rule.ground_code) for rule in rulebook().class_rules.values()}
    bases = [table.legal_basis for one in contracts.all_contracts() for table in one.tables if table.legal_basis]
    assert bases
    for basis in bases:
        assert {kind for kind, _ in known} >= set(basis.claim_type.codes.values())
        assert {ground for _, ground in known} >= set(basis.ground.codes.values())
