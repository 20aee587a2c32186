/* Transfers that do not wait. */
#include "runtime/internal.h"
#include "runtime/mark.h"
#include "runtime/memory.h"
#include "util/fail.h"

/* The second queue, made when first needed. */
static tq_status upload_queue(tq_context *c)
{
    cl_int code;
    if (c->uploads != NULL)
        return TQ_OK;
    c->uploads = clCreateCommandQueue(c->context, c->device, tq_profile__properties(c), &code);
    if (code == CL_SUCCESS)
        return TQ_OK;
    c->uploads = NULL;
    return tq_opencl__fail("clCreateCommandQueue", code, &c->info);
}

/* What is queued on the first queue from now on waits for the event. */
static tq_status wait_on_device(const tq_context *c, cl_event event)
{
    cl_int code = clFlush(c->uploads);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clFlush", code, &c->info);
    code = clEnqueueBarrierWithWaitList(c->queue, 1, &event, NULL);
    return code == CL_SUCCESS ? TQ_OK : tq_opencl__fail("clEnqueueBarrierWithWaitList", code, &c->info);
}

/* The profile keeps events of its own. */
static void note(tq_context *c, cl_command_queue queue, tq_mark *mark, cl_event event, const char *step,
                 int64_t count)
{
    const cl_int code = mark->wanted != NULL ? clRetainEvent(event) : CL_SUCCESS;
    if (code != CL_SUCCESS)
        tq_profile__fault(c, "clRetainEvent", code);
    else if (mark->wanted != NULL)
        mark->event = event;
    tq_profile__end(c, queue, mark, true, step, -1.0, (double)count * 4);
}

tq_status tq_tensor__upload(tq_tensor *to, const float *from, int64_t count)
{
    tq_context *c = tq_tensor__context(to);
    cl_event event = NULL;
    tq_mark mark;
    TQ_TRY(upload_queue(c));
    tq_profile__begin(c, &mark);
    const cl_int code =
        clEnqueueWriteBuffer(c->uploads, tq_memory__object(tq_tensor__memory(to)), CL_FALSE,
                             (size_t)tq_tensor__offset(to) * 4, (size_t)count * 4, from, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clEnqueueWriteBuffer", code, &c->info);
    c->uploaded += (uint64_t)count * 4;
    note(c, c->uploads, &mark, event, "upload", count);
    const tq_status status = wait_on_device(c, event);
    clReleaseEvent(event);
    return status;
}

tq_status tq_tensor__download(const tq_tensor *from, float *to, int64_t count, tq_ticket *ticket)
{
    tq_context *c = tq_tensor__context(from);
    cl_event event = NULL;
    tq_mark mark;
    tq_profile__begin(c, &mark);
    cl_int code =
        clEnqueueReadBuffer(c->queue, tq_memory__object(tq_tensor__memory(from)), CL_FALSE,
                            (size_t)tq_tensor__offset(from) * 4, (size_t)count * 4, to, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clEnqueueReadBuffer", code, &c->info);
    c->downloaded += (uint64_t)count * 4;
    note(c, c->queue, &mark, event, "download", count);
    ticket->event = event;
    code = clFlush(c->queue);
    return code == CL_SUCCESS ? TQ_OK : tq_opencl__fail("clFlush", code, &c->info);
}

tq_status tq_ticket__wait(tq_ticket *ticket, const tq_context *context)
{
    cl_event event = ticket->event;
    if (event == NULL)
        return TQ_OK;
    ticket->event = NULL;
    const cl_int code = clWaitForEvents(1, &event);
    clReleaseEvent(event);
    if (code == CL_SUCCESS)
        return TQ_OK;
    tq_context__quiesce(context); /* the caller's memory may still be written to */
    return tq_opencl__fail("clWaitForEvents", code, &context->info);
}

void tq_ticket__drop(tq_ticket *ticket)
{
    if (ticket->event != NULL)
        clReleaseEvent(ticket->event);
    ticket->event = NULL;
}

/* The first call that failed, while others go on. */
typedef struct tq_fault {
    const char *call;
    cl_int code;
} tq_fault;

static void check(tq_fault *first, const char *call, cl_int code)
{
    if (first->code == CL_SUCCESS)
        *first = (tq_fault){call, code};
}

/* The marker: a driver has been met whose clFinish does not wait for what was flushed before. Without it the
 * queue is waited for all the same: memory of the host that its commands use is the caller's again. */
static void finish(cl_command_queue queue, tq_fault *first)
{
    if (queue == NULL)
        return;
    check(first, "clEnqueueMarkerWithWaitList", clEnqueueMarkerWithWaitList(queue, 0, NULL, NULL));
    check(first, "clFinish", clFinish(queue));
}

tq_status tq_context_finish(tq_context *context)
{
    tq_fault first = {NULL, CL_SUCCESS};
    finish(context->uploads, &first);
    finish(context->queue, &first);
    return first.code == CL_SUCCESS ? TQ_OK : tq_opencl__fail(first.call, first.code, &context->info);
}

void tq_context__quiesce(const tq_context *context)
{
    tq_fault ignored = {NULL, CL_SUCCESS};
    finish(context->uploads, &ignored);
    finish(context->queue, &ignored);
}
