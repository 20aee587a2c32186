/* Words of OpenCL C, for what the library does to the texts of its kernels: their single work-item form
 * (task.h), names that do not clash (merge.h). No preprocessing: directives are words, too. */
#ifndef TQ_RUNTIME_TOKEN_H
#define TQ_RUNTIME_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

typedef enum tq_token_kind {
    TQ_TOKEN_END,
    TQ_TOKEN_BLANK, /* spaces and line ends */
    TQ_TOKEN_COMMENT,
    TQ_TOKEN_NAME,
    TQ_TOKEN_NUMBER,
    TQ_TOKEN_LITERAL, /* in quotes */
    TQ_TOKEN_MARK     /* any other character */
} tq_token_kind;

typedef struct tq_token {
    const char *start;
    size_t length;
    tq_token_kind kind;
} tq_token;

/* The word at `text`, of which `end` is the end. */
tq_token tq_token__at(const char *text, const char *end);
/* The same behind blanks and comments. */
tq_token tq_token__next(const char *text, const char *end);
const char *tq_token__behind(const tq_token *token);
bool tq_token__is(const tq_token *token, const char *word);
/* `token` opens a bracket, ( [ or {: what stands behind the one that closes it, NULL where none does. */
const char *tq_token__close(const tq_token *token, const char *end);

#endif
