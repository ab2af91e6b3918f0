/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints a report. JSON is the report as it is; text is its members in order, one a line, arrays
 * one element a line, nested objects indented. Whatever the report holds came from the person who
 * asked, so nothing here is secret. Borrows the report, allocates only inside jansson. */
#include "proxy/explain/report.h"

#define INDENT_STEP 2

static void print_scalar(const json_t *value, FILE *out)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        fputs(json_string_value(value), out);
        break;
    case JSON_INTEGER:
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_TRUE:
        fputs("yes", out);
        break;
    case JSON_FALSE:
        fputs("no", out);
        break;
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_REAL:
    case JSON_NULL:
        fputs("-", out);
        break;
    }
    fputc('\n', out);
}

static void print_array(const char *key, const json_t *array, int indent, FILE *out)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        fprintf(out, "%*s%s: ", indent, "", key);
        print_scalar(json_array_get(array, i), out);
    }
}

static void print_members(const json_t *object, int indent, FILE *out)
{
    void *iterator = json_object_iter((json_t *)(uintptr_t)object);
    for (; iterator != NULL;
         iterator = json_object_iter_next((json_t *)(uintptr_t)object, iterator)) {
        const char *key = json_object_iter_key(iterator);
        const json_t *value = json_object_iter_value(iterator);
        if (json_is_array(value)) {
            print_array(key, value, indent, out);
        } else {
            fprintf(out, "%*s%s: ", indent, "", key);
            print_scalar(value, out);
        }
    }
}

void explain_print_json(const json_t *report, FILE *out)
{
    json_dumpf(report, out, JSON_PRESERVE_ORDER);
    fputc('\n', out);
}

void explain_print_text(const json_t *report, FILE *out)
{
    print_members(report, 0, out);
    const json_t *refusal = json_object_get(report, "refusal");
    if (refusal != NULL) {
        print_members(refusal, INDENT_STEP, out);
    }
}
