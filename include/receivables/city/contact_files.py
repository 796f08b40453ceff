"""The callers' files: 対象者一覧 of each wave, and what the phone centre, the dialler and the SMS carrier report.

Each day's file tells again what was told in the last weeks, as these vendors do: a day without calls is no empty file.
Nothing here says what is owed for what: a vendor knows number, request and person, the list alone knows the claims.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from receivables.city import attempts as told
from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.channels import SYSTEM_CODES
from receivables.city.delivery_note import write_note
from receivables.city.papers import Department, Lines, Paper
from receivables.city.planting import Fault, Row, duplicated
from receivables.city.requests import AUTO_CALL, CONTROL, PHONE_CENTRE, SMS, Asked, Attempt, Request

_TOLD_AGAIN_DAYS = 60
_SPARE_DAYS = 120  # older lines may be spoilt: nothing is measured or stopped by them alone
_LIST_HEADER = "依頼番号,業務コード,催告コード,回次,手段,年齢区分,群,抽出日,宛名番号,通知書番号,期別,未納額"
_PHONE_HEADER = (
    "架電番号,依頼番号,業務コード,催告コード,回次,宛名番号,電話番号,架電日,架電時刻,結果コード,納付約束日,約束金額,備考"
)
_DIALLER_HEADER = "call_id,request_no,system,campaign,wave,atena_no,tel,date,time,result,key,seconds"
_SMS_HEADER = "message_id,request_no,system,campaign,wave,atena_no,msisdn,sent_at,status,reason,status_at"
_REMARKS = ("", "", "", "家族在宅　折返し依頼", "勤務先へ転職とのこと", "分割相談の希望あり")
_CHANNELS = {PHONE_CENTRE: "電話", AUTO_CALL: "自動音声", SMS: "SMS"}
_SEGMENTS = {"under_40": "39歳以下", "40_to_64": "40～64歳", "65_and_over": "65歳以上"}
TextRows = list[Row[str]]


def _asked(bills: list[Bill], day: date, block: Block) -> Iterator[tuple[Bill, Asked]]:
    first = date.min if day == block.as_of else day - timedelta(days=_TOLD_AGAIN_DAYS)
    for bill in bills:
        for asked in bill.asked:
            if first < asked.request.assigned_on <= day:
                yield bill, asked


def _list(bills: list[Bill], day: date, block: Block) -> TextRows:
    """The list (対象者一覧): a line per debtor and claim, both arms."""
    return [
        Row(_list_line(bill, asked), asked.due_yen, None, bill, is_spare=_is_old(asked.request, block))
        for bill, asked in _asked(bills, day, block)
    ]


def _list_line(bill: Bill, asked: Asked) -> str:
    request = asked.request
    arm = "対照" if request.arm == CONTROL else "対象"
    return (
        f"{request.number},{SYSTEM_CODES[request.source_code]},{request.campaign},{request.wave},"
        f"{_CHANNELS[request.channel]},{_SEGMENTS[request.segment]},{arm},{request.assigned_on.isoformat()},"
        f"{request.debtor.addressee_no},{bill.notice_no},{bill.instalment_no:02d},{asked.due_yen}"
    )


def _results(channel: str, line: Callable[[Request, Attempt], str]) -> Callable[[list[Bill], date, Block], TextRows]:
    """What one vendor tells on a day: its attempts, each once however many claims the request is about."""

    def rows(bills: list[Bill], day: date, block: Block) -> TextRows:
        first = date.min if day == block.as_of else day - timedelta(days=_TOLD_AGAIN_DAYS)
        return [
            Row(
                line(asked.request, attempt), attempt.promised_yen, None, bill,
                is_spare=_is_old(asked.request, block) and not told.is_stop(attempt),
            )
            for bill in bills
            for asked in bill.asked
            if asked.is_first and asked.request.channel == channel
            for attempt in asked.request.attempts
            if first < attempt.told_on <= day
        ]  # fmt: skip

    return rows


def _is_old(request: Request, block: Block) -> bool:
    return request.assigned_on < block.as_of - timedelta(days=_SPARE_DAYS)


def _is_spare(row: Row[Any], _: date) -> bool:
    return row.is_spare


def _whose(request: Request) -> str:
    system = SYSTEM_CODES[request.source_code]
    return f"{request.number},{system},{request.campaign},{request.wave},{request.debtor.addressee_no}"


def _call(request: Request, attempt: Attempt) -> str:
    promised_on = _wareki(attempt.promised_on) if attempt.promised_on else ""
    promised_yen = attempt.promised_yen or ""
    remark = _REMARKS[attempt.at.second % len(_REMARKS)]
    return (
        f"{attempt.number},{_whose(request)},{request.debtor.phone},{_wareki(attempt.at.date())},{attempt.at:%H%M},"
        f"{attempt.result},{promised_on},{promised_yen},{remark}"
    )


def _ring(request: Request, attempt: Attempt) -> str:
    return (
        f"{attempt.number},{_whose(request)},{request.debtor.phone},{attempt.at:%Y%m%d},{attempt.at:%H%M%S},"
        f"{attempt.result},{attempt.detail},{attempt.seconds}"
    )


def _message(request: Request, attempt: Attempt) -> str:
    assert attempt.settled_at
    return (
        f"{attempt.number},{_whose(request)},{request.debtor.phone},{_iso(attempt.at)},{attempt.result},"
        f"{attempt.detail},{_iso(attempt.settled_at)}"
    )


def _iso(moment: datetime) -> str:
    return f"{moment.isoformat()}+09:00"


def _wareki(day: date) -> str:
    return f"令和{day.year - 2018}年{day.month}月{day.day}日"


def _cell(header: str, item: str, spoil: Callable[[str], str]) -> Callable[[str], str]:
    at = header.split(",").index(item)

    def change(line: str) -> str:
        cells = line.split(",")
        cells[at] = spoil(cells[at])
        return ",".join(cells)

    return change


def _list_faults() -> list[Fault[str]]:
    return [
        Fault("F19", "DIGITS", _cell(_LIST_HEADER, "宛名番号", lambda text: text.lstrip("0"))),
        Fault("P04", "CODE", _cell(_LIST_HEADER, "群", lambda _: "保留")),
        Fault("F28", "AMOUNT", _cell(_LIST_HEADER, "未納額", lambda text: f"{text}円"), is_amount_readable=False),
        Fault("F21", "FIELD_COUNT", lambda line: f"{line},", is_amount_readable=False),
        duplicated(2),
    ]


def _call_faults() -> list[Fault[str]]:
    return [
        Fault("F24", "ERA", _cell(_PHONE_HEADER, "架電日", lambda _: "令和0年4月1日")),
        Fault("F10", "ENCODING", _cell(_PHONE_HEADER, "備考", lambda text: f"{text}\udc83")),
        Fault("F11", "GAIJI", _cell(_PHONE_HEADER, "備考", lambda text: f"\ue000{text}")),
        Fault("P04", "CODE", _cell(_PHONE_HEADER, "結果コード", lambda _: "99")),
        duplicated(2),
    ]


def _ring_faults() -> list[Fault[str]]:
    return [
        Fault("F27", "DATE", _cell(_DIALLER_HEADER, "date", lambda _: "20260230")),
        Fault("P04", "CODE", _cell(_DIALLER_HEADER, "result", lambda _: "???")),
        Fault("F21", "FIELD_COUNT", lambda line: f"{line},", is_amount_readable=False),
        duplicated(1),
    ]


def _message_faults() -> list[Fault[str]]:
    return [
        Fault("F27", "DATE", _cell(_SMS_HEADER, "sent_at", lambda text: text.removesuffix("+09:00"))),
        Fault("P04", "CODE", _cell(_SMS_HEADER, "status", lambda _: "pending")),
        Fault("F12", "NUL", _cell(_SMS_HEADER, "message_id", lambda text: f"{text}\0")),
        duplicated(1),
    ]


def _form(header: str, encoding: str) -> Lines[str]:
    return Lines(lambda line: line.encode(encoding, "surrogateescape"), head=lambda _: header.encode(encoding))


def _department(source: str, paper: Paper[str]) -> Department:
    return Department(source, lambda *_: [], (paper,), write_note, is_over_all=True)


DEPARTMENTS = (
    _department("contact_requests", Paper(
        "requests", "saikoku_taisho_{date}.csv", _list, _list_faults, _form(_LIST_HEADER, "cp932"), _is_spare)),
    _department(PHONE_CENTRE, Paper(
        "calls", "denwa_saikoku_{date}.csv", _results(PHONE_CENTRE, _call), _call_faults,
        _form(_PHONE_HEADER, "cp932"), _is_spare)),
    _department(AUTO_CALL, Paper(
        "calls", "autocall_{date}.csv", _results(AUTO_CALL, _ring), _ring_faults, _form(_DIALLER_HEADER, "utf-8"),
        _is_spare)),
    _department("sms_returns", Paper(
        "statuses", "sms_result_{date}.csv", _results(SMS, _message), _message_faults, _form(_SMS_HEADER, "utf-8"),
        _is_spare)),
)  # fmt: skip
