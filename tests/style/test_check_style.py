#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The style check is itself checked: each rule catches a file made to break it."""

import pathlib
import tempfile
import unittest

import check_style

LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"
UNFINISHED = "TO" + "DO"


def reasons(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return list(check_style.findings(pathlib.Path(folder)))


class CheckStyle(unittest.TestCase):
    def assert_caught(self, name, text, reason):
        found = reasons(name, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(reason, found[0])

    def test_clean_file_passes(self):
        self.assertEqual(reasons("a.c", LICENCE + "int f(void)\n{\n    return 0;\n}\n"), [])

    def test_licence_line_is_missing(self):
        self.assert_caught("a.c", "int x;\n", "SPDX")
        self.assert_caught("script/run", "#!/bin/sh\n", "SPDX")

    def test_function_is_too_long(self):
        for lines, caught in ((56, False), (57, True)):
            body = "    g();\n" * lines
            found = reasons("a.c", LICENCE + f"int f(void)\n{{\n{body}    return 0;\n}}\n")
            self.assertEqual(bool(found), caught, found)

    def test_file_is_too_long(self):
        self.assert_caught("a.c", LICENCE + "\n" * 500, "501 lines")
        self.assert_caught("a.h", LICENCE + "\n" * 120, "121 lines")

    def test_call_is_banned(self):
        self.assert_caught("a.c", LICENCE + "int x = atoi (s);\n", "a.c:2: atoi is banned")
        self.assertEqual(reasons("a.c", LICENCE + "int x = my_atoi(s) + p->rand(1);\n"), [])
        self.assertEqual(reasons("a.c", LICENCE + '/* atoi(x) */ char *s = "gets(x)";\n'), [])

    def test_unfinished_work_names_an_issue(self):
        self.assert_caught("a.c", LICENCE + f"/* {UNFINISHED}: more */\n", "unfinished")
        self.assertEqual(reasons("a.c", LICENCE + f"/* {UNFINISHED} (#12): more */\n"), [])

    def test_extern_variable_is_const(self):
        self.assert_caught("a.h", LICENCE + "extern int count;\n", "extern")
        allowed = "extern const int count;\nextern int f(void);\n"
        self.assertEqual(reasons("a.h", LICENCE + allowed), [])

    def test_line_is_too_long_or_ends_in_space(self):
        self.assert_caught("a.c", LICENCE + "/* " + "x" * 96 + " */\n", "102 columns")
        self.assert_caught("a.c", LICENCE + "int x; \n", "white space")


if __name__ == "__main__":
    unittest.main()
