#include "io/read_ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/fail.h"

struct tq_read_ahead {
    tq_read_sample *read;
    const void *source;
    int64_t samples, size;

    pthread_mutex_t callers; /* held during a request */
    int64_t next;            /* behind the last request */
    pthread_t thread;
    bool running; /* there is a thread */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool wanted, end; /* the thread has work; is to end */
    int64_t first, count;
    float *block; /* [capacity][size], of the samples first .. first + count - 1 */
    int64_t capacity;
    tq_status status; /* of the block */
};

static bool is_ended(tq_read_ahead *a)
{
    pthread_mutex_lock(&a->lock);
    const bool end = a->end;
    pthread_mutex_unlock(&a->lock);
    return end;
}

static tq_status read_samples(tq_read_ahead *a, int64_t first, int64_t count, float *to)
{
    for (int64_t i = 0; i < count && !is_ended(a); ++i)
        TQ_TRY(a->read(a->source, first + i, to + i * a->size));
    return TQ_OK;
}

/* The block is the thread's while `wanted`. */
static void *work(void *argument)
{
    tq_read_ahead *const a = argument;
    pthread_mutex_lock(&a->lock);
    for (;;) {
        while (!a->wanted && !a->end)
            pthread_cond_wait(&a->changed, &a->lock);
        if (a->end)
            break;
        pthread_mutex_unlock(&a->lock);
        const tq_status status = read_samples(a, a->first, a->count, a->block);
        pthread_mutex_lock(&a->lock);
        a->status = status;
        a->wanted = false;
        pthread_cond_broadcast(&a->changed);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

tq_status tq_read_ahead__create(tq_read_ahead **made, tq_read_sample *read, const void *source, int64_t count,
                                int64_t size)
{
    tq_read_ahead *const a = calloc(1, sizeof *a);
    *made = NULL;
    if (a == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for reading ahead");
    a->read = read;
    a->source = source;
    a->samples = count;
    a->size = size;
    if (pthread_mutex_init(&a->callers, NULL) != 0 || pthread_mutex_init(&a->lock, NULL) != 0 ||
        pthread_cond_init(&a->changed, NULL) != 0) {
        free(a);
        return tq_status__fail(TQ_E_MEMORY, "no memory for the locks of reading ahead");
    }
    *made = a;
    return TQ_OK;
}

void tq_read_ahead__destroy(tq_read_ahead *a)
{
    if (a == NULL)
        return;
    pthread_mutex_lock(&a->lock);
    a->end = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    if (a->running)
        pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    pthread_mutex_destroy(&a->callers);
    free(a->block);
    free(a);
}

/*
 * Whether the samples were in the block; waits for the thread, which has the block else. A failure is not
 * taken: texts belong to threads, and it may be of a sample that is not asked for.
 */
static bool take_block(tq_read_ahead *a, int64_t first, int64_t count, float *to)
{
    pthread_mutex_lock(&a->lock);
    while (a->wanted)
        pthread_cond_wait(&a->changed, &a->lock);
    const bool there = a->status == TQ_OK && a->first == first && a->count >= count && count > 0;
    if (there)
        memcpy(to, a->block, (size_t)(count * a->size) * sizeof *to);
    pthread_mutex_unlock(&a->lock);
    return there;
}

/* Without memory or a thread nothing is read ahead, and nothing is wrong. */
static void ask_for(tq_read_ahead *a, int64_t first, int64_t count)
{
    count = count < a->samples - first ? count : a->samples - first;
    a->count = 0;
    if (count <= 0)
        return;
    if (a->capacity < count) {
        free(a->block);
        a->block = malloc((size_t)(count * a->size) * sizeof *a->block);
        a->capacity = a->block != NULL ? count : 0;
    }
    if (a->block != NULL && !a->running)
        a->running = pthread_create(&a->thread, NULL, work, a) == 0;
    if (a->block == NULL || !a->running)
        return;
    pthread_mutex_lock(&a->lock);
    a->first = first;
    a->count = count;
    a->wanted = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

tq_status tq_read_ahead__get(tq_read_ahead *a, int64_t first, int64_t count, float *to)
{
    tq_status status = TQ_OK;
    pthread_mutex_lock(&a->callers);
    if (!take_block(a, first, count, to))
        status = read_samples(a, first, count, to);
    if (status == TQ_OK && count > 0 && (first == 0 || first == a->next))
        ask_for(a, first + count, count);
    a->next = first + count;
    pthread_mutex_unlock(&a->callers);
    return status;
}
