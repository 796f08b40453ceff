"""A night that reads and scores only what changed leaves in the warehouse what doing everything anew would."""

from datetime import date

import psycopg
import pytest
from psycopg import sql

from receivables import db
from receivables.identity import exchange, matched, reaching
from receivables.identity.matching import japanese
from receivables.settings import State
from tests.identity.matching.people import Row, person
from tests.identity.nights import Nights, anchors, using

pytestmark = pytest.mark.postgres
AS_OF = date(2026, 6, 19)


def test_a_number_whose_row_of_the_register_nobody_touched_is_no_slip(nights: Nights) -> None:
    """The register has the number, for somebody else; part of a night looks at the department's row alone."""
    born = (1970, 5, 17)
    rows = [
        person("register:0000000017", "register", addressee_no="0000000017", born=born),
        person("register:0000000027", "register", addressee_no="0000000027", family="別人", born=(1990, 1, 2)),
        person("nhi:0000000027", "nhi", addressee_no="0000000027", born=born),
    ]
    nights.night(*rows)
    after = nights.night(*rows, person("care:0000000099", "care", addressee_no="0000000099", born=born))
    assert after.slips is not None
    assert after.slips.num_rows == 0


@pytest.mark.parametrize("third", [[], [person("register:13", "register", addressee_no="0000000013", family="別人")]])
def test_who_was_meant_is_sought_again_when_another_candidate_goes(nights: Nights, third: list[Row]) -> None:
    """Two residents of one name, either may be meant: nothing is told. One is renamed or leaves: the other is."""
    orphan = person("nhi:11", "nhi", addressee_no="0000000011", born=None)
    meant = person("register:12", "register", addressee_no="0000000012")
    before = nights.night(orphan, meant, person("register:13", "register", addressee_no="0000000013"))
    assert before.pairs.num_rows == 0 or "mistyped_number" not in str(before.pairs["reasons"].to_pylist())
    after = nights.night(orphan, meant, *third)
    (told,) = [row for row in after.pairs.to_pylist() if "mistyped_number" in row["reasons"]]
    assert (told["ref_l"], told["ref_r"]) == ("nhi:11", "register:12")


def test_who_was_meant_is_sought_again_when_somebody_comes_by_the_name(nights: Nights) -> None:
    orphan = person("nhi:11", "nhi", addressee_no="0000000011", born=None)
    before = nights.night(orphan, person("register:12", "register", addressee_no="0000000012", family="別人"))
    assert before.slips is not None
    assert before.slips.num_rows == 0
    after = nights.night(orphan, person("register:12", "register", addressee_no="0000000012"))
    assert after.slips is not None
    assert after.slips.to_pylist() == [{"ref": "nhi:11", "other": "register:12"}]


def test_a_pair_that_was_told_already_is_told_as_a_slip_when_the_number_becomes_unknown(nights: Nights) -> None:
    orphan = person("nhi:11", "nhi", addressee_no="0000000011")
    meant = person("register:12", "register", addressee_no="0000000012")
    holder = person("register:11", "register", addressee_no="0000000011", family="別人", born=(1990, 1, 2))
    nights.night(orphan, meant, holder)
    after = nights.night(orphan, meant)
    (told,) = after.pairs.to_pylist()
    assert told["reasons"] == "second_number mistyped_number"


@pytest.mark.parametrize("third", ["care:1", "tax:1"])
def test_who_was_kept_apart_joins_when_the_other_leaves(nights: Nights, third: str) -> None:
    """Two who may not meet are each linked with one record between them; nobody touched what is left."""
    home = {"address_key": "町1", "phone_key": "031"}
    between = person("nhi:1", "nhi", addressee_no="0000000017", **home, sex_code=None)
    first = person("register:1", "register", addressee_no="0000000017", **home, sex_code="1")
    last = person(third, third[:-2], **home, sex_code="2")
    before = nights.night(between, first, last)
    assert anchors(before) == {"nhi:1": "register:1", "register:1": "register:1", third: third}
    after = nights.night(between, last)
    assert len(set(anchors(after).values())) == 1


def test_what_an_earlier_edition_left_is_done_anew(nights: Nights) -> None:
    """It knew neither whose number nobody has nor who may have been meant; ids stay as they were."""
    one = person("nhi:0000000071", "nhi", addressee_no="0000000071")
    meant = person("register:0000000017", "register", addressee_no="0000000017")
    before = nights.night(one, meant)
    nights.connection.execute("update identity.matched_by set edition = ''")
    db.run_script(nights.connection, "truncate identity.unknown_number, identity.slip")
    with nights.connection.transaction():
        assert matched.match(nights.connection, as_of=AS_OF, using=using()).is_whole
    kept = nights.connection.execute("select person_ref, other_ref from identity.slip").fetchall()
    assert kept == [("nhi:0000000071", "register:0000000017")]
    clusters = nights.connection.execute("select person_ref, anchor from identity.cluster").fetchall()
    assert dict(clusters) == anchors(before)


@pytest.mark.parametrize("name", ["NA", "NULL", "nan", "N/A"])
def test_a_name_that_spells_an_unknown_is_a_name(matching_state: State, name: str) -> None:
    with db.connect(matching_state) as connection:
        connection.execute("create temp table named on commit drop as select %s::text as a, null::text as b", [name])
        read = exchange.read(connection, sql.Identifier("named"), {"a": "text", "b": "text"})
        assert read.to_pylist() == [{"a": name, "b": None}]


def test_every_blocking_rule_finds_its_persons_through_an_index(matching_state: State) -> None:
    """A rule or a derived column that is changed without its index would make every night read everybody."""
    with db.connect(matching_state) as connection:
        connection.execute("set local enable_seqscan = off")
        reaching.compare(connection, japanese())
        for rule in reaching.rules(japanese()):
            plan = "\n".join(str(line) for (line,) in connection.execute(b"explain " + rule.encode()).fetchall())
            assert "on person_key" in plan
            assert "Seq Scan on person_key" not in plan, rule


def test_an_event_once_written_stays(matching_state: State) -> None:
    with db.connect(matching_state) as connection:
        connection.execute("insert into identity.event (as_of, event, person_ref) values (%s, 'created', 'a')", [AS_OF])
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("delete from identity.event")
        connection.rollback()
