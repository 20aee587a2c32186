/* Images by libjpeg; without it, what says so. */
#include <stdio.h>
#include <stdlib.h>

#include "io/image.h"
#include "util/fail.h"

#if TQ_HAVE_JPEG
#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>

#define MOST_SCANS  200 /* of a progressive image; each costs a pass over all of it */
#define MOST_MEMORY (1L << 30)

/* All that lives across libjpeg's jumps; `error` and `progress` are first in what their callbacks are given.
 */
typedef struct reading {
    struct jpeg_error_mgr error;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const unsigned char *data;
    size_t size;
    tq_image *image;
    tq_status status;
} reading;

static _Noreturn void on_error(j_common_ptr jpeg)
{
    char text[JMSG_LENGTH_MAX];
    reading *const r = jpeg->client_data;
    jpeg->err->format_message(jpeg, text);
    r->status = tq_status__fail(TQ_E_FORMAT, "a damaged jpeg image: %s", text);
    longjmp(r->jump, 1);
}

/* Warnings that say that pixels are missing or wrong are errors here; others are let be. */
static void on_message(j_common_ptr jpeg, int level)
{
    static const int harmless[] = {JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR, JWRN_ADOBE_XFORM};
    if (level >= 0)
        return;
    for (size_t i = 0; i < TQ_COUNT(harmless); ++i)
        if (jpeg->err->msg_code == harmless[i])
            return;
    on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg)
{
    reading *const r = jpeg->client_data;
    if (r->jpeg.input_scan_number <= MOST_SCANS)
        return;
    r->status = tq_status__fail(TQ_E_FORMAT, "a jpeg image of more than %d scans", MOST_SCANS);
    longjmp(r->jump, 1);
}

/* Gray stays gray; what is neither gray nor three colours (four inks) is refused. */
static tq_status set_colours(struct jpeg_decompress_struct *jpeg)
{
    if (jpeg->num_components != 1 && jpeg->num_components != 3)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "a jpeg image of %d components; supported: 1 and 3 (gray, colours)",
                               jpeg->num_components);
    jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    return TQ_OK;
}

static tq_status read_image(reading *r)
{
    struct jpeg_decompress_struct *const jpeg = &r->jpeg;
    jpeg_mem_src(jpeg, r->data, (unsigned long)r->size);
    jpeg_read_header(jpeg, TRUE);
    TQ_TRY(set_colours(jpeg));
    TQ_TRY(tq_image__allocate(r->image, jpeg->image_height, jpeg->image_width, jpeg->num_components));
    const size_t stride = (size_t)r->image->columns * (size_t)r->image->channels;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = r->image->pixels + (size_t)jpeg->output_scanline * stride;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
    return TQ_OK;
}

tq_status tq_image__decode_jpeg(const unsigned char *data, size_t size, tq_image *image)
{
    reading *const r = calloc(1, sizeof *r);
    if (r == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for libjpeg");
    r->data = data;
    r->size = size;
    r->image = image;
    r->jpeg.err = jpeg_std_error(&r->error);
    r->jpeg.client_data = r;
    r->error.error_exit = on_error;
    r->error.emit_message = on_message;
    r->progress.progress_monitor = on_progress;
    if (setjmp(r->jump) == 0) {
        jpeg_create_decompress(&r->jpeg);
        r->jpeg.mem->max_memory_to_use = MOST_MEMORY;
        r->jpeg.progress = &r->progress;
        r->status = read_image(r);
    }
    const tq_status status = r->status;
    jpeg_destroy_decompress(&r->jpeg);
    free(r);
    return status;
}

#else

tq_status tq_image__decode_jpeg(const unsigned char *data, size_t size, tq_image *image)
{
    (void)data;
    (void)size;
    (void)image;
    return tq_status__fail(TQ_E_UNSUPPORTED, "a jpeg image, and this library was built without libjpeg");
}

#endif
