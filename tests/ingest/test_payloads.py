"""What attacks a database, a template, a shell, a log or a spreadsheet, in every text of a delivery (F69–F72).

It is a resident's name like any other: kept as it came or set aside for a person, and nothing else happens.
"""

import pytest

from receivables.cli.console import day, emit, table
from receivables.errors import InputRejectedError

from .conftest import Desk
from .test_line_breaks import CLAIMS, claim, put

SQL = (
    "'; drop schema raw cascade; --", "' or '1'='1", "'); truncate ops.load; --", "$$; drop role etl; $$",
    "\\'; drop table vault.latter_stage__claims; --", "'||(select version())||'", "1; select pg_sleep(9)",
    "%s %(name)s", "{0} {name}", "\\copy ops.load to program 'id'", "copy ops.load from program 'id'", "/* */ -- '",
    "null", "\\N", "\\.",
    "'; create table raw.planted (a int); --", "'; create role planted superuser; --", "U&'\\0027'", "E'\\x27'",
    "'; select set_config('role', 'postgres', false); --",
)  # fmt: skip
TEMPLATES = (
    "{{ 7 * 7 }}", "{{ var.value.secret }}", "{{ conn.warehouse.password }}", "{% for x in ().__class__ %}", "${HOME}",
    "$(id)", "`id`", "; id", "| id", "&& id", "{{ env_var('RECEIVABLES_KEY') }}", "{{ run_query('drop schema mart') }}",
    "#{7*7}", "<%= 7 * 7 %>", "!ruby/object:Gem", "!!python/object/apply:os.system [id]",
)  # fmt: skip
SHEETS = ("=1+1", '=HYPERLINK("x")', "+1+1", "-1+1", "@SUM(1)", "＝1+1", "=cmd|' /C calc'!A0")
PAGES = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "../../../etc/passwd",
         "con", "%0d%0aSet-Cookie: a=b", "^[[31m")  # fmt: skip
ALL = (*SQL, *TEMPLATES, *SHEETS, *PAGES)
CATALOG = """
    select md5(string_agg(said, E'\\n' order by said)) from (
        select 'relation ' || n.nspname || '.' || c.relname || ' ' || coalesce(c.relacl::text, '') as said
        from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname not in ('pg_toast', 'landing') and n.nspname not like 'pg_temp%%'
        union all select 'role ' || rolname || ' ' || rolsuper::text from pg_roles
        union all select 'function ' || oid::regprocedure::text from pg_proc
        where pronamespace::regnamespace::text !~ '^pg_'
    ) as catalog
"""


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def test_there_are_fifty_of_them() -> None:
    assert len(set(ALL)) == len(ALL) == 50


def test_a_payload_in_any_text_is_kept_as_it_came_and_does_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    named = [claim(no, remark=quoted(text)) for no, text in enumerate(ALL, start=1)]
    housed = [claim(100 + no, quoted(text)) for no, text in enumerate(ALL, start=1)]
    called = [claim(200 + no).replace("世田谷　花子", quoted(text)) for no, text in enumerate(ALL, start=1)]
    before = desk.ask(CATALOG)
    put(desk.drop, [*named, *housed, *called], header=CLAIMS)

    found = desk.take("latter_stage")["claims"]

    assert found.state == "loaded", found.reason
    assert desk.ask(CATALOG) == before
    for column, first in (("remark", 0), ("address", 100), ("person_name", 200)):
        kept = desk.ask(
            f"select {column} from vault.latter_stage__claims where notice_no::bigint between %s and %s"
            " order by notice_no",
            first + 1, first + 50,
        )  # fmt: skip
        assert [text for (text,) in kept] == list(ALL), column
    out, err = capfd.readouterr()
    said = caplog.text + out + err
    assert [text for text in ALL if len(text) > 5 and text in said] == []


def test_a_terminal_is_shown_names_and_obeys_none(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["a\x1b[31mb", "bell\x07", "[red]c[/red]", "[/]", "{{ 7 }}"]
    table("見出し", ["氏名"], [[text] for text in texts])
    emit({"氏名": "d\x1b[2Je"}, as_json=False)
    emit({"氏名": "f\x1b[2Jg"}, as_json=True)
    out = capsys.readouterr().out
    assert not [sign for sign in out if sign < " " and sign != "\n"]
    for told in ("a\\x1b[31mb", "bell\\x07", "[red]c[/red]", "[/]", "d\\x1b[2Je", "f\\u001b[2Jg"):
        assert told in out


def test_a_hostile_day_is_no_day() -> None:
    """The one parameter that a run takes."""
    for text in ("2026-06-19'; drop schema raw; --", "{{ ds }}", "$(date)", "2026-06-19\n", "２０２６-06-19"):
        with pytest.raises(InputRejectedError):
            day(text, "--as-of")
