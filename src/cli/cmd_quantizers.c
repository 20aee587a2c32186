#include <stdio.h>

#include "cli/command.h"
#include "cli/report.h"
#include "tensorquant/extend.h"

enum { MOST_EXAMPLES = 3 }; /* in the text; JSON has all */

static json_t *names_of(const char *const *names)
{
    json_t *const list = json_array();
    for (; names != NULL && *names != NULL; ++names)
        json_array_append_new(list, json_string(*names));
    return list;
}

static json_t *describe_parameter(const tq_parameter *p)
{
    json_t *const to = json_pack("{s:s, s:s, s:b, s:b}", "name", p->name, "help", p->help, "required",
                                 p->required, "key_only", p->key_only);
    if (p->choices != NULL)
        json_object_set_new(to, "choices", names_of(p->choices));
    else
        json_object_update_new(to, json_pack("{s:f, s:f, s:b}", "lowest", p->lowest, "highest", p->highest,
                                             "integer", p->integer));
    if (p->choices != NULL && !p->required)
        json_object_set_new(to, "initial", json_string(p->choices[(size_t)p->initial]));
    else if (!p->required)
        json_object_set_new(to, "initial",
                            p->initial < p->lowest ? json_null() : tq_report__real(p->initial));
    return to;
}

static json_t *describe(const tq_quantizer_kind *kind)
{
    json_t *const parameters = json_array();
    for (size_t i = 0; i < kind->parameter_count; ++i)
        json_array_append_new(parameters, describe_parameter(kind->parameters + i));
    return json_pack("{s:s, s:s, s:o, s:o}", "name", kind->name, "summary", kind->summary, "parameters",
                     parameters, "examples", names_of(kind->examples));
}

static void print_range(const tq_parameter *p)
{
    if (p->choices == NULL)
        printf("%.9g .. %.9g", p->lowest, p->highest);
    for (size_t i = 0; p->choices != NULL && p->choices[i] != NULL; ++i)
        printf("%s%s", i ? "|" : "", p->choices[i]);
    if (!p->required && p->choices != NULL)
        printf(", %s unless given", p->choices[(size_t)p->initial]);
    else if (!p->required && p->initial >= p->lowest)
        printf(", %.9g unless given", p->initial);
}

static void print(const tq_quantizer_kind *kind)
{
    printf("%-11s %s\n", kind->name, kind->summary);
    for (size_t i = 0; i < kind->parameter_count; ++i) {
        const tq_parameter *const p = kind->parameters + i;
        printf("            %s%s: %s; ", p->name, p->key_only ? "=..." : "", p->help);
        print_range(p);
        putchar('\n');
    }
    printf("            for example");
    for (size_t i = 0; i < MOST_EXAMPLES && kind->examples != NULL && kind->examples[i] != NULL; ++i)
        printf(" %s", kind->examples[i]);
    printf("\n");
}

static int run(const tq_settings *settings)
{
    json_t *const list = settings->json ? json_array() : NULL;
    for (size_t i = 0; i < tq_quantizer_kind_count(); ++i) {
        if (settings->json)
            json_array_append_new(list, describe(tq_quantizer_kind_at(i)));
        else
            print(tq_quantizer_kind_at(i));
    }
    return settings->json ? tq_report__json(list) : TQ_EXIT_OK;
}

static const tq_option *const options[] = {&tq_option_json, NULL};
const tq_command tq_command_quantizers = {
    .name = "quantizers",
    .summary = "list the kinds of quantizers, with parameters and ranges",
    .operands = "",
    .options = options,
    .details = "A quantizer is written kind,value,value,...,key=value. Names with = are given by key only.\n"
               "With --json: a list of objects with name, summary, parameters and examples.",
    .examples = "tq quantizers\ntq quantizers --json",
    .run = run,
};
