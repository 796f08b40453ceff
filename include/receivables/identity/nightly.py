"""One night's 名寄せ: decisions, keys, matching, links, what a contact must respect, relations, points of contact."""

from datetime import date

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from receivables import access, decisions
from receivables.identity import holders, linking, matched, models, persons, quality
from receivables.identity.contact_points import keep_points
from receivables.identity.facts import keep_facts
from receivables.identity.relations import keep_relations
from receivables.settings import State

_COUNTS = """
select
    (select count(*) from identity.link where source_code = 'register') as debtors,
    count(*) filter (where l.debtor_id is not null) as linked,
    count(*) filter (where l.debtor_id is null) as unlinked,
    (select count(*) from identity.contact_fact where valid_to is null) as facts,
    (select count(*) from identity.pair where outcome = 'review') as to_review
from claimed as s
left join identity.link as l using (source_code, source_debtor_key)
"""
_NIGHT = """
    insert into identity.night (as_of, persons, changed, is_whole, events, linked, unlinked, to_review, bound)
    values (
        %(as_of)s, %(persons)s, %(changed)s, %(is_whole)s, %(events)s, %(linked)s, %(unlinked)s, %(to_review)s,
        %(bound)s
    )
"""


def resolve(*, as_of: date, state: State) -> dict[str, int]:
    """Bring links, facts, relations and points of contact to what all sources said on `as_of` (基準日).

    Deterministic and safe to repeat: a second run changes nothing. Returns counts: `debtors` persons of the register,
    `linked` and `unlinked` persons of the departments' systems, `facts` in force, pairs `to_review`, and of this night
    `persons` compared, `changed` ones, `events` (moves of an id), `relations` that hold and `points` of contact.
    """
    key = state.secret("hmac_debtor")
    with access.alone(state, "resolve debtors") as connection:
        persons.collect(connection, as_of=as_of, state=state)
        with connection.transaction():
            decisions.take_up(connection, as_of=as_of, state=state)
            holders.note_new_holders(connection, as_of)
            using = models.in_force(connection)
            found = matched.match(connection, as_of=as_of, using=using)
            linking.link(connection, as_of=as_of, key=key)
            keep_facts(connection, as_of)
            relations = keep_relations(connection, as_of, key=key)
            points = keep_points(connection, as_of, key=key)
            told = connection.cursor(row_factory=dict_row).execute(_COUNTS).fetchone()
            assert told is not None
            told |= {"persons": found.persons, "changed": found.changed, "events": found.events}
            proof = Jsonb(using.bound | {"model_id": using.model_id})
            connection.execute(_NIGHT, told | {"as_of": as_of, "is_whole": found.is_whole, "bound": proof})
        access.apply(connection)
    quality.draw(as_of=as_of, state=state)  # 抜取検査: the first night of a month draws it
    return told | {"relations": relations, "points": points}
