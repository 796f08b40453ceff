"""A clean run: everything agrees, twice, byte for byte."""

from tests.migration.conftest import World, failing


def test_a_clean_run_passes_every_check(ordinary: World) -> None:
    found = ordinary.rehearse()

    assert failing(found) == set()
    assert found["verdict"] == "PASS", [each for each in found["checks"] if each["status"] != "PASS"]
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (0, 0)
