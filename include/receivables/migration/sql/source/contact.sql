-- 交渉経過: one row per attempt of a vendor to reach a debtor, numbered within the person by time; no free text moves.
select
    contacts.source_code,
    contacts.contact_id as source_key,
    contacts.source_debtor_key as addressee_no,
    row_number() over (
        partition by contacts.source_debtor_key order by contacts.attempted_at, contacts.contact_id collate "C"
    ) as contact_seq,
    contacts.attempted_on,
    contacts.channel,
    contacts.outcome,
    contacts.promised_on,
    contacts.promised_yen,
    case when contacts.source_code <> all({sources}) then 'OTHER_SYSTEM' end as left_behind,
    null::text as broken,
    coalesce(contacts.promised_yen, 0) as of_promised_yen
from intermediate.int_contacts__unioned as contacts
