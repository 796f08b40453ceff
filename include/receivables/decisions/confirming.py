"""The second person's yes (確認): the signatures and the roster that campaigns have."""

from typing import Any

from psycopg.rows import dict_row

from receivables import db, four_eyes, roster
from receivables.decisions.proposing import Decision, decision_of
from receivables.settings import State

_REFUSED = {
    "RC001": "there is no such decision; `receivables decision list` shows them",
    "RC002": "it is confirmed already",
    "RC003": "the answer is another one than was looked at; look at it again",
    "RC004": "who proposed a decision may not confirm it; another person must",
    "RC005": "this user may not confirm it; the roster is campaign.approver (承認者名簿), with the duty",
    "RC006": "this person has confirmed already; another person must",
    "RC008": "another decision on this case has come into force since; look at it again and propose anew",
    "RC007": "the decision is too old to be confirmed; propose it again",
}
_WAITING = """
    select p.decision_id, p.kind, p.subject, p.answer, p.duty, p.reason, p.maker, p.made_at::date as made_on,
        p.state = 'approved' as is_confirmed
    from decision.proposal as p
    where (%(kind)s::text is null or p.kind = %(kind)s)
        and not exists (select from decision.in_force as f where f.decision_id = p.decision_id)
        and not exists (
            select from decision.in_force as f
            where f.kind = p.kind and f.subject = p.subject and f.taken_up_at > p.made_at -- overtaken
        )
    order by p.made_at, p.decision_id
"""


def confirm(decision_id: str, *, user: str, content_sha256: str | None = None, state: State) -> dict[str, Any]:
    """Record that `user` confirms exactly this answer (default: the decision's own hash).

    Raises NeedsApprovalError with the reason when the rules of four eyes refuse it.
    """
    roster.install(state)
    doing = f"confirm {decision_id}"
    with four_eyes.refusals(f"{doing} as {user}", _REFUSED), db.connect(state, "approver", doing=doing) as connection:
        decision = decision_of(connection, decision_id)
        four_eyes.sign(
            connection, "decision.record_approval", decision_id, user,
            content_sha256 or decision.content_sha256, decision.expires_after_days, state,
        )  # fmt: skip
    return {"decision_id": decision_id, "kind": decision.kind, "subject": decision.subject,
            "answer": decision.answer, "maker": decision.maker, "confirmed_by": user}  # fmt: skip


def waiting(*, kind: str | None = None, state: State) -> list[dict[str, Any]]:
    """The decisions that wait, oldest first: for a second person, or (`is_confirmed`) for the next night.

    One that stays confirmed was left out by a night: its approver is no longer on the roster. Propose it anew.
    """
    with db.connect(state, "approver", doing="list decisions") as connection:
        return connection.cursor(row_factory=dict_row).execute(_WAITING, {"kind": kind}).fetchall()


def require(connection: db.Connection, decision: Decision, key: str) -> tuple[str, ...]:
    """Who confirmed exactly this decision, and still holds; NeedsApprovalError when nobody does."""
    given = four_eyes.stored(connection, "decision.approval", "decision_id", decision.decision_id, duty=decision.duty)
    then = "propose it again and have another person confirm it"
    return four_eyes.require_valid(given, decision, key, then=then, least=1)
