/*
 * Map: layer-name pattern -> quantizer, for one of three scopes (TensorQuant's maps).
 *
 * A pattern with `*` or `?` is a glob over the whole layer name; otherwise it matches names that contain it;
 * "" matches all. The first matching rule in order wins; a layer that no rule matches is not quantized. A
 * rule whose pattern matches no layer of the network is an error when the network is planned.
 */
#ifndef TENSORQUANT_MAP_H
#define TENSORQUANT_MAP_H

#include "tensorquant/accumulation.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tq_map tq_map;

/* Makes an empty map. TQ_E_MEMORY. */
TQ_API TQ_MUST_CHECK tq_status tq_map_create(tq_map **map);
TQ_API void tq_map_destroy(tq_map *map);

/*
 * Reads a map from any of: a quantizer or accumulation string, which then holds for all layers; inline JSON
 * {"pattern": "quantizer" | {accumulation object}, ...}, order kept; or the name of a file that holds such
 * JSON (a text that ends in ".json"). An inline JSON object whose keys are all accumulation keys (product,
 * sum, result, order, fused) is an accumulation. Errors give file and position; TQ_E_SYNTAX, TQ_E_NAME,
 * TQ_E_ARGUMENT, TQ_E_FILE.
 */
TQ_API TQ_MUST_CHECK tq_status tq_map_parse(tq_map **map, const char *text);

/* Appends a rule. `pattern` is copied; may be "". Quantizers of the caller's own kinds can be used this way.
 */
TQ_API TQ_MUST_CHECK tq_status tq_map_add(tq_map *map, const char *pattern,
                                          const tq_accumulation *accumulation);

/* Number of rules, and rule i with its pattern; the pattern lives as long as the map. `i` below the count. */
TQ_API size_t tq_map_count(const tq_map *map);
TQ_API const char *tq_map_rule(const tq_map *map, size_t i, tq_accumulation *accumulation);

/* Index of the rule that holds for a layer of this name; -1 for none. `map` may be NULL. */
TQ_API int tq_map_find(const tq_map *map, const char *layer_name);

#ifdef __cplusplus
}
#endif
#endif
