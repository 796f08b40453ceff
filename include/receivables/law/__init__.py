"""The law as pure functions: dates and whole yen in, dates and whole yen out.

| article | function |
|---|---|
| 地方税法第326条・附則第3条の2・第20条の4の2 | `late_charge.late_charge` (延滞金) |
| 民法第404条・第419条 | `late_damages.late_damages` (遅延損害金) |
| 地方税法第18条, 地方自治法第236条, 民法第147条～第169条 | `prescription.prescription` (消滅時効) |
| 地方税法第17条の4 | `refund_interest.refund_interest` (還付加算金) |
| 地方税法第15条の9 | `reliefs.relieved` (延滞金の免除) |
| 地方税法第15条・第15条の7 | `deferral` (徴収猶予), `execution_stay` (執行停止) |
| 地方自治法施行令第171条の5～第171条の7 | `collection_stop`, `extension`, `exemption` (徴収停止・履行延期・免除) |
| 地方税法第329条, 地方自治法施行令第142条 | `dunning.dunning` (督促), `due_dates` (納期限・年度) |
| 民法第489条, 地方税法第14条の5 | `allocation.allocate` (充当) |
| all together | `standing.standing` (債権の現況), `what_if.what_if` (その事由がなかったら) |

Numbers that change (rates, periods, units) are rows of dbt_project/seeds/law, read by `receivables.rulebook`.
"""
