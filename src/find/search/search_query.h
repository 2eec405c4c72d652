/* What is asked, checked. */
#ifndef TOME_SEARCH_QUERY_H
#define TOME_SEARCH_QUERY_H

#include "search_piece.h"

/** Make a query of what a caller asks; `operation` is the call. Pre: one of map and memory is NULL. 0 or a failure recorded. */
int tome__query_of_map(query *q, const char *operation, tome *map, const tome_pattern *pattern,
                       const tome_search_options *options);
int tome__query_of_memory(query *q, const char *operation, const void *data, size_t length,
                          const tome_pattern *pattern, const tome_search_options *options);
/** 0, or a failure recorded: it is asked to go backward. */
int tome__query_forward(const query *q, const char *operation);
/** Whether no match lies in a hole, and there may be some: then a search may pass over them. */
int tome__query_skips_holes(const query *q);
/** Where to go on from `at`, if a hole begins there: before its end by as much as a match may take up, and before the last byte of the
 *  text, so that there is a last piece. Pre: tome__query_skips_holes(). */
uint64_t tome__query_behind_hole(const query *q, uint64_t at);
/** Record why the search ended with this piece, and return that. Puts the file back where it was lost. */
int tome__query_fail(const query *q, piece *p, const char *operation);

#endif
