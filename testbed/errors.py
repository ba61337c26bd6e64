"""What the testbed raises."""


class TestbedError(Exception):
    """Something did not work; the message is one line (or a log) for people."""
