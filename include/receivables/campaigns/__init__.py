"""Campaigns (催告): who is contacted, approved by whom, sent once, and what came of it.

Flow: playbook → selection → preview → two approvals → outbox → carrier → receipts → effect.
This file is the room's door. Everything but the playbooks is imported when first used: DAG
files are parsed often and need only those.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from receivables.campaigns.playbook import Gateway, Playbook, playbooks
from receivables.settings import State

__all__ = [
    "Gateway",
    "Playbook",
    "approve",
    "build",
    "continue_runs",
    "correction_list",
    "dispatch",
    "drops",
    "dunning_due",
    "expire",
    "halt",
    "judge",
    "league",
    "lift",
    "list_runs",
    "playbooks",
    "preview",
    "preview_text",
    "recall",
    "record_answers",
    "record_calls",
    "require_dunning",
    "results",
    "resume",
    "shift_report",
    "silent",
    "stop",
    "take_statement",
    "unknown",
    "watch",
]


def build(name: str, *, as_of: date, maker: str, state: State) -> str:
    """Make the list of playbook `name` for `as_of`; returns the run id. See selection.build."""
    from receivables.campaigns import selection

    return selection.build(name, as_of=as_of, maker=maker, state=state)


def preview(run_id: str, *, state: State) -> dict[str, Any]:
    """Counts, cost, text and hash of a run (事前確認). See preview.preview."""
    from receivables.campaigns import previewing

    return previewing.preview(run_id, state=state)


def preview_text(run_id: str, *, state: State) -> str:
    """The preview in Japanese for the approval screen."""
    from receivables.campaigns import previewing

    return previewing.preview_text(run_id, state=state)


def approve(run_id: str, *, user: str, content_sha256: str | None = None, state: State) -> dict[str, Any]:
    """Record one person's approval of exactly this list (承認). See approvals.approve."""
    from receivables.campaigns import approvals

    return approvals.approve(run_id, user=user, content_sha256=content_sha256, state=state)


def record_answers(run_id: str, *, answers: Sequence[Mapping[str, Any]], state: State) -> int:
    """Copy the answers of Airflow's approval screen into the warehouse. See approvals.record_answers."""
    from receivables.campaigns import approvals

    return approvals.record_answers(run_id, answers=answers, state=state)


def dispatch(
    run_id: str,
    *,
    state: State,
    gateway_url: str | None = None,
    now: datetime | None = None,
    ignore_window: bool = False,
    terms: Gateway | None = None,
) -> dict[str, Any]:
    """Send an approved list, each message at most once (送信). See dispatching.dispatch."""
    from receivables.campaigns import dispatching

    return dispatching.dispatch(
        run_id, state=state, gateway_url=gateway_url, now=now, ignore_window=ignore_window, terms=terms
    )


def continue_runs(
    *, state: State, gateway_url: str | None = None, now: datetime | None = None, terms: Gateway | None = None
) -> list[dict[str, Any]]:
    """Dispatch again what was interrupted (続行); not the kill switch's `resume`. See continuing.continue_runs."""
    from receivables.campaigns import continuing

    return continuing.continue_runs(state=state, gateway_url=gateway_url, now=now, terms=terms)


def results(run_id: str, *, state: State, gateway_url: str | None = None) -> dict[str, Any]:
    """What came of a dispatched run, by arm (効果測定). See experiments.results."""
    from receivables.campaigns.experiments import results as measuring

    return measuring.results(run_id, state=state, gateway_url=gateway_url)


def watch(*, state: State) -> list[dict[str, Any]]:
    """The results of every run still coming in; halts what must be halted. See experiments.results."""
    from receivables.campaigns.experiments import results as measuring

    return measuring.watch(state=state)


def league(*, state: State) -> dict[str, Any]:
    """What works, across sections and playbooks (効果の一覧). See experiments.league."""
    from receivables.campaigns.experiments import league as table

    return table.league(state=state)


def shift_report(*, channel: str, messages: int, on: date | None = None, state: State) -> dict[str, Any]:
    """Calling beside being called, and the load of a mailing (架電から受電へ). See experiments.shift."""
    from receivables.campaigns.experiments import shift

    return shift.shift_report(channel=channel, messages=messages, on=on, state=state)


def record_calls(file: Path, *, user: str, state: State) -> int:
    """Take in counted inbound calls by day (受電件数). See experiments.shift."""
    from receivables.campaigns.experiments import shift

    return shift.record_calls(file, user=user, state=state)


def halt(name: str, *, user: str, reason: str, state: State) -> dict[str, Any]:
    """Halt one campaign; needs no approval. See experiments.halting."""
    from receivables.campaigns.experiments import halting

    return halting.halt(name, user=user, reason=reason, state=state)


def lift(name: str, *, user: str, reason: str, state: State) -> dict[str, Any]:
    """Lift a campaign's halts, as an approver. See experiments.halting."""
    from receivables.campaigns.experiments import halting

    return halting.lift(name, user=user, reason=reason, state=state)


def list_runs(*, state: State) -> list[dict[str, Any]]:
    """Every run, newest first. See runs.list_runs."""
    from receivables.campaigns import runs

    return runs.list_runs(state=state)


def stop(*, user: str, reason: str, state: State) -> dict[str, Any]:
    """The kill switch (緊急停止). See switch.stop."""
    from receivables.campaigns import switch

    return switch.stop(user=user, reason=reason, state=state)


def resume(*, user: str, reason: str, state: State) -> dict[str, Any]:
    """Allow sending again. See switch.resume."""
    from receivables.campaigns import switch

    return switch.resume(user=user, reason=reason, state=state)


def unknown(run_id: str | None = None, *, state: State) -> list[dict[str, Any]]:
    """Every message of which nobody knows whether the carrier has it (送信結果不明). See unknowns.unknown."""
    from receivables.campaigns import unknowns

    return unknowns.unknown(run_id, state=state)


def judge(contact_id: str, *, found: str, user: str, why: str, state: State) -> dict[str, Any]:
    """One person's word on a message that waits for people (不明の判定). See unknowns.judge."""
    from receivables.campaigns import unknowns

    return unknowns.judge(contact_id, found=found, user=user, why=why, state=state)


def take_statement(file: Path, *, user: str, state: State) -> dict[str, Any]:
    """What the carrier's own list says of them (事業者の回答). See unknowns.take_statement."""
    from receivables.campaigns import unknowns

    return unknowns.take_statement(file, user=user, state=state)


def recall(run_id: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Call a run back, and tell whom it reached (回収). See recalling.recall."""
    from receivables.campaigns import recalling

    return recalling.recall(run_id, user=user, why=why, state=state)


def correction_list(run_id: str, *, state: State) -> list[dict[str, Any]]:
    """Whom a run reached or may have reached (訂正一覧). See recalling.correction_list."""
    from receivables.campaigns import recalling

    return recalling.correction_list(run_id, state=state)


def dunning_due(day: date, *, within_days: int | None = None, state: State) -> dict[str, Any]:
    """督促 that no list covers while its limit comes near (督促の期限). See deadlines.dunning_due."""
    from receivables.campaigns import deadlines

    return deadlines.dunning_due(day, within_days=within_days, state=state)


def require_dunning(day: date, *, state: State) -> None:
    """Raise while a claim in time for its 督促 is in no list. See deadlines.require_dunning."""
    from receivables.campaigns import deadlines

    return deadlines.require_dunning(day, state=state)


def drops(day: date, *, state: State) -> list[dict[str, Any]]:
    """Whom vendors must leave out of what they already have (除外の連絡). See handover.dropping.drops."""
    from receivables.campaigns.handover import dropping

    return dropping.drops(day, state=state)


def expire(day: date, *, state: State) -> list[str]:
    """Delete what vendors' batches hold of people after their last day. See handover.standing.expire."""
    from receivables.campaigns.handover import standing

    return standing.expire(day, state=state)


def silent(day: date, *, state: State) -> list[dict[str, Any]]:
    """Batches, and runs of SMS, of which nothing came back for longer than usual. See handover.standing.silent."""
    from receivables.campaigns.handover import standing

    return standing.silent(day, state=state)
