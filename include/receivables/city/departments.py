"""Every department of the ward, in the order in which they levy; channels, callers and case work speak of all, last."""

from receivables.city import (
    after_school,
    arrears_files,
    care_files,
    channel_files,
    claims_book,
    contact_files,
    elders_files,
    housing_book,
    loan_book,
    lunch_book,
    nhi_files,
    nursery,
    refund_files,
    tax_files,
    vehicles_files,
    welfare_loan_book,
)
from receivables.city.papers import Department

DEPARTMENTS: tuple[Department, ...] = (
    tax_files.DEPARTMENT,
    nhi_files.DEPARTMENT,
    loan_book.DEPARTMENT,
    care_files.DEPARTMENT,
    after_school.DEPARTMENT,
    elders_files.DEPARTMENT,
    vehicles_files.DEPARTMENT,
    lunch_book.DEPARTMENT,
    nursery.DEPARTMENT,
    housing_book.DEPARTMENT,
    refund_files.DEPARTMENT,
    welfare_loan_book.DEPARTMENT,
    *channel_files.DEPARTMENTS,
    *contact_files.DEPARTMENTS,
    arrears_files.DEPARTMENT,
    claims_book.DEPARTMENT,
)
