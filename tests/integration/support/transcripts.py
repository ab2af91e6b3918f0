# SPDX-License-Identifier: Apache-2.0
"""What psql prints for a script: the whole conversation, errors where they come."""

import os
import pathlib
import subprocess

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "transcripts"
SCHEMA = "transcript"


def scripts(folder=SCRIPTS):
    """Every script of a folder; RINGFENCE_TRANSCRIPTS names another one, such as PostgreSQL's own
    regression scripts."""
    return sorted(pathlib.Path(os.environ.get("RINGFENCE_TRANSCRIPTS", folder)).glob("*.sql"))


def transcript(dsn, script, timeout=60):
    """The bytes of it: statements as they are read, results, notices and errors, in order."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    env["LC_ALL"] = "C.UTF-8"
    done = subprocess.run(["psql", "-X", "-a", "-d", f"{dsn} options='-c search_path={SCHEMA}'",
                           "-f", script.name], cwd=script.parent, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env,
                          timeout=timeout, check=False)
    return done.stdout


def explained(folder=SCRIPTS):
    """{(script, mode): why its transcript differs}, from differences.txt."""
    reasons = {}
    for line in (folder / "differences.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            script, mode, reason = line.split(None, 2)
            reasons[script, mode] = reason
    return reasons
