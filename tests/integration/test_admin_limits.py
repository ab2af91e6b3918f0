# SPDX-License-Identifier: Apache-2.0
"""The admin address when there are more clients than descriptors."""

import resource
import socket
import time

from support.process import wait_for

DESCRIPTORS = 80


def test_out_of_descriptors_is_no_busy_loop(start_proxy, rows):
    """libevent would log an error without end, at the speed of the machine."""
    proxy = start_proxy()
    resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    clients = [socket.create_connection(("127.0.0.1", proxy.ports["admin"]))
               for _ in range(2 * DESCRIPTORS)]
    wait_for(lambda: "accept" in proxy.log())
    before = len(proxy.log())
    time.sleep(1.0)
    assert len(proxy.log()) - before < 20_000
    for client in clients:
        client.close()
    wait_for(proxy.is_live)
    assert proxy.connect("acme").execute("SELECT 1").fetchone() == (1,)
