"""Workers of a queue as processes of their own: started with their output in a file, ended or killed by
their pid, and what they noted of their work."""

import collections
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
QUEUES = os.path.join(HERE, "queues")


class Workers:
    """A context in which workers run; `notes` is a file where each piece of work is noted by
    whoever does it, as lines of a word and the process's number."""

    def __init__(self, arguments, environment):
        self.arguments = arguments
        self.folder = tempfile.mkdtemp(prefix="flashkvd-workers-")
        self.notes = os.path.join(self.folder, "notes")
        self.environment = {**os.environ, **environment, "QUEUE_NOTES": self.notes}
        self.running = []

    def start(self, *more):
        """Starts one worker in a session of its own, so that its children can be killed with it."""
        log = os.path.join(self.folder, f"worker-{len(self.running)}")
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments, *more],
                cwd=QUEUES,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append((process, log))
        return process

    def kill(self, process):
        """Kills a worker and its children at once, in the middle of what they do."""
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass
        process.wait(10)

    def words(self):
        """How often each word was noted."""
        if not os.path.exists(self.notes):
            return collections.Counter()
        with open(self.notes) as file:
            return collections.Counter(line.split()[0] for line in file if line.strip())

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process, log in self.running:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    self.kill(process)
            self.kill(process)
            if kind is not None:
                with open(log, errors="replace") as file:
                    print("".join(f"  worker | {line}" for line in file.readlines()[-25:]))
        shutil.rmtree(self.folder, ignore_errors=True)
