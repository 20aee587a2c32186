/*
 * Whether a device may be used: asked by each context that is made, and kept in the cache directory in a file
 * like a program's, under the key of the probes' program, which is not kept itself. Its payload is "passed"
 * or "failed\n" and the text; what is neither is a miss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/checks.h"
#include "runtime/internal.h"
#include "util/fail.h"

static const char passed[] = "passed", failed[] = "failed\n";

static tq_status find_key(tq_program_key *key, const tq_context *c)
{
    tq_program_text text;
    tq_probes__text(&text, &c->info, tq_context__tiled(c));
    const tq_status status = tq_program_text__key(key, c, &text);
    tq_program_text__free(&text);
    return status;
}

static tq_status refuse(const char *text)
{
    return tq_status__fail(TQ_E_DEVICE, "%s; `tq selftest` tests it again", text);
}

/* Whether the cache has a verdict; if so, it is *status. */
static bool recall(tq_status *status, const tq_context *c, tq_program_key key)
{
    char text[1024];
    size_t size;
    unsigned char *payload = tq_cache__read(c->cache, key, &size);
    if (payload == NULL)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)(size < sizeof text ? size : sizeof text - 1),
             (const char *)payload);
    free(payload);
    if (strcmp(text, passed) == 0) {
        *status = TQ_OK;
        return true;
    }
    if (strncmp(text, failed, strlen(failed)) != 0)
        return false;
    *status = refuse(text + strlen(failed));
    return true;
}

static void keep(const tq_context *c, tq_program_key key, tq_status status, const char *text)
{
    char payload[1024];
    snprintf(payload, sizeof payload, "%s%s", status == TQ_OK ? passed : failed, status == TQ_OK ? "" : text);
    tq_cache__write(c->cache, key, (const unsigned char *)payload, strlen(payload));
}

void tq_verdict__keep(tq_context *c, const tq_checks *checks)
{
    tq_program_key key;
    if (find_key(&key, c) != TQ_OK)
        return;
    const tq_status status = tq_checks__status(checks, &c->info);
    keep(c, key, status, tq_error());
}

/* The context is as if nothing had run on it. */
static tq_status ask_device(tq_context *c)
{
    const tq_program_counts counts = c->counts;
    const tq_memory_counts memory = c->memory;
    tq_checks checks = {0};
    const tq_status status = tq_probes__run(&checks, c, tq_context__tiled(c));
    c->counts = counts;
    c->memory = memory;
    if (status != TQ_OK)
        return tq_status__prefix(status, "self-test of device '%s'", c->info.name);
    tq_verdict__keep(c, &checks);
    return tq_checks__status(&checks, &c->info) == TQ_OK ? TQ_OK : refuse(tq_error());
}

tq_status tq_verdict__ask(tq_context *c)
{
    tq_program_key key;
    tq_status status = TQ_OK;
    if (c->asks == TQ_ASKS_NEVER)
        return TQ_OK;
    TQ_TRY(find_key(&key, c));
    if (c->asks == TQ_ASKS_ONCE && recall(&status, c, key))
        return status;
    return ask_device(c);
}
