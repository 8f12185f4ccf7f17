"""What workers did, as lines in a file that all of them append to."""

import os

PATH = os.environ.get("QUEUE_NOTES", os.devnull)


def note(word):
    # One write each, so that lines of several processes do not mix.
    with open(PATH, "a") as file:
        file.write(f"{word} {os.getpid()}\n")
