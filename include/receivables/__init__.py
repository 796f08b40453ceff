"""Municipal receivables (債権): one warehouse, lawful collection, exact migration.

The package never imports Airflow and never reads the clock: the business date
(基準日, ``as_of``) is always an argument.
"""
