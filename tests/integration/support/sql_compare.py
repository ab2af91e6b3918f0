# SPDX-License-Identifier: Apache-2.0
"""Judges one answer of the proxy: against the same statement under RLS, and for anything of t2's.

judge() returns what is wrong, or None. A refusal is never a leak; whether it is right is the
caller's question (allow_refusal)."""

import re

# Values that only t2's rows hold. A statement that writes one itself may read it back.
_SECRETS = ("bob-secret", "bella-secret", "t2 jan secret", "t2 feb secret", "t2 old secret")
_NUMBERS = ("999", "888", "20", "21", "22")
_OTHER = "t2"

# Refused for what it asks, not because something is wrong with it.
REFUSALS = {"42501", "0A000", "54000", "54001"}


def find_leak(sql, answer):
    """The first text of the answer that shows a value of t2's which the statement did not hold."""
    words = set(re.findall(r"[\w-]+", sql))
    for text in answer.texts():
        for secret in _SECRETS:
            if secret in text and secret not in sql:
                return text
        # t2's tenant id and numbers count as whole values only: "20" is also in "2026".
        for value in re.findall(r"[^\s,;|(){}\[\]\"'<>/=]+", text):
            if (value == _OTHER or value in _NUMBERS) and value not in words:
                return text
    return None


def _describe(answer):
    if answer.error:
        return f"{answer.sqlstate} {answer.error['message']}"
    return repr([(result.tag, result.rows) for result in answer.results])[:400]


def _same_results(got, truth):
    """Equal multisets, result by result; tags too, for they count the rows that changed."""
    return got.multisets() == truth.multisets()


def differs(got, truth, allow_refusal=False):
    """How the proxy's answer differs from the truth under RLS, or None."""
    if got.error and truth.error:
        if got.sqlstate[:2] == truth.sqlstate[:2] or got.sqlstate in REFUSALS:
            return None
        return f"error {_describe(got)}, under RLS {_describe(truth)}"
    if got.error:
        if allow_refusal and got.sqlstate in REFUSALS:
            return None
        return f"refused with {_describe(got)}, under RLS {_describe(truth)}"
    if truth.error:
        return f"answered {_describe(got)}, under RLS {_describe(truth)}"
    if _same_results(got, truth):
        return None
    return f"answered {_describe(got)}, under RLS {_describe(truth)}"


def _denied_as_said(case, answer):
    """A refusal with one of the case's SQLSTATEs, if it names any."""
    return bool(answer.error) and (not case.sqlstates or answer.sqlstate in case.sqlstates
                                   or answer.sqlstate in REFUSALS)


def _judge_lenient(case, got, truth):
    """Any refusal is right; an answer must be the one that RLS gives, if RLS gives one."""
    if got.error or case.is_explain or "forced" in case.expect or "only if" in case.expect:
        return None
    if not {"FILTER", "ALLOW"} & case.verdicts:
        return f"{case.expect!r} was answered with {_describe(got)}"
    # Where RLS refuses (an INSERT that leaves the tenant out), we may do better.
    return None if truth.error else differs(got, truth)


def judge(case, got, truth, strict):
    """What is wrong with the proxy's answer to this case, or None.

    strict: it must do what the case says; otherwise a refusal is always right too."""
    leak = find_leak(case.sql, got)
    if leak is not None:
        return f"shows a value of t2's: {leak[:300]!r}"
    if not strict:
        return _judge_lenient(case, got, truth)
    if {"DENY", "SERVER-ERR"} & case.verdicts and _denied_as_said(case, got):
        return None
    if {"FILTER", "ALLOW"} & case.verdicts:
        return differs(got, truth)
    return f"{case.expect!r} was answered with {_describe(got)}"
