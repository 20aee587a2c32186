#include "support/device_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accumulate/path.h"
#include "runtime/tuned.h"
#include "support/test_sets.h"

int tq_test_open(void **state)
{
    tq_context *context;
    if (tq_context_open(&context, NULL) != TQ_OK) {
        print_error("%s\n", tq_error());
        return -1;
    }
    const char *shape = getenv("TQ_TEST_SHAPE");
    if (shape != NULL)
        tq_test_ok(tq_context_set(context, "shape", shape));
    *state = context;
    return 0;
}

int tq_test_close(void **state)
{
    tq_context_close(*state);
    return 0;
}

void tq_test_small_tiles(tq_context *context)
{
    for (const tq_path *const *path = tq_path_kinds; *path != NULL && !tq_test_is_full(); ++path) {
        tq_tuning_row row = {.draws = -1, .rows = 2, .vectors = 1};
        snprintf(row.path, sizeof row.path, "%s", (*path)->name);
        tq_test_ok(tq_tuning__set(context, &row));
    }
}

void tq_test_ok(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

void tq_test_fails(tq_status is, tq_status should, const char *part)
{
    assert_int_equal(is, should);
    if (strstr(tq_error(), part) == NULL)
        fail_msg("'%s' is not in '%s'", part, tq_error());
}

float *tq_test_array(int64_t count)
{
    float *const array = calloc((size_t)count, sizeof *array);
    assert_non_null(array);
    return array;
}

tq_tensor *tq_test_tensor(tq_context *context, const tq_shape *shape, const float *values)
{
    tq_tensor *tensor;
    tq_test_ok(tq_tensor_create(&tensor, context, shape));
    if (values != NULL)
        tq_test_ok(tq_tensor_write(tensor, values, tq_shape_count(shape)));
    return tensor;
}

float tq_test_number(uint32_t i)
{
    return (float)((i * 2654435761u >> 8 & 0xFFFF) / 32768.0 - 1.0);
}
