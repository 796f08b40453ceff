-- 区営住宅使用料の調定: one row per contract, kind and month. Rename and type only; no law, no joins.

select
    ---------- ids
    'ward_housing' as source_code,
    source_claim_key,
    'ward_housing_rent' as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is
    levy_year,
    levy_year as fiscal_year,
    notice_no,
    instalment_no,
    due_date,

    ---------- yen; a private claim is not written off by time alone (民法145条)
    assessed_yen,
    0::bigint as written_off_yen,
    null::date as written_off_on,

    ---------- 旧法・新法 of prescription depend on it
    contract_date,

    ---------- provenance
    batch_id,
    line_no
from {{ ref('stg_ward_housing__months') }}
