# SPDX-License-Identifier: Apache-2.0
"""A strict reader of the Prometheus text format: anything it does not know is an error."""

import re

_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? "
                     r"(?P<value>[-+0-9.eE]+|NaN|[+-]Inf)$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
_TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


def parse(text):
    """{(name, ((label, value), ...)): number}; labels sorted."""
    assert text.endswith("\n"), "the last line has no end"
    samples, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind in _TYPES and name not in types, line
            types[name] = kind
        elif line and not line.startswith("# HELP "):
            key, value = _sample(line)
            assert key not in samples, f"twice: {line}"
            assert _family(key[0], types) in types, f"no TYPE before: {line}"
            samples[key] = value
    return samples


def _sample(line):
    match = _SAMPLE.match(line)
    assert match, f"not a sample: {line!r}"
    labels, text, at = {}, match["labels"] or "", 0
    while at < len(text):
        label = _LABEL.match(text, at)
        assert label and label[1] not in labels, f"bad labels: {line!r}"
        labels[label[1]] = label[2]
        at = label.end()
    return (match["name"], tuple(sorted(labels.items()))), float(match["value"])


def _family(name, types):
    return name if name in types else re.sub(r"_(bucket|sum|count)$", "", name)


def total(samples, name, **labels):
    """The sum of a metric over every series that has these labels."""
    return sum(value for (found, pairs), value in samples.items()
               if found == name and labels.items() <= dict(pairs).items())
