"""項目定義書: every item of an edition for people, as Markdown and as one HTML page, and what is not verified in it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from receivables.standard import Code, Edition
from receivables.standard.parts import Group, Item

_TYPES = {"code": "コード", "date": "日付", "decimal": "小数", "flag": "フラグ", "int": "整数", "text": "文字",
          "time": "時間", "year": "年度", "yen": "金額（円）"}  # fmt: skip
EVIDENCE = {"official": "公式の一覧", "observed": "実装で確認（公式と未照合）", "observed_partial": "一部のみ確認",
            "name_only": "名称のみ確認", "reconstructed": "類推による復元"}  # fmt: skip
_ATTRIBUTES = {"charset": "文字種", "required": "必須", "repeat": "繰返し", "unit": "単位", "null_policy": "空値",
               "is_signed": "符号", "code_table": "コード表"}  # fmt: skip
_REQUIRED = {"always": "必須", "conditional": "条件付必須", "no": "任意", None: "不明"}
_CHARSETS = {"name": "氏名（行政事務標準文字）", "free": "自由文", "kana": "全角カナ", "bank": "全銀カナ",
             "digits": "数字", "ascii": "半角英数字", None: ""}  # fmt: skip
HEADING = ("項番", "項目名", "列名", "型", "桁数", "主キー", "必須", "コード表", "文字種", "裏付け", "未確認")


@dataclass(frozen=True)
class Page:
    """What the document says: an edition, some of its groups, their code tables and the doubts counted."""

    edition: Edition
    groups: tuple[Group, ...]
    tables: dict[str, tuple[Code, ...]]

    @property
    def item_count(self) -> int:
        """How many items the groups have (項目数)."""
        return sum(len(group.items) for group in self.groups)

    @property
    def status(self) -> str:
        """Whether the edition is released, in plain words."""
        return "確定版" if self.edition.meta.status == "released" else "案（未確定。公式の一覧ではないことがある）"

    @property
    def doubts(self) -> list[tuple[str, int]]:
        """What is not verified and in how many items (未確認の内訳)."""
        found = self.edition.unverified(*(group.id for group in self.groups))
        counted = Counter(reason for doubt in found for reason in doubt.reasons)
        assumed = sum(bool(item.assumed) for group in self.groups for item in group.items)
        return sorted(counted.items()) + ([("仮置きの値がある（文字種など）", assumed)] if assumed else [])

    @property
    def blocked(self) -> int:
        """How many items or groups block a production run (本番を止める数)."""
        return len(self.edition.unverified(*(group.id for group in self.groups)))


def write(edition: Edition, group_id: str | None, out: Path) -> list[Path]:
    """Write the document as <版>.md and <版>.html, of one group <版>-<グループ>, into `out`; the files."""
    groups = (edition.groups[edition.group(group_id).id],) if group_id else tuple(edition.in_load_order())
    used = {item.code_table for group in groups for item in group.items if item.code_table}
    page = Page(edition, groups, {table: edition.codes(table) for table in sorted(used)})
    out.mkdir(parents=True, exist_ok=True)
    name = f"{edition.name}-{group_id}" if group_id else edition.name
    files = []
    for kind, text in (("md", markdown(page)), ("html", html(page))):
        files.append(out / f"{name}.{kind}")
        files[-1].write_text(text, encoding="utf-8", newline="\n")
    return files


def cells(group: Group, item: Item) -> list[str]:
    """An item as a row of the document, in the order of HEADING."""
    digits = "未確認" if item.length is None else str(item.length)
    open_points = [
        *group.doubts(item),
        *(["仮置き: " + "・".join(_ATTRIBUTES[each] for each in item.assumed)] if item.assumed else []),
    ]
    return [
        str(item.no), item.name, item.column, _TYPES[item.type],
        digits if item.scale is None else f"{digits}（小数部{item.scale}）", "○" if item.key else "",
        _REQUIRED[item.required], item.code_table or "", _CHARSETS[item.charset],
        EVIDENCE[item.evidence or group.evidence], "、".join(open_points),
    ]  # fmt: skip


def markdown(page: Page) -> str:
    """The document as Markdown."""
    meta = page.edition.meta
    lines = [
        f"# 項目定義書 標準仕様 {page.edition.name}", "",
        f"- 版: {meta.version}（{page.status}）", f"- 根拠: {meta.basis}",
        f"- 適用年度: {meta.effective_fiscal_years.from_ or '未確認'}〜{meta.effective_fiscal_years.to or ''}",
        f"- SHA-256: `{page.edition.sha256}`", "", "## 未確認のまとめ", "",
        f"{len(page.groups)}グループ {page.item_count}項目。本番の移行を止める項目・グループは{page.blocked}件。", "",
        *(f"- {reason}: {count}件" for reason, count in page.doubts), "",
    ]  # fmt: skip
    for group in page.groups:
        lines += _group(group)
    lines += ["## コード表", ""] if page.tables else []
    for table, codes in page.tables.items():
        lines += [
            f"### {table}",
            "",
            *_table(("コード", "名称", "有効開始", "有効終了", "裏付け"), map(code_cells, codes)),
        ]
    return "\n".join(lines)


def html(page: Page) -> str:
    """The document as one HTML page that needs nothing else and prints on A4."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    return templates.get_template("definition.html.j2").render(
        page=page, heading=HEADING, cells=cells, code_cells=code_cells, evidence=EVIDENCE
    )  # fmt: skip


def code_cells(code: Code) -> list[str]:
    """A code as a row of the document."""
    known = {"official": "公式の一覧", "observed": "実装で確認", "reconstructed": "類推（未確認）"}
    told = known.get(code.evidence) or f"この区の契約（{code.evidence.partition(':')[2]}）"
    return [code.code, code.name or "不明", str(code.valid_from or ""), str(code.valid_to or ""), told]


def _group(group: Group) -> list[str]:
    order = "未定" if group.load_order is None else group.load_order
    lines = [
        f"## {group.name}", "",
        f"- ID: `{group.id}`　連携ID: {group.interface_id or '未確認'}　投入順序: {order}",
        f"- 裏付け: {EVIDENCE[group.evidence]}　項目の順: {'確認' if group.order_observed else '未確認'}",
    ]  # fmt: skip
    lines += [f"- 注記: {group.note}"] if group.note else []
    if not group.items:
        return [*lines, "", "項目は未確認。公式の一覧を取り込むまで移行できない。", ""]
    return [*lines, "", *_table(HEADING, (cells(group, item) for item in group.items))]


def _table(heading: tuple[str, ...], rows: object) -> list[str]:
    drawn = ["| " + " | ".join(each.replace("|", "\\|") for each in row) + " |" for row in rows]  # type: ignore[attr-defined]
    return ["| " + " | ".join(heading) + " |", "|" + " --- |" * len(heading), *drawn, ""]
