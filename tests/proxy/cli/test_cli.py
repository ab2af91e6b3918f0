#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as a person meets it: exit status, what is printed and where.

    test_cli.py BINARY SOURCE_ROOT
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BINARY, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
EXAMPLE = ROOT / "docs" / "ringfence.example.yaml"


def run(*arguments, **variables):
    """Exit status, standard output, standard error."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RINGFENCE_")}
    done = subprocess.run([BINARY, *map(str, arguments)], env=environment | variables,
                          capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


class Usage(unittest.TestCase):
    def test_nothing_to_do(self):
        status, out, err = run()
        self.assertEqual((status, out), (2, ""))
        self.assertTrue(err.startswith("usage: ringfence COMMAND"))

    def test_unknown_command(self):
        status, out, err = run("chekc")
        self.assertEqual((status, out), (2, ""))
        self.assertTrue(err.startswith('ringfence: there is no command "chekc"\nusage: '))

    def test_help(self):
        for word in ("help", "--help", "-h"):
            status, out, err = run(word)
            self.assertEqual((status, err), (0, ""))
            for command in ("serve", "check", "explain", "catalog", "version"):
                self.assertIn(f"  {command} ", out)

    def test_wrong_options(self):
        for arguments in (["check"], ["check", "-c"], ["check", "-x"], ["check", "-c", "a", "b"],
                          ["check", "-c", "a", "-c", "b"], ["version", "x"], ["serve"],
                          ["explain"], ["catalog"]):
            status, out, err = run(*arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertTrue(err.startswith(f"usage: ringfence {arguments[0]}"), arguments)


class Version(unittest.TestCase):
    def test_names_the_libraries(self):
        status, out, err = run("version")
        self.assertEqual((status, err), (0, ""))
        first_words = [line.split()[0] for line in out.splitlines()]
        self.assertEqual(first_words, ["ringfence", "libpg_query", "OpenSSL", "libevent"])


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for file in EXAMPLE.parent.glob("ringfence.example.*"):
            (self.folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        self.path = self.folder / EXAMPLE.name

    def change(self, old, new, path=None):
        path = path or self.path
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def position_of(self, part, path=None):
        """line:column of the first place where part stands."""
        text = (path or self.path).read_text(encoding="utf-8")
        before = text[:text.index(part)]
        return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"

    def test_the_example(self):
        status, out, err = run("check", "-c", EXAMPLE)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("  statement_bytes: 256KiB\n", out)
        self.assertIn("      connect_timeout: 5s\n", out)

    def test_the_output_means_the_same_again(self):
        _, out, _ = run("check", "-c", EXAMPLE)
        again = self.folder / "again.yaml"
        again.write_text(out.replace(str(EXAMPLE.parent) + "/", ""), encoding="utf-8")
        status, out_again, err = run("check", "-c", again)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out_again.replace(str(self.folder) + "/", ""),
                         out.replace(str(EXAMPLE.parent) + "/", ""))

    def test_no_such_file(self):
        status, out, err = run("check", "-c", "/nonexistent.yaml")
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(err, "/nonexistent.yaml: cannot be read: No such file or directory\n")

    def test_a_wrong_value(self):
        self.change("wait_timeout: 5s", "wait_timeout: 5")
        status, out, err = run("check", "--config", self.path)
        self.assertEqual((status, out), (2, ""))
        line, column = self.position_of("wait_timeout: 5").split(":")
        at = f"{line}:{int(column) + len('wait_timeout: ')}"
        self.assertEqual(err, f"{self.path}:{at}: upstreams.main.pool.wait_timeout: expected a "
                              'duration with unit (us, ms, s, m, h) from 1ms to 1h, found "5"\n')

    def test_an_unknown_key(self):
        self.change("mode: transaction ", "mood: transaction ")
        status, _, err = run("check", "-c", self.path)
        self.assertEqual(status, 2)
        self.assertTrue(err.startswith(f"{self.path}:{self.position_of('mood:')}: unknown key "
                                       '"mood"; expected one of: mode, pin, size, '), err)

    def test_a_wrong_expression(self):
        self.change("(?<user>[^.]+)", "(?<user[^.]+)")
        status, _, err = run("check", "-c", self.path)
        self.assertEqual(status, 2)
        at = self.position_of('"(?<user[')
        expected = f"{self.path}:{at}: tenants.identify: expected a regular expression: "
        self.assertTrue(err.startswith(expected), err)

    def test_a_wrong_users_file(self):
        users = self.folder / "ringfence.example.users.txt"
        self.change('"SCRAM-SHA-256$', '"plain$', users)
        status, _, err = run("check", "-c", self.path)
        self.assertEqual(status, 2)
        at = self.position_of('"plain$', users)
        self.assertTrue(err.startswith(f"{users}:{at}: expected SCRAM-SHA-256$"), err)
        self.assertNotIn("W22Z", err)

    def test_a_wrong_list_of_tenants(self):
        tenants = self.folder / "ringfence.example.tenants.yaml"
        self.change("id: acme", "id: Acme", tenants)
        status, _, err = run("check", "-c", self.path)
        self.assertEqual(status, 2)
        at = self.position_of("Acme", tenants)
        self.assertTrue(err.startswith(f"{tenants}:{at}: tenants.0.id: expected"), err)

    def test_passwords_are_not_printed(self):
        (self.folder / "pw").write_text("hunter2\n", encoding="utf-8")
        (self.folder / "pw").chmod(0o600)
        self.change("# password_file: /run/secrets/pg ", "password_file: pw ")
        status, out, err = run("check", "-c", self.path)
        self.assertEqual((status, err), (0, ""))
        self.assertIn(f"    password_file: {self.folder}/pw\n    # password: ***\n", out)
        self.assertNotIn("hunter2", out)
        (self.folder / "pw").chmod(0o644)
        status, _, err = run("check", "-c", self.path)
        self.assertEqual(status, 0)
        self.assertEqual(err, "warning: upstreams.main.password_file: every user of this machine "
                              f"may read {self.folder}/pw\n")

    def test_overrides(self):
        status, out, _ = run("check", "-c", self.path, RINGFENCE_LIMITS_STATEMENT_BYTES="64KiB")
        self.assertEqual(status, 0)
        self.assertIn("  statement_bytes: 64KiB\n", out)
        status, _, err = run("check", "-c", self.path, RINGFENCE_LIMITS_STATEMENT_BYTES="0B")
        self.assertEqual(status, 2)
        self.assertTrue(err.startswith("environment: RINGFENCE_LIMITS_STATEMENT_BYTES: expected "))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
