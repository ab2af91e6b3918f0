# SPDX-License-Identifier: Apache-2.0
"""A short-named scratch folder that the unprivileged servers can enter, and a free port in it.

pytest's own temporary folders are closed to other users and too deep for a Unix socket's name.
"""

import atexit
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


_given = set()


def free_ports(count):
    """As free_port, and no two are the same."""
    return [free_port() for _ in range(count)]


def free_port():
    """A loopback port nobody listens on now, and that was not given out before: what it was given
    to may not listen yet. Another program may take it: callers retry."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port
