# SPDX-License-Identifier: Apache-2.0
"""One child process: its output in a file, stopped by its own pid, and never left behind."""

import atexit
import ctypes
import os
import signal
import subprocess
import time

from . import workdir

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

#: Every process that runs now, so that a failing test can show what its servers said.
running = []


@atexit.register
def _stop_rest():
    for process in list(running):
        try:
            process.stop(signal.SIGINT, timeout=5.0)
        except ProcessFailed:
            pass  # it is killed then


class ProcessFailed(AssertionError):
    """A server did not start, or did not end as it should."""


class Process:
    def __init__(self, name, command, folder, env=None, unprivileged=False):
        self.name = name
        self.log_path = folder / f"{name}.log"
        user = workdir.unprivileged_user() if unprivileged else None
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        with open(self.log_path, "ab") as log:
            # The kernel ends the child if pytest itself is killed.
            self.child = subprocess.Popen(
                [str(word) for word in command], cwd=folder, env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT), **owner)
        running.append(self)

    @property
    def pid(self):
        return self.child.pid

    def is_alive(self):
        return self.child.poll() is None

    def send_signal(self, number):
        self.child.send_signal(number)

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, ready, timeout=20.0):
        """Calls ready() until it is true; fails when the process ends first or time is up."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.is_alive():
                status = self.child.returncode
                raise ProcessFailed(f"{self.name} ended with {status}:\n{self.log()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ProcessFailed(f"{self.name} not ready in {timeout} s:\n{self.log()}")
            time.sleep(0.02)

    def stop(self, number=signal.SIGTERM, timeout=20.0):
        """Signals, waits, returns the exit status; a process that stays is killed and reported."""
        if self.is_alive():
            self.send_signal(number)
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise ProcessFailed(f"{self.name} ignored {signal.Signals(number).name}:\n"
                                f"{self.log()[-4000:]}") from None
        finally:
            self.kill()

    def kill(self):
        if self.is_alive():
            self.child.kill()
            self.child.wait()
        if self in running:
            running.remove(self)


def wait_for(condition, timeout=10.0, what="condition"):
    """Polls until condition() is truthy and returns that value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"no {what} within {timeout} s"
        time.sleep(0.02)
