/* Quantizer strings, read anew: first the values by position, then keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/oracle.h"

typedef struct arguments {
    char text[256];
    const char *position[8];
    int count;
    const char *key[8], *value[8];
    int keys;
} arguments;

static void split(arguments *a, const char *string)
{
    char *word = a->text, *comma, *equals;
    memset(a, 0, sizeof *a);
    snprintf(a->text, sizeof a->text, "%s", string);
    for (; word; word = comma) {
        comma = strchr(word, ',');
        if (comma)
            *comma++ = 0;
        equals = strchr(word, '=');
        if (!equals) {
            a->position[a->count++] = word;
            continue;
        }
        *equals = 0;
        a->key[a->keys] = word;
        a->value[a->keys++] = equals + 1;
    }
}

static const char *text_of(const arguments *a, int position, const char *key, const char *initial)
{
    if (position > 0 && position < a->count)
        return a->position[position];
    for (int i = 0; i < a->keys; ++i) {
        if (strcmp(a->key[i], key) == 0)
            return a->value[i];
    }
    return initial;
}

static int integer(const arguments *a, int position, const char *key, const char *initial)
{
    return atoi(text_of(a, position, key, initial));
}

static void read_rounding(oracle_format *f, const char *name)
{
    static const char *const names[] = {"even", "away", "zero", "down", "up", "odd"};
    if (strncmp(name, "stochastic", 10) == 0) {
        f->rounding = ORACLE_STOCHASTIC;
        f->random_bits = name[10] == ':' ? atoi(name + 11) : 16;
        return;
    }
    for (int i = 0; i < 6; ++i) {
        if (strcmp(name, names[i]) == 0)
            f->rounding = (oracle_rounding)i;
    }
    if (strcmp(name, "floor") == 0)
        f->rounding = ORACLE_ZERO;
}

static oracle_overflow overflow_of(const char *name)
{
    return *name == 's'   ? ORACLE_SATURATE
           : *name == 'w' ? ORACLE_WRAP
           : *name == 'i' ? ORACLE_INFINITY
                          : ORACLE_NAN;
}

static void read_fixed(oracle_format *f, const arguments *a, const char *rounding)
{
    f->family = ORACLE_FIXED;
    f->width = integer(a, 1, "w", "0");
    f->fraction = integer(a, 2, "f", "0");
    read_rounding(f, rounding ? rounding : text_of(a, 0, "round", "even"));
    if (rounding && f->rounding == ORACLE_STOCHASTIC)
        f->random_bits = integer(a, 3, "bits", "16");
    f->overflow = overflow_of(text_of(a, 0, "overflow", "saturate"));
    f->unsigned_numbers = integer(a, 0, "signed", "1") == 0;
    f->symmetric = integer(a, 0, "symmetric", "0") != 0;
}

/*
 * The largest number, from the code's table: exponent code E and fraction code M stand for M * 2^(emin-m)
 * when E is 0 and (2^m + M) * 2^(E-1 + emin-m) otherwise.
 */
static void read_float(oracle_format *f, const arguments *a, int e, int m, const char *specials,
                       const char *overflow)
{
    const int named_fnuz = strstr(a->position[0], "fnuz") != NULL; /* their bias is one more */
    char standard[16];
    int top = (1 << e) - 1, fraction = (1 << m) - 1;
    snprintf(standard, sizeof standard, "%d", (1 << e) / 2 - 1 + named_fnuz);
    f->family = ORACLE_FLOAT;
    f->mantissa = m;
    f->emin = 1 - integer(a, 0, "bias", standard);
    f->subnormal = integer(a, 0, "subnormal", "1") != 0;
    read_rounding(f, text_of(a, 0, "round", "even"));
    f->overflow = overflow_of(text_of(a, 0, "overflow", overflow));
    f->one_zero = strcmp(specials, "fnuz") == 0;
    if (strcmp(specials, "ieee") == 0)
        --top;
    else if (strcmp(specials, "fn") == 0 && --fraction < 0) {
        fraction = (1 << m) - 1;
        --top;
    }
    f->largest_significand = top > 0 ? (1L << m) + fraction : fraction;
    f->largest_exponent = f->emin - m + (top > 0 ? top - 1 : 0);
}

static void read_log(oracle_format *f, const arguments *a)
{
    const int bits = integer(a, 1, "bits", "7");
    f->family = ORACLE_FLOAT;
    f->emin = integer(a, 2, "emin", "-31");
    read_rounding(f, text_of(a, 0, "round", "away"));
    f->largest_significand = 1;
    f->largest_exponent = f->emin + (1 << bits) / 2 - 2; /* zero takes one of the codes */
}

static bool read_named(oracle_format *f, const arguments *a)
{
    static const struct {
        const char *name;
        int e, m;
        const char *specials, *overflow;
    } named[] = {{"fp16", 5, 10, "ieee", "inf"},         {"bf16", 8, 7, "ieee", "inf"},
                 {"tf32", 8, 10, "ieee", "inf"},         {"e5m2", 5, 2, "ieee", "saturate"},
                 {"e4m3", 4, 3, "fn", "saturate"},       {"e4m3fnuz", 4, 3, "fnuz", "saturate"},
                 {"e5m2fnuz", 5, 2, "fnuz", "saturate"}, {"e2m1", 2, 1, "none", "saturate"}};
    for (size_t i = 0; i < sizeof named / sizeof *named; ++i) {
        if (strcmp(a->position[0], named[i].name) == 0) {
            read_float(f, a, named[i].e, named[i].m, named[i].specials, named[i].overflow);
            return true;
        }
    }
    return false;
}

static void read_general_float(oracle_format *f, const arguments *a)
{
    const char *specials = text_of(a, 0, "specials", "ieee");
    read_float(f, a, integer(a, 1, "e", "0"), integer(a, 2, "m", "0"), specials,
               strcmp(specials, "ieee") == 0 ? "inf" : "saturate");
}

/* Sparse, binary and ternary. */
static bool read_threshold(oracle_format *f, const arguments *a)
{
    const char *name = a->position[0];
    const char *const m = text_of(a, 1, "m", "1"), *const t = text_of(a, 2, "t", "");
    f->family = *name == 's' ? ORACLE_SPARSE : *name == 'b' ? ORACLE_BINARY : ORACLE_TERNARY;
    if (strcmp(name, "sparse") == 0)
        f->threshold = (float)strtod(text_of(a, 1, "t", ""), NULL);
    else if (strcmp(name, "binary") == 0 || strcmp(name, "ternary") == 0)
        f->magnitude = (float)strtod(m, NULL);
    else
        return false;
    if (f->family == ORACLE_TERNARY) {
        f->threshold_from_tensor = !*t;
        f->threshold = (float)strtod(*t ? t : "0", NULL);
    }
    return true;
}

static void read_int(oracle_format *f, const arguments *a)
{
    f->family = ORACLE_INT;
    f->width = integer(a, 1, "bits", "8");
    f->scale = strtof(text_of(a, 2, "scale", "0"), NULL);
    f->scale_from_tensor = f->scale == 0;
    f->zero = integer(a, 3, "zero", "0");
    f->unsigned_numbers = integer(a, 0, "signed", "1") == 0;
    f->symmetric = integer(a, 0, "symmetric", "0") != 0;
    read_rounding(f, text_of(a, 0, "round", "even"));
}

bool oracle_parse(oracle_format *f, const char *string)
{
    arguments a;
    const char *name;
    split(&a, string);
    memset(f, 0, sizeof *f);
    name = a.position[0];
    if (strcmp(name, "none") == 0)
        return true;
    if (strcmp(name, "fixed") == 0)
        read_fixed(f, &a, NULL);
    else if (strcmp(name, "nearest") == 0)
        read_fixed(f, &a, "away");
    else if (strcmp(name, "down") == 0 || strcmp(name, "zero") == 0 || strcmp(name, "stochastic") == 0)
        read_fixed(f, &a, name);
    else if (strcmp(name, "int") == 0)
        read_int(f, &a);
    else if (strcmp(name, "float") == 0)
        read_general_float(f, &a);
    else if (strcmp(name, "log") == 0)
        read_log(f, &a);
    else
        return read_named(f, &a) || read_threshold(f, &a);
    return true;
}
