#include "runtime/token.h"

#include <ctype.h>
#include <string.h>

static bool starts_name(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool continues_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* A preprocessing number: 1.5e-3f, 0x1p+4, .5 */
static const char *end_of_number(const char *at, const char *end)
{
    while (at < end && (continues_name(*at) || *at == '.' ||
                        ((*at == '+' || *at == '-') && strchr("eEpP", at[-1]) != NULL)))
        ++at;
    return at;
}

static const char *end_of_comment(const char *at, const char *end)
{
    if (at[1] == '/') {
        while (at < end && *at != '\n')
            ++at;
        return at;
    }
    for (at += 2; at + 1 < end; ++at)
        if (at[0] == '*' && at[1] == '/')
            return at + 2;
    return end;
}

static const char *end_of_literal(const char *at, const char *end)
{
    const char quote = *at++;
    while (at < end && *at != quote)
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    return at < end ? at + 1 : end;
}

tq_token tq_token__at(const char *text, const char *end)
{
    tq_token token = {.start = text, .kind = TQ_TOKEN_MARK};
    const char *at = text;
    if (at >= end)
        return (tq_token){.start = end};
    if (isspace((unsigned char)*at)) {
        token.kind = TQ_TOKEN_BLANK;
        while (at < end && isspace((unsigned char)*at))
            ++at;
    } else if (starts_name(*at)) {
        token.kind = TQ_TOKEN_NAME;
        while (at < end && continues_name(*at))
            ++at;
    } else if (isdigit((unsigned char)*at) || (*at == '.' && at + 1 < end && isdigit((unsigned char)at[1]))) {
        token.kind = TQ_TOKEN_NUMBER;
        at = end_of_number(at + 1, end);
    } else if (*at == '/' && at + 1 < end && (at[1] == '*' || at[1] == '/')) {
        token.kind = TQ_TOKEN_COMMENT;
        at = end_of_comment(at, end);
    } else if (*at == '"' || *at == '\'') {
        token.kind = TQ_TOKEN_LITERAL;
        at = end_of_literal(at, end);
    } else {
        ++at;
    }
    token.length = (size_t)(at - text);
    return token;
}

tq_token tq_token__next(const char *text, const char *end)
{
    tq_token token = tq_token__at(text, end);
    while (token.kind == TQ_TOKEN_BLANK || token.kind == TQ_TOKEN_COMMENT)
        token = tq_token__at(tq_token__behind(&token), end);
    return token;
}

const char *tq_token__behind(const tq_token *token)
{
    return token->start + token->length;
}

bool tq_token__is(const tq_token *token, const char *word)
{
    return token->kind != TQ_TOKEN_END && strlen(word) == token->length &&
           memcmp(token->start, word, token->length) == 0;
}

const char *tq_token__close(const tq_token *token, const char *end)
{
    int depth = 0;
    for (tq_token t = *token; t.kind != TQ_TOKEN_END; t = tq_token__next(tq_token__behind(&t), end)) {
        if (t.kind != TQ_TOKEN_MARK)
            continue;
        depth += strchr("([{", *t.start) != NULL;
        depth -= strchr(")]}", *t.start) != NULL;
        if (depth == 0)
            return tq_token__behind(&t);
    }
    return NULL;
}
