"""What two people can decide of one case, and who may confirm it (判断の種類)."""

from dataclasses import dataclass

from receivables.errors import InputRejectedError


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of case: its answers, the duty of whoever confirms one, and what it is called where staff read."""

    name: str
    title_ja: str
    duty: str
    answers: dict[str, str]
    expires_after_days: int = 30  # a proposal, and a confirmation of it

    def check(self, answer: str) -> str:
        """`answer` when it is one of this kind's; InputRejectedError says which there are."""
        if answer not in self.answers:
            raise InputRejectedError(f"{self.name} is answered by one of: {', '.join(self.answers)}; not {answer!r}")
        return answer


_ALL = (
    Kind(
        "given_back",
        "還付・充当後の未納の確認",
        "case",
        {"owed": "両帳簿を確認し、未納で相違ない", "not_owed": "納付済みであり、催告しない"},
    ),
    Kind(
        "number_holder",
        "宛名番号の保有者の確認",
        "identity",
        {"another": "別人である（番号の再利用）", "same": "同一人である（記載の訂正）"},
    ),
    Kind(
        "identity_model",
        "名寄せの照合モデルの採用",
        "identity",
        {"adopt": "このモデルと下限で自動結合する", "withdraw": "このモデルを使わない"},
    ),
    Kind("hold_end", "連絡停止の解除", "case", {"end": "停止の理由がなくなった"}),
    Kind(
        "migration_difference",
        "移行差異の説明の承認",
        "migration_accept",
        {"accept": "この行数・金額・キーの差異に限り、説明済みとする"},
        expires_after_days=3_650,  # its own limit counts: a number of runs, or a snapshot's day
    ),
    Kind("same_person", "名寄せの確認", "identity", {"same": "同一人である", "different": "別人である"}),
)
KINDS = {kind.name: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """The kind of this name; InputRejectedError says which there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise InputRejectedError(f"no kind of decision {name!r}; there are: {', '.join(KINDS)}") from None
