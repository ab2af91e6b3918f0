/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue of tests/corpus/schema.sql, as a server would describe it: for the tests and fuzz
 * targets that run the SQL pipeline without a server. The managed schema is public, the tenant
 * column tenant_id, the shared table public.countries. */
#ifndef TESTS_CORPUS_CATALOG_H
#define TESTS_CORPUS_CATALOG_H

#include "policy/catalog/catalog.h"
#include "policy/config/isolation.h"

/* The caller owns it: catalog_free. */
struct catalog *corpus_catalog_new(void);

/* The isolation rules that go with it, constant. */
const struct config_row *corpus_row(void);

#endif
