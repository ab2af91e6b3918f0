/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. */
#include "fuzz/start_menu.h"

#include "protocol/pg/message_login.h"
#include "protocol/pg/message_request.h"

#define OTHER_DATABASE 8U
#define SECOND_USER    16U
#define OPTIONS        32U
#define MINOR_2        64U

static void write_request(struct writer *w, uint8_t minor)
{
    const uint8_t packet[] = {0, 0, 0, 8, 4, 210, 22, minor}; /* 1234.56xx */
    writer_bytes(w, slice_of(packet, sizeof packet));
}

void start_menu_ssl(struct writer *w)
{
    write_request(w, 47);
}

void start_menu_gssenc(struct writer *w)
{
    write_request(w, 48);
}

void start_menu_startup(struct writer *w, uint8_t detail)
{
    static const char *const names[] = {"app.acme",  "app.globex", "app.none", "app.acme\n",
                                        "app..acme", ".acme",      "acme",     "app.globex.acme"};
    struct pg_setting settings[3] = {
        {slice_text("user"), slice_text(names[detail & 7U])},
        {slice_text("database"), slice_text((detail & OTHER_DATABASE) != 0 ? "other" : "app")},
    };
    size_t count = 2;
    if ((detail & SECOND_USER) != 0) {
        settings[count++] = (struct pg_setting){slice_text("user"), slice_text("app.globex")};
    } else if ((detail & OPTIONS) != 0) {
        settings[count++] =
            (struct pg_setting){slice_text("options"), slice_text("-c application_name=x -c=")};
    }
    pg_write_startup(w, (detail & MINOR_2) != 0 ? PG_VERSION_3_2 : PG_VERSION_3_0, settings, count);
}

void start_menu_cancel(struct writer *w, uint32_t process_id, uint8_t detail)
{
    const uint8_t key[] = {detail, 0, 0, 0};
    pg_write_cancel(w, process_id, slice_of(key, sizeof key));
}

void start_menu_query(struct writer *w)
{
    pg_write_query(w, slice_text("select id from orders"));
}
