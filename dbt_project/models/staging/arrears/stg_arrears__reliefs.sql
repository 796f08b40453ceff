-- 延滞金の減免、還付・充当: one row per act on a claim. Rename and type only; no law.

with exemptions as (

    {{ known_rows(source('arrears', 'arrears__charge_exemptions')) }}

),

exempted as (

    select
        concat_ws(
            '-', 'exemption', exemption_no, subject_code, levy_year, tax_year, notice_no, instalment_no
        ) as source_event_key,
        subject_code,
        notice_no,
        instalment_no,
        'late_charge_exempted' as event_type,
        decided_on as event_date,
        first_on as effective_on,
        until_on,
        null::date as issued_on,
        extent_code as ground_code,
        exemption_no as document_no,
        exempted_yen as amount_yen,
        _batch_id as batch_id,
        _line_no as line_no
    from exemptions

),

given_back as (

    select
        concat_ws('-', overpayments.overpayment_key, act.event_type) as source_event_key,
        overpayments.subject_code,
        overpayments.notice_no,
        overpayments.instalment_no,
        act.event_type,
        act.event_date,
        null::date as effective_on,
        null::date as until_on,
        overpayments.noticed_on as issued_on,
        overpayments.cause_code as ground_code,
        overpayments.overpayment_key as document_no,
        act.amount_yen,
        overpayments.batch_id,
        overpayments.line_no
    from {{ ref('stg_arrears__overpayments') }} as overpayments
    cross join
        lateral (
            values
            ('refunded', overpayments.refunded_on, overpayments.refunded_yen),
            ('offset', overpayments.noticed_on, overpayments.offset_yen)
        ) as act (event_type, event_date, amount_yen)
    where
        act.event_date is not null
        and act.amount_yen > 0

)

select * from exempted
union all
select * from given_back
