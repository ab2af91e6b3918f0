# SPDX-License-Identifier: Apache-2.0
"""A short-named scratch folder that the unprivileged servers can enter, and a free port in it.

pytest's own temporary folders are closed to other users and too deep for a Unix socket's name.
"""

import atexit
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import tempfile


#: What is there now. A run that is interrupted in a tear-down never comes back to it.
_made = set()


@atexit.register
def _remove_rest():
    for folder in list(_made):
        remove_workdir(folder)


def unprivileged_user():
    """The account the servers run as when we are root (PostgreSQL refuses root), else None."""
    return pwd.getpwnam("postgres") if os.getuid() == 0 else None


def make_workdir(purpose):
    """A new folder owned by the account the servers run as."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"ringfence-{purpose}-"))
    _made.add(folder)
    user = unprivileged_user()
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def remove_workdir(folder):
    shutil.rmtree(folder, ignore_errors=True)
    _made.discard(folder)


def free_ports(count):
    """As free_port, and no two are the same."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def free_port():
    """A loopback port nobody listens on now. Another program may take it: callers retry."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
