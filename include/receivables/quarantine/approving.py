"""Two people's yes (承認) to exactly one proposal: the same signatures and the same roster as campaigns have."""

from typing import Any

from receivables import db, four_eyes, roster
from receivables.campaigns import approvals
from receivables.quarantine.proposals import Proposal, proposal_of
from receivables.settings import State

_REFUSED = {
    **approvals.REFUSED,
    "RC001": "there is no such proposal; `receivables quarantine list` shows them",
    "RC002": "the proposal is carried out already",
    "RC003": "the proposal holds another list than was approved; look at it again",
    "RC004": "the maker of a proposal may not approve it; another person must",
    "RC007": "the proposal is too old to be approved; export and import the rows again",
}


def approve(proposal_id: str, *, user: str, content_sha256: str | None = None, state: State) -> dict[str, Any]:
    """Record that `user` approves the list with hash `content_sha256` (default: the proposal's own)."""
    roster.install(state)
    doing = f"approve {proposal_id}"
    with four_eyes.refusals(f"{doing} as {user}", _REFUSED), db.connect(state, "approver", doing=doing) as connection:
        proposal = proposal_of(connection, proposal_id)
        given, approved_at = four_eyes.sign(
            connection, "correction.record_approval", proposal_id, user,
            content_sha256 or proposal.content_sha256, proposal.expires_after_days, state,
        )  # fmt: skip
    return {
        "proposal_id": proposal_id, "approver": user, "content_sha256": proposal.content_sha256,
        "approved_at": approved_at.isoformat(), "approvals": given, "approvals_required": proposal.approvals_required,
    }  # fmt: skip


def require(connection: db.Connection, proposal: Proposal, state: State) -> tuple[str, ...]:
    """The valid approvers of exactly this proposal; raises NeedsApprovalError when they are too few."""
    given = four_eyes.stored(connection, "correction.approval", "proposal_id", proposal.proposal_id, duty="correction")
    then = "run `receivables quarantine approve` as another approver"
    return four_eyes.require_valid(given, proposal, state.secret(four_eyes.KEY), then=then)
