"""関係: who stands beside a debtor; nobody is guessed, and a protected person's household is told to nobody."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from handmade import AS_OF, Handmade

from receivables import roster, warehouse
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.identity.relation_import import HEADER, import_relations
from receivables.identity.relation_kinds import relation_kinds

pytestmark = pytest.mark.postgres
BORROWER, WIFE, PROTECTED, ALONE, DEAD, NAMESAKE = (str(digit) * 15 for digit in range(1, 7))
NAMES = {BORROWER: "世田谷　太郎", ALONE: "玉川　一郎"}
NEXT = AS_OF + timedelta(days=1)


def loan(world: Handmade, loan_no: str, number: str, guarantor: str) -> None:
    world.add("welfare_loans__instalments", loan_no=loan_no, instalment_no=1, addressee_no=number, fund_code="11",
              contract_date=date(2020, 4, 1), due_date=date(2026, 3, 31), assessed_yen=10_000,
              person_name=NAMES[number], person_kana="カリウケ", guarantor_name=guarantor)  # fmt: skip


@pytest.fixture(scope="module")
def prepared(handmade: Handmade) -> Handmade:
    roster.install(handmade.state)
    at_home = {"household_no": "0000000001"}
    handmade.person(BORROWER, person_name=NAMES[BORROWER], **at_home)
    handmade.person(WIFE, person_name="世田谷　花子", **at_home)
    handmade.person(PROTECTED, person_name="世田谷　桜", is_protected=True, **at_home)
    handmade.person(ALONE, person_name=NAMES[ALONE])
    handmade.person(DEAD, person_name="砧　次郎", died_on=date(2026, 1, 5))
    handmade.person(NAMESAKE, person_name="玉川　一郎")
    loan(handmade, "00000001", BORROWER, "世田谷花子")  # once in the register, and of his household
    loan(handmade, "00000002", BORROWER, "砧　次郎")  # once, of another household: only a name
    loan(handmade, "00000003", BORROWER, "玉川一郎")  # twice
    loan(handmade, "00000004", BORROWER, "世田谷　桜")  # of his household, and protected
    loan(handmade, "00000005", ALONE, "烏山　三郎")  # nobody's name
    handmade.tax("0000000001", addressee_no=BORROWER)
    handmade.settle_ledger()
    warehouse.prepare(as_of=AS_OF, state=handmade.state)
    return handmade


@pytest.fixture
def world(prepared: Handmade) -> Handmade:
    prepared.run("truncate identity.relation, vault.relation_told, vault.relation_name, identity.contact_fact")
    return prepared


def guarantors(world: Handmade) -> dict[str, tuple[str, str]]:
    found = world.run("select basis, state, to_ref from identity.relation where kind = 'guarantor'")
    return {basis: (state, to_ref) for basis, state, to_ref in found}


def households(world: Handmade) -> dict[str, tuple[Any, ...]]:
    found = world.run("select from_ref, to_ref, valid_from, valid_to from identity.relation where kind = 'household'")
    return {number: tuple(row[1:]) for number in (BORROWER, WIFE, PROTECTED, ALONE, DEAD, NAMESAKE)
            for row in found if row[0] == world.debtor(number)}  # fmt: skip


def test_who_lives_together_is_one_household_by_a_pseudonym_and_not_pairs(world: Handmade) -> None:
    world.resolve_anew()
    found = households(world)

    assert found[BORROWER] == found[WIFE]
    assert len({household for household, *_ in found.values()}) == 4
    assert not world.run("select * from identity.relation where to_ref like '%%0000000001%%'")


def test_a_protected_person_has_no_household_outside_the_vault_not_even_from_before(world: Handmade) -> None:
    world.run("update staging.stg_register__persons set is_protected = false")
    world.resolve_anew()
    assert PROTECTED in households(world)
    world.run("update staging.stg_register__persons set is_protected = true where source_debtor_key = %s", PROTECTED)
    world.resolve_anew(NEXT)

    assert PROTECTED not in households(world)
    assert BORROWER in households(world)


def test_a_guarantor_is_known_only_by_a_name_that_is_once_in_the_register_and_in_the_borrowers_household(
    world: Handmade,
) -> None:
    world.resolve_anew()
    found = guarantors(world)

    assert found["00000001"] == ("resolved", world.debtor(WIFE))
    assert {loan for loan, (state, _) in found.items() if state == "unresolved"} == {f"0000000{n}" for n in "2345"}
    assert len({to_ref for _, to_ref in found.values()}) == 5
    names = world.run("select basis, written_name from vault.relation_name order by 1")
    assert names == [
        ("00000002", "砧　次郎"),
        ("00000003", "玉川一郎"),
        ("00000004", "世田谷　桜"),
        ("00000005", "烏山　三郎"),
    ]


def test_a_second_person_of_the_name_takes_the_answer_back_and_leaves_no_trace_of_it(world: Handmade) -> None:
    world.resolve_anew()
    world.run("update vault.register__persons set person_name = '世田谷　花子' where addressee_no = %s", NAMESAKE)
    try:
        world.resolve_anew(NEXT)
        found = world.run("select state, valid_to from identity.relation where basis = '00000001'")
    finally:
        world.run("update vault.register__persons set person_name = '玉川　一郎' where addressee_no = %s", NAMESAKE)

    assert found == [("unresolved", None)]


def test_who_moves_out_ends_one_household_and_begins_another(world: Handmade) -> None:
    world.resolve_anew()
    before = households(world)[BORROWER]
    world.run("update vault.register__persons set household_no = '0000000009' where addressee_no = %s", WIFE)
    try:
        world.resolve_anew(NEXT)
        found = world.run("select to_ref, valid_from, valid_to from identity.relation where kind = 'household'"
                          " and from_ref = %s order by 2", world.debtor(WIFE))  # fmt: skip
    finally:
        world.run("update vault.register__persons set household_no = '0000000001' where addressee_no = %s", WIFE)

    assert households(world)[BORROWER] == before
    assert found[0] == (before[0], AS_OF, AS_OF)
    assert found[1][1:] == (NEXT, None)


def test_resolving_again_touches_no_row(world: Handmade) -> None:
    everything = "select xmin::text, relation::text from identity.relation order by 2"
    world.resolve_anew()
    before = world.run(everything)
    world.resolve_anew()

    assert before
    assert world.run(everything) == before


def written(folder: Path, *rows: str, encoding: str = "utf-8") -> Path:
    file = folder / "relations.csv"
    file.write_bytes("\r\n".join([",".join(HEADER), *rows, ""]).encode(encoding))
    return file


def test_a_department_s_file_is_kept_once_and_holds_from_the_next_night(world: Handmade, tmp_path: Path) -> None:
    file = written(tmp_path, f"相続人,{DEAD},{ALONE},2026-02-01,,戸税第1号",
                   f"guardian,{BORROWER},{NAMESAKE},2026-01-01,2026-05-31,家審第2号", encoding="cp932")  # fmt: skip
    told = import_relations(file, user="chief_tax", state=world.state, dept="tax")
    again = import_relations(file, user="chief_tax", state=world.state, dept="tax")
    world.resolve_anew()
    found = world.run("select kind, from_ref, to_ref, state, valid_from, valid_to, owner_dept, basis"
                      " from identity.relation where source_code = 'told' order by 1 desc")  # fmt: skip

    assert (told["rows"], told["kept"], again["kept"]) == (2, 2, 0)
    assert found == [
        ("heir", world.debtor(DEAD), world.debtor(ALONE), "resolved", date(2026, 2, 1), None, "tax", "戸税第1号"),
        ("guardian", world.debtor(BORROWER), world.debtor(NAMESAKE), "resolved", date(2026, 1, 1), date(2026, 5, 31),
         "tax", "家審第2号"),
    ]  # fmt: skip


def test_an_end_told_later_ends_the_relation(world: Handmade, tmp_path: Path) -> None:
    import_relations(written(tmp_path, f"heir,{DEAD},{ALONE},2026-02-01,,1"), user="chief_tax", state=world.state)
    world.resolve_anew()
    ended = written(tmp_path, f"heir,{DEAD},{ALONE},2026-02-01,2026-06-30,1")
    assert import_relations(ended, user="chief_tax", state=world.state)["kept"] == 1
    world.resolve_anew()

    assert world.run("select valid_to from identity.relation where kind = 'heir'") == [(date(2026, 6, 30),)]


def test_a_corporation_that_the_register_does_not_know_stays_unresolved(world: Handmade, tmp_path: Path) -> None:
    file = written(tmp_path, f"法人の代表者,{'8' * 15},{ALONE},2026-02-01,,登記1")
    import_relations(file, user="chief_tax", state=world.state)
    world.resolve_anew()
    found = world.run("select state, left(from_ref, 1), to_ref from identity.relation where kind = 'corporate_officer'")

    assert found == [("unresolved", "u", world.debtor(ALONE))]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"親戚,{DEAD},{ALONE},2026-02-01,,1", "line 3, 種別: one of heir 相続人"),
        (f"世帯,{DEAD},{ALONE},2026-02-01,,1", "households come from the register"),
        (f"heir,{DEAD[1:]},{ALONE},2026-02-01,,1", "line 3, 債務者宛名番号: 15 digits"),
        (f"heir,{DEAD},{DEAD},2026-02-01,,1", "line 3, 関係者宛名番号: 15 digits, and not the debtor"),
        (f"heir,{DEAD},{ALONE},令和8年2月1日,,1", "line 3, 開始日: a day as YYYY-MM-DD"),
        (f"heir,{DEAD},{ALONE},2026-02-01,2026-01-31,1", "line 3, 終了日: empty, or a day"),
        (f"heir,{DEAD},{ALONE},2026-02-01,,", "line 3, 文書番号: the document behind it"),
        (f"heir,{DEAD},{ALONE},2026-02-01", "line 3: 4 columns, not 6"),
        (f"heir,{'7' * 15},{ALONE},2026-02-01,,1", "line 3, 債務者宛名番号: nobody of the register has it"),
        (f"heir,{DEAD},{'7' * 15},2026-02-01,,1", "line 3, 関係者宛名番号: nobody of the register has it"),
        (f"heir,{BORROWER},{ALONE},2026-02-01,,1", "line 3, 債務者宛名番号: the register knows of no death"),
        (f"guardian,{DEAD},{ALONE},2026-02-01,,2", "line 3: the same as line 2"),
    ],
)
def test_a_wrong_row_is_told_by_line_and_column_and_keeps_the_whole_file_out(
    world: Handmade, tmp_path: Path, row: str, told: str
) -> None:
    file = written(tmp_path, f"guardian,{DEAD},{ALONE},2026-02-01,,1", row)
    with pytest.raises(InputRejectedError) as refused:
        import_relations(file, user="chief_tax", state=world.state)

    assert told in str(refused.value)
    assert not [cell for cell in row.split(",") if len(cell) > 3 and cell in str(refused.value).replace("heir ", "")
                and cell not in ("guardian",)]  # fmt: skip
    assert world.run("select count(*) from vault.relation_told") == [(0,)]


def test_only_somebody_on_the_roster_brings_relations(world: Handmade, tmp_path: Path) -> None:
    with pytest.raises(NeedsApprovalError, match="does not have the duty identity"):
        import_relations(written(tmp_path), user="planner", state=world.state)
    with pytest.raises(InputRejectedError, match="no section 'nobody'"):
        import_relations(written(tmp_path), user="chief_tax", state=world.state, dept="nobody")


def test_other_columns_and_an_open_quotation_are_told(world: Handmade, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputRejectedError, match="line 1: the columns must be 種別"):
        import_relations(other, user="chief_tax", state=world.state)
    with pytest.raises(InputRejectedError, match="quotation mark"):
        import_relations(written(tmp_path, '"heir,1'), user="chief_tax", state=world.state)


def test_kinds_say_what_they_mean_and_which_article_is_confirmed(prepared: Handmade) -> None:
    kinds = relation_kinds()

    assert {code for code, kind in kinds.items() if kind.is_confirmed} == {"heir", "guarantor"}
    assert (kinds["household"].reminder_goes, kinds["household"].debt_may_be_told) == ("no", "no")
    assert [kind.is_liable for kind in kinds.values()] == ["no", "share", "whole", "whole", "no", "no"]
    there = dict(prepared.run("select code, title_ja from law.relation_kinds"))
    assert there == {code: kind.title_ja for code, kind in kinds.items()}
