"""Files as departments send them, written byte by byte without the program's contracts."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

from receivables.settings import PROJECT

DAY = date(2026, 6, 19)
EDITION = PROJECT / "include" / "receivables" / "standard" / "editions" / "0.1-draft"


# ---------- 国民健康保険: CP932, fixed width
def host_day(day: date) -> bytes:
    return f"5{day.year - 2018:02d}{day:%m%d}".encode()


def nhi_claim(no: int = 1, *, yen: int = 12_000, instalment: int = 1, **over: bytes) -> bytes:
    """200 bytes. `over` replaces named fields with bytes of the same length."""
    fields = {
        "mark": b"2", "notice_no": f"{no:010d}".encode(), "instalment_no": f"{instalment:02d}".encode(),
        "levy_year": b"2025", "premium_year": b"2025", "addressee_no": f"{no:015d}".encode(),
        "kana": "ｾﾀｶﾞﾔ ﾀﾛｳ".encode("cp932").ljust(40), "name": "世田谷　太郎".encode("cp932").ljust(40),
        "due_date": b"5070630", "medical": f"{yen - 2000:09d}".encode(), "support": b"000001500", "care": b"000000500",
        "assessed": f"{yen:09d}".encode(), "dunned": b" " * 7, "arrived": b" " * 7, "deadline": b" " * 7,
        "written_off_on": b" " * 7, "written_off": b"000000000", "status": b"0", "rest": b"   ",
    }  # fmt: skip
    for name, value in over.items():
        assert len(value) == len(fields[name]), name
        fields[name] = value
    record = b"".join(fields.values())
    assert len(record) == 200
    return record


def nhi_receipt(no: int = 1, *, yen: int = 5_000) -> bytes:
    return (
        b"2" + f"{no:012d}{no:010d}01".encode() + b"50706155070617" + f"{yen:09d}{0:09d}{0:09d}010{yen:09d}".encode()
    ).ljust(120)


def host_file(rows: list[bytes], *, width: int = 200, day: date = DAY, count: int | None = None, yen: int = 0,
              end: bytes = b"\r\n") -> bytes:  # fmt: skip
    header = (b"1KOKUHO  " + host_day(day)).ljust(width)
    trailer = (b"9" + f"{len(rows) if count is None else count:08d}{yen:013d}".encode()).ljust(width)
    return end.join([header, *rows, trailer, b""])


def put_nhi(drop: Path, claims: bytes, receipts: bytes | None = None, day: date = DAY) -> Path:
    folder = drop / "nhi"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"KOKUHO_CHOTEI_{day:%Y%m%d}.DAT"
    file.write_bytes(claims)
    if receipts is None:
        receipts = host_file([nhi_receipt()], width=120, yen=5_000, day=day)
    (folder / f"KOKUHO_SHUNO_{day:%Y%m%d}.DAT").write_bytes(receipts)
    return file


# ---------- 特別区民税: UTF-8 CSV in the standard's groups, with a manifest
def _items(group: str) -> list[str]:
    found = yaml.safe_load((EDITION / "groups" / f"{group}.yaml").read_text(encoding="utf-8"))
    return [item["name"] for item in found["items"]]


CLAIM_ITEMS, RECEIPT_ITEMS, DUNNING_ITEMS = _items("chotei_shuno"), _items("shuno_rireki"), _items("tokusoku")
WHO = {"賦課年度": "2025", "相当年度": "2025", "業務詳細（科目）コード": "01", "期別": "01", "削除フラグ": "0"}


def csv_row(items: list[str], values: dict[str, str]) -> list[str]:
    return [values.get(item, "") for item in items]


def tax_claim(no: int = 1, *, yen: int = 30_000, **over: str) -> list[str]:
    values = WHO | {
        "通知書番号": f"{no:010d}", "宛名番号": f"{no:015d}", "納期限": "2025-06-30", "法定納期限": "2025-06-30",
        "調定額_本税（料）": str(yen), "森林環境税額": "1000",
        "不納欠損日": "0000-00-00", "不納欠損金額_本税（料）": "0",
    }  # fmt: skip
    return csv_row(CLAIM_ITEMS, values | over)


def tax_receipt(no: int = 1, *, yen: int = 10_000, **over: str) -> list[str]:
    values = WHO | {
        "通知書番号": f"{no:010d}", "収納履歴番号": f"{no:012d}", "会計年度": "2025", "収納額_本税（料）": str(yen),
        "収納額_督促手数料": "0", "収納額_延滞金": "0", "仮消区分": "0", "納付チャネル区分": "01",
        "領収年月日": "2025-07-01", "収入年月日": "2025-07-03",
    }  # fmt: skip
    return csv_row(RECEIPT_ITEMS, values | over)


def tax_dunning(no: int = 1, **over: str) -> list[str]:
    values = WHO | {"通知書番号": f"{no:010d}", "履歴番号": "1", "督促状発行日": "2025-07-18", "督促状返戻日": ""}
    return csv_row(DUNNING_ITEMS, values | over)


def csv_bytes(items: list[str], rows: list[list[str]], *, end: str = "\r\n", encoding: str = "utf-8") -> bytes:
    return end.join([",".join(items), *(",".join(row) for row in rows), ""]).encode(encoding)


def put_tax(drop: Path, claims: bytes, *, count: int, yen: int, day: date = DAY, **manifest: Any) -> Path:
    """The three files and their manifest, which is honest unless `sha256` or `name` says otherwise."""
    folder = drop / "resident_tax"
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "036o005": (claims, count, yen),
        "036o006": (csv_bytes(RECEIPT_ITEMS, [tax_receipt()]), 1, 10_000),
        "036o007": (csv_bytes(DUNNING_ITEMS, [tax_dunning()]), 1, 0),
    }
    lines = ["ファイル名,件数,金額合計,SHA256"]
    for group, (content, rows, total) in files.items():
        name = f"{group}_{day:%Y%m%d}020000_1.csv"
        (folder / name).write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        if group == "036o005":
            name, sha256 = manifest.get("name", name), manifest.get("sha256", sha256)
        lines.append(f"{name},{rows},{total},{sha256}")
    (folder / f"soufu_{day:%Y%m%d}.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    return folder / f"036o005_{day:%Y%m%d}020000_1.csv"


# ---------- 奨学資金: an Excel ledger
HEADING = [
    "貸付番号", "回", "宛名番号", "氏名", "フリガナ", "契約日", "返還期日", "返還額", "入金日", "入金額",
    "督促日", "到達日", "指定期限", "区分", "備考",
]  # fmt: skip


def loan(no: int = 1, *, yen: Any = 8_000, **over: Any) -> dict[str, Any]:
    return {
        "貸付番号": f"{no:07d}", "回": 1, "宛名番号": f"{no:015d}", "氏名": "世田谷　花子",
        "フリガナ": "セタガヤ　ハナコ", "契約日": "平成31年4月1日", "返還期日": "令和7年6月30日", "返還額": yen,
    } | over  # fmt: skip


def put_loans(
    drop: Path, rows: list[dict[str, Any]], *, yen: int, count: int | None = None, day: date = DAY,
    heading: list[str] | None = None, stated: str | None = None, has_total: bool = True,
) -> Path:  # fmt: skip
    folder = drop / "scholarship"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"奨学資金返還台帳_{day:%Y%m%d}.xlsx"
    heading = heading or HEADING
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("返還台帳")
        sheet.merge_range(0, 0, 0, 14, "奨学資金貸付金 返還台帳")
        sheet.merge_range(1, 0, 1, 14, stated or f"令和{day.year - 2018}年{day.month}月{day.day}日現在")
        sheet.write_row(3, 0, heading)
        for at, row in enumerate(rows, start=4):
            for column, title in enumerate(heading):
                value = row.get(title)
                if isinstance(value, str) and value.startswith("="):
                    sheet.write_formula(at, column, value, None, row.get("cached", 0))
                elif value is not None:
                    sheet.write(at, column, value)
        if has_total:
            total = dict.fromkeys(heading) | {
                "貸付番号": "合計",
                "回": len(rows) if count is None else count,
                "返還額": yen,
            }
            for column, title in enumerate(heading):
                if total.get(title) is not None:
                    sheet.write(4 + len(rows), column, total[title])
    return file


# ---------- 住民記録: a database
def person(no: int = 1, **over: str | None) -> dict[str, str | None]:
    return {
        "atena_no": f"{no:015d}", "setai_no": f"{no:010d}", "shimei": "世田谷　次郎", "shimei_kana": "セタガヤ　ジロウ",
        "birth_ymd": "1980-04-01", "seibetsu_cd": "1", "yubin_no": "1540017", "jusho": "世田谷区世田谷四丁目21番27号",
        "katagaki": None, "denwa_no": "090-0000-0001", "shibo_ymd": None, "shien_sochi_flg": "0", "koken_flg": "0",
        "seiho_flg": "0", "gengo_cd": "ja", "romaji_shimei": None, "kanji_shimei": None, "katakana_heiki": None,
        "tsusho": None, "tsusho_kana": None, "mae_shimei": "梅丘　次郎", "mae_shimei_kana": "ウメガオカ　ジロウ",
        "shimei_henko_ymd": "2025-06-01", "jutei_ymd": "2024-04-01", "ido_jiyu_cd": "1", "mae_yubin_no": "1660000",
        "mae_jusho": "東京都杉並区架空町1丁目2番3号", "mae_katagaki": None,
    } | over  # fmt: skip
