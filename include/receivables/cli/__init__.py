"""`receivables …`: the same verbs as the DAGs, without Airflow."""


def main() -> None:
    """Entry point; rooms are imported here so that one broken room does not hide the others' tests."""
    import typer

    from receivables.cli import (
        campaign,
        city,
        console,
        decision,
        explain,
        gaiji,
        hold,
        identity,
        impact,
        ingest,
        law,
        ledger,
        local,
        migration,
        operate,
        quarantine,
        sending,
        source,
        standard,
    )

    app = typer.Typer(
        help="Saiken (債権): municipal receivables, from department systems to approved reminders and migration.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    law.app.command("impact")(impact.impact_command)
    campaign.app.add_typer(sending.app)
    for room in (campaign, city, decision, explain, gaiji, hold, identity, ingest, law, ledger, migration, quarantine,
                 source, standard):  # fmt: skip
        app.add_typer(room.app, name=room.__name__.rpartition(".")[2])
    for command in (operate.init, operate.dsn, operate.night, local.run, local.stop, local.ui):
        app.command(command.__name__)(command)
    console.run(app)
