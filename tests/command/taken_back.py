"""Tests of what is in memory, on systems that take it back at any moment, even where there is room."""
import functools

ATTEMPTS = 10


def tried_again(test):
    """A test that fails is made again: pages may have been taken back in the middle of it. One that fails each time fails. A subTest
    would keep its failure from here."""

    @functools.wraps(test)
    def attempts(self):
        for _ in range(ATTEMPTS - 1):
            try:
                return test(self)
            except self.failureException:
                pass
        return test(self)

    return attempts
