-- 交渉経過情報の独立再計算（W）.
select
    c.source_code,
    c.contact_id as source_key,
    '131121' as shikuchoson_cd,
    c.source_debtor_key as atena_no,
    c.place as kosho_remban,
    c.attempted_on as kosho_ymd,
    case c.channel when 'phone_centre' then '2' when 'sms' then '6' when 'auto_call' then '7' end as kosho_kbn,
    case c.outcome
        when 'contacted' then '1' when 'third_party' then '2' when 'unreached' then '3' when 'refused' then '4'
        when 'wrong_number' then '5' when 'complaint' then '6'
    end as kosho_kekka_cd,
    c.promised_on as yakusoku_ymd,
    c.promised_yen as yakusoku_gaku,
    '0' as del_flg
from (
    select
        *,
        count(*) over (
            partition by source_debtor_key order by attempted_at, contact_id collate "C" rows unbounded preceding
        ) as place
    from intermediate.int_contacts__unioned
) as c
where c.source_code = any({sources})
