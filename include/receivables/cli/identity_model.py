"""`receivables identity model …`: a model of the city's own persons (照合モデル): train, look, adopt."""

import typer

# Models are imported where they are used: pyarrow, duckdb and Splink take a second that no other command should wait.
from receivables.cli.console import JsonOption, StateOption, UserOption, WhyOption, console, emit, state_of, table

app = typer.Typer(name="model", help="Train a model on the city's own persons, and adopt it (照合モデル)",
                  no_args_is_help=True)  # fmt: skip


@app.command()
def train(state: StateOption = None, as_json: JsonOption = False) -> None:
    """Train on everybody whose keys last night made, and prove from which weight links are right; changes nothing."""
    from receivables.identity import models, training

    found = training.train(state=state_of(state), notice=lambda said: None if as_json else console.print(said))

    def human() -> None:
        console.print(models.proof_ja(found["bound"]))
        for odd in found["odd_levels"]:
            console.print(
                f"注意：{odd['comparison']}の「{odd['level']}」（{_bits(odd['bits'])}）が「{odd['weaker']}」"
                f"（{_bits(odd['weaker_bits'])}）より軽い。そのような組が少なすぎました"
            )
        if found["is_proven"]:
            console.print(f"採用するには: receivables identity model adopt {found['model_id']} --as USER --why 理由")

    emit(found, as_json, human)


@app.command("list")
def list_models(state: StateOption = None, as_json: JsonOption = False) -> None:
    """The models that were trained here, newest first; without one in force the one that ships links."""
    from receivables.identity import models

    found = models.listed(state=state_of(state))

    def human() -> None:
        rows = [
            [each["model_id"], f"{each['made_at']:%Y-%m-%d %H:%M}", f"{each['persons']:,}",
             models.proof_ja(each["bound"]),
             "使用中" if each["is_in_force"] else "提案済" if each["is_proposed"] else ""]
            for each in found
        ]  # fmt: skip
        table("照合モデル", ["モデル", "学習日時", "人", "証明", "状態"], rows)

    emit({"models": found}, as_json, human)


@app.command()
def weights(model_id: str, state: StateOption = None, as_json: JsonOption = False) -> None:
    """What every agreement weighs in a model (bits), beside the one that ships."""
    from receivables.identity import models

    found = models.weights(model_id=model_id, state=state_of(state))
    rows = [[each["comparison"], each["level"], _bits(each["bits"]), _bits(each["shipped_bits"])] for each in found]
    emit({"weights": found}, as_json, lambda: table(model_id, ["項目", "一致の程度", "重み", "出荷時のモデル"], rows))


@app.command()
def adopt(
    model_id: str, user: UserOption, why: WhyOption, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Propose that a model links from the next night on; another confirms it with `receivables decision confirm`."""
    _answer(model_id, "adopt", user, why, state, as_json=as_json)


@app.command()
def withdraw(
    model_id: str, user: UserOption, why: WhyOption, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Propose that a model links no longer; the one before it does then, or the one that ships."""
    _answer(model_id, "withdraw", user, why, state, as_json=as_json)


def _answer(model_id: str, said: str, user: str, why: str, state: StateOption, *, as_json: bool) -> None:
    from receivables.identity import models

    decision = models.answer(model_id, said, user=user, why=why, state=state_of(state))
    emit({"decision_id": decision, "next": f"receivables decision confirm {decision} --as ANOTHER_USER"}, as_json)


def _bits(found: float | None) -> str:
    return "" if found is None else f"{found:+.1f}"
