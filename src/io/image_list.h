/* The names of a data set's images and their labels: one folder a class, a labels file, or a folder alone. */
#ifndef TQ_IO_IMAGE_LIST_H
#define TQ_IO_IMAGE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorquant/status.h"

/* Zero-initialized is empty. */
typedef struct tq_image_list {
    char **path;
    int32_t *label; /* meaningful where `labelled` */
    size_t count, capacity;
    bool labelled;
} tq_image_list;

/*
 * With `labels` NULL: the images in `folder`'s subfolders, the i-th of the sorted names being class i; or,
 * without subfolders, those in `folder` itself, without labels. Images are files that end in .png, .jpg or
 * .jpeg in any case; names that start with a dot do not count; all is sorted by bytes. With `labels`: the
 * images that this file lists, in its order, one a line: a name relative to `folder`, blanks, a number from
 * 0; empty lines do not count.
 *
 * TQ_E_FILE: cannot be read, or there is no image. TQ_E_FORMAT: images beside subfolders, or a wrong line,
 * which the text numbers. TQ_E_MEMORY. The list is the caller's after a failure too.
 */
tq_status tq_image_list__read(tq_image_list *list, const char *folder, const char *labels);
void tq_image_list__free(tq_image_list *list);

/* Takes image `i` out. */
void tq_image_list__drop(tq_image_list *list, size_t i);

#endif
