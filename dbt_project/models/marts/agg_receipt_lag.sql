-- 収納の遅れ: days from payment to notice and to the books, by channel, as they really were.

select
    channel,
    count(*) as payment_count,
    sum(paid_yen)::bigint as paid_yen,
    percentile_disc(0.5) within group (order by announced_on - paid_on) as median_days_to_notice,
    count(*) filter (where state = 'booked') as booked_count,
    percentile_disc(0.5) within group (order by received_on - paid_on)
    filter (where state = 'booked') as median_days_to_books,
    percentile_disc(0.9) within group (order by received_on - paid_on)
    filter (where state = 'booked') as p90_days_to_books,
    max(received_on - paid_on) filter (where state = 'booked') as most_days_to_books,
    count(*) filter (where state = 'in_flight') as in_flight_count,
    coalesce(sum(paid_yen) filter (where state = 'in_flight'), 0)::bigint as in_flight_yen,
    count(*) filter (where state = 'cancelled') as cancelled_count,
    {{ batch_columns() }}
from {{ ref('int_payments__announced') }}
where state <> 'failed'
group by channel
