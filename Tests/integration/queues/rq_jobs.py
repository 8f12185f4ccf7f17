"""The jobs of test_rq.py; its workers import them. Each job notes that it ran."""

import os
import time

from notes import note


def square(number):
    note(f"square-{number}")
    return number * number


def slow(number, seconds):
    note(f"begin-{number}")
    time.sleep(seconds)
    note(f"end-{number}")
    return number


def flaky(path, failures):
    """Fails as many times as asked, counted in a file."""
    with open(path, "a") as file:
        file.write("x")
    tries = os.path.getsize(path)
    if tries <= failures:
        raise ValueError("as meant")
    return tries
