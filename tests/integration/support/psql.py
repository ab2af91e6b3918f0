# SPDX-License-Identifier: Apache-2.0
"""psql as a person would run it, without their ~/.psqlrc or environment."""

import os
import subprocess


def run(dsn, *commands, script=None, options=("-A", "-t"), timeout=30):
    """Each command by its own -c, or a script on standard input. Returns the finished process."""
    arguments = ["psql", "-X", *options, "-d", dsn]
    for command in commands:
        arguments += ["-c", command]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(arguments, input=script, capture_output=True, text=True,
                          timeout=timeout, check=False, env=env)


def rows(dsn, command, **options):
    """The output lines of one command that must succeed."""
    done = run(dsn, command, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
