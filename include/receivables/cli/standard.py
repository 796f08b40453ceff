"""`receivables standard …`: editions of the national standard (標準仕様の版), brought in, compared and shown."""

from pathlib import Path
from typing import Annotated, Any

import typer

from receivables import standard
from receivables.cli import console
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.settings import PROJECT

app = typer.Typer(no_args_is_help=True, help="Editions of the national standard (標準仕様の版・基本データリスト)")

EditionOption = Annotated[str, typer.Option("--edition", help="Edition 版")]


@app.command("list")
def list_command(edition: EditionOption = standard.NEWEST, as_json: console.JsonOption = False) -> None:
    """Editions at hand (版の一覧), and the groups of one with what is not verified in them."""
    found = standard.edition(edition)
    editions = [_edition(standard.edition(name)) for name in standard.editions()]
    groups = [_group(found, group) | {"items": len(group.items)} for group in found.in_load_order()]

    def human() -> None:
        known = [[one["edition"], one["status"], one["version"], one["sha256"][:16]] for one in editions]
        console.table("版", ["版", "状態", "版の番号", "SHA-256"], known)
        rows = [[one["id"], one["interface_id"], one["name"], one["evidence"], one["items"], one["unverified"]]
                for one in groups]  # fmt: skip
        console.table(f"グループ {edition}", ["ID", "連携ID", "名称", "裏付け", "項目数", "未確認"], rows)

    console.emit({"editions": editions, "edition": edition, "groups": groups}, as_json, human)


@app.command()
def show(
    group: Annotated[str, typer.Argument(help="Group id グループ")],
    edition: EditionOption = standard.NEWEST,
    as_json: console.JsonOption = False,
) -> None:
    """The items of a group (項目の一覧) with type, digits, codes and why one is not verified."""
    from receivables.standard import definition

    found = standard.edition(edition)
    one = found.groups[group] if group in found.groups else found.group(group)  # the latter says which there are
    tables = {item.code_table for item in one.items if item.code_table}
    items = [item.model_dump(exclude_none=True) | {"unverified": list(one.doubts(item))} for item in one.items]
    codes = {table: [code.model_dump() for code in found.codes(table)] for table in sorted(tables)}

    def human() -> None:
        told = f"{one.name} {edition}（{definition.EVIDENCE[one.evidence]}）"
        console.table(told, list(definition.HEADING), [definition.cells(one, item) for item in one.items])
        for table, listed in codes.items():
            drawn = "、".join(f"{each['code']} {each['name']}".strip() for each in listed)
            console.console.print(f"{table}: {drawn}", markup=False)

    console.emit(_group(found, one) | {"edition": edition, "items": items, "codes": codes}, as_json, human)


@app.command("import")
def import_command(
    workbooks: Annotated[list[Path], typer.Argument(help="Official workbooks 基本データリスト・コード一覧 (.xlsx)")],
    edition: Annotated[str, typer.Option("--edition", help="Name of the new edition 版の名前")],
    interface: Annotated[list[str], typer.Option("--interface", help="グループ名=機能別連携ID, repeatable")] = [],  # noqa: B006
    like: Annotated[
        str | None, typer.Option("--like", help="Earlier edition that names are taken from 名前の元")
    ] = None,
    names: Annotated[Path | None, typer.Option("--names", help="CSV: group,item,code_table,name,type")] = None,
    from_year: Annotated[int | None, typer.Option("--from-year", help="First fiscal year 適用年度から")] = None,
    to_year: Annotated[int | None, typer.Option("--to-year", help="Last fiscal year 適用年度まで")] = None,
    skip: Annotated[list[str], typer.Option("--skip-sheet", help="Sheet that is no list, repeatable")] = [],  # noqa: B006
    as_json: console.JsonOption = False,
) -> None:
    """Bring official workbooks in as a new edition (版の取込); nothing is written when anything is wrong."""
    from receivables.standard import importing

    pairs = [each.partition("=") for each in interface]
    if wrong := [name for name, sign, given in pairs if not (name and sign and given)]:
        raise InputRejectedError(
            f"--interface {wrong[0]!r}: write グループ名=機能別連携ID, for example 督促情報=036o007"
        )
    order = importing.Order(
        edition, standard.edition(like) if like else None, names, {name: given for name, _, given in pairs},
        from_year, to_year, tuple(skip),
    )  # fmt: skip
    console.emit(importing.import_workbooks(workbooks, order), as_json)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Earlier edition 旧版")],
    after: Annotated[str, typer.Argument(help="Later edition 新版")],
    as_json: console.JsonOption = False,
) -> None:
    """What differs between two editions (版の差分), with a line of the checklist for each."""
    from receivables.standard import comparing

    changes = comparing.differences(standard.edition(before), standard.edition(after))
    listed = [change._asdict() | {"title": change.title, "todo": change.todo} for change in changes]
    counted = comparing.counts(changes)

    def human() -> None:
        rows = [[comparing.KINDS[kind][0], count] for kind, count in counted.items()]
        console.table(f"差分 {before} → {after}", ["変更", "件数"], rows)
        for kind in counted:
            console.console.print(f"\n{comparing.KINDS[kind][0]}", markup=False)
            for change in changes:
                if change.kind == kind:
                    console.console.print(change.todo, markup=False)

    console.emit({"before": before, "after": after, "counts": counted, "changes": listed}, as_json, human)


@app.command()
def generate(
    edition: EditionOption = standard.NEWEST,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when what is there is stale")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Make dbt sources, Great Expectations suites and map schemas of an edition (生成)."""
    from receivables.migration import mapping
    from receivables.standard import generating

    found = standard.edition(edition)
    models, data = generating.places(found)
    shape = mapping._MapFile.model_json_schema()
    files = generating.generated(found, shape, models=models, data=data)
    act = generating.stale if check else generating.write
    named = [str(file.relative_to(PROJECT)) for file in act(files, models=models, data=data)]
    if check and named:
        raise InvariantBrokenError(
            f"生成物が古い（{len(named)}件、最初は {named[0]}）:"
            f" `receivables standard generate --edition {edition}` を実行する"
        )
    console.emit({"edition": edition, "files": len(files), "changed": named}, as_json)


@app.command()
def define(
    out: Annotated[Path, typer.Option("--out", help="Folder 出力先")],
    edition: EditionOption = standard.NEWEST,
    group: Annotated[str | None, typer.Option("--group", help="One group only グループ")] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Write the 項目定義書 as Markdown and as one HTML page."""
    from receivables.standard import definition

    files = definition.write(standard.edition(edition), group, out)
    console.emit({"edition": edition, "files": [str(file) for file in files]}, as_json)


def _edition(found: standard.Edition) -> dict[str, Any]:
    meta = found.meta
    years = meta.effective_fiscal_years
    return {"edition": found.name, "version": meta.version, "status": meta.status, "basis": meta.basis,
            "from_fiscal_year": years.from_, "to_fiscal_year": years.to, "sha256": found.sha256,
            "sources": [source.model_dump() for source in meta.sources]}  # fmt: skip


def _group(found: standard.Edition, group: standard.Group) -> dict[str, Any]:
    return group.model_dump(exclude={"items"}) | {"unverified": len(found.unverified(group.id))}
