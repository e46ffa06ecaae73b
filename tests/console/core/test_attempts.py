"""Wrong passwords slow down who sends them, and nobody else."""

from hypothesis import given
from hypothesis import strategies as st

from console.core.attempts import FORGOTTEN_S, FREE, LONGEST_WAIT_S, MOST, Attempts

ADA, HOME = "name ada", "address 10.0.0.1"


def failing(times, keys=(ADA, HOME), start=0.0):
    attempts = Attempts()
    for _ in range(times):
        attempts.failed(keys, start)
    return attempts


def test_a_few_wrong_passwords_cost_no_wait():
    assert failing(FREE - 1).wait_s((ADA, HOME), 0.0) == 0.0


@given(st.integers(FREE, 60))
def test_every_further_one_waits_longer_up_to_a_quarter_of_an_hour(times):
    wait, longer = failing(times).wait_s((ADA,), 0.0), failing(times + 1).wait_s((ADA,), 0.0)
    assert 0 < wait <= longer <= LONGEST_WAIT_S
    assert longer == LONGEST_WAIT_S or longer == 2 * wait


def test_a_name_waits_from_every_address_and_an_address_with_every_name():
    attempts = failing(FREE)
    assert attempts.wait_s((ADA, "address 10.0.0.2"), 0.0) > 0
    assert attempts.wait_s(("name bob", HOME), 0.0) > 0
    assert attempts.wait_s(("name bob", "address 10.0.0.2"), 0.0) == 0.0


def test_the_right_password_forgets_the_name_and_not_the_address():
    attempts = failing(FREE)
    attempts.succeeded(ADA)
    assert attempts.wait_s((ADA,), 0.0) == 0.0
    assert attempts.wait_s((HOME,), 0.0) > 0


def test_an_hour_later_everything_is_forgotten():
    attempts = failing(20)
    attempts.failed((ADA,), FORGOTTEN_S + 1)
    assert attempts.wait_s((ADA,), FORGOTTEN_S + 1) == 0.0


def test_names_without_end_do_not_fill_the_memory():
    attempts = Attempts()
    for number in range(MOST + 50):
        attempts.failed((f"name {number}",), 0.0)
    assert len(attempts._failures) == MOST
