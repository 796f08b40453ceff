"""No department can be forgotten: every file of every contract is counted in staging, every claim source is united."""

import yaml

from receivables import contracts
from receivables.settings import DBT_PROJECT, STAGING

KINDS = ("claim_sources", "channel_sources", "contact_sources", "case_sources", "other_sources")


def listed(name: str) -> list[str]:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    found: list[str] = project["vars"][name]
    return found


def test_every_table_of_every_contract_is_counted_in_staging() -> None:
    for contract in contracts.all_contracts():
        totals = (STAGING / contract.source / f"stg_{contract.source}__totals.sql").read_text(encoding="utf-8")
        for table in contract.tables:
            assert f"'{table.name}'" in totals, table.name
            for measure in table.measures or ("rows",):
                assert f"'{measure}'" in totals, (table.name, measure)


def test_every_source_is_on_one_of_the_lists() -> None:
    having = {file.parent.name for file in STAGING.glob("*/stg_*__claims.sql")}
    assert sorted(listed("claim_sources")) == sorted(having)
    lists = [name for kind in KINDS for name in listed(kind)]
    assert len(lists) == len({*lists})
    assert {*lists} == {one.source for one in contracts.all_contracts()}
