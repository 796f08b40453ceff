"""From answers to a release (署名の記録と払出し): the screen's answers become signatures; files go when all signed."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from receivables import db, four_eyes, roster
from receivables.errors import InvariantBrokenError, NeedsApprovalError
from receivables.migration.signoff.blocks import VERDICTS
from receivables.migration.signoff.evidence import files_of, require_unchanged, signed_run
from receivables.migration.signoff.report import report_files
from receivables.migration.signoff.roles import holders, person, signers_of
from receivables.migration.signoff.signing import APPROVER, PERSONS, reject, sign, standing
from receivables.settings import State

ANSWERS = SIGN, REFUSE = ("署名する", "差し戻す")  # what the screen offers
_REFUSED = {"RM011": "not everybody has signed this report; `receivables migration sign` as another person"}
_RELEASE = "insert into migration.release (run_id, report_sha256, files) values (%s, %s, %s) on conflict do nothing"


def signers(run_id: str, *, state: State) -> list[dict[str, Any]]:
    """Whom to ask for a signature, in order: subject and users of each question that Airflow's screen shows.

    A production run asks the holders of every role, each once; a rehearsal asks two persons of those who hold any.
    Raises NeedsApprovalError when nobody is on the roster for a role.
    """
    roster.install(state)
    with db.connect(state, APPROVER, doing=f"ask who signs {run_id}") as connection:
        run = signed_run(connection, run_id)
        asked = [(role, holders(connection, role.name)) for role in signers_of(connection, run_id)]
    if not run.is_production:
        anybody = sorted({user for _, users in asked for user in users})
        return [
            _question(f"移行リハーサル {run_id}: 署名 {number}", None, anybody) for number in range(1, PERSONS + 1)
        ]  # fmt: skip
    empty = [role.name for role, users in asked if not users]
    if empty or not asked:
        raise NeedsApprovalError(
            f"run {run_id}: nobody is on the roster (承認者名簿) for {', '.join(empty) or 'any role'};"
            " enter who signs, with the duty migration_sign:<role>"
        )
    return [_question(f"本番移行 {run_id}: 署名 {role.title}", role.name, users) for role, users in asked]


def questions(run_id: str, *, state: State) -> list[dict[str, Any]]:
    """The questions of `signers` as Airflow's operator takes them."""
    return [
        {"subject": each["subject"], "assigned_users": each["assigned_users"]} for each in signers(run_id, state=state)
    ]


def report_text(run_id: str, *, state: State) -> str:
    """What stands above the question: verdict, digest, where the report lies.

    Raises InvariantBrokenError for a run that nobody may sign: its verdict is FAIL.
    """
    with db.connect(state, APPROVER, doing=f"tell the report of {run_id}") as connection:
        run = signed_run(connection, run_id)
    if run.verdict not in ("PASS", "EXPLAINED"):
        raise InvariantBrokenError(f"run {run_id} does not reconcile; see migration.recon_diff and the report")
    return (
        f"判定 **{VERDICTS[run.verdict]}**\n\n報告書 `{report_files(run_id, state).name}`（PDF は同じ場所）\n\n"
        f"ダイジェスト `{run.report_sha256}`\n\n"
        "報告書を読んでから答えてください。署名はこのダイジェストの報告書に限ります。"
    )


def record_signatures(run_id: str, answers: Sequence[Mapping[str, Any]], *, state: State) -> dict[str, Any]:
    """Turn the answers to `signers`, in the same order, into signatures; where the run stands then.

    Every answer names who gave it; one that nobody gave is refused, and a refusal is kept with its reason. What is
    recorded already stays, so the task may run again. Marking a task successful leaves no answer and signs nothing.
    """
    asked = signers(run_id, state=state)
    if len(answers) != len(asked):
        raise NeedsApprovalError(f"run {run_id}: {len(answers)} answers to {len(asked)} questions; nothing is recorded")
    given = [_answer(run_id, answer) for answer in answers]
    if len({user for user, _, _ in given}) < len(given):
        raise NeedsApprovalError(f"run {run_id}: one person answered twice; another person must sign")
    done = _recorded(run_id, state)
    for (user, chosen, reason), question in zip(given, asked, strict=True):
        role = question["role"]
        if (user, role) in done or (role is None and user in {name for name, _ in done} and chosen == SIGN):
            continue
        if chosen == SIGN:
            sign(run_id, user=user, role=role, state=state)
        else:
            reject(run_id, user=user, reason=reason or "理由の記入なし", role=role, state=state)
            break
    with db.connect(state, APPROVER, doing=f"look at the signatures of {run_id}") as connection:
        return standing(connection, signed_run(connection, run_id), state)


def release(run_id: str, *, state: State) -> dict[str, Any]:
    """Release the run's files to the receiver: all have signed, and every digest was read again just now.

    Done once; again it checks the digests and says the same. Raises NeedsApprovalError when signatures are missing,
    InvariantBrokenError when report or files are not those that were signed.
    """
    doing = f"release {run_id}"
    with four_eyes.refusals(doing, _REFUSED), db.connect(state, APPROVER, doing=doing) as connection:
        run = signed_run(connection, run_id)
        found = standing(connection, run, state)
        if not found["is_signed_off"]:
            why = "it was rejected" if found["is_rejected"] else _REFUSED["RM011"]
            raise NeedsApprovalError(
                f"run {run_id} has {found['signature_count']} of {found['signatures_required']} signatures: {why}"
            )
        require_unchanged(connection, run, state)
        files = files_of(connection, run_id)
        connection.execute(_RELEASE, [run_id, run.report_sha256, Jsonb(files)])
        return standing(connection, run, state) | {"files": files}


def _question(subject: str, role: str | None, users: Sequence[str]) -> dict[str, Any]:
    return {"subject": subject, "role": role, "assigned_users": [{"id": user, "name": user} for user in users]}


def _recorded(run_id: str, state: State) -> set[tuple[str, str | None]]:
    with db.connect(state, APPROVER, doing=f"look at the signatures of {run_id}") as connection:
        found = standing(connection, signed_run(connection, run_id), state)
    return {(each["user"], each["role"]) for each in found["signatures"]}


def _answer(run_id: str, answer: Mapping[str, Any]) -> tuple[str, str, str]:
    """Who said what, and why; NeedsApprovalError for no answer or nobody's."""
    chosen = list(answer.get("chosen_options") or []) if isinstance(answer, Mapping) else []
    if chosen not in ([SIGN], [REFUSE]):
        raise NeedsApprovalError(f"run {run_id}: a question holds no answer; nothing is recorded")
    by = answer.get("responded_by_user")
    user = str(by.get("id") or by.get("name") or "") if isinstance(by, Mapping) else ""
    if not user.strip():
        raise NeedsApprovalError(f"run {run_id}: an answer names no person: a default or an edited task signs nothing")
    said = answer.get("params_input") or {}
    return person(user), str(chosen[0]), str(said.get("reason") or "")
