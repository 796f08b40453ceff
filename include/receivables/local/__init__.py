"""One machine: the embedded copy with Airflow, started, watched and stopped by `make run`.

Nothing of the domain lives here. Airflow is reached as a user reaches it, through its
programs and its public API, so that this package does not import it either.
"""
