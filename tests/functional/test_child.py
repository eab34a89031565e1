"""What the tests themselves stand on: a child process that hangs ends, and says where it hung."""

import pytest
from support.child import run_child


def test_a_hang_ends_with_the_stack_of_every_thread_and_process():
    with pytest.raises(AssertionError, match="no end after 20 seconds") as caught:
        run_child(
            """
            import threading
            from support.forking import in_child
            never = threading.Event()
            def hang_in_a_thread():
                never.wait()
            def hang_in_a_child():
                never.wait()
            threading.Thread(target=hang_in_a_thread, daemon=True).start()
            in_child(hang_in_a_child)
            """,
            timeout=20,  # enough to come to both
        )
    assert "in hang_in_a_thread" in str(caught.value)
    assert "in hang_in_a_child" in str(caught.value)


def test_an_error_in_a_child_is_the_tests():
    with pytest.raises(AssertionError, match="exit status 1") as caught:
        run_child("1 / 0")
    assert "ZeroDivisionError" in str(caught.value)
