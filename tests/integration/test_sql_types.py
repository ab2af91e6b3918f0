# SPDX-License-Identifier: Apache-2.0
"""Enums and domains of the managed schemas, as ORMs write them: with a cast."""

import psycopg
import pytest


@pytest.fixture
def moods(postgres, rows, start_proxy):
    postgres.admin("CREATE TYPE mood AS ENUM ('calm', 'wild'); "
                   "CREATE DOMAIN short AS text CHECK (length(VALUE) < 9); "
                   "CREATE TABLE pets (id int, tenant_id text, mood mood, name short, "
                   "PRIMARY KEY (tenant_id, id)); GRANT ALL ON pets TO PUBLIC; "
                   "INSERT INTO pets VALUES (1, 'globex', 'wild', 'secret')")
    yield start_proxy()
    postgres.admin("DROP TABLE pets; DROP TYPE mood; DROP DOMAIN short")


@pytest.mark.parametrize("prepare", [False, True])
def test_enums_and_domains(moods, prepare):
    with moods.connect("acme", autocommit=True) as acme:
        acme.execute("DELETE FROM pets")
        acme.execute("INSERT INTO pets (id, mood, name) VALUES (1, %s::mood, 'rex'::public.short)",
                     ("calm",), prepare=prepare)
        found = acme.execute("SELECT id, mood, name FROM pets WHERE mood = 'calm'::mood "
                             "AND mood = ANY (ARRAY['calm', 'wild']::mood[])", prepare=prepare)
        assert found.fetchall() == [(1, "calm", "rex")]
        with pytest.raises(psycopg.errors.CheckViolation):
            acme.execute("SELECT 'much too long'::short", prepare=prepare)
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            acme.execute("SELECT 'tame'::mood", prepare=prepare)


def test_no_foreign_value_is_converted(moods):
    """The name of globex's pet is no mood: the error would quote it."""
    with moods.connect("acme", autocommit=True) as acme:
        assert acme.execute("SELECT * FROM pets WHERE name::mood = 'calm'").fetchall() == []
        assert acme.execute("SELECT * FROM pets WHERE (name || 'xxxxxxxxx')::short <> ''"
                            ).fetchall() == []
