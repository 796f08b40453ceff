"""Messages of unknown fate (送信結果不明): every one is listed, with what was tried and who must do what.

Ids only: whoever asks the carrier needs the reference, and nobody needs a name or a number.
"""

from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.outbox import MOST_ATTEMPTS
from receivables.settings import State

_LIST = """
    select box.run_id, box.contact_id, box.channel, box.reference, box.state, box.attempt, box.outcome,
        (
            select max(claimed.at) from campaign.outbox_event as claimed
            where claimed.contact_id = box.contact_id and claimed.to_state = 'sending'
        ) as since,
        array(
            select concat_ws(' ', to_char(done.at at time zone 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI:SS'),
                done.to_state, done.outcome)
            from campaign.outbox_event as done
            where done.contact_id = box.contact_id and done.from_state is not null
            order by done.outbox_event_id
        ) as tried,
        case when box.state = 'ready' then 'not_taken' when box.settle_at is null then 'people' else 'dispatch' end
            as next_step
    from campaign.outbox as box
    where (%(run_id)s::text is null or box.run_id = %(run_id)s) and (
        box.state = 'unknown'
        or (box.state = 'sending' and box.settle_at < clock_timestamp())
        or (box.state = 'ready' and box.attempt >= %(most)s)
    )
    order by since, box.contact_id
"""


def unknown(run_id: str | None = None, *, state: State) -> list[dict[str, Any]]:
    """Every message, of one run or of all, of which nobody knows whether the carrier has it; the oldest first.

    `next_step` says who acts: `dispatch` again finds out, `people` must (`receivables campaign settle`), or the
    carrier never took it (`not_taken`) in as many attempts as are made.
    """
    with (
        db.connect(state, "sender", doing="list what is unknown") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(_LIST, {"run_id": run_id, "most": MOST_ATTEMPTS}).fetchall()
