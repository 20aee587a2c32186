/* What a command works on: device, network, data set and maps, opened in the order of what is cheap to check.
 */
#ifndef TQ_CLI_SESSION_H
#define TQ_CLI_SESSION_H

#include "cli/options.h"
#include "tensorquant/tensorquant.h"

/* Zero-initialized is closed. What the settings do not name stays NULL. */
typedef struct tq_session {
    tq_map *weights, *extrinsic, *intrinsic;
    tq_dataset *dataset;
    tq_context *context;
    tq_network *network;
    int64_t images; /* of the data set, at most the limit */
    int64_t batch;  /* at most the images */
    int64_t asked;  /* the same before the device's memory made it smaller */
    bool shrinks;   /* whether it may */
    double largest; /* magnitude in the data set; 0 when it is not known */
} tq_session;

/* All return an exit code. After a failure too the session is closed by the caller. */
int tq_session__open(tq_session *session, const tq_settings *settings, const char *model);
void tq_session__close(tq_session *session);
/* The same without a network: maps, data set and device. */
int tq_session__open_parts(tq_session *session, const tq_settings *settings);
/* `text` NULL: leaves the map as it is. */
int tq_session__open_map(tq_map **map, const char *text);

/* Plans with the session's maps. */
int tq_session__plan(tq_session *session, const tq_settings *settings, bool keep);
/* What that plans. The maps are the session's. */
tq_plan tq_session__plan_of(const tq_session *session, const tq_settings *settings, bool keep);

/* Plans as `plan` says, with the session's batch; where the device has no memory for it and it may shrink,
 * with a smaller one, and says so. */
int tq_session__plan_as(tq_session *session, const tq_plan *plan);
/* Whether the device has memory for another run under way. */
bool tq_session__has_room(const tq_session *session, int64_t inputs);

/* Says what is wrong when the data set's samples do not fit the planned network's input. */
int tq_session__check_data(const tq_session *session, const char *model, const char *data);

/* Says what is wrong when no file can be made where `path` (may be NULL) is to be written. */
int tq_session__check_output(const char *path);

/* Memory for `count` numbers; NULL when there is none, or the size overflows. */
float *tq_session__allocate(int64_t count);

#endif
