#include "io/onnx_graph.h"

#include <string.h>

/* Letters of tq_onnx_operator's attribute lists. */
static const struct {
    char letter;
    Onnx__AttributeProto__AttributeType type;
} types[] = {
    {'f', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT},
    {'i', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT},
    {'s', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING},
    {'t', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR},
    {'F', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS},
    {'I', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS},
};

/* The letter of an attribute in a list "name:f name:I"; NUL when it is not there. */
static char letter_of(const char *known, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = known; length > 0 && (at = strstr(at, name)) != NULL; ++at)
        if ((at == known || at[-1] == ' ') && at[length] == ':')
            return at[length + 1];
    return '\0';
}

static tq_status check_type(const Onnx__AttributeProto *attribute, char letter)
{
    for (size_t i = 0; i < TQ_COUNT(types); ++i)
        if (types[i].letter == letter && attribute->has_type && attribute->type != types[i].type)
            return tq_status__fail(TQ_E_FORMAT, "attribute '%s' is of type %d, needs %d", attribute->name,
                                   (int)attribute->type, (int)types[i].type);
    if (letter == 't' && attribute->t == NULL)
        return tq_status__fail(TQ_E_FORMAT, "attribute '%s' has no value", attribute->name);
    return TQ_OK;
}

tq_status tq_onnx__check_attributes(const tq_onnx_node *node, const char *known)
{
    for (size_t i = 0; i < node->proto->n_attribute; ++i) {
        const Onnx__AttributeProto *attribute = node->proto->attribute[i];
        const char *name = tq_onnx__text(attribute->name);
        const char letter = letter_of(known, name);
        if (letter == '\0' || *tq_onnx__text(attribute->ref_attr_name) != '\0')
            return tq_status__fail(TQ_E_UNSUPPORTED, "attribute '%s' of operator '%s' is not supported%s%s",
                                   name, node->proto->op_type, *known != '\0' ? "; supported: " : "", known);
        if (tq_onnx__attribute(node, name) != attribute)
            return tq_status__fail(TQ_E_FORMAT, "attribute '%s' is given twice", name);
        TQ_TRY(check_type(attribute, letter));
    }
    return TQ_OK;
}

const Onnx__AttributeProto *tq_onnx__attribute(const tq_onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; ++i)
        if (strcmp(tq_onnx__text(node->proto->attribute[i]->name), name) == 0)
            return node->proto->attribute[i];
    return NULL;
}

int64_t tq_onnx__int(const tq_onnx_node *node, const char *name, int64_t initial)
{
    const Onnx__AttributeProto *attribute = tq_onnx__attribute(node, name);
    return attribute != NULL ? attribute->i : initial;
}

float tq_onnx__float(const tq_onnx_node *node, const char *name, float initial)
{
    const Onnx__AttributeProto *attribute = tq_onnx__attribute(node, name);
    return attribute != NULL ? attribute->f : initial;
}

size_t tq_onnx__ints(const tq_onnx_node *node, const char *name, const int64_t **ints)
{
    const Onnx__AttributeProto *attribute = tq_onnx__attribute(node, name);
    if (attribute != NULL)
        *ints = attribute->ints;
    return attribute != NULL ? attribute->n_ints : 0;
}

tq_status tq_onnx__choice(const tq_onnx_node *node, const char *name, const char *const *choices, int *choice)
{
    const Onnx__AttributeProto *a = tq_onnx__attribute(node, name);
    tq_text list = {0};
    for (*choice = 0; choices[*choice] != NULL; ++*choice) {
        const char *one = choices[*choice];
        if (a == NULL || (a->s.len == strlen(one) && memcmp(a->s.data, one, a->s.len) == 0)) {
            tq_text__free(&list);
            return TQ_OK;
        }
        tq_text__print(&list, "%s%s", *choice > 0 ? ", " : "", one);
    }
    const tq_status status =
        tq_status__fail(TQ_E_UNSUPPORTED, "attribute '%s' is '%.*s', supported: %s", name,
                        (int)(a->s.len < 40 ? a->s.len : 40), (const char *)a->s.data, tq_text__get(&list));
    tq_text__free(&list);
    return status;
}

tq_status tq_onnx__list(const tq_onnx_node *node, size_t i, const char *name, int64_t *to, size_t most,
                        size_t *count)
{
    const tq_onnx_value *list;
    const int64_t *ints = NULL;
    *count = tq_onnx__ints(node, name, &ints);
    if (tq_onnx__has_input(node, i)) {
        TQ_TRY(tq_onnx__constant(node, i, &list));
        return tq_onnx__integers(list, to, most, count);
    }
    if (*count > most)
        return tq_status__fail(TQ_E_UNSUPPORTED, "attribute '%s' has %zu numbers, supported: up to %zu", name,
                               *count, most);
    if (*count > 0)
        memcpy(to, ints, *count * sizeof *to);
    return TQ_OK;
}
