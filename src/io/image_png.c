/* Images by libpng; without it, what says so. */
#include <stdlib.h>
#include <string.h>

#include "io/image.h"
#include "util/fail.h"

#if TQ_HAVE_PNG
#include <png.h>
#include <setjmp.h>

#define MOST_CHUNK ((png_alloc_size_t)1 << 20) /* of texts and profiles, which nobody reads */
#define TEXT       200

/* All that lives across libpng's jumps; none of it is a variable of a function that is jumped to. */
typedef struct reading {
    png_structp png;
    png_infop info;
    const unsigned char *data;
    size_t size, at;
    tq_image *image;
    png_bytep *rows;
    tq_status status;
    char text[TEXT];
} reading;

static void on_error(png_structp png, png_const_charp text)
{
    reading *const r = png_get_error_ptr(png);
    strncpy(r->text, text, TEXT - 1);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t size)
{
    reading *const r = png_get_io_ptr(png);
    if (size > r->size - r->at)
        png_error(png, "truncated");
    memcpy(to, r->data + r->at, size);
    r->at += size;
}

/* All kinds become 8 bits of gray or of red, green, blue. */
static void set_transforms(reading *r)
{
    png_set_scale_16(r->png);
    png_set_expand(r->png);
    png_set_strip_alpha(r->png);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info); /* allocates rows: the size has been judged */
}

static void read_image(reading *r)
{
    png_read_info(r->png, r->info);
    const int64_t rows = png_get_image_height(r->png, r->info),
                  columns = png_get_image_width(r->png, r->info);
    const int channels = (png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    r->status = tq_image__allocate(r->image, rows, columns, channels);
    if (r->status != TQ_OK)
        return;
    set_transforms(r);
    const size_t stride = (size_t)columns * (size_t)channels;
    r->rows = png_get_rowbytes(r->png, r->info) == stride ? malloc((size_t)rows * sizeof *r->rows) : NULL;
    if (r->rows == NULL) {
        r->status = tq_status__fail(TQ_E_MEMORY, "no memory for %lld rows", (long long)rows);
        return;
    }
    for (size_t i = 0; i < (size_t)rows; ++i)
        r->rows[i] = r->image->pixels + i * stride;
    png_read_image(r->png, r->rows);
    png_read_end(r->png, NULL);
}

static void read_guarded(reading *r)
{
    if (setjmp(png_jmpbuf(r->png)) != 0)
        r->status = tq_status__fail(TQ_E_FORMAT, "a damaged png image: %s", r->text);
    else
        read_image(r);
}

tq_status tq_image__decode_png(const unsigned char *data, size_t size, tq_image *image)
{
    reading r = {.data = data, .size = size, .image = image};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
    r.info = r.png != NULL ? png_create_info_struct(r.png) : NULL;
    if (r.info == NULL) {
        png_destroy_read_struct(&r.png, NULL, NULL);
        return tq_status__fail(TQ_E_MEMORY, "no memory for libpng");
    }
    png_set_read_fn(r.png, &r, read_bytes);
    /* Sides are judged, with a text that says them, before anything of their size is allocated. */
    png_set_user_limits(r.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(r.png, MOST_CHUNK);
    png_set_keep_unknown_chunks(r.png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    read_guarded(&r);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    free(r.rows);
    return r.status;
}

#else

tq_status tq_image__decode_png(const unsigned char *data, size_t size, tq_image *image)
{
    (void)data;
    (void)size;
    (void)image;
    return tq_status__fail(TQ_E_UNSUPPORTED, "a png image, and this library was built without libpng");
}

#endif
