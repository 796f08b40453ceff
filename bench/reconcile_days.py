"""Two tables of made-up instalments, `bench.a` and `bench.b`, and the faults planted in b: of one seed the same."""
# ruff: noqa: S608  # SQL out of constants of its own

import random
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

SEED = 20_261_127
_TABLE: LiteralString = """
create schema if not exists bench;
drop table if exists bench.a, bench.b;
create unlogged table bench.a as
select lpad(n::text, 12, '0') as instalment_no, lpad((n / 5)::text, 15, '0') as addressee_no,
    (array['08', '21', '23', 'A1', '31'])[1 + n %% 5] as claim_code, (2019 + n %% 8)::integer as levy_year,
    (1 + n %% 10)::integer as term_no, case when n %% 11 <> 0 then 'ｾﾀｶﾞﾔ ﾀﾛｳ' || (n %% 1000) end as person_kana,
    case when n %% 13 = 0 then U&'\\FA19' else '世田谷' end || ' 太郎' || (n %% 977) as person_name,
    '東京都世田谷区' || (n %% 977) || '丁目' || (n %% 31) as address,
    date '2019-06-01' + (n %% 2500)::integer as due_date,
    case when n %% 7 <> 0 then date '2019-05-01' + (n %% 2500)::integer end as levied_on,
    (1000 + n * 37 %% 90000)::bigint as assessed_yen, (900 + n * 37 %% 90000)::bigint as principal_yen,
    case when n %% 3 = 0 then 100::bigint end as fee_yen
from generate_series(1, %s) as n order by hashint8extended(n, %s);
create unlogged table bench.b as select * from bench.a order by hashtextextended(instalment_no, 1);
create index on bench.a (instalment_no);
create index on bench.b (instalment_no);
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether there is a difference, and if they are named, in which keys and columns."""

    differs: bool
    keys: frozenset[str] | None = None
    columns: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: changes of columns in so many rows that meet a condition, or something else done to them."""

    name: str
    changes: dict[str, str]  # column: expression
    rows: int = 1
    where: str = "true"
    is_whole: bool = False  # every row of the table
    is_copy: bool = False  # the row is there twice
    step: tuple[int, ...] = ()  # what is added to the column in each of the rows: yen that move
    is_exchange: bool = False  # two rows exchange the column's value


FAULTS = (
    Fault("equal", {}, 0),
    Fault("one wrong yen", {"assessed_yen": "assessed_yen + 1"}),
    Fault("200 faults", {"principal_yen": "principal_yen - 1"}, 200),
    Fault("row there twice", {}, is_copy=True),
    Fault("NULL became ''", {"person_kana": "''"}, where="person_kana is null"),
    Fault("NULL became 0", {"fee_yen": "0"}, where="fee_yen is null"),
    Fault("trailing blank", {"address": "address || ' '"}),
    Fault("case", {"claim_code": "lower(claim_code)"}, where="claim_code = 'A1'"),
    Fault("yen moved between two rows", {"assessed_yen": "assessed_yen"}, 2, step=(1, -1)),
    Fault("two rows exchange a name", {"person_name": "person_name"}, 2, is_exchange=True),
    Fault("name folded by NFC", {"person_name": "normalize(person_name, nfc)"}, where="person_name like U&'\\FA19%'"),
    Fault("columns swapped", {"assessed_yen": "principal_yen", "principal_yen": "assessed_yen"}, is_whole=True),
)


def make(connection: psycopg.Connection[Any], rows: int) -> None:
    """Both tables, equal, each in an order of its own."""
    for statement in _TABLE.split(";\n"):
        if statement.strip():
            values = (rows, SEED) if "generate_series" in statement else None
            connection.execute(statement if values else statement.replace("%%", "%"), values)
    connection.execute("vacuum analyze bench.a")
    connection.execute("vacuum analyze bench.b")


def break_(connection: psycopg.Connection[Any], fault: Fault) -> Answer:
    """Plant a fault in b; what is true of it."""
    if fault.is_whole:
        connection.execute("truncate bench.b")
        columns = [row[0] for row in _columns(connection)]
        values = ", ".join(fault.changes.get(name, name) for name in columns)
        connection.execute(f"insert into bench.b select {values} from bench.a")
        connection.execute("vacuum analyze bench.b")
        every = connection.execute("select instalment_no from bench.a order by 1 limit 5000").fetchall()
        return Answer(True, frozenset(row[0] for row in every), frozenset(fault.changes))
    keys = _chosen(connection, fault)
    if fault.is_copy:
        connection.execute("insert into bench.b select * from bench.b where instalment_no = any(%s)", [keys])
    elif fault.is_exchange:
        (column,) = fault.changes
        connection.execute(f"update bench.b as b set {column} = a.{column} from bench.a as a where b.instalment_no ="
                           " any(%s) and a.instalment_no = any(%s) and a.instalment_no <> b.instalment_no",
                           [keys, keys])  # fmt: skip
    else:
        for at, key in enumerate(keys):
            more = f" + {fault.step[at]}" if fault.step else ""
            values = ", ".join(f"{name} = {value}{more}" for name, value in fault.changes.items())
            connection.execute(f"update bench.b set {values} where instalment_no = %s", [key])
    return Answer(bool(keys), frozenset(keys), frozenset(fault.changes))


def mend(connection: psycopg.Connection[Any], fault: Fault, truth: Answer) -> None:
    """Make b equal to a again."""
    if fault.is_whole:
        connection.execute("truncate bench.b")
        connection.execute("insert into bench.b select * from bench.a order by hashtextextended(instalment_no, 1)")
    else:
        keys = sorted(truth.keys or ())
        connection.execute("delete from bench.b where instalment_no = any(%s)", [keys])
        connection.execute("insert into bench.b select * from bench.a where instalment_no = any(%s)", [keys])
    connection.execute("vacuum analyze bench.b")


def _chosen(connection: psycopg.Connection[Any], fault: Fault) -> list[str]:
    if not fault.rows:
        return []
    draw = random.Random(f"{SEED} {fault.name}")
    (last,) = connection.execute("select max(instalment_no)::bigint from bench.a").fetchall()[0]
    from_ = f"{draw.randrange(1, last // 2):012}"
    found = connection.execute(
        f"select instalment_no from bench.a where instalment_no >= %s and {fault.where.replace('%', '%%')}"
        " order by instalment_no limit %s",
        [from_, fault.rows * 20],
    ).fetchall()
    return sorted(draw.sample([row[0] for row in found], fault.rows))


def _columns(connection: psycopg.Connection[Any]) -> list[tuple[str]]:
    return connection.execute(
        "select attname from pg_attribute where attrelid = 'bench.a'::regclass and attnum > 0 order by attnum"
    ).fetchall()
