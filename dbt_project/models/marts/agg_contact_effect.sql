-- 催告の効果: debtors who pay anything within 7, 14 and 30 days of the draw, by arm as drawn (intention to treat).
-- Payments of the day of the draw or before were on their way already and count for nobody.

with lines as (

    select * from {{ ref('int_contact_requests__claimed') }}

),

horizons as (

    select horizon_days from (values (7), (14), (30)) as horizon (horizon_days)

),

paid as (

    select
        lines.request_no,
        horizons.horizon_days,
        sum(receipts.received_yen) as paid_yen
    from lines
    inner join {{ ref('fct_receipts') }} as receipts
        on
            lines.claim_id = receipts.claim_id
            and lines.assigned_on < receipts.paid_on
    inner join horizons
        on receipts.paid_on <= lines.assigned_on + horizons.horizon_days
    group by lines.request_no, horizons.horizon_days

),

debtors as (

    select
        request_no,
        campaign_code,
        wave_no,
        channel,
        segment,
        arm,
        assigned_on,
        sum(outstanding_yen) as due_yen
    from lines
    group by request_no, campaign_code, wave_no, channel, segment, arm, assigned_on

),

arms as (

    select
        debtors.campaign_code,
        debtors.wave_no,
        debtors.channel,
        debtors.segment,
        debtors.assigned_on,
        horizons.horizon_days,
        count(*) filter (where debtors.arm = 'treat') as treat_count,
        count(*) filter (where debtors.arm = 'control') as control_count,
        count(paid.request_no) filter (where debtors.arm = 'treat') as treat_paid_count,
        count(paid.request_no) filter (where debtors.arm = 'control') as control_paid_count,
        coalesce(sum(debtors.due_yen) filter (where debtors.arm = 'treat'), 0)::bigint as treat_due_yen,
        coalesce(sum(debtors.due_yen) filter (where debtors.arm = 'control'), 0)::bigint as control_due_yen,
        coalesce(sum(paid.paid_yen) filter (where debtors.arm = 'treat'), 0)::bigint as treat_paid_yen,
        coalesce(sum(paid.paid_yen) filter (where debtors.arm = 'control'), 0)::bigint as control_paid_yen
    from debtors
    cross join horizons
    left join paid
        on
            debtors.request_no = paid.request_no
            and horizons.horizon_days = paid.horizon_days
    group by
        debtors.campaign_code, debtors.wave_no, debtors.channel, debtors.segment, debtors.assigned_on,
        horizons.horizon_days

)

select
    arms.*,
    -- 帳簿に入るまでの日数: shops and agents take up to twenty days (configuration; measured in agg_receipt_lag)
    arms.assigned_on + arms.horizon_days + 20 <= {{ as_of() }} as is_complete,
    effect.uplift_permille,
    effect.uplift_low_permille,
    effect.uplift_high_permille,
    {{ batch_columns() }}
from arms
left join lateral ops.uplift(
    arms.treat_paid_count, arms.treat_count, arms.control_paid_count, arms.control_count
) as effect on true
