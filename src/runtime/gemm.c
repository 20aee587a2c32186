/* Where plain float goes to CLBlast: the option and the table. */
#include "runtime/gemm.h"

#include <string.h>
#include <strings.h>

#include "runtime/internal.h"
#include "util/fail.h"

/*
 * On PoCL CLBlast is slower than our own loop (bench/, reference `clblast`), and its first call takes 8 to 10
 * seconds. Its kernels are made for GPUs.
 */
static const tq_gemm_row table[] = {
    {"gpu", "", true},
    {"", "", false},
};

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);
    for (; strlen(text) >= length; ++text)
        if (strncasecmp(text, part, length) == 0)
            return true;
    return false;
}

const tq_gemm_row *tq_gemm__row(const tq_device_info *device)
{
    const tq_gemm_row *row = table;
    while ((row->type[0] != '\0' && strcmp(row->type, device->type) != 0) ||
           !contains(device->platform, row->platform))
        ++row;
    return row;
}

tq_status tq_gemm__set(tq_context *context, const char *value)
{
    static const char *const values[] = {"exact", "fast", "clblast"};
    for (size_t i = 0; i < TQ_COUNT(values); ++i) {
        if (strcmp(value, values[i]) != 0)
            continue;
        if (i == TQ_FLOAT_CLBLAST && !tq_gemm__built())
            return tq_status__fail(TQ_E_UNSUPPORTED,
                                   "option 'float' is 'clblast', but this library was built without CLBlast; "
                                   "allowed: exact, fast");
        if (i != TQ_FLOAT_EXACT && context->binaries != NULL)
            return tq_status__fail(TQ_E_STATE,
                                   "option 'float' is '%s', but the context runs from binaries, which have "
                                   "none of CLBlast's kernels",
                                   value);
        context->float_mode = (tq_float_mode)i;
        return TQ_OK;
    }
    return tq_status__fail(TQ_E_ARGUMENT, "option 'float' is '%s', allowed: exact, fast, clblast", value);
}

bool tq_gemm__wanted(const tq_context *context, tq_text *reasons)
{
    if (context->float_mode == TQ_FLOAT_EXACT)
        return false;
    if (!tq_gemm__built()) {
        tq_text__print(reasons, "%sclblast: this library was built without CLBlast",
                       reasons->length > 0 ? "\n" : "");
        return false;
    }
    if (context->float_mode == TQ_FLOAT_CLBLAST || tq_gemm__row(&context->info)->clblast)
        return true;
    tq_text__print(reasons, "%sclblast: not faster on a device of type %s (float=clblast takes it)",
                   reasons->length > 0 ? "\n" : "", context->info.type);
    return false;
}
