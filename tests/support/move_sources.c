#include "support/move_sources.h"

#include <string.h>

bool from_concat_channels(const int64_t *out, size_t *input, int64_t *in)
{
    static const int64_t first[] = {0, 2, 19};
    *input = out[1] < 2 ? 0 : out[1] < 19 ? 1 : 2;
    memcpy(in, out, 4 * sizeof *in);
    in[1] = out[1] - first[*input];
    return true;
}

bool from_concat_rows(const int64_t *out, size_t *input, int64_t *in)
{
    *input = out[2] >= 3;
    memcpy(in, out, 4 * sizeof *in);
    in[2] -= *input == 1 ? 3 : 0;
    return true;
}

/* The second input has one sample for all. */
bool from_concat_constant(const int64_t *out, size_t *input, int64_t *in)
{
    *input = out[1] >= 2;
    in[0] = *input == 1 ? 0 : out[0];
    in[1] = *input == 1 ? out[1] - 2 : out[1];
    in[2] = out[2];
    return true;
}

bool from_concat_samples(const int64_t *out, size_t *input, int64_t *in)
{
    *input = out[0] >= 2;
    in[0] = out[0] - (*input == 1 ? 2 : 0);
    in[1] = out[1];
    return true;
}

bool from_transpose_0231(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    in[0] = out[0];
    in[2] = out[1];
    in[3] = out[2];
    in[1] = out[3];
    return true;
}

bool from_transpose_02134(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    memcpy(in, out, 5 * sizeof *in);
    in[2] = out[1];
    in[1] = out[2];
    return true;
}

bool from_transpose_210(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    for (int i = 0; i < 3; ++i)
        in[2 - i] = out[i];
    return true;
}

bool from_slice(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    memcpy(in, out, 4 * sizeof *in);
    in[1] = 4 - 2 * out[1];
    in[3] = 1 + 3 * out[3];
    return true;
}

bool from_pad_constant(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    memcpy(in, out, 4 * sizeof *in);
    in[1] -= 1;
    in[2] -= 2;
    return in[1] >= 0 && in[2] >= 0 && in[2] < 2;
}

bool from_pad_reflect(const int64_t *out, size_t *input, int64_t *in)
{
    static const int64_t rows[] = {2, 1, 0, 1, 2, 1}, columns[] = {1, 0, 1, 2, 3, 2, 1, 0};
    *input = 0;
    in[0] = out[0];
    in[1] = rows[out[1]];
    in[2] = columns[out[2]];
    return true;
}

bool from_pad_edge(const int64_t *out, size_t *input, int64_t *in)
{
    static const int64_t rows[] = {0, 0, 0, 1, 2, 2};
    *input = 0;
    in[0] = out[0];
    in[1] = rows[out[1]];
    in[2] = out[2] + 1;
    return true;
}

bool from_tile(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    in[0] = out[0];
    in[1] = out[1] % 2;
    in[2] = out[2] % 17;
    return true;
}

bool from_expand(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    in[0] = out[0];
    in[1] = out[1];
    in[2] = in[3] = 0;
    return true;
}

const float from_gather_list[5] = {4, 0, 0, 3, 2};

bool from_gather(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    memcpy(in, out, 4 * sizeof *in);
    in[1] = (int64_t)from_gather_list[out[1]];
    return true;
}

/* Channels of the input count block row, block column, depth. */
bool from_depth_first(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    in[0] = out[0];
    in[1] = (out[2] % 2 * 2 + out[3] % 2) * 3 + out[1];
    in[2] = out[2] / 2;
    in[3] = out[3] / 2;
    return true;
}

bool from_depth_last(const int64_t *out, size_t *input, int64_t *in)
{
    from_depth_first(out, input, in);
    in[1] = out[1] * 4 + out[2] % 2 * 2 + out[3] % 2;
    return true;
}

bool from_to_depth(const int64_t *out, size_t *input, int64_t *in)
{
    *input = 0;
    in[0] = out[0];
    in[1] = out[1] % 3;
    in[2] = out[2] * 2 + out[1] / 3 / 2;
    in[3] = out[3] * 2 + out[1] / 3 % 2;
    return true;
}

bool from_resize_floor(const int64_t *out, size_t *input, int64_t *in)
{
    static const int64_t rows[] = {0, 0, 1, 1, 2}, columns[] = {0, 0, 1};
    *input = 0;
    memcpy(in, out, 2 * sizeof *in);
    in[2] = rows[out[2]];
    in[3] = columns[out[3]];
    return true;
}

bool from_resize_half(const int64_t *out, size_t *input, int64_t *in)
{
    static const int64_t rows[] = {0, 0, 1, 2, 2}, columns[] = {0, 0, 1};
    *input = 0;
    in[0] = out[0];
    in[1] = rows[out[1]];
    in[2] = columns[out[2]];
    return true;
}
